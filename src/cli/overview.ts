// What `kubectl rai status` tells: tenants, their applications, and what each has, out of what the API server holds.
import type { Condition, RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { headline } from '../domain/conditions.ts'

/** How a resource is. */
export type Standing = {
  readonly namespace: string
  readonly name: string
  /** Of the condition Ready; absent until an operator has looked. */
  readonly ready?: Condition['status']
  readonly reason?: string
  /** What is the matter, and what to do; absent where nothing is. */
  readonly message?: string
  readonly createdAt: string
  /** There while it is being deleted. */
  readonly deletingSince?: string
  /** The spec has changed, and nobody has looked at it since. */
  readonly isBehind: boolean
}

export type ApplicationStanding = Standing & {
  readonly cell: string
  readonly auth: string
  readonly provenance?: string
  /** Names of the Secrets that hold its credential: one, but for the time of a move. */
  readonly secrets: readonly string[]
  readonly credentials: readonly {
    readonly applicationId: string
    readonly clientId: string
    readonly state: 'Active' | 'Retiring'
    readonly issuedAt: string
    readonly retireAt?: string
  }[]
  readonly nextRotationAt?: string
  readonly suspects: readonly { readonly applicationId: string; readonly firstSeenAt: string }[]
}

export type TenantStanding = Standing & {
  readonly tenantId?: string
  readonly provenance?: string
  readonly cells: readonly string[]
  readonly applications: readonly ApplicationStanding[]
  /** How many applications it has in namespaces that were not read. */
  readonly applicationsElsewhere: number
  /** How many applications are in it that no resource stands for. */
  readonly unmanagedApplications: number
}

export type Overview = {
  readonly tenants: readonly TenantStanding[]
  /** Tenants to which applications refer, and which were not found. */
  readonly unknownTenants: readonly UnknownTenant[]
}

export type UnknownTenant = {
  readonly namespace: string
  readonly name: string
  /** Its namespace was read, so there is none. */
  readonly isMissing: boolean
  readonly applications: readonly ApplicationStanding[]
}

export type OverviewScope = {
  /** Where was read; `undefined`: everywhere. */
  readonly namespace: string | undefined
  /** Only the tenants of this name, and their applications. */
  readonly only: string | undefined
}

/** Sorted by namespace and name. */
export function overviewOf(
  tenants: readonly RaiTenant[],
  applications: readonly RaiTenantApplication[],
  { namespace, only }: OverviewScope,
): Overview {
  const byTenant = Map.groupBy([...applications].sort(byPlace), tenantKeyOf)
  const wanted = tenants.filter(({ metadata }) => only === undefined || metadata.name === only).sort(byPlace)
  const known = new Set(tenants.map(({ metadata }) => keyOf(metadata)))
  const others = [...byTenant].filter(([key]) => !known.has(key) && (only === undefined || key.endsWith(`/${only}`)))
  return {
    tenants: wanted.map((tenant) => tenantStanding(tenant, byTenant.get(keyOf(tenant.metadata)) ?? [])),
    unknownTenants: others
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, those]) => unknownTenant(key, those, namespace)),
  }
}

function tenantStanding(tenant: RaiTenant, applications: readonly RaiTenantApplication[]): TenantStanding {
  const { spec, status } = tenant
  const bound = applications.filter((one) => one.status.applicationId !== undefined).length
  return {
    ...standingOf(tenant),
    ...(status.tenantId !== undefined && { tenantId: status.tenantId }),
    ...(status.provenance && { provenance: status.provenance }),
    cells: spec.cells,
    applications: applications.map(applicationStanding),
    applicationsElsewhere: Math.max(0, (status.applications ?? 0) - bound),
    unmanagedApplications: status.unmanagedApplications?.total ?? 0,
  }
}

function unknownTenant(
  key: string,
  applications: readonly RaiTenantApplication[],
  read: string | undefined,
): UnknownTenant {
  const [namespace = '', name = ''] = key.split('/')
  const isMissing = read === undefined || read === namespace
  return { namespace, name, isMissing, applications: applications.map(applicationStanding) }
}

function applicationStanding(application: RaiTenantApplication): ApplicationStanding {
  const { spec, status } = application
  return {
    ...standingOf(application),
    cell: spec.cell,
    auth: spec.auth.type,
    ...(status.provenance && { provenance: status.provenance }),
    secrets: status.secret ? [status.secret.name, ...(status.secret.otherNames ?? [])] : [],
    // Active ones first.
    credentials: (status.credentials ?? []).toSorted((a, b) => (a.state < b.state ? -1 : a.state > b.state ? 1 : 0)),
    ...(status.nextRotationAt !== undefined && { nextRotationAt: status.nextRotationAt }),
    suspects: (status.suspects ?? []).map(({ applicationId, firstSeenAt }) => ({ applicationId, firstSeenAt })),
  }
}

function standingOf({ metadata, status }: RaiTenant | RaiTenantApplication): Standing {
  const { namespace, name, creationTimestamp, deletionTimestamp, generation } = metadata
  const conditions = status.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')?.status
  const told = headline(conditions)
  return {
    namespace,
    name,
    ...(ready && { ready }),
    ...(told && { reason: told.reason }),
    ...(told && told.status !== 'True' && { message: told.message }),
    createdAt: creationTimestamp,
    ...(deletionTimestamp !== undefined && { deletingSince: deletionTimestamp }),
    isBehind: status.observedGeneration < generation,
  }
}

function tenantKeyOf({ metadata, spec: { tenantRef } }: RaiTenantApplication): string {
  return `${tenantRef.namespace ?? metadata.namespace}/${tenantRef.name}`
}

type Placed = { readonly namespace: string; readonly name: string }

function keyOf({ namespace, name }: Placed): string {
  return `${namespace}/${name}`
}

function byPlace(a: { readonly metadata: Placed }, b: { readonly metadata: Placed }): number {
  return keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1
}
