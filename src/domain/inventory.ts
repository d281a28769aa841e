// What a sweep of the organization finds: where it and the resources differ, as pure functions.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { ExternalApplication, ExternalTenant } from './external.ts'
import { heldIds } from './recovery.ts'
import { unmanagedOf } from './foreign.ts'
import { wasGone } from './tenant.ts'

/** The organization at about one moment: all its tenants, and what is in those that resources are bound to. */
export type Inventory = {
  readonly tenants: readonly ExternalTenant[]
  /** By tenant id; a tenant that went between the lists is left out. */
  readonly applications: ReadonlyMap<string, readonly ExternalApplication[]>
}

/** The resources of both kinds at one moment. */
export type Resources = {
  readonly tenants: readonly RaiTenant[]
  readonly applications: readonly RaiTenantApplication[]
}

/** The tenants whose applications are to be listed: those that a resource is bound to. */
export function tenantsToList({ tenants, applications }: Resources): Set<string> {
  const bound = [...tenants, ...applications].map(({ status }) => status.tenantId)
  return new Set(bound.filter((id) => id !== undefined))
}

/** Resources that are bound to what the organization, listed after they were read, does not show. */
export function missingFrom(
  { tenants, applications }: Inventory,
  resources: Resources,
): { readonly tenants: RaiTenant[]; readonly applications: RaiTenantApplication[] } {
  const tenantIds = new Set(tenants.map(({ id }) => id))
  const isMissing = ({ status: { tenantId, applicationId } }: RaiTenantApplication) => {
    const listed = tenantId === undefined ? undefined : applications.get(tenantId)
    return listed !== undefined && applicationId !== undefined && !listed.some(({ id }) => id === applicationId)
  }
  return {
    // One that was found to be gone and is not, too: it has come back.
    tenants: resources.tenants.filter(
      (tenant) => tenant.status.tenantId !== undefined && tenantIds.has(tenant.status.tenantId) === wasGone(tenant),
    ),
    applications: resources.applications.filter(isMissing),
  }
}

/** What in the organization no resource and no journal claims. `resources` are to be read after the inventory. */
export function unmanagedIn(
  { tenants, applications }: Inventory,
  resources: Resources,
  claimedByJournals: Iterable<string>,
): { readonly tenants: ExternalTenant[]; readonly applications: Map<string, string[]> } {
  const bound = new Set(resources.tenants.map(({ status }) => status.tenantId))
  const claimed = new Set(claimedByJournals)
  for (const application of resources.applications) {
    for (const id of heldIds(application)) claimed.add(id)
    // Told already, and in its own place.
    for (const { applicationId } of application.status.suspects ?? []) claimed.add(applicationId)
  }
  const unclaimed = (listed: readonly ExternalApplication[]) =>
    listed.map(({ id }) => id).filter((id) => !claimed.has(id))
  return {
    tenants: tenants.filter(({ id }) => !bound.has(id)),
    applications: new Map(Array.from(applications, ([tenantId, listed]) => [tenantId, unclaimed(listed).sort()])),
  }
}

type UnmanagedStatus = RaiTenant['status']['unmanagedApplications']

/** How a status tells of what no resource stands for; nothing when there is nothing. */
export function unmanagedStatus(ids: readonly string[]): UnmanagedStatus {
  return ids.length === 0 ? undefined : unmanagedOf(ids)
}

/** Tenants whose status does not say what `unmanaged` does. */
export function miscounted(
  tenants: readonly RaiTenant[],
  unmanaged: ReadonlyMap<string, readonly string[]>,
): RaiTenant[] {
  return tenants.filter(({ status, metadata }) => {
    const ids = status.tenantId === undefined ? undefined : unmanaged.get(status.tenantId)
    if (ids === undefined || metadata.deletionTimestamp !== undefined) return false
    return !isSame(status.unmanagedApplications, unmanagedStatus(ids))
  })
}

function isSame(one: UnmanagedStatus, other: UnmanagedStatus): boolean {
  return one?.total === other?.total && (one?.ids ?? []).join() === (other?.ids ?? []).join()
}
