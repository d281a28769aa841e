// Binds an application to its resource: its credential into the Secret, its ids into the status, and one token that shows it works.
import { REQUEST_ANNOTATIONS } from '../api/names.ts'
import { isReason } from '../api/reasons.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { AWAITS_ACCEPTANCE, BEING_REPLACED, isOutdated, noTokenEndpoint, WORKS } from '../domain/application.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { nextDueMs, nextRotationAt, retirementAt, superseded } from '../domain/rotation.ts'
import { lookHandled } from '../domain/requests.ts'
import { otherSecretNames, ownershipOf, secretNameOf } from '../domain/secret.ts'
import type { Delivery, ObservedSecret } from '../domain/secret.ts'
import { deletionPolicyOf, stop } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Outcome } from '../engine/outcome.ts'
import { Failure, isFailure } from '../errors.ts'
import { deliveryOf, handOver, isHandedOverAnew } from './delivery.ts'
import { subjectOf } from './journals.ts'
import type { Journals } from './journals.ts'
import { applicationLinking } from './link-application.ts'
import type { LinkingOptions, Provenance } from './link-application.ts'
import { blocked } from './pass.ts'
import type { Pass, Told } from './pass.ts'
import type { ControllerMetrics, ResourceKey, ResourceWriter } from './ports.ts'
import type { Facts, StatusReporter } from './status.ts'

/** How long a new credential may be refused before that is called a refusal. Source: docs/api.md, `CredentialRejected`. */
const ACCEPTANCE_MS = 60_000
/** How soon a credential that is not accepted yet is tried again. */
const TRY_AGAIN_MS = 3_000

export type BindingOptions = LinkingOptions & {
  readonly organization: () => string
  readonly defaultOverlapMs: number
  readonly writer: ResourceWriter<RaiTenantApplication>
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly journals: Journals
  readonly metrics: ControllerMetrics
  /** Waits for what is outside, without a worker. */
  aside<T>(key: ResourceKey, wait: () => Promise<T>): Promise<T>
  readonly clock: Clock
}

type Application = RaiTenantApplication

/** True when this id takes the place of another one. */
function isReplacing({ status }: Application, id: string): boolean {
  return status.applicationId !== undefined && status.applicationId !== id
}

/** As its status will be: what becomes of its Secret depends on that. */
function withProvenance(application: Application, provenance: Provenance): Application {
  return { ...application, status: { ...application.status, provenance } }
}

/** The Secret that status names: of one that holds the same application as before, the last version that was proven. */
function secretFoundRight({ status }: Application, { applicationId, secret }: Facts<Application>) {
  const found = status.secret
  if (!found || status.applicationId !== applicationId || found.name !== secret?.name) return secret
  const { name, uid, resourceVersion } = found
  return { name, uid, resourceVersion }
}

