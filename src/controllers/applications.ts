// The controller of RaiTenantApplication: an application with a working credential in a Secret for each resource.
import { APPLICATION_KIND, APPLICATION_PLURAL } from '../api/names.ts'
import { isReason } from '../api/reasons.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import {
  alreadyClaimed,
  AWAITS_ACCEPTANCE,
  heldBack,
  isSettled,
  lostAnswer,
  noTokenEndpoint,
  planApplication,
  planPlacement,
  tenantKeyOf,
  unknownDelivery,
  WORKS,
} from '../domain/application.ts'
import { isGone, SECOND_LOOK_MS } from '../domain/gone.ts'
import { overlaid, ownershipOf, releasedSecret, renderSecret, secretMatches, secretNameOf } from '../domain/secret.ts'
import type { Delivery, ObservedSecret } from '../domain/secret.ts'
import { deletionPolicyOf, unsupportedRequests, wrongOrganization } from '../domain/tenant.ts'
import type { DeletionPolicy, Stop } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { Failure, isFailure } from '../errors.ts'
import { Absences } from './absences.ts'
import { createApplication, writeSecret } from './create-application.ts'
import type { CreationPorts } from './create-application.ts'
import type { TenantDirectory } from './directory.ts'
import { blocked, reconciler } from './pass.ts'
import type { Pass, Told, Untold } from './pass.ts'
import type { ApplicationView, Definitions, ResourceView } from './ports.ts'
import type { Facts, StatusReporter } from './status.ts'

/** How long a new credential may be refused before that is called a refusal. Source: docs/api.md, `CredentialRejected`. */
const ACCEPTANCE_MS = 60_000
/** How soon a credential that is not accepted yet is tried again. */
const TRY_AGAIN_MS = 3_000
/** A resource this young may be waiting for a tenant out of the same file: that is no news yet. */
const YOUNG_MS = 1_000
const GONE_CHECK_MS = 2_000

export type ApplicationControllerOptions = CreationPorts & {
  /** The organization's name; throws `Unauthorized` while its credential cannot be read. */
  readonly organization: () => string
  readonly deletionPolicy: DeletionPolicy
  readonly view: ApplicationView
  readonly tenantView: ResourceView<RaiTenant>
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly directory: TenantDirectory
  readonly definitions: Definitions
}

type Application = RaiTenantApplication

