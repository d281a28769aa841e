// Every state that the operator's own rules can lead a resource to: each reason, in each situation of the table in docs/api.md.
import { REASON_CLASS } from '../../src/api/reasons.ts'
import type { Reason, ReasonClass } from '../../src/api/reasons.ts'
import type { Condition, RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { conditionsAfter } from '../../src/domain/conditions.ts'
import type { Report } from '../../src/domain/conditions.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { applicationOf, condition, ready, tenantOf } from '../doubles/resources.ts'
import type { Health, Kstatus } from './judges.ts'

export type State = {
  readonly name: string
  readonly resource: RaiTenant | RaiTenantApplication
  readonly health: Health['status']
  readonly kstatus: Kstatus
}

type Verdicts = Readonly<Record<ReasonClass, Health['status']>>

type Situation = {
  readonly situation: string
  /** The only one that comes about in it, where not all do. */
  readonly reason?: Reason
  readonly previous: readonly Condition[]
  /** Generation of the spec by now, where it has changed since `previous`; a deletion counts as a change. */
  readonly generation?: number
  readonly deleting?: true
  readonly reported?: Omit<Report, 'reason' | 'message'>
  /** By the class of the reason. */
  readonly verdicts: Verdicts
  /** Whether a pause finds it Ready at its generation: to kstatus, which knows no pause, it stays so. */
  readonly pausedReady?: true
}

const OPEN: Verdicts = { done: 'Healthy', working: 'Progressing', person: 'Degraded', neither: 'Suspended' }
const KEPT: Verdicts = { done: 'Healthy', working: 'Healthy', person: 'Healthy', neither: 'Suspended' }
const GOING: Verdicts = { ...OPEN, done: 'Progressing' }
const HELD: Verdicts = { ...OPEN, working: 'Degraded' }

const stalled = [
  condition('Ready', 'False', 'TenantExists'),
  condition('Synced', 'False', 'TenantExists'),
  condition('Stalled', 'True', 'TenantExists'),
]
const works = { works: { reason: 'Ready', message: 'it works' } } as const

const SITUATIONS: readonly Situation[] = [
  { situation: 'at the first pass', previous: [], verdicts: OPEN },
  { situation: 'after a stall', previous: stalled, verdicts: OPEN },
  {
    situation: 'held for a person',
    reason: 'AmbiguousCreate',
    previous: [],
    reported: { held: true },
    verdicts: HELD,
  },
  { situation: 'ready at this generation', previous: ready(), verdicts: KEPT, pausedReady: true },
  {
    situation: 'ready at this generation, and the credential is another by now',
    previous: ready(),
    reported: { unproven: true },
    verdicts: OPEN,
    pausedReady: true,
  },
  { situation: 'ready before the spec changed', previous: ready(), generation: 2, verdicts: OPEN },
  {
    situation: 'all there after the spec changed',
    previous: ready(),
    generation: 2,
    reported: works,
    verdicts: KEPT,
  },
  { situation: 'being deleted', previous: ready(), generation: 2, deleting: true, verdicts: GOING },
  { situation: 'being deleted after a stall', previous: stalled, generation: 2, deleting: true, verdicts: GOING },
  {
    situation: 'being deleted, and held for a person',
    reason: 'AmbiguousCreate',
    previous: ready(),
    generation: 2,
    deleting: true,
    reported: { held: true },
    verdicts: HELD,
  },
]

/** What was ready works no more: docs/api.md, "Conditions". */
const BROKEN: readonly Reason[] = ['CredentialRejected', 'SecretMissing', 'SecretConflict', 'ExternalGone']

const KSTATUS: Readonly<Record<Exclude<Health['status'], 'Suspended'>, Kstatus>> = {
  Healthy: 'Current',
  Progressing: 'InProgress',
  Degraded: 'Failed',
}

/** All of them, of both kinds. */
export function allStates(): State[] {
  const reasons = Object.entries(REASON_CLASS) as [Reason, ReasonClass][]
  return SITUATIONS.flatMap((situation) =>
    reasons
      .filter(([reason]) => situation.reason === undefined || reason === situation.reason)
      .flatMap(([reason, cls]) => stateOf(situation, reason, cls)),
  )
}

function stateOf(situation: Situation, reason: Reason, cls: ReasonClass): State[] {
  const { previous, generation = 1, deleting, reported = {}, pausedReady } = situation
  const isBroken = situation.verdicts === KEPT && reported.works === undefined && BROKEN.includes(reason)
  const health = (isBroken ? OPEN : situation.verdicts)[cls]
  const report = { reason, message: `about ${reason}`, ...reported }
  const subject = { generation, deleting: deleting === true }
  const observedGeneration = reason === 'Paused' ? (previous[0]?.observedGeneration ?? -1) : generation
  const status = { observedGeneration, conditions: conditionsAfter(previous, report, subject, ManualClock.epoch) }
  const metadata = { generation, ...(deleting && { deletionTimestamp: '2026-01-01T00:01:00Z' }) }
  const paused = pausedReady ? 'Current' : 'InProgress'
  const staying = health === 'Suspended' ? paused : KSTATUS[health]
  const kstatus = deleting ? 'Terminating' : staying
  return [tenantOf({ metadata, status }), applicationOf({ metadata, status })].map((resource) => ({
    name: `${resource.kind}: ${reason}, ${situation.situation}`,
    resource,
    health,
    kstatus,
  }))
}
