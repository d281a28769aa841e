// Carries out what a person asks for by annotation; a request that is refused, or that has to wait, stops nothing else.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { confirmation, discarding } from '../domain/requests.ts'
import type { Stop } from '../domain/tenant.ts'
import { sooner } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import { discardSuspect } from './discard.ts'
import type { DiscardOptions } from './discard.ts'
import type { Pass, Told } from './pass.ts'

/** How soon a request that waits for others' attempts is looked at again. */
const WAITING_MS = 10_000
/** … or for a person. */
const STUCK_MS = 3_600_000

export type CarriedOut = {
  /** As it is then. */
  readonly application: RaiTenantApplication
  /** Why a request was not carried out. */
  readonly refusal?: Stop
  /** When to look at a request again. */
  readonly againMs?: number
}

/** Carries out the requests on `application`, as far as they may be. Throws the control plane's failures. */
export async function carryOutRequests(
  options: DiscardOptions,
  application: RaiTenantApplication,
  tenantId: string,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const confirmed = confirmation(application)
  const refusal = typeof confirmed === 'object' ? { refusal: confirmed } : {}
  const current =
    confirmed === 'confirmed' ? await options.reporter.record(application, { provenance: 'Created' }) : application
  return { ...(await discard(options, current, tenantId, signal)), ...refusal }
}

async function discard(
  options: DiscardOptions,
  application: RaiTenantApplication,
  tenantId: string,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const asked = discarding(application)
  if (!asked) return { application }
  if ('step' in asked) return { application, refusal: asked }
  try {
    const ended = await discardSuspect(options, application, tenantId, asked.id, signal)
    if (ended === 'waiting') return { application, againMs: WAITING_MS }
    return 'step' in ended ? { application, refusal: ended } : { application: ended }
  } catch (error) {
    if (!isFailure(error, 'AmbiguousCreate')) throw error
    const { message } = error
    const refusal: Stop = { step: 'stop', report: { reason: 'AmbiguousCreate', message, held: true } }
    return { application, refusal, againMs: STUCK_MS }
  }
}

/** A pass with what became of the requests: a refusal is told where nothing that is worse is, and takes no readiness away. */
export function withRequests<T extends RaiTenant | RaiTenantApplication>(
  pass: Pass<T>,
  { refusal, againMs }: Pick<CarriedOut, 'refusal' | 'againMs'>,
): Pass<T> {
  if (!('report' in pass) || pass.outcome instanceof Error) return pass
  const outcome = againMs === undefined ? pass.outcome : sooner(pass.outcome, againMs)
  if (!refusal || pass.report.reason !== 'Ready') return { ...pass, outcome }
  return { ...refusing(pass, refusal), outcome }
}

/** All is well, but for a request that was refused. */
export function refusing<T extends RaiTenant | RaiTenantApplication>(told: Told<T>, { report }: Stop): Told<T> {
  return { ...told, report: { ...report, works: told.report } }
}
