// The one way in which an application is made. The create protocol of docs/api.md will live behind this same door.
import { APPLICATION_KIND } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { CreatedApplication } from '../domain/external.ts'
import { lostAnswer } from '../domain/application.ts'
import { documentsApiUrl, tokenUrlOf } from '../domain/endpoints.ts'
import type { Delivery, DesiredSecret, ObservedSecret } from '../domain/secret.ts'
import { emptySecret, renderSecret, secretMatches } from '../domain/secret.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type {
  ApplicationsApi,
  ControllerMetrics,
  CredentialProver,
  EventRecorder,
  KeyMaker,
  ResourceWriter,
  Secrets,
} from './ports.ts'

export type CreationPorts = {
  readonly api: ApplicationsApi
  readonly keys: KeyMaker
  readonly prover: CredentialProver
  readonly secrets: Secrets
  readonly writer: ResourceWriter<RaiTenantApplication>
  readonly events: EventRecorder
  readonly metrics: ControllerMetrics
  readonly clock: Clock
  readonly logger: Logger
  /** Template of the Documents API's URL, see settings. */
  readonly documentsApiUrl: string | undefined
}

export type Created = {
  /** The resource with our finalizer on it: its spec is what was asked for. */
  readonly resource: RaiTenantApplication
  readonly secret: ObservedSecret
  readonly delivery: Delivery
}

/**
 * Makes one application in the tenant and hands its credential over in the Secret, which replaces `over` where an own one
 * stands already.
 *
 * The Secret is tried by a dry run first, so that one that cannot be written costs nothing outside. At most one POST. When
 * the Secret cannot be written in the end, the application, known by its own answer, is deleted again.
 *
 * Throws a {@link Failure} that is a reason: `SecretWriteRefused`, `AmbiguousCreate` when the answer was lost, or the control
 * plane's. `signal` counts until the POST; what it set in motion is finished.
 */
export async function createApplication(
  ports: CreationPorts,
  application: RaiTenantApplication,
  tenantId: string,
  over: ObservedSecret | undefined,
  signal: AbortSignal,
): Promise<Created> {
  await writeSecret(ports, emptySecret(application), over, { dryRun: true }, signal)
  const resource = await ports.writer.addFinalizer(application, signal)
  const created = await post(ports, resource, tenantId, signal)

  const lasting = new AbortController().signal
  const delivery = await deliveryOf(ports, tenantId, created, lasting)
  try {
    const secret = await handOver(ports, renderSecret(resource, delivery), over, lasting)
    return { resource, secret, delivery }
  } catch (error) {
    await takeBack(ports, resource, tenantId, created.application.id, lasting)
    throw error
  }
}

async function post(
  { api, keys, metrics, logger }: CreationPorts,
  { metadata, spec }: RaiTenantApplication,
  tenantId: string,
  signal: AbortSignal,
): Promise<CreatedApplication> {
  const { type, rsa } = spec.auth
  const auth =
    type === 'ClientSecret'
      ? { type }
      : await keys.make(type === 'EC' ? { type } : { type, bits: rsa?.bits ?? LEAST_BITS })
  const result = await api.create(tenantId, { cell: spec.cell, scopes: spec.scopes, auth }, signal)
  if (result.outcome === 'created') {
    const audit = {
      kind: APPLICATION_KIND,
      key: `${metadata.namespace}/${metadata.name}`,
      generation: metadata.generation,
    }
    const { id } = result.value.application
    logger.info(
      { operation: 'createTenantApplication', tenantId, applicationId: id, ...audit },
      'created an application',
    )
    return result.value
  }
  if (result.outcome !== 'ambiguous') throw result.failure
  metrics.ambiguousCreate('held')
  const { reason, message } = lostAnswer(tenantId).report
  throw new Failure(reason, 'stall', message, { cause: result.failure })
}

/** The smallest RSA modulus that we make: the vendor wants more than 2048 bits. */
const LEAST_BITS = 3072

/** A list or an answer may leave the token URL out: then one read of the application tells it. */
async function deliveryOf(
  { api, prover, logger, documentsApiUrl: template }: CreationPorts,
  tenantId: string,
  { application, credential }: CreatedApplication,
  signal: AbortSignal,
): Promise<Delivery> {
  let complete = application
  if (application.tokenUrl === undefined) {
    try {
      complete = (await api.get(tenantId, application.id, signal)) ?? application
    } catch (error) {
      logger.debug({ err: error, applicationId: application.id }, 'could not ask for the token URL')
    }
  }
  const tokenUrl = tokenUrlOf(complete, (url) => prover.mayReceiveCredential(url))
  return { tenantId, application, credential, tokenUrl, documentsApiUrl: documentsApiUrl(application.cell, template) }
}

/** An API server that is away for a moment must not cost the application: about half a minute, the tries included. */
const TRIES = 5
const FIRST_REST_MS = 1_000

/** Writes the Secret, patiently: a write whose answer was lost is recognized by what stands there. */
async function handOver(
  ports: CreationPorts,
  desired: DesiredSecret,
  over: ObservedSecret | undefined,
  signal: AbortSignal,
): Promise<ObservedSecret> {
  for (let tries = 1; ; tries++) {
    try {
      return await writeSecret(ports, desired, over, { dryRun: false }, signal)
    } catch (error) {
      const standing = await ports.secrets.get(desired.namespace, desired.name, signal).catch(() => undefined)
      if (standing && secretMatches(standing, desired)) return standing
      if (!isFailure(error, 'KubeUnavailable') || tries === TRIES) throw error
      await ports.clock.sleep(FIRST_REST_MS * 2 ** (tries - 1), signal)
    }
  }
}

/** Creates the Secret, or replaces the own one that was seen. What the API server refuses becomes `SecretWriteRefused`. */
export async function writeSecret(
  { secrets }: Pick<CreationPorts, 'secrets'>,
  desired: DesiredSecret,
  over: ObservedSecret | undefined,
  options: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<ObservedSecret> {
  try {
    if (over) return await secrets.replace(over, desired, options, signal)
    return await secrets.create(desired, options, signal)
  } catch (error) {
    if (!isFailure(error, 'KubeForbidden') && !isFailure(error, 'KubeInvalid')) throw error
    throw new Failure(
      'SecretWriteRefused',
      'wait',
      `the API server refuses the Secret ${desired.namespace}/${desired.name}: ${error.message}`,
      { cause: error },
    )
  }
}

/** The application is known by its own 201, so it is ours to delete; what cannot be deleted now is told. */
async function takeBack(
  { api, events, logger }: CreationPorts,
  resource: RaiTenantApplication,
  tenantId: string,
  applicationId: string,
  signal: AbortSignal,
): Promise<void> {
  const fields = { operation: 'deleteTenantApplication', tenantId, applicationId, kind: APPLICATION_KIND }
  try {
    await api.delete(tenantId, applicationId, signal)
    logger.info({ ...fields, reason: 'SecretWriteRefused' }, 'deleted an application whose Secret could not be written')
  } catch (error) {
    logger.error({ ...fields, err: error }, 'could not delete an application whose Secret could not be written')
    events.publish(resource, {
      type: 'Warning',
      reason: 'OrphanSuspected',
      action: 'Create',
      note: `application ${applicationId} was made in tenant ${tenantId}, its Secret could not be written, and it could not be deleted: delete it there`,
    })
  }
}
