// Which change of a resource has which others looked at: the only work that an event does.
import { TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { tenantKeyOf } from '../domain/placement.ts'
import { wasReady } from '../domain/conditions.ts'
import { goesByLabels } from '../domain/grants.ts'
import { isUnfinished, journalName } from '../domain/journal.ts'
import type { Subject } from '../domain/journal.ts'
import { QUARANTINE_MS, sweepInMs } from '../domain/recovery.ts'
import { sealedFacts } from '../domain/seal.ts'
import { effectiveName } from '../domain/tenant.ts'
import type { SeenJournal } from './journal-marks.ts'
import type { ApplicationView, ResourceKey, ResourceView } from './ports.ts'
import { sweepKey } from './sweep-journals.ts'

/** Has a resource looked at, in `delayMs` at the latest. */
export type Enqueue = (key: ResourceKey, delayMs?: number) => void

export type WakeUpOptions = {
  readonly tenantView: ResourceView<RaiTenant>
  readonly applicationView: ApplicationView
  readonly enqueueTenant: Enqueue
  readonly enqueueApplication: Enqueue
  readonly enqueueSweep: Enqueue
  /** This process, as its journals name it. */
  readonly self: string
  /** The wall clock, in milliseconds. */
  readonly now: () => number
}

/**
 * A tenant counts its applications so long after one has changed: a few at a time in one write. Of 100 tenants whose 4,900
 * applications took three minutes, counting every two seconds was a twentieth of all writes.
 */
const COUNT_MS = 5_000

/** What to do when a resource of either kind has changed: in the cluster, or by a write of our own that the cache shows. */
export function wakeUp({
  tenantView,
  applicationView,
  enqueueTenant,
  enqueueApplication,
  enqueueSweep,
  self,
  now,
}: WakeUpOptions) {
  /** The tenant itself, the applications that depend on it, and who waits for its name. */
  function tenantChanged(key: ResourceKey, before: RaiTenant | undefined, after: RaiTenant | undefined): void {
    if (asks(before) !== asks(after) || facts(before) !== facts(after)) enqueueTenant(key)
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

  /** The application itself; and its tenant, which counts its applications, and waits for them while it is being deleted. */
  function applicationChanged(
    key: ResourceKey,
    before: RaiTenantApplication | undefined,
    after: RaiTenantApplication | undefined,
  ): void {
    if (asks(before) !== asks(after) || facts(before) !== facts(after)) enqueueApplication(key)
    const one = after ?? before
    if (!one || weighs(before) === weighs(after)) return
    const tenantKey = tenantKeyOf(one)
    const isGoing = tenantView.get(tenantKey)?.metadata.deletionTimestamp !== undefined
    enqueueTenant(tenantKey, isGoing ? 0 : COUNT_MS)
  }

  /** Whom its labels may let into a tenant or out of it; `undefined`: those of any namespace may have. */
  function namespaceChanged(name: string | undefined): void {
    for (const tenant of tenantView.all()) {
      if (!goesByLabels(tenant)) continue
      for (const { metadata } of applicationView.ofTenant(keyOf(tenant.metadata)))
        if (name === undefined || metadata.namespace === name) enqueueApplication(keyOf(metadata))
    }
  }

  function wake({ kind, namespace, name }: Subject): void {
    const enqueue = kind === TENANT_KIND ? enqueueTenant : enqueueApplication
    enqueue(`${namespace}/${name}`)
  }

  function wakeNamed(seen: SeenJournal): void {
    for (const { metadata } of tenantView.all()) if (isAbout(seen, metadata.uid)) enqueueTenant(keyOf(metadata))
    for (const { metadata } of applicationView.all())
      if (isAbout(seen, metadata.uid)) enqueueApplication(keyOf(metadata))
  }

  /** The resource of an attempt that is not finished; and the sweep, when that has something to look for. */
  function journalChanged(before: SeenJournal | undefined, seen: SeenJournal | undefined): void {
    // One that nobody can read keeps the resource waiting whose UID is in its name, and lets it go on when it is gone.
    for (const one of [before, seen]) if (one && 'problem' in one.mark) wakeNamed(one)
    // Removed by a person or by another process: who it is about may go on.
    if (before && !seen && 'subject' in before.mark && before.mark.holder !== self) wake(before.mark.subject)
    if (!seen || !('state' in seen.mark)) return
    const { state, scope, subject, holder } = seen.mark
    // What this process is doing itself, it need not be told.
    if (isUnfinished(state) && holder !== self) wake(subject)
    enqueueSweep(sweepKey(scope), isUnfinished(state) ? QUARANTINE_MS : sweepInMs([seen.mark], now()))
  }

  return { tenantChanged, applicationChanged, namespaceChanged, journalChanged }
}

function keyOf({ namespace, name }: RaiTenant['metadata']): ResourceKey {
  return `${namespace}/${name}`
}

function isAbout({ name }: SeenJournal, uid: string): boolean {
  return name.startsWith(journalName(uid, ''))
}

/** All of a resource that its user asks by. Finalizers and status are ours: their writes ask for nothing. */
function asks(resource: RaiTenant | RaiTenantApplication | undefined): string {
  if (!resource) return 'nothing'
  const { uid, generation, deletionTimestamp, annotations } = resource.metadata
  return [uid, generation, deletionTimestamp, JSON.stringify(annotations)].join()
}

/** All of a status that is acted on: the sweep writes to it, too, and others should not. */
function facts(resource: RaiTenant | RaiTenantApplication | undefined): string | undefined {
  return resource && sealedFacts(resource)
}

/** All of a tenant that its applications go by. */
function offers(tenant: RaiTenant | undefined): string {
  if (!tenant) return 'nothing'
  const { metadata, spec, status } = tenant
  const isReady = wasReady(status.conditions ?? [], metadata.generation)
  const grant = JSON.stringify(spec.allowedNamespaces)
  const isTold = status.conditions !== undefined
  return [status.tenantId, isTold, isReady, metadata.deletionTimestamp !== undefined, grant].join()
}

/** All of an application that its tenant goes by. */
function weighs(application: RaiTenantApplication | undefined): string {
  if (!application) return 'nothing'
  const { metadata, status } = application
  const isStalled = (status.conditions ?? []).some((condition) => condition.type === 'Stalled')
  return [status.tenantId, metadata.deletionTimestamp !== undefined, isStalled].join()
}
