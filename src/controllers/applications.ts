// The controller of RaiTenantApplication: an application with a working credential in a Secret for each resource.
import { FINALIZER } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { isOutdated, isSettled, planApplication, WORKS } from '../domain/application.ts'
import { APPLICATION_GONE, CREDENTIAL_LOST } from '../domain/healing.ts'
import { planPlacement, tenantKeyOf } from '../domain/placement.ts'
import type { Placement, Scope } from '../domain/placement.ts'
import { confirmation, discarding } from '../domain/requests.ts'
import { invalidRotation, isRotationDue, overdue, retired, TOO_MANY } from '../domain/rotation.ts'
import { FORGED } from '../domain/seal.ts'
import type { Stop } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { afterRecovery } from './after-recovery.ts'
import { applicationBinding } from './bind-application.ts'
import type { BindingOptions } from './bind-application.ts'
import type { CreationPorts } from './create-application.ts'
import { destinationOf } from './delivery.ts'
import { applicationFinalizer } from './finalize-application.ts'
import type { FinalizeOptions } from './finalize-application.ts'
import { secretKeeping } from './keep-secret.ts'
import type { Looks } from './looks.ts'
import type { OrganizationView } from './organization-view.ts'
import { blocked, reconciler } from './pass.ts'
import type { Pass } from './pass.ts'
import type { ApplicationsApi, ApplicationView, JournalView } from './ports.ts'
import { applicationRenewal } from './renew-application.ts'
import { carryOutRequests, withRequests } from './requests.ts'
import { retirement } from './retirement.ts'

/** A resource this young may be waiting for a tenant out of the same file, or for labels: that is no news yet. */
const YOUNG_MS = 1_000

export type ApplicationControllerOptions = CreationPorts &
  BindingOptions &
  Omit<FinalizeOptions, 'bind'> & {
    readonly view: ApplicationView
    readonly journalView: JournalView
    readonly looks: Looks
    readonly organizationView: Pick<OrganizationView, 'doubt'>
    /** For what a person gives up. */
    readonly discards: Pick<ApplicationsApi, 'delete'>
    /** For whoever refers to a tenant outside of it. */
    readonly scope: Scope
  }

type Application = RaiTenantApplication

