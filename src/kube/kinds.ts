// Our two kinds: where the API server keeps them, and what of them is worth keeping in memory.
import {
  API_VERSION,
  APPLICATION_KIND,
  APPLICATION_PLURAL,
  GROUP,
  TENANT_KIND,
  TENANT_PLURAL,
  VERSION,
} from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication, ResourceMetadata } from '../api/types.ts'
import { SharedTexts } from './shared-texts.ts'
import type { WireObject } from './wire.ts'

export type Resource = RaiTenant | RaiTenantApplication

/** A kind, and with it how its resources are read. */
export type Kind<T extends Resource> = {
  readonly kind: T['kind']
  readonly plural: string
  /** What is kept of a resource: no labels, no managed fields, no annotations of others. Throws for what is no resource. */
  readonly project: (object: WireObject) => T
}

export const TENANTS = kindOf<RaiTenant>(TENANT_KIND, TENANT_PLURAL)
export const APPLICATIONS = kindOf<RaiTenantApplication>(APPLICATION_KIND, APPLICATION_PLURAL)

/** Where all resources of a kind are, or those of one namespace. */
export function collectionPath(plural: string, namespace?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`
  return `/apis/${GROUP}/${VERSION}${within}/${plural}`
}

function kindOf<T extends Resource>(kind: T['kind'], plural: string): Kind<T> {
  // Organization, tenant, scopes and messages are the same in thousands of resources.
  const texts = new SharedTexts()
  return {
    kind,
    plural,
    project(object) {
      const { spec, status = { observedGeneration: -1 } } = object as WireObject & Pick<T, 'spec'> & Partial<T>
      const resource = { apiVersion: API_VERSION, kind, metadata: metadataOf(object), spec, status } as T
      texts.share(resource)
      return resource
    },
  }
}

const OWN_PREFIX = `${GROUP}/`

function metadataOf({ metadata }: WireObject): ResourceMetadata {
  const { name, namespace = '', uid, resourceVersion, generation = 1, creationTimestamp } = metadata
  const { deletionTimestamp, finalizers } = metadata
  const requests = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(OWN_PREFIX))
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(finalizers && { finalizers }),
    ...(requests.length > 0 && { annotations: Object.fromEntries(requests) }),
  }
}
