// Makes an application for a resource: the first one, or another one in place of the one it has.
import type { RaiTenantApplication } from '../api/types.ts'
import { heldBack } from '../domain/application.ts'
import { healing, healingTooSoon } from '../domain/healing.ts'
import type { Loss } from '../domain/healing.ts'
import { wasReady } from '../domain/conditions.ts'
import { activeOf, hasTooMany, overdue, TOO_MANY_TO_HEAL } from '../domain/rotation.ts'
import type { ObservedSecret } from '../domain/secret.ts'
import type { Stop } from '../domain/tenant.ts'
import { after } from '../engine/outcome.ts'
import type { applicationBinding } from './bind-application.ts'
import { createApplication } from './create-application.ts'
import type { CreationPorts } from './create-application.ts'
import type { Destination } from './delivery.ts'
import { blocked } from './pass.ts'
import type { Pass } from './pass.ts'
import type { ControllerMetrics } from './ports.ts'
import type { retirement } from './retirement.ts'
import type { StatusReporter } from './status.ts'

/** How soon a resource with too many applications is looked at again, at the latest. */
const TOO_MANY_MS = 300_000

export type RenewalOptions = CreationPorts & {
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly metrics: ControllerMetrics
  readonly binding: Pick<ReturnType<typeof applicationBinding>, 'finish'>
  readonly retire: ReturnType<typeof retirement>['retire']
  /** The end of a pass that makes nothing. */
  readonly standStill: (application: Application, obstacle: Stop, signal: AbortSignal) => Promise<Pass<Application>>
}

type Application = RaiTenantApplication

export function applicationRenewal(options: RenewalOptions) {
  const { clock } = options

  async function create(
    application: Application,
    destination: Destination,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const held = heldBack(application)
    if (held) return options.standStill(application, held, signal)
    const creation = await createApplication(options, application, tenantId, destination, signal)
    switch (creation.result) {
      case 'busy':
        return { outcome: { next: 'woken' } }
      case 'changed':
        return { outcome: { next: 'backOff' } }
      case 'answered':
        return options.binding.finish(creation.resource, creation.journal, destination.over, signal)
    }
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
      if (first) return options.retire(application, first.applicationId, signal)
      return { ...blocked(application, tooMany), outcome: after(TOO_MANY_MS) }
    }
    try {
      return await create(application, { over, isTried: false }, tenantId, signal)
    } catch (error) {
      options.metrics.rotated('error')
      throw error
    }
  }

  /**
   * Nobody can read a credential again: a new application takes the place of the one whose credential is lost. That nothing
   * works is told first, since what follows may take its time.
   */
  async function heal(
    application: Application,
    loss: Loss,
    over: ObservedSecret | undefined,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const tooSoon = healingTooSoon(application, loss, activeOf(application)?.issuedAt ?? '', clock.now())
    if (tooSoon) return blocked(application, tooSoon)
    if (wasReady(application.status.conditions ?? [], application.metadata.generation)) {
      await options.reporter.publish(application, healing(application, loss), {})
    }
    return replace(application, over, tenantId, TOO_MANY_TO_HEAL, signal)
  }

  return { create, replace, heal }
}