/** Reconciles RaiTenantApplications. See each step for what it promises. */
export function applicationReconciler(options: ApplicationControllerOptions): Reconcile {
  const { view, clock, logger } = options
  const binding = applicationBinding(options)
  const { retire, retireDue, withRetirement } = retirement(options)
  const renewal = applicationRenewal({ ...options, binding, retire, standStill })
  const keeping = secretKeeping({ ...options, binding, renewal })

  async function bring(cached: Application, isToLook: boolean, signal: AbortSignal): Promise<Pass<Application>> {
    if (!options.seals.areGenuine(cached)) return blocked(cached, FORGED)
    const isUnfinished = options.journalView.hasUnfinished(cached.metadata.uid)
    const placement = placementOf(cached)
    if (!isUnfinished) {
      const isStopped = placement.step === 'stop' && overdue(cached, clock.now()).length === 0
      if (isStopped || placement.step === 'wait') return waiting(cached, placement)
      if (placement.step === 'place' && !isToLook && isAtRest(cached)) return { outcome: binding.rest(cached) }
      if (placement.step === 'place' && isMadeInTurn(cached)) {
        return inTurn(cached, placement.tenantId, () => proceed(cached, isToLook, signal))
      }
    }
    return proceed(cached, isToLook, signal)
  }

  /** The turn is taken before anything is read, so that who has to wait for it reads nothing. */
  async function inTurn(
    { metadata: { namespace, name } }: Application,
    tenantId: string,
    act: () => Promise<Pass<Application>>,
  ): Promise<Pass<Application>> {
    const key = `${namespace}/${name}`
    if (!options.turns.begin(tenantId, key)) return { outcome: { next: 'woken' } }
    try {
      return await act()
    } finally {
      // That of a create is over with its answer.
      options.turns.end(tenantId, key)
    }
  }

  async function proceed(cached: Application, isToLook: boolean, signal: AbortSignal): Promise<Pass<Application>> {
    // From here on things are done outside: only what is there now counts.
    if (isUntouched(cached)) return begin(cached, isToLook, signal)
    const application = await options.writer.read(cached, signal)
    if (application.metadata.deletionTimestamp !== undefined) return { outcome: done }
    if (!options.seals.areGenuine(application)) return blocked(application, FORGED)
    const recovered = await options.recovery.step(application, signal)
    if (recovered.step === 'stop') return standStill(application, recovered, signal)
    if (recovered.step === 'wait') return keeping.awaitRecovery(application, recovered.afterMs, signal)
    return afterRecovery(application, recovered, {
      answered: (journal) => binding.recover(application, journal, signal),
      clear: () => provide(application, isToLook, signal),
    })
  }

  /**
   * The finalizer, which comes before any journal: who puts it on sees the resource as it is, and knows that no attempt of it
   * is on its way, without asking for either.
   */
  async function begin(cached: Application, isToLook: boolean, signal: AbortSignal): Promise<Pass<Application>> {
    const application = await options.writer.addFinalizer(cached, signal)
    if (!options.seals.areGenuine(application)) return blocked(application, FORGED)
    return provide(application, isToLook, signal)
  }

  /** No attempt is on its way. */
  async function provide(application: Application, isToLook: boolean, signal: AbortSignal): Promise<Pass<Application>> {
    const placement = placementOf(application)
    switch (placement.step) {
      case 'wait':
        return waiting(application, placement)
      case 'stop':
        return standStill(application, placement, signal)
      case 'place': {
        const { tenantId } = placement
        const requests = { ...options, api: options.discards }
        const carriedOut = await carryOutRequests(requests, application, tenantId, signal)
        const pass = await bringAbout(carriedOut.application, tenantId, isToLook, signal)
        return withRequests(withRetirement(pass), carriedOut)
      }
    }
  }

  /** What is asked for otherwise has been dealt with. */
  async function bringAbout(
    requested: Application,
    tenantId: string,
    isToLook: boolean,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const [due] = retired(requested, clock.now())
    if (due) return retire(requested, due.applicationId, signal)
    const invalid = invalidRotation(requested, options.defaultOverlapMs)
    if (invalid) return standStill(requested, invalid, signal)
    if (!isToLook && isQuiet(requested)) {
      return { about: requested, report: WORKS, facts: {}, outcome: binding.rest(requested) }
    }
    const seen = isToLook ? await keeping.see(requested, signal) : undefined
    if (seen === 'unsure') return keeping.unsure(requested)
    const destination = await destinationOf(options, requested, signal)
    const plan = planApplication(requested, destination.over)
    switch (plan.step) {
      case 'stop':
        return blocked(requested, plan)
      case 'deliver':
        if (seen === 'gone') return renewal.heal(requested, APPLICATION_GONE, plan.secret, tenantId, signal)
        return isOutdated(requested, plan.delivery) || isRotationDue(requested, clock.now())
          ? renewal.replace(requested, plan.secret, tenantId, TOO_MANY, signal)
          : keeping.deliver(requested, plan.secret, plan.delivery, tenantId, signal)
      case 'restore':
        return keeping.restore(requested, plan.secret, plan.proof, tenantId, signal)
      case 'heal':
        return renewal.heal(requested, CREDENTIAL_LOST, plan.over, tenantId, signal)
      case 'move':
        return keeping.move(requested, plan.from, plan.over, tenantId, signal)
      case 'relink':
        return binding.relink(requested, plan.secret, plan.delivery, tenantId, signal)
      case 'adopt':
        return binding.adopt(requested, plan, tenantId, signal)
      case 'create':
        return renewal.create(requested, destination, tenantId, signal)
    }
  }

  /** Nothing is asked for, and nothing is due. */
  function isAtRest(application: Application): boolean {
    return isQuiet(application) && !confirmation(application) && !discarding(application)
  }

  /** … but perhaps a request. */
  function isQuiet(application: Application): boolean {
    const now = clock.now()
    return isSettled(application) && !isRotationDue(application, now) && retired(application, now).length === 0
  }

  /** As far as the caches show, nothing was ever done for this one. */
  function isUntouched({ metadata, spec, status }: Application): boolean {
    if (metadata.finalizers?.includes(FINALIZER) || spec.adopt || status.applicationId !== undefined) return false
    return !status.credentials?.length && !options.journalView.hasUnfinished(metadata.uid)
  }

  function placementOf(application: Application) {
    return planPlacement(application, options.tenantView.get(tenantKeyOf(application)), {
      organization: options.organization(),
      labels: options.namespaces.labelsOf(application.metadata.namespace),
      scope: options.scope,
    })
  }

  function waiting(application: Application, obstacle: Exclude<Placement, { step: 'place' }>): Pass<Application> {
    if (obstacle.step === 'wait' || isYoung(application)) return { outcome: after(YOUNG_MS) }
    if (awaitsFirstWord(application, obstacle)) return { outcome: done }
    const told = blocked(application, obstacle)
    return leavesIdsAlone(obstacle) ? told : withRetirement(told)
  }

  /** Nothing new is made, but what was replaced goes when its time is over. */
  async function standStill(application: Application, obstacle: Stop, signal: AbortSignal): Promise<Pass<Application>> {
    const pass = leavesIdsAlone(obstacle) ? undefined : await retireDue(application, signal)
    return pass ?? waiting(application, obstacle)
  }

  /** Nobody has said anything of its tenant yet: the first thing that is said wakes this, and is most often that it is Ready. */
  function awaitsFirstWord(application: Application, { report }: Stop): boolean {
    const tenant = options.tenantView.get(tenantKeyOf(application))
    const isUntold = application.status.conditions === undefined && tenant?.status.conditions === undefined
    return report.reason === 'TenantNotReady' && isUntold && tenant?.metadata.deletionTimestamp === undefined
  }

  function isYoung({ metadata, status }: Application): boolean {
    const ageMs = clock.now() - Date.parse(metadata.creationTimestamp)
    // An API server whose clock is ahead must not keep us from telling.
    return status.conditions === undefined && ageMs >= 0 && ageMs < YOUNG_MS
  }

  return reconciler({
    view,
    reporter: options.reporter,
    looks: options.looks,
    organizationView: options.organizationView,
    logger,
    bring,
    finalize: applicationFinalizer({ ...options, bind: binding.recover }),
  })
}

/** As far as the cache shows: one without a key, which is to be made. */
function isMadeInTurn({ spec, status }: Application): boolean {
  return spec.auth.type === 'ClientSecret' && !spec.adopt && status.applicationId === undefined
}

/** Ids in the status of another organization's resource mean nothing here. */
function leavesIdsAlone({ report }: Stop): boolean {
  return report.reason === 'WrongOrganization'
}
