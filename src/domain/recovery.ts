// What an attempt may have left outside, and when that is looked for: the protocol's waits and verdicts as pure functions.
import type { RaiTenantApplication } from '../api/types.ts'
import type { ExternalApplication, ExternalTenant } from './external.ts'
import type { ApplicationAttempt, JournalMark, TenantAttempt } from './journal.ts'

/** How long after its first sight an attempt without an answer is given up: the POST's own 30 s, and a reserve. Source: docs/reliability.md. */
export const QUARANTINE_MS = 75_000
/** When what a lost POST may still leave is looked for, after the attempt was given up. */
const SWEEPS_MS: readonly number[] = [60_000, 600_000, 3_600_000, 86_400_000]
/** How much later than necessary a sweep may come, so that one list serves many journals of a tenant. */
const GATHERING_MS = 60_000
/** Two clocks may differ by this much, and a POST may take as long as its deadline. */
const SKEW_MS = 60_000
const POST_MS = 30_000

/**
 * The applications of a tenant that may come from this attempt: not there before, asked for like this, and claimed by
 * nobody. `claimed` are ids in unfinished and bound journals and in statuses.
 */
export function candidatesOf(
  { before, cell, scopes }: ApplicationAttempt,
  listed: readonly ExternalApplication[],
  claimed: Pick<ReadonlySet<string>, 'has'>,
): ExternalApplication[] {
  const known = new Set(before)
  return listed.filter(
    (application) =>
      !known.has(application.id) &&
      !claimed.has(application.id) &&
      application.cell === cell &&
      new Set(application.scopes).symmetricDifference(new Set(scopes)).size === 0,
  )
}

/** All ids that a resource holds: what it is bound to, and what it has replaced and not deleted yet. */
export function heldIds({ status }: RaiTenantApplication): string[] {
  const ids = (status.credentials ?? []).map(({ applicationId }) => applicationId)
  return [...new Set([...ids, ...(status.applicationId === undefined ? [] : [status.applicationId])])]
}

/**
 * Whose a tenant of the attempt's name is, by when the control plane says that it was made: the attempt's own, or one that
 * only has its name. `openedAt` is by the control plane's clock, too.
 */
export function provenanceOf(
  attempt: Pick<TenantAttempt, 'openedAt'>,
  { createdAt }: ExternalTenant,
): 'Created' | 'Relinked' {
  const afterMs = Date.parse(createdAt) - attempt.openedAt
  return afterMs >= -SKEW_MS && afterMs <= POST_MS + SKEW_MS ? 'Created' : 'Relinked'
}

/** How soon an open attempt is looked at again, `sinceMs` after its first sight: at growing distances, and at its end. */
export function nextLookMs(sinceMs: number): number {
  return Math.min(Math.max(sinceMs, 2_000), Math.max(QUARANTINE_MS - sinceMs, 0))
}

type Swept = Pick<JournalMark, 'state' | 'openedAt' | 'passes'> & { readonly endedAt?: number | undefined }

/** The journal of a clean end: one look for what a POST executed twice may have left is enough. */
export function isClean({ state }: Pick<Swept, 'state'>): boolean {
  return state === 'bound' || state === 'rejected'
}

/** When the next sweep of a finished journal is due, by the wall clock, in milliseconds. */
export function sweepDueAt(swept: Swept): number {
  const since = swept.endedAt ?? swept.openedAt
  if (isClean(swept)) return since + QUARANTINE_MS
  return since + (SWEEPS_MS[swept.passes] ?? 0)
}

/** How many passes one that ended well at `now` makes it: after an outage, one look stands for all that were missed. */
export function passesAfter(swept: Swept, now: number): number {
  const sinceMs = now - (swept.endedAt ?? swept.openedAt)
  return Math.max(swept.passes + 1, SWEEPS_MS.filter((ms) => ms <= sinceMs).length)
}

/** True when a journal with so many passes has served its time. */
export function isSweptOut(swept: Swept): boolean {
  return isClean(swept) ? swept.passes >= 1 : swept.passes >= SWEEPS_MS.length
}

/**
 * In how many milliseconds the journals of one scope are swept: when the last of a batch is due, but no first one waits
 * for more than a minute. `undefined`: there is none.
 */
export function sweepInMs(journals: readonly Swept[], now: number): number | undefined {
  if (journals.length === 0) return undefined
  const dueAt = journals.map(sweepDueAt)
  const first = Math.min(...dueAt)
  const last = Math.max(...dueAt.filter((at) => at <= first + GATHERING_MS))
  return Math.max(0, last - now)
}

/**
 * How many of a resource's lost answers may have left an application that nobody has the secret of. All suspects of one
 * answer were first seen at the same time.
 */
export function unresolvedAnswers({ status }: RaiTenantApplication): number {
  return new Set((status.suspects ?? []).map(({ firstSeenAt }) => firstSeenAt)).size
}

/** The list with new suspects, without those that somebody has claimed since. */
export function withSuspects(
  { status }: RaiTenantApplication,
  found: readonly ExternalApplication[],
  firstSeenAt: string,
  claimed: ReadonlySet<string>,
): NonNullable<RaiTenantApplication['status']['suspects']> {
  const kept = (status.suspects ?? []).filter(({ applicationId }) => !claimed.has(applicationId))
  const known = new Set(kept.map(({ applicationId }) => applicationId))
  const added = found.filter(({ id }) => !known.has(id))
  return [...kept, ...added.map(({ id, clientId }) => ({ applicationId: id, clientId, firstSeenAt }))]
}
