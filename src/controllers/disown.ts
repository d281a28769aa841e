// What becomes of output Secrets when their resource goes: with `Retain` they are let go and stay; else they go, too.
import type { RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { LeftSecret } from '../domain/abandonment.ts'
import { otherSecretNames, ownershipOf, secretNameOf } from '../domain/secret.ts'
import { releasedSecret } from '../domain/secret-rendering.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { writeSecret } from './delivery.ts'
import type { Secrets } from './ports.ts'
import { Sights } from './sights.ts'

type Ports = { readonly secrets: Secrets }

/** Where its Secret is to be, and wherever else one may stand. */
export function secretNamesOf(application: RaiTenantApplication): string[] {
  return [secretNameOf(application), ...otherSecretNames(application)]
}

/** Takes this resource off its Secrets. Idempotent. Throws what the API server refuses. */
export async function disown(ports: Ports, application: RaiTenantApplication, signal: AbortSignal): Promise<void> {
  for (const name of secretNamesOf(application)) await disownOne(ports, application, name, signal)
}

/** Those that garbage collection leaves, since they have no owner, go before their resource. */
export async function removeHeld(
  { secrets }: Ports,
  application: RaiTenantApplication,
  signal: AbortSignal,
): Promise<void> {
  for (const name of secretNamesOf(application)) {
    const secret = await secrets.get(application.metadata.namespace, name, signal)
    if (secret && !secret.controller && ownershipOf(secret, application) === 'ours')
      await secrets.delete(secret, signal)
  }
}

/** For how long what may pass by itself, such as a webhook that does not answer, is waited for. */
const PATIENCE_MS = 60_000

/**
 * … as far as it can be done: a Secret that the API server refuses to write, or that cannot be written for a minute, goes
 * with its resource. What else may pass by itself is thrown until then.
 */
export function secretKeeper(ports: Ports & { readonly clock: Clock; readonly logger: Logger }) {
  const sights = new Sights(ports.clock)

  function isHopeless(error: unknown, { metadata }: RaiTenantApplication): error is Failure {
    if (!(error instanceof Failure)) return false
    return error.disposition !== 'retry' || sights.sinceMs(metadata.uid) >= PATIENCE_MS
  }

  return async (application: RaiTenantApplication, signal: AbortSignal): Promise<readonly LeftSecret[]> => {
    const { namespace, uid } = application.metadata
    const left: LeftSecret[] = []
    for (const name of secretNamesOf(application)) {
      try {
        if (await disownOne(ports, application, name, signal)) left.push({ name, kept: true })
      } catch (error) {
        if (signal.aborted || !isHopeless(error, application)) throw error
        ports.logger.warn({ secret: `${namespace}/${name}`, err: error }, 'a Secret cannot be kept')
        left.push({ name, kept: false })
      }
    }
    sights.forget(uid)
    return left
  }
}

/** True when a Secret of this resource stands there, and outlives it from now on. */
async function disownOne(
  { secrets }: Ports,
  application: RaiTenantApplication,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const secret = await secrets.get(application.metadata.namespace, name, signal)
  const ownership = ownershipOf(secret, application)
  if (secret && ownership === 'ours') {
    await writeSecret({ secrets }, releasedSecret(secret), secret, { dryRun: false }, signal)
  }
  return ownership === 'ours' || ownership === 'released'
}
