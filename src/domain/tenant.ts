// What should happen to a RaiTenant: decisions on plain data.
import { REQUEST_ANNOTATIONS, TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Report } from './conditions.ts'
import type { ExternalTenant } from './external.ts'

export type DeletionPolicy = 'Delete' | 'Retain'

/** Somebody has to act, or something outside has to change, before anything is done. */
export type Stop = { readonly step: 'stop'; readonly report: Report }

export function stop(reason: Report['reason'], message: string): Stop {
  return { step: 'stop', report: { reason, message } }
}

/** True while the user wants this resource left alone. */
export function isPaused({ metadata }: RaiTenant | RaiTenantApplication): boolean {
  return metadata.annotations?.[REQUEST_ANNOTATIONS.paused] === 'true'
}

export const PAUSED: Report = {
  reason: 'Paused',
  message: `nothing is done while the annotation ${REQUEST_ANNOTATIONS.paused} is "true"`,
}

/** The name of this tenant in the organization: written down, else the resource's own. */
export function effectiveName({ metadata, spec }: RaiTenant): string {
  return spec.name ?? metadata.name
}

/**
 * What a deletion does outside: as written, else the operator's setting for what it created, else nothing. What was found
 * again by its Secret alone is kept whatever is written: a planted Secret must not gain anybody the right to delete.
 */
export function deletionPolicyOf(
  resource: RaiTenant | RaiTenantApplication,
  byDefault: DeletionPolicy,
): DeletionPolicy {
  const { provenance } = resource.status
  if (provenance === 'Relinked') return 'Retain'
  return resource.spec.deletionPolicy ?? (provenance === 'Adopted' ? 'Retain' : byDefault)
}

/** A record of another organization: everything it says is about ids that mean nothing here. */
export function wrongOrganization(resource: RaiTenant | RaiTenantApplication, organization: string): Stop | undefined {
  const { status } = resource
  return status.organization === undefined ? undefined : wrongRecord('it', status.organization, organization)
}

/** … and so do the operator's own records. */
export function wrongRecord(record: string, recorded: string, organization: string): Stop | undefined {
  if (recorded === organization) return undefined
  const by = record === 'it' ? '' : `, as ${record} in the operator's namespace says`
  return stop(
    'WrongOrganization',
    `belongs to organization ${recorded}${by}, the operator works for ${organization}: run it with the credentials of the former`,
  )
}

/** Reasons to stop that need no look outside. */
export function obstacleOf(tenant: RaiTenant, organization: string, claimant: RaiTenant | undefined): Stop | undefined {
  const wrong = wrongOrganization(tenant, organization)
  if (wrong) return wrong
  return claimant && tenantClaimed(tenant, claimant.metadata)
}

/** Another resource has the tenant of this name. */
export function tenantClaimed(tenant: RaiTenant, by: { readonly namespace: string; readonly name: string }): Stop {
  return stop(
    'AlreadyClaimed',
    `${TENANT_KIND} ${by.namespace}/${by.name} has the tenant "${effectiveName(tenant)}": choose another name, or delete one of the two`,
  )
}

/** The tenant of the same name, if a complete list shows one. */
export function namesakeOf(tenant: RaiTenant, tenants: readonly ExternalTenant[]): ExternalTenant | undefined {
  const name = effectiveName(tenant)
  return tenants.find((external) => external.name === name)
}

export function tenantExists(tenant: RaiTenant): Stop {
  return stop(
    'TenantExists',
    `the organization has a tenant "${effectiveName(tenant)}" that this operator did not create: choose another spec.name by making a new resource, have it taken over (spec.adoptionPolicy), or delete that tenant`,
  )
}

export function quotaExceeded(quota: number): Stop {
  return stop(
    'QuotaExceeded',
    `the organization has its ${quota} tenants, as the setting tenant-quota says: delete one that is not needed, or have the vendor allow more and raise the setting; the RaiTenant that has waited longest comes first`,
  )
}

/** A tenant that was there and is not any more: what was in it is lost. */
export function tenantGone(tenantId: string): Stop {
  return stop(
    'ExternalGone',
    `tenant ${tenantId} is gone from the organization, and its data with it: have the vendor restore it, delete this resource, or have another one made by the annotation ${REQUEST_ANNOTATIONS.recreate}: ${tenantId}`,
  )
}

/** True when the last pass over this resource found its tenant gone. */
export function wasGone({ status }: RaiTenant | RaiTenantApplication): boolean {
  return (status.conditions ?? []).some(({ type, reason }) => type === 'Synced' && reason === 'ExternalGone')
}

export const PROTECTED = stop(
  'DeletionProtected',
  'spec.deletionProtection is true: nothing outside is deleted until it is false',
)

/**
 * The resource that keeps others from the name of `tenant`: the one that is bound, among unbound ones the older, ties by
 * namespace and name. `undefined` when that is `tenant` itself. Source: docs/api.md, "What is gone or swapped outside".
 */
export function claimantOf(tenant: RaiTenant, all: Iterable<RaiTenant>): RaiTenant | undefined {
  let first = tenant
  for (const other of all) if (effectiveName(other) === effectiveName(tenant) && precedes(other, first)) first = other
  return first.metadata.uid === tenant.metadata.uid ? undefined : first
}

/** Which of two resources goes first: the bound one, else the older, ties by namespace and name. */
export function precedes<T extends RaiTenant | RaiTenantApplication>(a: T, b: T): boolean {
  return rank(a) < rank(b)
}

function rank({ metadata, status }: RaiTenant | RaiTenantApplication): string {
  const bound = status.tenantId === undefined ? 1 : 0
  return `${bound} ${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`
}

export type DrainFacts = {
  /** Application resources that are bound to this tenant. */
  readonly bound: readonly RaiTenantApplication[]
  readonly byDefault: DeletionPolicy
}

export type DrainPlan =
  | Stop
  /** Nothing of ours is left in the tenant. */
  | { readonly step: 'empty' }
  /** Delete these and wait until all that are bound have gone. */
  | { readonly step: 'drain'; readonly remove: readonly RaiTenantApplication[] }

/** What a tenant's deletion does about the applications that resources of ours hold. */
export function planDrain({ bound, byDefault }: DrainFacts): DrainPlan {
  const blocking = bound
    .filter((application) => blocks(application, byDefault))
    .map(nameOf)
    .sort()
  const remove = bound.filter(
    (application) => !application.metadata.deletionTimestamp && !blocks(application, byDefault),
  )
  if (remove.length > 0) return { step: 'drain', remove }
  if (blocking.length > 0) {
    return stop(
      'DrainBlocked',
      `waits for the applications ${blocking.join(', ')}: they are paused, stalled or to be retained; mend or delete them`,
    )
  }
  return bound.length === 0 ? { step: 'empty' } : { step: 'drain', remove: [] }
}

function blocks(application: RaiTenantApplication, byDefault: DeletionPolicy): boolean {
  if (isPaused(application)) return true
  if (application.metadata.deletionTimestamp) return isStalled(application)
  return deletionPolicyOf(application, byDefault) === 'Retain'
}

function isStalled({ status }: RaiTenantApplication): boolean {
  return (status.conditions ?? []).some(({ type, status }) => type === 'Stalled' && status === 'True')
}

function nameOf({ metadata }: RaiTenantApplication): string {
  return `${metadata.namespace}/${metadata.name}`
}
