// The controller of RaiTenantApplication: an application with a working credential in a Secret for each resource.
import { isReason } from '../api/reasons.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import {
  alreadyClaimed,
  AWAITS_ACCEPTANCE,
  AWAITS_RECOVERY,
  heldBack,
  isSettled,
  noTokenEndpoint,
  planApplication,
  planPlacement,
  tenantKeyOf,
  unknownDelivery,
  unmetSpec,
  WORKS,
} from '../domain/application.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { confirmation, discarding } from '../domain/requests.ts'
import { FORGED } from '../domain/seal.ts'
import { ownershipOf, secretNameOf } from '../domain/secret.ts'
import type { Delivery, ObservedSecret } from '../domain/secret.ts'
import { stop } from '../domain/tenant.ts'
import type { Stop } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Claims } from './claims.ts'
import { createApplication } from './create-application.ts'
import type { CreationPorts } from './create-application.ts'
import { deliveryOf, handOver } from './delivery.ts'
import type { DeliveryPorts } from './delivery.ts'
import { discardSuspect } from './discard.ts'
import { applicationFinalizer } from './finalize-application.ts'
import type { FinalizeOptions } from './finalize-application.ts'
import { blocked, reconciler } from './pass.ts'
import type { Pass, Told } from './pass.ts'
import type { ApplicationView, CredentialProver, JournalView } from './ports.ts'
import type { Recovery } from './recovery.ts'
import type { Facts } from './status.ts'

/** How long a new credential may be refused before that is called a refusal. Source: docs/api.md, `CredentialRejected`. */
const ACCEPTANCE_MS = 60_000
/** How soon a credential that is not accepted yet is tried again. */
const TRY_AGAIN_MS = 3_000
/** A resource this young may be waiting for a tenant out of the same file: that is no news yet. */
const YOUNG_MS = 1_000
/** How soon a request that waits for others' attempts is looked at again. */
const REQUEST_MS = 10_000

export type ApplicationControllerOptions = CreationPorts &
  DeliveryPorts &
  FinalizeOptions & {
    readonly view: ApplicationView
    readonly journalView: JournalView
    readonly prover: CredentialProver
    readonly claims: Claims
    readonly recovery: Recovery
  }

type Application = RaiTenantApplication

