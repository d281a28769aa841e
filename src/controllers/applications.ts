// The controller of RaiTenantApplication: an application with a working credential in a Secret for each resource.
import type { RaiTenantApplication } from '../api/types.ts'
import {
  AWAITS_RECOVERY,
  healingTooSoon,
  heldBack,
  isOutdated,
  isSettled,
  planApplication,
  planPlacement,
  tenantKeyOf,
  WORKS,
} from '../domain/application.ts'
import { confirmation, discarding } from '../domain/requests.ts'
import {
  activeOf,
  hasTooMany,
  invalidRotation,
  isRotationDue,
  nextRetirementMs,
  overdue,
  retired,
  TOO_MANY,
  TOO_MANY_TO_HEAL,
} from '../domain/rotation.ts'
import { FORGED } from '../domain/seal.ts'
import { ownershipOf, readDelivery, secretNameOf } from '../domain/secret.ts'
import type { ObservedSecret } from '../domain/secret.ts'
import type { Stop } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { applicationBinding } from './bind-application.ts'
import type { BindingOptions } from './bind-application.ts'
import { createApplication } from './create-application.ts'
import type { CreationPorts } from './create-application.ts'
import { discardSuspect } from './discard.ts'
import { applicationFinalizer } from './finalize-application.ts'
import type { FinalizeOptions } from './finalize-application.ts'
import { blocked, reconciler } from './pass.ts'
import type { Pass } from './pass.ts'
import type { ApplicationsApi, ApplicationView, JournalView } from './ports.ts'

/** A resource this young may be waiting for a tenant out of the same file: that is no news yet. */
const YOUNG_MS = 1_000
/** How soon a resource with too many applications is looked at again, at the latest. */
const TOO_MANY_MS = 300_000
/** How soon a request that waits for others' attempts is looked at again. */
const REQUEST_MS = 10_000

export type ApplicationControllerOptions = CreationPorts &
  BindingOptions &
  FinalizeOptions & {
    readonly view: ApplicationView
    readonly journalView: JournalView
    /** For what a person gives up. */
    readonly discards: Pick<ApplicationsApi, 'delete'>
  }

type Application = RaiTenantApplication

