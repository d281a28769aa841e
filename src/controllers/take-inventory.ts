// Reads what the organization holds, for those who compare it with the resources.
import type { ExternalApplication, TenantListing } from '../domain/external.ts'
import type { Inventory } from '../domain/inventory.ts'
import type { ApplicationsApi } from './ports.ts'

export type InventoryOptions = {
  /** A complete list of the tenants. */
  readonly tenants: (signal: AbortSignal) => Promise<TenantListing>
  readonly applications: ApplicationsApi['list']
  /** Whether to look into the tenant of this id. */
  readonly isWanted: (tenantId: string) => boolean
}

/** One list of all tenants, and one of the applications of each that is wanted: whole, or it fails as the lists do. */
export async function takeInventory(options: InventoryOptions, signal: AbortSignal): Promise<Inventory> {
  const { tenants } = await options.tenants(signal)
  const applications = new Map<string, readonly ExternalApplication[]>()
  for (const { id } of tenants) {
    const listed = options.isWanted(id) ? await options.applications(id, signal) : undefined
    if (listed) applications.set(id, listed)
  }
  return { tenants, applications }
}
