// From what a pass found to the conditions that tell it: docs/api.md's table, as a pure function.
import { timestamp } from '../clock.ts'
import { REASON_CLASS } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'
import type { Condition } from '../api/types.ts'

/** What one pass over a resource came to. `message` is one line, stable, and says what to do. */
export type Report = {
  readonly reason: Reason
  readonly message: string
  /** A person must act although the reason's class says that it will be retried: `AmbiguousCreate` with `Hold`. */
  readonly held?: boolean
  /** The credential that `Ready` spoke of stands in the Secret no more: one that has not been shown to work, or none. */
  readonly unproven?: boolean
  /** All that was asked for is there and works: what `Ready` says although this is in the way of something else. */
  readonly works?: Report
}

export type Subject = {
  readonly generation: number
  readonly deleting: boolean
}

type ConditionType = 'Ready' | 'Synced' | 'Reconciling' | 'Stalled'
type Status = Condition['status']

/** True when `Ready` was reached at this very generation. */
export function wasReady(conditions: readonly Condition[], generation: number): boolean {
  const ready = conditions.find((condition) => condition.type === 'Ready')
  return ready?.status === 'True' && ready.observedGeneration === generation
}

/** The reason that tells a resource's state in one word: what is in the way, else what `Ready` says. */
export function headline(conditions: readonly Condition[]): Condition | undefined {
  const synced = conditions.find((condition) => condition.type === 'Synced')
  return synced?.status === 'False' ? synced : conditions.find((condition) => condition.type === 'Ready')
}

/**
 * The conditions after a pass that came to `report`. `Ready` and `Synced` always; of `Reconciling` and `Stalled` at most
 * one, and only while True. A condition whose status stays keeps its transition time. `now` in milliseconds.
 */
export function conditionsAfter(
  previous: readonly Condition[],
  report: Report,
  subject: Subject,
  now: number,
): Condition[] {
  const told = (type: ConditionType, status: Status, by: Report = report): Condition => {
    const before = previous.find((condition) => condition.type === type)
    const generation =
      report.reason === 'Paused' ? (before?.observedGeneration ?? subject.generation) : subject.generation
    return {
      type,
      status,
      reason: by.reason,
      message: by.message,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : timestamp(now),
    }
  }
  const cls = report.held ? 'person' : REASON_CLASS[report.reason]
  const before = previous.find((condition) => condition.type === 'Ready')
  if (cls === 'neither')
    return [told('Ready', before?.status ?? 'Unknown', kept(before) ?? report), told('Synced', 'False')]
  if (cls === 'done') return [told('Ready', 'True'), told('Synced', 'True')]
  if (report.works) return [told('Ready', 'True', report.works), told('Synced', 'False')]
  const isBroken = BROKEN.has(report.reason) || report.unproven
  if (!subject.deleting && !isBroken && wasReady(previous, subject.generation)) {
    return [told('Ready', 'True', kept(before)), told('Synced', 'False')]
  }
  const obstacle = told(cls === 'working' ? 'Reconciling' : 'Stalled', 'True')
  if (subject.deleting) return [told('Ready', 'False'), told('Synced', 'False'), obstacle]
  const ready = AT_WORK.has(report.reason) ? 'Unknown' : 'False'
  const firstPass = ready === 'Unknown' && previous.length === 0
  return [told('Ready', ready), told('Synced', firstPass ? 'Unknown' : 'False'), obstacle]
}

/** Reasons that tell of work going well: nothing has failed yet, so whether it will be Ready is open. */
const AT_WORK: ReadonlySet<Reason> = new Set<Reason>(['Provisioning', 'Rotating'])

/** Reasons that say that what `Ready` stood for does not work any more. Under all others it stays True at its generation. */
const BROKEN: ReadonlySet<Reason> = new Set<Reason>([
  'CredentialRejected',
  'SecretMissing',
  'SecretConflict',
  'ExternalGone',
])

function kept(condition: Condition | undefined): Report | undefined {
  return condition && { reason: condition.reason as Reason, message: condition.message }
}