/** Reconciles RaiTenantApplications. See each step for what it promises. */
export function applicationReconciler(options: ApplicationControllerOptions): Reconcile {
  const { view, api, secrets, prover, clock, logger } = options
  const absences = new Absences(clock)

  async function bring(application: Application, signal: AbortSignal): Promise<Pass<Application>> {
    const placement = planPlacement(
      application,
      options.tenantView.get(tenantKeyOf(application)),
      options.organization(),
    )
    if (placement.step === 'stop')
      return isYoung(application) ? { outcome: after(YOUNG_MS) } : blocked(application, placement)
    if (isSettled(application)) return { outcome: done }
    const held = heldBack(application)
    if (held) return blocked(application, held)

    const { namespace } = application.metadata
    const plan = planApplication(application, await secrets.get(namespace, secretNameOf(application), signal))
    switch (plan.step) {
      case 'stop':
        return blocked(application, plan)
      case 'deliver':
        return deliver(application, plan.secret, plan.delivery, placement.tenantId, signal)
      case 'create':
        return create(application, plan.over, placement.tenantId, signal)
    }
  }

  async function create(
    application: Application,
    over: ObservedSecret | undefined,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    try {
      const { resource, secret, delivery } = await createApplication(options, application, tenantId, over, signal)
      return await prove(resource, delivery, binding(resource, secret, delivery, 'Created'), signal)
    } catch (error) {
      if (!isFailure(error, 'AmbiguousCreate')) throw error
      return blocked(application, lostAnswer(tenantId), { organization: options.organization(), tenantId })
    }
  }

  /** The credential stands in the Secret: see that what is derived is as asked for, and that the credential works. */
  async function deliver(
    application: Application,
    secret: ObservedSecret,
    delivery: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<Application>> {
    const { provenance } = application.status
    if (provenance === undefined) {
      const refusal = await planRelink(application, delivery, tenantId, signal)
      if (refusal) return blocked(application, refusal)
    }
    const resource = await options.writer.addFinalizer(application, signal)
    const desired = renderSecret(resource, delivery)
    const current = secretMatches(secret, desired)
      ? secret
      : await writeSecret(options, overlaid(secret, desired), secret, { dryRun: false }, signal)
    return prove(resource, delivery, binding(resource, current, delivery, provenance ?? 'Relinked'), signal)
  }

  /**
   * A Secret of ours that no status knows of, as after a crash or a restore: its application is bound again if it stands in
   * the tenant and nobody else has it.
   */
  async function planRelink(
    application: Application,
    { application: { id }, tenantId: recorded }: Delivery,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Stop | undefined> {
    for (const other of view.all()) if (other.status.applicationId === id) return alreadyClaimed(id, other)
    const known = recorded === tenantId && (await api.get(tenantId, id, signal)) !== undefined
    return known ? undefined : unknownDelivery(application, id, tenantId)
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
      const ageMs = clock.now() - Date.parse(facts.credentials?.[0]?.issuedAt ?? '')
      if (isFailure(error, 'CredentialRejected') && ageMs < ACCEPTANCE_MS) {
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
    return {
      organization: options.organization(),
      tenantId,
      applicationId: id,
      clientId,
      tokenUrl,
      provenance,
      secret: { name: secret.name, uid: secret.uid, resourceVersion: secret.resourceVersion },
      credentials: status.applicationId === id && status.credentials ? status.credentials : [issued],
    }
  }

  async function finalize(application: Application, signal: AbortSignal): Promise<Pass<Application>> {
    const unsupported = unsupportedRequests(application)
    if (unsupported) return blocked(application, unsupported)
    const { applicationId, tenantId } = application.status
    if (applicationId === undefined || tenantId === undefined) return release(application, signal)
    const wrong = wrongOrganization(application, options.organization())
    if (wrong) return blocked(application, wrong)
    if (await isKept(application, signal)) {
      await disown(application, signal)
      return release(application, signal)
    }
    const deletedByUs = (await api.delete(tenantId, applicationId, signal)) === 'deleted'
    if (deletedByUs) {
      absences.deleted(applicationId)
      audit(application, tenantId, applicationId)
    }
    if ((await api.get(tenantId, applicationId, signal)) !== undefined) {
      if (!deletedByUs) absences.forget(applicationId)
      return draining(application, GONE_CHECK_MS)
    }
    if (!deletedByUs && !(await isAbsent(tenantId, applicationId, signal))) return draining(application, SECOND_LOOK_MS)
    const released = await release(application, signal)
    absences.forget(applicationId)
    return released
  }

  async function isKept(application: Application, signal: AbortSignal): Promise<boolean> {
    if (deletionPolicyOf(application, options.deletionPolicy) === 'Retain') return true
    return options.definitions.beingDeleted(APPLICATION_PLURAL, signal)
  }

  /** With `Retain` the Secret outlives its resource. */
  async function disown(application: Application, signal: AbortSignal): Promise<void> {
    const { namespace } = application.metadata
    const secret = await secrets.get(namespace, application.status.secret?.name ?? secretNameOf(application), signal)
    if (!secret || ownershipOf(secret, application) !== 'ours') return
    await writeSecret(options, releasedSecret(secret), secret, { dryRun: false }, signal)
  }

  /** Without a 204 of our own: whether a complete list, of the tenant or of the organization, shows that it has gone. */
  async function isAbsent(tenantId: string, id: string, signal: AbortSignal): Promise<boolean> {
    const sinceMs = absences.note(id)
    const siblings = await api.list(tenantId, signal)
    if (siblings) {
      const listed = new Set(siblings.map((application) => application.id))
      return isGone(id, { listed, known: applicationIds(), sinceMs })
    }
    const listed = new Set((await options.directory.current(signal)).map((tenant) => tenant.id))
    return isGone(tenantId, { listed, known: tenantIds(), sinceMs })
  }

  function* applicationIds(): Iterable<string> {
    for (const { status } of view.all()) if (status.applicationId !== undefined) yield status.applicationId
  }

  function* tenantIds(): Iterable<string> {
    for (const { status } of options.tenantView.all()) if (status.tenantId !== undefined) yield status.tenantId
  }

  function audit({ metadata }: Application, tenantId: string, applicationId: string): void {
    const about = {
      kind: APPLICATION_KIND,
      key: `${metadata.namespace}/${metadata.name}`,
      generation: metadata.generation,
    }
    logger.info({ operation: 'deleteTenantApplication', tenantId, applicationId, ...about }, 'deleted an application')
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

  function isYoung({ metadata, status }: Application): boolean {
    const ageMs = clock.now() - Date.parse(metadata.creationTimestamp)
    // An API server whose clock is ahead must not keep us from telling.
    return status.conditions === undefined && ageMs >= 0 && ageMs < YOUNG_MS
  }

  return reconciler({ view, reporter: options.reporter, logger, bring, finalize })
}
