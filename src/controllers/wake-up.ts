// Which change of a resource has which others looked at: the only work that an event does.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { tenantKeyOf } from '../domain/application.ts'
import { wasReady } from '../domain/conditions.ts'
import { effectiveName } from '../domain/tenant.ts'
import type { ApplicationView, ResourceKey, ResourceView } from './ports.ts'

/** Has a resource looked at, in `delayMs` at the latest. */
export type Enqueue = (key: ResourceKey, delayMs?: number) => void

export type WakeUpOptions = {
  readonly tenantView: ResourceView<RaiTenant>
  readonly applicationView: ApplicationView
  readonly enqueueTenant: Enqueue
  readonly enqueueApplication: Enqueue
}

/** A tenant counts its applications; a batch of changes is counted once, when it is over. */
const COUNT_MS = 2_000

/** What to do when a resource of either kind has changed: in the cluster, or by a write of our own that the cache shows. */
export function wakeUp({ tenantView, applicationView, enqueueTenant, enqueueApplication }: WakeUpOptions) {
  /** Whose applications depend on the tenant, and who waits for its name. */
  function tenantChanged(key: ResourceKey, before: RaiTenant | undefined, after: RaiTenant | undefined): void {
    if (offers(before) !== offers(after)) {
      for (const { metadata } of applicationView.ofTenant(key))
        enqueueApplication(`${metadata.namespace}/${metadata.name}`)
    }
    if (before && !after) {
      for (const other of tenantView.all()) {
        if (effectiveName(other) !== effectiveName(before)) continue
        enqueueTenant(`${other.metadata.namespace}/${other.metadata.name}`)
      }
    }
  }

  /** The tenant counts its applications, and waits for them while it is being deleted. */
  function applicationChanged(before: RaiTenantApplication | undefined, after: RaiTenantApplication | undefined): void {
    const one = after ?? before
    if (!one || weighs(before) === weighs(after)) return
    const key = tenantKeyOf(one)
    const isGoing = tenantView.get(key)?.metadata.deletionTimestamp !== undefined
    enqueueTenant(key, isGoing ? 0 : COUNT_MS)
  }

  return { tenantChanged, applicationChanged }
}

/** All of a tenant that its applications go by. */
function offers(tenant: RaiTenant | undefined): string {
  if (!tenant) return 'nothing'
  const { metadata, spec, status } = tenant
  const isReady = wasReady(status.conditions ?? [], metadata.generation)
  return [status.tenantId, isReady, metadata.deletionTimestamp !== undefined, spec.allowedNamespaces?.from].join()
}

/** All of an application that its tenant goes by. */
function weighs(application: RaiTenantApplication | undefined): string {
  if (!application) return 'nothing'
  const { metadata, status } = application
  const isStalled = (status.conditions ?? []).some((condition) => condition.type === 'Stalled')
  return [status.tenantId, metadata.deletionTimestamp !== undefined, isStalled].join()
}