/** The ways in which an application comes to be bound. Each ends in one status. */
export function applicationBinding(options: BindingOptions) {
  const { secrets, prover, metrics, clock } = options
  const { relink, adopt } = applicationLinking(options, bindAs)

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
    await announce(application)
    const { status } = application
    const known = isReplacing(application, delivery.application.id) ? undefined : status.provenance
    const provenance = known ?? 'Created'
    const secret = await handOver(options, withProvenance(application, provenance), delivery, over, signal)
    await removeOthers(application, signal)
    const facts = binding(application, secret, delivery, provenance)
    const told = await tell(application, delivery, facts, signal)
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
  ): Promise<Told<Application>> {
    const provenance = application.status.provenance ?? 'Relinked'
    return bindAs(provenance, application, secret, { ...delivery, tenantId }, signal)
  }

  /** The finalizer comes first: from then on a deletion finds what is ours. */
  async function bindAs(
    provenance: Provenance,
    application: Application,
    secret: ObservedSecret | undefined,
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<Told<Application>> {
    const resource = await options.writer.addFinalizer(application, signal)
    await announce(resource)
    const bound = withProvenance(resource, provenance)
    const journal = await keepSafe(bound, delivery, secret, signal)
    const current = await handOver(options, bound, delivery, secret, signal)
    await removeOthers(resource, signal)
    const told = await tell(resource, delivery, binding(resource, current, delivery, provenance), signal)
    return journal ? { ...told, published: () => options.journals.advance(journal, 'bound', signal) } : told
  }

  /** The only copy of a credential is not removed with the Secret that it stands in before there is another one. */
  async function keepSafe(
    application: Application,
    delivery: Delivery,
    over: ObservedSecret | undefined,
    signal: AbortSignal,
  ): Promise<Journal<ApplicationAttempt> | undefined> {
    const { tenantId, application: external, credential } = delivery
    if (application.status.applicationId !== external.id) return undefined
    if (!isHandedOverAnew(options, application, delivery, over)) return undefined
    const { cell, scopes } = external
    const proof = credential.proof.type === 'ClientSecret' ? { type: credential.proof.type } : credential.proof
    const asked = { subject: subjectOf(application), openedAt: clock.now(), tenantId, cell, scopes, proof, before: [] }
    return options.journals.keep({ type: 'application', ...asked }, { application: external, credential }, signal)
  }

  /**
   * Another name is in the status before anything is written there: else, set back after a crash, it would be forgotten with
   * a copy of the credential. Before the first Secret there is no status to say so in, and nothing to be moved.
   */
  async function announce(application: Application): Promise<void> {
    const { secret } = application.status
    const name = secretNameOf(application)
    if (!secret || secret.name === name || secret.otherNames?.includes(name)) return
    const otherNames = [...(secret.otherNames ?? []), name]
    await options.reporter.record(application, { secret: { ...secret, otherNames } })
  }

  /**
   * Secrets of other names go, if they are ours, once the wanted one holds a credential; the status forgets them last, so
   * that a crash repeats all of it.
   */
  async function removeOthers(application: Application, signal: AbortSignal): Promise<void> {
    for (const name of otherSecretNames(application)) {
      const old = await secrets.get(application.metadata.namespace, name, signal)
      if (old && ownershipOf(old, application) === 'ours') await secrets.delete(old, signal)
    }
  }

  /** What is asked for differently by now is recorded and replaced, since it is not what is wanted; all else is proven. */
  async function tell(
    about: Application,
    delivery: Delivery,
    facts: Facts<Application>,
    signal: AbortSignal,
  ): Promise<Told<Application>> {
    const told = isOutdated(about, delivery, facts.provenance)
      ? { about, report: BEING_REPLACED, facts, outcome: after(0) }
      : await prove(about, delivery, facts, signal)
    // That the credential before works says nothing about this one.
    return about.status.applicationId === delivery.application.id
      ? told
      : { ...told, report: { ...told.report, unproven: true } }
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
    const { namespace, name } = about.metadata
    try {
      await options.aside(`${namespace}/${name}`, () => prover.prove(credential, tokenUrl, application.scopes, signal))
      const status = { ...about.status, ...facts } as Application['status']
      return { about, report: WORKS, facts, outcome: rest({ ...about, status }) }
    } catch (error) {
      const learned = { ...facts, secret: secretFoundRight(about, facts) }
      const issuedAt = facts.credentials?.find(({ applicationId }) => applicationId === application.id)?.issuedAt
      if (isFailure(error, 'CredentialRejected') && clock.now() - Date.parse(issuedAt ?? '') < ACCEPTANCE_MS) {
        return { about, report: AWAITS_ACCEPTANCE, facts: learned, outcome: after(TRY_AGAIN_MS) }
      }
      const told = error instanceof Failure && isReason(error.code) && { reason: error.code, message: error.message }
      return { about, report: told || AWAITS_ACCEPTANCE, facts: learned, outcome: error as Error }
    }
  }

  function binding(
    application: Application,
    secret: ObservedSecret,
    { tenantId, application: { id, clientId }, tokenUrl }: Delivery,
    provenance: Provenance,
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
      ...lookHandled(application),
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
    return superseded(held, issued, retirementAt(application, options.defaultOverlapMs, now))
  }

  /** Nothing to do until something is due. */
  function rest(application: Application): Outcome {
    const dueMs = nextDueMs(application, clock.now())
    return dueMs === undefined ? done : after(dueMs)
  }

  return { recover, finish, deliver, relink, adopt, rest }
}
