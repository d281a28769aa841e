// Binds an application to its resource: its credential into the Secret, its ids into the status, and one token that shows it works.
import { REQUEST_ANNOTATIONS } from '../api/names.ts'
import { isReason } from '../api/reasons.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import type { Clock } from '../clock.ts'
import {
  alreadyClaimed,
  AWAITS_ACCEPTANCE,
  BEING_REPLACED,
  isOutdated,
  noTokenEndpoint,
  unknownDelivery,
  WORKS,
} from '../domain/application.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { nextDueMs, nextRotationAt, overlapMsOf, retirementAt, superseded } from '../domain/rotation.ts'
import { ownershipOf, secretNameOf } from '../domain/secret.ts'
import type { Delivery, ObservedSecret } from '../domain/secret.ts'
import { deletionPolicyOf, stop } from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Outcome } from '../engine/outcome.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Claims } from './claims.ts'
import { deliveryOf, handOver } from './delivery.ts'
import type { DeliveryPorts } from './delivery.ts'
import type { Journals } from './journals.ts'
import { blocked } from './pass.ts'
import type { Pass, Told } from './pass.ts'
import type { ControllerMetrics, CredentialProver, ResourceWriter } from './ports.ts'
import type { Facts } from './status.ts'

/** How long a new credential may be refused before that is called a refusal. Source: docs/api.md, `CredentialRejected`. */
const ACCEPTANCE_MS = 60_000
/** How soon a credential that is not accepted yet is tried again. */
const TRY_AGAIN_MS = 3_000

export type BindingOptions = DeliveryPorts & {
  readonly organization: () => string
  readonly deletionPolicy: DeletionPolicy
  readonly defaultOverlapMs: number
  readonly writer: ResourceWriter<RaiTenantApplication>
  readonly prover: CredentialProver
  readonly journals: Journals
  readonly claims: Claims
  readonly metrics: ControllerMetrics
  readonly clock: Clock
}

type Application = RaiTenantApplication

/** True when this id takes the place of another one. */
function isReplacing({ status }: Application, id: string): boolean {
  return status.applicationId !== undefined && status.applicationId !== id
}

/** The ways in which an application comes to be bound. Each ends in one status. */
export function applicationBinding(options: BindingOptions) {
  const { api, secrets, prover, metrics, clock } = options

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
    await removeFormer(application, secret, signal)
    const told = await tell(application, delivery, binding(application, secret, delivery, 'Created'), signal)
    const published = async () => {
      if (isReplacing(application, delivery.application.id)) metrics.rotated('success')
      await options.journals.advance(journal, 'bound', signal)
    }
    return { ...told, published }
  }

  /** The credential stands in the Secret: see that what is derived is as asked for, and that the credential works. */
  async function deliver(
    application: Application,
    secret: ObservedSecret | undefined,
    delivery: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const resource = await options.writer.addFinalizer(application, signal)
    const current = await handOver(options, resource, { ...delivery, tenantId }, secret, signal)
    await removeFormer(resource, current, signal)
    const provenance = application.status.provenance ?? 'Relinked'
    return tell(resource, delivery, binding(resource, current, delivery, provenance), signal)
  }

  /**
   * The Secret of a former name goes, if it is ours, once the new one holds a credential; the status says so last, so that a
   * crash repeats all of it.
   */
  async function removeFormer(application: Application, { name }: ObservedSecret, signal: AbortSignal): Promise<void> {
    const former = application.status.secret?.name
    if (former === undefined || former === name) return
    const old = await secrets.get(application.metadata.namespace, former, signal)
    if (old && ownershipOf(old, application) === 'ours') await secrets.delete(old, signal)
  }

  /** What is asked for differently by now is recorded and replaced, since it is not what is wanted; all else is proven. */
  async function tell(
    about: Application,
    delivery: Delivery,
    facts: Facts<Application>,
    signal: AbortSignal,
  ): Promise<Told<Application>> {
    const told = isOutdated(about, delivery)
      ? { about, report: BEING_REPLACED, facts, outcome: after(0) }
      : await prove(about, delivery, facts, signal)
    // That the credential before works says nothing about this one.
    return about.status.applicationId === delivery.application.id
      ? told
      : { ...told, report: { ...told.report, unproven: true } }
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
      const status = { ...about.status, ...facts } as Application['status']
      return { about, report: WORKS, facts, outcome: rest({ ...about, status }) }
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
    application: Application,
    secret: ObservedSecret,
    { tenantId, application: { id, clientId }, tokenUrl }: Delivery,
    provenance: NonNullable<Application['status']['provenance']>,
  ): Facts<Application> {
    const { status, metadata } = application
    const now = clock.now()
    const known = status.credentials?.find(({ applicationId }) => applicationId === id)
    const issued = known ?? { applicationId: id, clientId, state: 'Active' as const, issuedAt: timestamp(now) }
    const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.rotate]
    return {
      organization: options.organization(),
      tenantId,
      applicationId: id,
      clientId,
      tokenUrl,
      provenance,
      secret: { name: secret.name, uid: secret.uid, resourceVersion: secret.resourceVersion },
      ...(status.suspects && { suspects: status.suspects.filter(({ applicationId }) => applicationId !== id) }),
      credentials: credentialsAfter(application, issued, now),
      nextRotationAt: nextRotationAt(application, issued.issuedAt),
      ...(status.applicationId !== id && asked !== undefined && { lastHandledRotate: asked }),
    }
  }

  /** Appended, never overwritten: a lost entry is an application that nobody deletes, which is right for what is not ours to delete. */
  function credentialsAfter(
    application: Application,
    issued: NonNullable<Application['status']['credentials']>[number],
    now: number,
  ): NonNullable<Application['status']['credentials']> {
    const { applicationId, credentials = [] } = application.status
    const isOurs =
      deletionPolicyOf(application, options.deletionPolicy) === 'Delete' || application.status.provenance === 'Created'
    const held =
      isReplacing(application, issued.applicationId) && !isOurs
        ? credentials.filter((one) => one.applicationId !== applicationId)
        : credentials
    return superseded(held, issued, retirementAt(now, overlapMsOf(application, options.defaultOverlapMs)))
  }

  /** Nothing to do until something is due. */
  function rest(application: Application): Outcome {
    const dueMs = nextDueMs(application, clock.now())
    return dueMs === undefined ? done : after(dueMs)
  }

  return { recover, finish, deliver, relink, rest }
}