/** Reconciles RaiTenantApplications. See each step for what it promises. */
export function applicationReconciler(options: ApplicationControllerOptions): Reconcile {
  const { view, secrets, clock, logger } = options
  const binding = applicationBinding(options)

  async function bring(cached: Application, signal: AbortSignal): Promise<Pass<Application>> {
    if (!options.seals.areGenuine(cached)) return blocked(cached, FORGED)
    const isUnfinished = options.journalView.hasUnfinished(cached.metadata.uid)
    const refused = placementOf(cached)
    if (!isUnfinished) {
      if (refused.step === 'stop') return waiting(cached, refused)
      if (isAtRest(cached)) return { outcome: binding.rest(cached) }
    }
    // From here on things are done outside: only what is there now counts.
    const application = await options.writer.read(cached, signal)
    if (application.metadata.deletionTimestamp !== undefined) return { outcome: done }
    if (!options.seals.areGenuine(application)) return blocked(application, FORGED)
    const recovered = await options.recovery.step(application, signal)
    switch (recovered.step) {
      case 'stop':
        return blocked(application, recovered)
      case 'wait':
        return { about: application, report: AWAITS_RECOVERY, facts: {}, outcome: after(recovered.afterMs) }
      case 'abandoned':
        return { outcome: after(0) }
      case 'answered':
        return binding.recover(application, recovered.journal, signal)
      case 'clear':
        return provide(application, signal)
    }
  }

  /** No attempt is on its way. */
  async function provide(application: Application, signal: AbortSignal): Promise<Pass<Application>> {
    const placement = placementOf(application)
    if (placement.step === 'stop') return waiting(application, placement)
    const { tenantId } = placement
    const requested = await carryOutRequests(application, tenantId, signal)
    if ('outcome' in requested) return requested
    const [due] = retired(requested, clock.now())
    if (due) return retire(requested, due.applicationId, signal)
    const invalid = invalidRotation(requested, options.defaultOverlapMs)
    if (invalid) return blocked(requested, invalid)
    if (isAtRest(requested)) {
      return { about: requested, report: WORKS, facts: {}, outcome: binding.rest(requested) }
    }
    const secret = await secrets.get(requested.metadata.namespace, secretNameOf(requested), signal)
    const plan = planApplication(requested, secret)
    switch (plan.step) {
      case 'stop':
        return blocked(requested, plan)
      case 'deliver':
        return isOutdated(requested, plan.delivery) || isRotationDue(requested, clock.now())
          ? replace(requested, plan.secret, tenantId, TOO_MANY, signal)
          : binding.deliver(requested, plan.secret, plan.delivery, tenantId, signal)
      case 'heal':
        return heal(requested, plan.over, tenantId, signal)
      case 'move':
        return move(requested, plan.from, plan.over, tenantId, signal)
      case 'relink':
        return binding.relink(requested, plan.secret, plan.delivery, tenantId, signal)
      case 'create':
        return create(requested, plan.over, tenantId, signal)
    }
  }

  /** Nothing is asked for, and nothing is due. */
  function isAtRest(application: Application): boolean {
    const now = clock.now()
    return (
      isSettled(application) &&
      !confirmation(application) &&
      !discarding(application) &&
      !isRotationDue(application, now) &&
      retired(application, now).length === 0
    )
  }

  /** Nobody can read a credential again: a new application takes the place of the one whose credential is lost. */
  async function heal(
    application: Application,
    over: ObservedSecret | undefined,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const tooSoon = healingTooSoon(application, activeOf(application)?.issuedAt ?? '', clock.now())
    return tooSoon ? blocked(application, tooSoon) : replace(application, over, tenantId, TOO_MANY_TO_HEAL, signal)
  }

  /** The credential is taken from wherever it stands: a crash may have left it in both Secrets, or in the new one alone. */
  async function move(
    application: Application,
    from: string,
    over: ObservedSecret | undefined,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { namespace } = application.metadata
    const old = await secrets.get(namespace, from, signal)
    const deliveries = [over, ownershipOf(old, application) === 'ours' ? old : undefined].map(
      (secret) => secret && readDelivery(secret),
    )
    const active = deliveries.find((delivery) => delivery?.application.id === application.status.applicationId)
    return active
      ? binding.deliver(application, over, active, tenantId, signal)
      : heal(application, over, tenantId, signal)
  }

  /**
   * A new application first; the one before goes on working for the overlap. Room is made by one whose overlap is over, even if
   * the one in the Secret does not work: else nothing would ever take its place.
   */
  async function replace(
    application: Application,
    over: ObservedSecret | undefined,
    tenantId: string,
    tooMany: Stop,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    if (hasTooMany(application)) {
      const [first] = overdue(application, clock.now())
      if (first) return retire(application, first.applicationId, signal)
      const dueMs = nextRetirementMs(application, clock.now()) ?? TOO_MANY_MS
      return { ...blocked(application, tooMany), outcome: after(Math.min(dueMs, TOO_MANY_MS)) }
    }
    try {
      return await create(application, over, tenantId, signal)
    } catch (error) {
      options.metrics.rotated('error')
      throw error
    }
  }

  /** Deletes an application whose credential was replaced, and forgets it once it is gone. */
  async function retire(application: Application, id: string, signal: AbortSignal): Promise<Pass<Application>> {
    const leftMs = await options.removals.remove(application, application.status.tenantId!, id, signal)
    if (leftMs !== undefined) return { outcome: after(leftMs) }
    await options.reporter.record(application, (current) => ({
      credentials: (current.status.credentials ?? []).filter(({ applicationId }) => applicationId !== id),
    }))
    options.removals.forget(id)
    return { outcome: after(0) }
  }

  function placementOf(application: Application) {
    return planPlacement(application, options.tenantView.get(tenantKeyOf(application)), options.organization())
  }

  function waiting(application: Application, obstacle: Stop): Pass<Application> {
    return isYoung(application) ? { outcome: after(YOUNG_MS) } : blocked(application, obstacle)
  }

  /** What a person asks for by annotation; the resource as it is then, or the end of the pass. */
  async function carryOutRequests(
    application: Application,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Application | Pass<Application>> {
    let current = application
    const confirmed = confirmation(current)
    if (typeof confirmed === 'object') return blocked(current, confirmed)
    if (confirmed) current = await options.reporter.record(current, { provenance: 'Created' })
    const discarded = discarding(current)
    if (!discarded) return current
    if ('step' in discarded) return blocked(current, discarded)
    const ended = await discardSuspect({ ...options, api: options.discards }, current, tenantId, discarded.id, signal)
    if (ended === 'waiting') return { outcome: after(REQUEST_MS) }
    return 'step' in ended ? blocked(current, ended) : ended
  }

  async function create(
    application: Application,
    over: ObservedSecret | undefined,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const held = heldBack(application)
    if (held) return blocked(application, held)
    const creation = await createApplication(options, application, tenantId, over, signal)
    switch (creation.result) {
      case 'busy':
        return { outcome: { next: 'woken' } }
      case 'changed':
        return { outcome: { next: 'backOff' } }
      case 'answered':
        return binding.finish(creation.resource, creation.journal, over, signal)
    }
  }

  function isYoung({ metadata, status }: Application): boolean {
    const ageMs = clock.now() - Date.parse(metadata.creationTimestamp)
    // An API server whose clock is ahead must not keep us from telling.
    return status.conditions === undefined && ageMs >= 0 && ageMs < YOUNG_MS
  }

  return reconciler({
    view,
    reporter: options.reporter,
    logger,
    bring,
    finalize: applicationFinalizer(options),
  })
}
