// Applications with ClientSecret whose create’s answer was lost, and what is suspected then.
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import type { applicationOf } from '../doubles/resources.ts'
import { lost, withAttempt } from './scenarios.ts'

export type Attempt = Awaited<ReturnType<typeof withAttempt>>

/** The answer to the first create was lost 75 s ago; it was given up. */
export async function withSuspect(parts: Parameters<typeof applicationOf>[0] = {}) {
  const attempt = await withAttempt('ClientSecret', lost, parts)
  await giveUp(attempt)
  return { ...attempt, suspect: attempt.ids()[0]! }
}

/** Looks until the attempt is given up, 75 s on. */
export async function giveUp({ look, clock }: Attempt): Promise<void> {
  assert.equal(await look(), { afterMs: QUARANTINE_MS })
  await clock.advance(QUARANTINE_MS)
  assert.equal(await look(), { afterMs: 0 })
}

export type Suspecting = Awaited<ReturnType<typeof withSuspect>>

/** The ids in `status.suspects`. */
export function suspectsOf({ status }: Pick<Attempt, 'status'>): string[] {
  return (status().suspects ?? []).map(({ applicationId }) => applicationId)
}

/** As a person asks for it. */
export function discard({ application, applicationNow, applications }: Attempt, id: string): void {
  const now = applicationNow(application)!
  const annotations = { 'tenants.resistant.ai/discard-suspect': id }
  applications.apply({ ...now, metadata: { ...now.metadata, annotations } })
}
