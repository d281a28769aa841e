// Takes down what was made for a RaiTenantApplication, attempts included, before the resource may go.
import { APPLICATION_KIND, APPLICATION_PLURAL } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { ExternalApplication } from '../domain/external.ts'
import { SECOND_LOOK_MS } from '../domain/gone.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { heldIds } from '../domain/recovery.ts'
import { confirmation } from '../domain/requests.ts'
import { ownershipOf } from '../domain/secret.ts'
import type { Delivery } from '../domain/secret.ts'
import { readDelivery } from '../domain/secret-content.ts'
import { deletionPolicyOf, wrongOrganization } from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Logger } from '../log.ts'
import { afterRecovery } from './after-recovery.ts'
import { disown, removeHeld, secretKeeper, secretNamesOf } from './disown.ts'
import { finalizer } from './finalize.ts'
import type { FinalizerOptions } from './finalize.ts'
import type { Journals } from './journals.ts'
import { blocked } from './pass.ts'
import type { Pass, Told, Untold } from './pass.ts'
import type { ControllerMetrics, Definitions, ResourceView, Secrets } from './ports.ts'
import type { Recovery } from './recovery.ts'
import type { Removals } from './remove-application.ts'
import type { StatusReporter } from './status.ts'

export type FinalizeOptions = FinalizerOptions<RaiTenantApplication> & {
  /** The organization's name; throws `Unauthorized` while its credential cannot be read. */
  readonly organization: () => string
  readonly deletionPolicy: DeletionPolicy
  readonly view: ResourceView<RaiTenantApplication>
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly removals: Removals
  readonly secrets: Secrets
  readonly journals: Journals
  readonly recovery: Recovery
  readonly definitions: Definitions
  /** Finishes an answered attempt, as for a resource that stays. */
  readonly bind: (
    application: RaiTenantApplication,
    journal: Journal<ApplicationAttempt>,
    signal: AbortSignal,
  ) => Promise<Pass<RaiTenantApplication>>
  readonly metrics: ControllerMetrics
  readonly clock: Clock
  readonly logger: Logger
}

type Application = RaiTenantApplication

/** Finalizes one resource at a time. */
export function applicationFinalizer(options: FinalizeOptions) {
  const { journals, removals, clock } = options

  async function finalize(application: Application, signal: AbortSignal): Promise<Pass<Application>> {
    const wrong = wrongOrganization(application, options.organization())
    if (wrong) return blocked(application, wrong)
    const recovered = await options.recovery.step(application, signal)
    return afterRecovery(application, recovered, {
      answered: (journal) => takeBack(application, journal, signal),
      clear: () => takeDown(application, signal),
    })
  }

  /** What an attempt made and nobody was handed is deleted, not bound. What is to be kept as it is handed over is bound first. */
  async function takeBack(
    application: Application,
    journal: Journal<ApplicationAttempt>,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { tenantId, answer } = journal.attempt
    const id = answer!.application.id
    if (heldIds(application).includes(id)) {
      await journals.advance(journal, 'bound', signal)
      return { outcome: after(0) }
    }
    if ((await isHandedOver(application, id, signal)) && (await isKept(application, signal))) {
      const bound = await options.bind(application, journal, signal)
      return 'published' in bound ? { ...bound, outcome: after(0) } : bound
    }
    const leftMs = await removals.remove(application, tenantId, id, signal)
    if (leftMs !== undefined) return draining(application, leftMs)
    await journals.advance(journal, 'abandoned', signal)
    return { outcome: after(0) }
  }

  /** Its credential stands in a Secret that a policy may keep: what that says must go on working. */
  async function isHandedOver(application: Application, id: string, signal: AbortSignal): Promise<boolean> {
    const deliveries = await deliveriesOf(application, signal)
    return deliveries.some((delivery) => delivery.application.id === id)
  }

  /** What the Secrets that would go with the resource hand over. */
  async function deliveriesOf(application: Application, signal: AbortSignal): Promise<Delivery[]> {
    const deliveries: Delivery[] = []
    for (const name of secretNamesOf(application)) {
      const secret = await options.secrets.get(application.metadata.namespace, name, signal)
      const isOurs = secret && ownershipOf(secret, application) === 'ours'
      const delivery = isOurs ? readDelivery(secret) : undefined
      if (delivery) deliveries.push(delivery)
    }
    return deliveries
  }

  async function takeDown(application: Application, signal: AbortSignal): Promise<Pass<Application>> {
    const { tenantId } = application.status
    const ids = heldIds(application)
    if (ids.length === 0 || tenantId === undefined) return takeDownUnbound(application, signal)
    const confirmed = confirmation(application)
    if (typeof confirmed === 'object') return blocked(application, confirmed)
    if (confirmed) {
      await options.reporter.record(application, { provenance: 'Created' })
      return { outcome: after(0) }
    }
    if (await isKept(application, signal)) {
      await disown(options, application, signal)
      return release(application, signal)
    }
    for (const id of ids) {
      const leftMs = await removals.remove(application, tenantId, id, signal)
      if (leftMs !== undefined) return draining(application, leftMs)
    }
    await removeHeld(options, application, signal)
    const released = await release(application, signal)
    for (const id of ids) removals.forget(id)
    return released
  }

  /**
   * What no status names is not deleted. A crash between Secret and status may have left a Secret owned that was there before:
   * one that was to be taken over, or whose application stands without us, is not ours to take along.
   */
  async function takeDownUnbound(application: Application, signal: AbortSignal): Promise<Pass<Application>> {
    const deliveries = await deliveriesOf(application, signal)
    const outlives = await isToOutlive(application, deliveries, signal)
    if (outlives === 'unsure') return draining(application, SECOND_LOOK_MS)
    await (outlives ? disown : removeHeld)(options, application, signal)
    const released = await release(application, signal)
    for (const delivery of deliveries) removals.forget(delivery.application.id)
    return released
  }

  async function isToOutlive(
    application: Application,
    deliveries: readonly Delivery[],
    signal: AbortSignal,
  ): Promise<boolean | 'unsure'> {
    if (application.spec.adopt) return true
    if (deliveries.length === 0) return false
    if (await isKept(application, signal)) return true
    const seen: (ExternalApplication | 'gone' | 'unsure')[] = []
    for (const { tenantId, application: external } of deliveries) {
      seen.push(await removals.see(tenantId, external.id, signal))
    }
    return seen.some((one) => typeof one === 'object') || (seen.includes('unsure') ? 'unsure' : false)
  }

  async function isKept(application: Application, signal: AbortSignal): Promise<boolean> {
    if (deletionPolicyOf(application, options.deletionPolicy) === 'Retain') return true
    return options.definitions.beingDeleted(APPLICATION_PLURAL, signal)
  }

  function draining(about: Application, afterMs: number): Told<Application> {
    const message = 'waits until the application is gone from the tenant'
    return { about, report: { reason: 'Draining', message }, facts: {}, outcome: after(afterMs) }
  }

  async function release(application: Application, signal: AbortSignal): Promise<Untold> {
    await options.writer.removeFinalizer(application, signal)
    const { deletionTimestamp } = application.metadata
    if (deletionTimestamp) {
      options.metrics.deleted(APPLICATION_KIND, (clock.now() - Date.parse(deletionTimestamp)) / 1000)
    }
    return { outcome: done }
  }

  return finalizer(options, { takeDown: finalize, keepSecrets: secretKeeper(options) })
}