/** Reconciles RaiTenantApplications. See each step for what it promises. */
export function applicationReconciler(options: ApplicationControllerOptions): Reconcile {
  const { view, api, secrets, prover, clock, logger } = options

  async function bring(cached: Application, signal: AbortSignal): Promise<Pass<Application>> {
    if (!options.seals.areGenuine(cached)) return blocked(cached, FORGED)
    const isUnfinished = options.journalView.hasUnfinished(cached.metadata.uid)
    const refused = placementOf(cached)
    if (!isUnfinished) {
      if (refused.step === 'stop') return waiting(cached, refused)
      if (isSettled(cached) && !confirmation(cached) && !discarding(cached)) return { outcome: done }
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
        return recover(application, recovered.journal, signal)
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
    if (isSettled(requested)) return { about: requested, report: WORKS, facts: {}, outcome: done }

    const secret = await secrets.get(requested.metadata.namespace, secretNameOf(requested), signal)
    const plan = planApplication(requested, secret)
    switch (plan.step) {
      case 'stop':
        return blocked(requested, plan)
      case 'deliver':
        return deliver(requested, plan.secret, plan.delivery, tenantId, signal)
      case 'relink':
        return relink(requested, plan.secret, plan.delivery, tenantId, signal)
      case 'create':
        return create(requested, plan.over, tenantId, signal)
    }
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
    const ended = await discardSuspect(options, current, tenantId, discarded.id, signal)
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
        return { outcome: done }
      case 'changed':
        return { outcome: { next: 'backOff' } }
      case 'answered':
        return finish(creation.resource, creation.journal, over, signal)
    }
  }

  /** Step 7, by whoever holds the lease now. */
  async function recover(
    application: Application,
    journal: Journal<ApplicationAttempt>,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { namespace } = application.metadata
    const over = await secrets.get(namespace, secretNameOf(application), signal)
    const ownership = ownershipOf(over, application)
    if (ownership === 'ours' || ownership === 'free') return finish(application, journal, over, signal)
    return blocked(
      application,
      stop(
        'SecretConflict',
        `the Secret ${namespace}/${secretNameOf(application)} is not this application's: remove that Secret, and the credential of the application that was made is written`,
      ),
    )
  }

  /** The Secret over what was seen there, the status over the binding that was seen, then the journal. */
  async function finish(
    application: Application,
    journal: Journal<ApplicationAttempt>,
    over: ObservedSecret | undefined,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const delivery = await deliveryOf(options, journal, signal)
    const secret = await handOver(options, application, delivery, over, signal)
    const facts = binding(application, secret, delivery, 'Created')
    // Asked for differently since: what was made is recorded, but it is not what is wanted.
    const unmet = unmetSpec(application, delivery)
    const told = unmet ? blocked(application, unmet, facts) : await prove(application, delivery, facts, signal)
    const published = async () => void (await options.journals.advance(journal, 'bound', signal))
    return { ...told, published }
  }

  /** The credential stands in the Secret: see that what is derived is as asked for, and that the credential works. */
  async function deliver(
    application: Application,
    secret: ObservedSecret,
    delivery: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const resource = await options.writer.addFinalizer(application, signal)
    const current = await handOver(options, resource, { ...delivery, tenantId }, secret, signal)
    const provenance = application.status.provenance ?? 'Relinked'
    return prove(resource, delivery, binding(resource, current, delivery, provenance), signal)
  }

  /**
   * A Secret that says it is this application's, while no status does, as after a crash, `Retain` or a restore: bound again
   * if its application stands in the tenant, nobody else has it, and its credential obtains a token.
   */
  async function relink(
    application: Application,
    secret: ObservedSecret,
    delivery: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { application: external, credential, tokenUrl } = delivery
    const standing = delivery.tenantId === tenantId && (await api.get(tenantId, external.id, signal)) !== undefined
    if (!standing) return blocked(application, unknownDelivery(application, external.id, tenantId))
    const other = await options.claims.claimant(external.id, tenantId, application, signal)
    if (other) return blocked(application, alreadyClaimed(external.id, other))
    if (tokenUrl === undefined) return blocked(application, noTokenEndpoint(external.id))
    await prover.prove(credential, tokenUrl, external.scopes, signal)
    return deliver(application, secret, delivery, tenantId, signal)
  }

  /** Ready waits for one token; what is bound is recorded whatever comes of it. */
  async function prove(
    about: Application,
    delivery: Delivery,
    facts: Facts<Application>,
    signal: AbortSignal,
  ): Promise<Told<Application>> {
    const { credential, tokenUrl, application } = delivery
    if (tokenUrl === undefined) return blocked(about, noTokenEndpoint(application.id), facts)
    try {
      await prover.prove(credential, tokenUrl, application.scopes, signal)
      return { about, report: WORKS, facts, outcome: done }
    } catch (error) {
      const issuedAt = facts.credentials?.find(({ applicationId }) => applicationId === application.id)?.issuedAt
      if (isFailure(error, 'CredentialRejected') && clock.now() - Date.parse(issuedAt ?? '') < ACCEPTANCE_MS) {
        return { about, report: AWAITS_ACCEPTANCE, facts, outcome: after(TRY_AGAIN_MS) }
      }
      const told = error instanceof Failure && isReason(error.code) && { reason: error.code, message: error.message }
      return { about, report: told || AWAITS_ACCEPTANCE, facts, outcome: error as Error }
    }
  }

  function binding(
    { status }: Application,
    secret: ObservedSecret,
    { tenantId, application: { id, clientId }, tokenUrl }: Delivery,
    provenance: NonNullable<Application['status']['provenance']>,
  ): Facts<Application> {
    const issued = { applicationId: id, clientId, state: 'Active' as const, issuedAt: timestamp(clock.now()) }
    const held = status.credentials ?? []
    return {
      organization: options.organization(),
      tenantId,
      applicationId: id,
      clientId,
      tokenUrl,
      provenance,
      secret: { name: secret.name, uid: secret.uid, resourceVersion: secret.resourceVersion },
      // Appended, never overwritten: a lost entry is an application that nobody deletes.
      ...(status.suspects && { suspects: status.suspects.filter(({ applicationId }) => applicationId !== id) }),
      credentials: held.some(({ applicationId }) => applicationId === id) ? held : [...held, issued],
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
