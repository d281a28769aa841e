// From the answer in a journal to the credential in its Secret.
import type { RaiTenantApplication } from '../api/types.ts'
import { documentsApiUrl, tokenUrlOf } from '../domain/endpoints.ts'
import type { Credential, ExternalApplication } from '../domain/external.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import type { Delivery, DesiredSecret, ObservedSecret } from '../domain/secret.ts'
import { secretNameOf } from '../domain/secret.ts'
import {
  emptySecret,
  heldSecret,
  isToBeRemade,
  overlaid,
  renderSecret,
  secretMatches,
} from '../domain/secret-rendering.ts'
import { deletionPolicyOf } from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import { Failure, isFailure } from '../errors.ts'
import type { ApplicationsApi, CredentialProver, Secrets } from './ports.ts'

export type DeliveryPorts = {
  readonly api: Pick<ApplicationsApi, 'get'>
  readonly prover: Pick<CredentialProver, 'mayReceiveCredential'>
  readonly secrets: Secrets
  /** Where a resource says nothing: with `Retain`, its Secret has no owner. */
  readonly deletionPolicy: DeletionPolicy
  /** Template of the Documents API's URL, see settings. */
  readonly documentsApiUrl: string | undefined
}

/** What an answered journal hands over. A list or an answer may leave the token URL out: then one read tells it. */
export async function deliveryOf(
  ports: DeliveryPorts,
  { attempt, stored }: Journal<ApplicationAttempt>,
  signal: AbortSignal,
): Promise<Delivery> {
  const { tenantId, answer } = attempt
  if (!answer) throw new Error('a journal without an answer hands nothing over')
  return deliveryWith(
    ports,
    { tenantId, application: answer.application, proof: proofIn(attempt) },
    stored.name,
    signal,
  )
}

/** What is handed over of an application as the control plane shows it, with what proves who its client is. */
export async function deliveryWith(
  ports: DeliveryPorts,
  { tenantId, application, proof }: Pick<Delivery, 'tenantId' | 'application'> & Pick<Credential, 'proof'>,
  attempt: string | undefined,
  signal: AbortSignal,
): Promise<Delivery> {
  return {
    tenantId,
    application,
    credential: { clientId: application.clientId, proof },
    tokenUrl: await tokenUrlFor(ports, tenantId, application, signal),
    documentsApiUrl: documentsApiUrl(application.cell, ports.documentsApiUrl),
    ...(attempt !== undefined && { attempt }),
  }
}

/** Where an application's tokens come from, if a credential may go there. */
export async function tokenUrlFor(
  { api, prover }: Pick<DeliveryPorts, 'api' | 'prover'>,
  tenantId: string,
  application: ExternalApplication,
  signal: AbortSignal,
): Promise<string | undefined> {
  const isTold = application.tokenUrl !== undefined
  const complete = isTold ? application : ((await api.get(tenantId, application.id, signal)) ?? application)
  return tokenUrlOf(complete, (url) => prover.mayReceiveCredential(url))
}

/** The credential of an answered attempt. */
function proofIn({ proof, answer }: ApplicationAttempt): Credential['proof'] {
  if (proof.type !== 'ClientSecret') return proof
  if (!answer?.clientSecret) throw new Error('an answer without its secret hands nothing over')
  return { type: proof.type, clientSecret: answer.clientSecret }
}

/** What writes a resource's Secret. */
type Writing = Pick<DeliveryPorts, 'secrets' | 'deletionPolicy'>

/** Where a credential is to go: over the Secret that stands there, if one does. */
export type Destination = {
  readonly over: ObservedSecret | undefined
  /** The API server has just said that it will take the Secret. */
  readonly isTried: boolean
}

/**
 * Looks where the credential of `resource` goes. For one that never had a Secret by trying to make it, which says with one
 * request that there is none and that it may be written. Throws as {@link trySecret}.
 */
export async function destinationOf(
  ports: Writing,
  resource: RaiTenantApplication,
  signal: AbortSignal,
): Promise<Destination> {
  const { status, spec, metadata } = resource
  if (status.applicationId === undefined && status.secret === undefined && !spec.adopt) {
    const isFree = await trySecret(ports, resource, undefined, signal).then(
      () => true,
      (error: unknown) => {
        if (isFailure(error, 'KubeAlreadyExists')) return false
        throw error
      },
    )
    if (isFree) return { over: undefined, isTried: true }
  }
  return { over: await ports.secrets.get(metadata.namespace, secretNameOf(resource), signal), isTried: false }
}

/** Writes nothing, but has all checked that a write of the Secret of `resource` over what was seen depends on. */
export async function trySecret(
  ports: Writing,
  resource: RaiTenantApplication,
  over: ObservedSecret | undefined,
  signal: AbortSignal,
): Promise<void> {
  await writeSecret(ports, asPolicyAsks(ports, resource, emptySecret(resource)), over, { dryRun: true }, signal)
}

/** Puts a credential into its Secret, over exactly the Secret that was seen, if it is not there already. Idempotent. */
export async function handOver(
  ports: Writing,
  resource: RaiTenantApplication,
  delivery: Delivery,
  over: ObservedSecret | undefined,
  signal: AbortSignal,
): Promise<ObservedSecret> {
  const desired = asPolicyAsks(ports, resource, renderSecret(resource, delivery))
  if (over && secretMatches(over, desired)) return over
  return writeSecret(ports, over ? overlaid(over, desired) : desired, over, { dryRun: false }, signal)
}

/** True when a credential can be handed over only by removing the Secret first: then it has to be safe elsewhere. */
export function isHandedOverAnew(
  ports: Writing,
  resource: RaiTenantApplication,
  delivery: Delivery,
  over: ObservedSecret | undefined,
): boolean {
  const desired = asPolicyAsks(ports, resource, renderSecret(resource, delivery))
  return over !== undefined && !secretMatches(over, desired) && isToBeRemade(over, overlaid(over, desired))
}

/** One that is to stay when its resource goes has no owner. */
function asPolicyAsks(
  { deletionPolicy }: Writing,
  resource: RaiTenantApplication,
  secret: DesiredSecret,
): DesiredSecret {
  return deletionPolicyOf(resource, deletionPolicy) === 'Retain' ? heldSecret(secret) : secret
}

/** Creates the Secret, or replaces the one that was seen. What the API server refuses becomes `SecretWriteRefused`. */
export async function writeSecret(
  { secrets }: Pick<DeliveryPorts, 'secrets'>,
  desired: DesiredSecret,
  over: ObservedSecret | undefined,
  options: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<ObservedSecret> {
  try {
    if (isToBeRemade(over, desired)) return await remake(secrets, desired, over!, options, signal)
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

/** In place of one that is immutable: whoever asks for that has what stood in it. */
async function remake(
  secrets: Secrets,
  desired: DesiredSecret,
  over: ObservedSecret,
  options: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<ObservedSecret> {
  if (!options.dryRun) {
    await secrets.delete(over, signal)
    return secrets.create(desired, options, signal)
  }
  // All is checked before it is seen that the name is taken.
  return secrets.create(desired, options, signal).catch((error: unknown) => {
    if (isFailure(error, 'KubeAlreadyExists')) return over
    throw error
  })
}
