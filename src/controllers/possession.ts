// Proof of possession: a token obtained with an attempt's own key or secret shows that an application is the attempt's.
import type { ExternalApplication } from '../domain/external.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { isFailure } from '../errors.ts'
import { tokenUrlFor } from './delivery.ts'
import type { ApplicationsApi, CredentialProver } from './ports.ts'

export type PossessionPorts = {
  readonly api: Pick<ApplicationsApi, 'get'>
  readonly prover: CredentialProver
}

/**
 * True only if the application was made by this attempt: its token endpoint accepts the attempt's key, or, with
 * `ClientSecret`, the secret of the attempt's own answer. False proves nothing. Throws when the endpoint gives no definite
 * answer; where no credential may be sent, nothing can be proven, and that is definite.
 */
export async function proves(
  ports: PossessionPorts,
  { attempt }: Journal<ApplicationAttempt>,
  application: ExternalApplication,
  signal: AbortSignal,
): Promise<boolean> {
  const proof = proofOf(attempt, application)
  const tokenUrl = await tokenUrlFor(ports, attempt.tenantId, application, signal)
  if (!proof || tokenUrl === undefined) return false
  try {
    await ports.prover.prove({ clientId: application.clientId, proof }, tokenUrl, application.scopes, signal)
    return true
  } catch (error) {
    if (isFailure(error, 'CredentialRejected')) return false
    throw error
  }
}

function proofOf({ proof, answer }: ApplicationAttempt, { id }: ExternalApplication) {
  if (proof.type !== 'ClientSecret') return proof
  const isAnswer = answer?.clientSecret !== undefined && answer.application.id === id
  return isAnswer ? { type: proof.type, clientSecret: answer.clientSecret } : undefined
}
