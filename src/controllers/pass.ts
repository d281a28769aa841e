// What both controllers have in common: one pass over one resource, from cache to status.
import { FINALIZER } from '../api/names.ts'
import { isReason } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { isAbandoned, isLookAsked, unclearSwitch } from '../domain/requests.ts'
import { isPaused, PAUSED, wasGone } from '../domain/tenant.ts'
import type { Stop } from '../domain/tenant.ts'
import type { Report } from '../domain/conditions.ts'
import { finalizerStep } from '../engine/finalizer.ts'
import { after, done } from '../engine/outcome.ts'
import type { Outcome, Reconcile } from '../engine/outcome.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Looks } from './looks.ts'
import type { OrganizationView } from './organization-view.ts'
import type { ResourceView } from './ports.ts'
import type { Facts, StatusReporter } from './status.ts'

/** What a pass came to, and when to look again; an error is thrown once the rest is written, for the worker to schedule. */
export type Pass<T extends RaiTenant | RaiTenantApplication> = Told<T> | Untold

export type Told<T extends RaiTenant | RaiTenantApplication> = {
  /** The resource as this pass read it: its generation is the one that was acted on. */
  readonly about: T
  readonly report: Report
  readonly facts: Facts<T>
  readonly outcome: Outcome | Error
  /** What may be done only once the status says so. */
  readonly published?: () => Promise<unknown>
}

/** Nothing to tell: the resource is as it was, or has gone. */
export type Untold = { readonly outcome: Outcome }

export type Controller<T extends RaiTenant | RaiTenantApplication> = {
  readonly view: ResourceView<T>
  readonly reporter: StatusReporter<T>
  readonly looks: Looks
  readonly organizationView: Pick<OrganizationView, 'doubt'>
  readonly logger: Logger
  /**
   * Brings about what the resource asks for. `isToLook`: whatever was found before, what is outside and in the cluster is
   * to be looked at. A {@link Failure} that it throws is told when its code is a reason.
   */
  bring(resource: T, isToLook: boolean, signal: AbortSignal): Promise<Pass<T>>
  /** Takes down what was made outside and takes off the finalizer. */
  finalize(resource: T, signal: AbortSignal): Promise<Pass<T>>
}

/**
 * When to look again at what a person mends without any event reaching the operator, in milliseconds. What is mended on
 * a resource of ours needs none, and what is not listed waits for such an event.
 */
const LOOK_AGAIN_MS: { readonly [reason in Reason]?: number } = {
  TenantExists: 60_000,
  AlreadyClaimed: 60_000,
  AdoptionNotPermitted: 60_000,
  ExternalNotFound: 60_000,
  QuotaExceeded: 60_000,
  SecretConflict: 30_000,
  SecretMissing: 30_000,
  DrainBlocked: 30_000,
}

/** The end of a pass that cannot go on. */
export function blocked<T extends RaiTenant | RaiTenantApplication>(
  about: T,
  { report }: Stop,
  facts: Facts<T> = {},
): Told<T> {
  const afterMs = LOOK_AGAIN_MS[report.reason]
  return { about, report, facts, outcome: afterMs === undefined ? done : after(afterMs) }
}

/** The reconciler of one kind. */
export function reconciler<T extends RaiTenant | RaiTenantApplication>(controller: Controller<T>): Reconcile {
  const { view, reporter } = controller

  async function pass(resource: T, signal: AbortSignal): Promise<Pass<T>> {
    const { deletionTimestamp, finalizers } = resource.metadata
    const step = finalizerStep(deletionTimestamp !== undefined, finalizers?.includes(FINALIZER) ?? false)
    if (step === 'leave') return { outcome: done }
    if (isPaused(resource)) return { about: resource, report: PAUSED, facts: {}, outcome: done }
    const unclear = unclearSwitch(resource)
    if (unclear) return blocked(resource, unclear)
    const { doubt } = controller.organizationView
    // What is let go needs no view of the organization, and what is told to be gone may stay so.
    if (doubt && !isAbandoned(resource) && !wasGone(resource)) return blocked(resource, doubt)
    return step === 'finalize' ? controller.finalize(resource, signal) : bring(resource, signal)
  }

  async function bring(resource: T, signal: AbortSignal): Promise<Pass<T>> {
    const isWanted = controller.looks.take(resource)
    let isOver = false
    try {
      const pass = await controller.bring(resource, isWanted || isLookAsked(resource), signal)
      // What had something else to do first has not looked.
      isOver = 'report' in pass && pass.report.reason !== 'AmbiguousCreate'
      return pass
    } finally {
      if (isWanted && !isOver) controller.looks.putBack(resource)
    }
  }

  return async (key, signal) => {
    const resource = view.get(key)
    if (resource === undefined) return done
    const result = await pass(resource, signal).catch((error: unknown) => failed(resource, error, controller.logger))
    if ('report' in result) await reporter.publish(result.about, result.report, result.facts)
    if ('published' in result) await result.published?.()
    if (result.outcome instanceof Error) throw result.outcome
    return result.outcome
  }
}

/** What status has a reason for is told there; what will not pass by itself and has none, in the log. */
function failed<T extends RaiTenant | RaiTenantApplication>(about: T, error: unknown, logger: Logger): Told<T> {
  if (!(error instanceof Failure)) throw error
  if (!isReason(error.code)) {
    const { namespace, name } = about.metadata
    const fields = { kind: about.kind, key: `${namespace}/${name}`, err: error }
    if (error.disposition !== 'retry') logger.warn(fields, 'cannot go on with a resource')
    throw error
  }
  const report = { reason: error.code, message: error.message, held: error.disposition === 'stall' }
  return { about, report, facts: {}, outcome: error }
}
