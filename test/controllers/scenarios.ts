// What tests of attempts have in common: creates whose end is out of the ordinary, and looks until nothing is left to do.
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Failure } from '../../src/errors.ts'
import type { CreateFault, MemoryControlPlane } from '../doubles/memory-control-plane.ts'
import { applicationOf } from '../doubles/resources.ts'
import type { ManualClock } from '../doubles/manual-clock.ts'
import { withTenant } from './harness.ts'
import type { Look, ProcessSettings } from './process.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export const down = new Failure('ControlPlaneUnavailable', 'retry', 'the control plane does not answer')
export const away = new Failure('KubeUnavailable', 'retry', 'the API server does not answer')

/** A POST that is carried out, and one that is not; of neither is there an answer. */
export const lost: CreateFault = { outcome: 'ambiguous', failure: down, happens: true }
export const vain: CreateFault = { outcome: 'ambiguous', failure: down }

export type Mode = RaiTenantApplication['spec']['auth']['type']
export const KEY_MODES: readonly Mode[] = ['EC', 'RSA']
export const ALL_MODES: readonly Mode[] = ['EC', 'RSA', 'ClientSecret']

export const AMBIGUOUS = { code: 'AmbiguousCreate', disposition: 'retry' } as const

type Parts = NonNullable<Parameters<typeof applicationOf>[0]>

/** A Ready tenant, and an application whose first create ended like this. */
export async function withAttempt(
  mode: Mode,
  fault: CreateFault | undefined,
  parts: Parts = {},
  settings: ProcessSettings = {},
) {
  const harness = withTenant(settings)
  harness.plane.createFault = fault
  const application = harness.applications.apply(
    applicationOf({ ...parts, spec: { auth: { type: mode }, ...parts.spec } }),
  )
  const first = await harness.lookAtApplication(application)
  return {
    ...harness,
    application,
    first,
    look: () => harness.lookAtApplication(application),
    status: () => harness.applicationNow(application)!.status,
    posts: () => harness.plane.count('createTenantApplication'),
    ids: () => harness.plane.idsIn(harness.tenantId),
    remove: () => harness.applications.delete(harness.applicationNow(application)!),
    /** The control plane carries out, late or once more, what it was asked for. */
    carryOut: (post = 0) => harness.plane.asked[post]!().application.id,
    /** The name of the only journal there is. */
    journal: () => [...harness.records.held.keys()].find((name) => name.startsWith('journal-'))!,
  }
}

/** … that was given up 75 s after `vain`, and another that was made instead. */
export async function withAbandoned(mode: Mode, parts: Parts = {}) {
  const attempt = await withAttempt(mode, vain, parts)
  await attempt.look()
  await attempt.clock.advance(QUARANTINE_MS)
  await attempt.look()
  await attempt.look()
  return attempt
}

/** Until it is resolved, what the next creates make is there, but nobody is told. */
export function pendingAnswer(plane: MemoryControlPlane): { resolve: () => void } {
  const answer = Promise.withResolvers<void>()
  const { create } = plane.applications
  plane.applications.create = async (...args) => {
    const made = await create(...args)
    await answer.promise
    return made
  }
  return answer
}

/** Looks as often as it is asked for, until that is over or `limitMs` have passed; returns the last outcome. */
export async function follow(clock: ManualClock, look: () => Promise<Look>, limitMs: number): Promise<Look> {
  const until = clock.monotonic() + limitMs
  for (;;) {
    const outcome = await look()
    const afterMs = restOf(outcome)
    if (afterMs === undefined || clock.monotonic() + afterMs > until) return outcome
    await clock.advance(afterMs)
  }
}

function restOf(outcome: Look): number | undefined {
  if (outcome === 'backOff') return 1_000
  if (typeof outcome === 'string') return undefined
  if ('afterMs' in outcome) return outcome.afterMs
  return outcome.disposition === 'stall' ? undefined : 1_000
}
