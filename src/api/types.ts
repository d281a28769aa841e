// The two kinds of resource as the operator keeps them: read from the API server, with the schema's defaults filled in.
import type { Condition as ReadCondition } from './generated/condition.ts'
import type { RaiTenantSpec, RaiTenantStatus } from './generated/raitenant.ts'
import type { RaiTenantApplicationSpec, RaiTenantApplicationStatus } from './generated/raitenantapplication.ts'
import type { API_VERSION, APPLICATION_KIND, TENANT_KIND } from './names.ts'

/** The same, in whatever depth, to be looked at only: resources in a cache are shared. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/** What is kept of a resource's metadata. Labels are not: nothing is decided by them. */
export type ResourceMetadata = {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  /** Counts the changes of the spec. */
  readonly generation: number
  /** RFC 3339, like all timestamps of the API server. */
  readonly creationTimestamp: string
  /** There while the resource is being deleted. */
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  /** Only those of our own prefix: requests by users. */
  readonly annotations?: Readonly<Record<string, string>>
}

export type Condition = DeepReadonly<ReadCondition>

export type RaiTenant = {
  readonly apiVersion: typeof API_VERSION
  readonly kind: typeof TENANT_KIND
  readonly metadata: ResourceMetadata
  readonly spec: DeepReadonly<RaiTenantSpec>
  readonly status: DeepReadonly<RaiTenantStatus>
}

export type RaiTenantApplication = {
  readonly apiVersion: typeof API_VERSION
  readonly kind: typeof APPLICATION_KIND
  readonly metadata: ResourceMetadata
  readonly spec: DeepReadonly<RaiTenantApplicationSpec>
  readonly status: DeepReadonly<RaiTenantApplicationStatus>
}
