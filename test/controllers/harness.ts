// Both controllers over clusters and control planes in memory, with a clock that tests move.
import { applicationReconciler } from '../../src/controllers/applications.ts'
import { TenantDirectory } from '../../src/controllers/directory.ts'
import type { ControllerMetrics } from '../../src/controllers/ports.ts'
import { StatusReporter } from '../../src/controllers/status.ts'
import { tenantReconciler } from '../../src/controllers/tenants.ts'
import { headline } from '../../src/domain/conditions.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type { Outcome, Reconcile } from '../../src/engine/outcome.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import {
  keyOf,
  MemoryApplications,
  MemoryDefinitions,
  MemoryResources,
  MemorySecrets,
  RecordedEvents,
} from '../doubles/memory-cluster.ts'
import { MemoryControlPlane } from '../doubles/memory-control-plane.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

class Counts implements ControllerMetrics {
  readonly counted: string[] = []

  firstReady(kind: string, seconds: number): void {
    this.counted.push(`firstReady ${kind} ${seconds}`)
  }

  deleted(kind: string, seconds: number): void {
    this.counted.push(`deleted ${kind} ${seconds}`)
  }

  ambiguousCreate(outcome: string): void {
    this.counted.push(`ambiguous ${outcome}`)
  }
}

/** What a pass came to: its outcome, or the code of the failure it threw. */
export type Look =
  Outcome['next'] | { readonly afterMs: number } | { readonly code: string; readonly disposition: string }

export function makeHarness(
  settings: { readonly deletionPolicy?: 'Delete' | 'Retain'; readonly tenantQuota?: number } = {},
) {
  const clock = new ManualClock()
  const tenants = new MemoryResources<RaiTenant>()
  const applications = new MemoryApplications()
  const secrets = new MemorySecrets()
  const events = new RecordedEvents()
  const definitions = new MemoryDefinitions()
  const plane = new MemoryControlPlane()
  const metrics = new Counts()
  const logger = new RecordedLog()
  const directory = new TenantDirectory(plane.tenants, clock, () => {})
  const shared = {
    organization: () => 'org',
    deletionPolicy: settings.deletionPolicy ?? 'Delete',
    directory,
    definitions,
    events,
    metrics,
    clock,
    logger,
  } as const
  const tenant = tenantReconciler({
    ...shared,
    tenantQuota: settings.tenantQuota ?? 20,
    view: tenants,
    applicationView: applications,
    writer: tenants,
    applicationWriter: applications,
    reporter: new StatusReporter({ view: tenants, writer: tenants, events, metrics, clock }),
    api: plane.tenants,
    applicationsApi: plane.applications,
  })
  const application = applicationReconciler({
    ...shared,
    view: applications,
    tenantView: tenants,
    writer: applications,
    reporter: new StatusReporter({ view: applications, writer: applications, events, metrics, clock }),
    api: plane.applications,
    keys: plane.keys,
    prover: plane.prover,
    secrets,
    documentsApiUrl: undefined,
  })

  async function look(reconcile: Reconcile, key: string, signal = new AbortController().signal): Promise<Look> {
    try {
      const outcome = await reconcile(key, signal)
      return outcome.next === 'after' ? { afterMs: outcome.afterMs } : outcome.next
    } catch (error) {
      const { code, disposition, message } = error as { code?: string; disposition?: string; message: string }
      if (!code || !disposition) throw new Error(`an unexpected error: ${message}`, { cause: error })
      return { code, disposition }
    }
  }

  /** The state in one word, as `kubectl get` shows it. */
  function reasonOf(resource: RaiTenant | RaiTenantApplication | undefined): string | undefined {
    return headline(resource?.status.conditions ?? [])?.reason
  }

  return {
    clock,
    tenants,
    applications,
    secrets,
    events,
    definitions,
    plane,
    metrics,
    logger,
    lookAtTenant: (resource: RaiTenant, signal?: AbortSignal) => look(tenant, keyOf(resource), signal),
    lookAtApplication: (resource: RaiTenantApplication, signal?: AbortSignal) =>
      look(application, keyOf(resource), signal),
    tenantReason: (resource: RaiTenant) => reasonOf(tenants.get(keyOf(resource))),
    applicationReason: (resource: RaiTenantApplication) => reasonOf(applications.get(keyOf(resource))),
    tenantNow: (resource: RaiTenant) => tenants.get(keyOf(resource)),
    applicationNow: (resource: RaiTenantApplication) => applications.get(keyOf(resource)),
  }
}
