// The sweep: one look over the whole organization at each interval, instead of one for each resource.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { miscounted, missingFrom, tenantsToList, unmanagedIn } from '../domain/inventory.ts'
import type { Inventory, Resources } from '../domain/inventory.ts'
import { after } from '../engine/outcome.ts'
import type { Outcome } from '../engine/outcome.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { TenantDirectory } from './directory.ts'
import type { Looks } from './looks.ts'
import type { OrganizationView } from './organization-view.ts'
import type { ApplicationsApi, JournalView, ResourceView, SweepMetrics } from './ports.ts'
import { takeInventory } from './take-inventory.ts'
import type { Unmanaged } from './unmanaged.ts'

export type OrganizationSweepOptions = {
  readonly directory: TenantDirectory
  readonly applicationsApi: Pick<ApplicationsApi, 'list'>
  readonly tenantView: ResourceView<RaiTenant>
  readonly view: ResourceView<RaiTenantApplication>
  /** All resources as they are now, where the views do not show all. */
  readonly everybody?: (signal: AbortSignal) => Promise<Resources>
  readonly journalView: JournalView
  readonly tenantLooks: Looks
  readonly looks: Looks
  readonly unmanaged: Unmanaged
  readonly organizationView: Pick<OrganizationView, 'swept'>
  readonly metrics: SweepMetrics
  /** From the end of one sweep to the next, in milliseconds, drawn anew each time. */
  readonly intervalMs: () => number
  readonly logger: Logger
}

/** So much of the interval passes before a sweep that failed is tried again: each try may cost as much as a whole one. */
const RETRY_SHARE = 0.2

/**
 * Reads all tenants, and the applications of those that resources are bound to: `ceil(T / limit) + T` calls, whatever the
 * number of resources. Has looked at what differs, and at nothing else; writes nothing itself. One that fails midway
 * changes nothing, and is tried again before its time.
 */
export function organizationSweep(options: OrganizationSweepOptions): (signal: AbortSignal) => Promise<Outcome> {
  const { tenantView, view, journalView, unmanaged, logger } = options

  function resources(): Resources {
    return { tenants: [...tenantView.all()], applications: [...view.all()] }
  }

  async function take(before: Resources, signal: AbortSignal): Promise<Inventory> {
    const bound = tenantsToList(before)
    return takeInventory(
      {
        tenants: (signal) => options.directory.current(signal),
        applications: (tenantId, signal) => options.applicationsApi.list(tenantId, signal),
        isWanted: (tenantId) => bound.has(tenantId),
      },
      signal,
    )
  }

  /** Who claims what is read after it was listed. */
  async function takeBoth(before: Resources, signal: AbortSignal): Promise<[Inventory, Resources | undefined]> {
    const inventory = await take(before, signal)
    return [inventory, await options.everybody?.(signal)]
  }

  return async (signal) => {
    // What is bound after the lists were read is not missing from them.
    const before = resources()
    const [inventory, everybody] = await takeBoth(before, signal).catch((error: unknown) => {
      throw patient(error, options.intervalMs() * RETRY_SHARE)
    })
    const now = resources()
    const claiming = everybody ?? now
    const found = unmanagedIn(inventory, claiming, journalView.claims())
    unmanaged.learn(found.applications)
    const missing = missingFrom(inventory, before)
    for (const tenant of [...missing.tenants, ...miscounted(now.tenants, found.applications)]) {
      options.tenantLooks.want(tenant)
    }
    for (const application of missing.applications) options.looks.want(application)
    const applications = [...found.applications.values()].reduce((sum, ids) => sum + ids.length, 0)
    options.organizationView.swept()
    options.metrics.swept({ tenants: found.tenants.length, applications })
    logger.debug({ missing: missing.tenants.length + missing.applications.length }, 'swept the organization')
    return after(options.intervalMs())
  }
}

/** The same failure, tried again at the sweep's own pace. */
function patient(error: unknown, retryAfterMs: number): unknown {
  if (!(error instanceof Failure)) return error
  const { code, message } = error
  return new Failure(code, 'wait', message, {
    retryAfterMs: Math.max(retryAfterMs, error.retryAfterMs ?? 0),
    cause: error,
  })
}
