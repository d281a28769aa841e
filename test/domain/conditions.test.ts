// The table of docs/api.md, row by row: which conditions a report becomes.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { REASON_CLASS } from '../../src/api/reasons.ts'
import type { Reason } from '../../src/api/reasons.ts'
import type { Condition } from '../../src/api/types.ts'
import { conditionsAfter, headline, wasReady } from '../../src/domain/conditions.ts'
import type { Report } from '../../src/domain/conditions.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { condition, ready } from '../doubles/resources.ts'

const test = suite('conditions')

type Row = {
  situation: string
  previous?: Condition[]
  report: Report
  generation?: number
  deleting?: boolean
  then: string
}

const report = (reason: Reason, held = false): Report => ({ reason, message: `about ${reason}`, held })

const rows: Row[] = [
  {
    situation: 'the first pass, provisioning',
    report: report('Provisioning'),
    then: 'Ready=Unknown Synced=Unknown Reconciling',
  },
  {
    situation: 'a later pass, provisioning',
    previous: [condition('Ready', 'Unknown', 'Provisioning')],
    report: report('Provisioning'),
    then: 'Ready=Unknown Synced=False Reconciling',
  },
  { situation: 'done', report: report('Ready'), then: 'Ready=True Synced=True' },
  {
    situation: 'done after a stall',
    previous: [condition('Stalled', 'True', 'TenantExists')],
    report: report('Ready'),
    then: 'Ready=True Synced=True',
  },
  {
    situation: 'at work where this generation was ready',
    previous: ready(),
    report: report('ControlPlaneUnavailable'),
    then: 'Ready=True Synced=False',
  },
  {
    situation: 'a person must act where this generation was ready',
    previous: ready(),
    report: report('ReferenceNotPermitted'),
    then: 'Ready=True Synced=False',
  },
  {
    situation: 'a credential that stopped working',
    previous: ready(),
    report: report('CredentialRejected'),
    then: 'Ready=False Synced=False Stalled',
  },
  {
    situation: 'a Secret that is gone',
    previous: ready(),
    report: report('SecretMissing'),
    then: 'Ready=False Synced=False Reconciling',
  },
  {
    situation: 'at work at a new generation',
    previous: ready(1),
    generation: 2,
    report: report('ControlPlaneUnavailable'),
    then: 'Ready=False Synced=False Reconciling',
  },
  { situation: 'at work, never ready', report: report('TenantNotFound'), then: 'Ready=False Synced=False Reconciling' },
  {
    situation: 'a person must act, never ready',
    report: report('TenantExists'),
    then: 'Ready=False Synced=False Stalled',
  },
  {
    situation: 'a person must act at a new generation',
    previous: ready(1),
    generation: 2,
    report: report('InvalidSpec'),
    then: 'Ready=False Synced=False Stalled',
  },
  {
    situation: 'a request that is refused, where all else is done at a new generation',
    previous: ready(1),
    generation: 2,
    report: { ...report('InvalidSpec'), works: report('Ready') },
    then: 'Ready=True Synced=False',
  },
  {
    situation: 'a request that is refused, where all else is done after a stall',
    previous: [condition('Stalled', 'True', 'TenantExists')],
    report: { ...report('InvalidSpec'), works: report('Ready') },
    then: 'Ready=True Synced=False',
  },
  {
    situation: 'a lost answer that will be recovered',
    report: report('AmbiguousCreate'),
    then: 'Ready=False Synced=False Reconciling',
  },
  {
    situation: 'a lost answer that is held',
    report: report('AmbiguousCreate', true),
    then: 'Ready=False Synced=False Stalled',
  },
  {
    situation: 'paused when it was ready',
    previous: ready(),
    report: report('Paused'),
    then: 'Ready=True Synced=False',
  },
  {
    situation: 'paused when it was not',
    previous: [condition('Ready', 'False', 'TenantExists'), condition('Stalled', 'True', 'TenantExists')],
    report: report('Paused'),
    then: 'Ready=False Synced=False',
  },
  { situation: 'paused before the first pass', report: report('Paused'), then: 'Ready=Unknown Synced=False' },
  {
    situation: 'being deleted',
    previous: ready(),
    deleting: true,
    report: report('Draining'),
    then: 'Ready=False Synced=False Reconciling',
  },
  {
    situation: 'being deleted while the control plane is away',
    previous: ready(),
    deleting: true,
    report: report('ControlPlaneUnavailable'),
    then: 'Ready=False Synced=False Reconciling',
  },
  {
    situation: 'being deleted, blocked',
    previous: ready(),
    deleting: true,
    report: report('DrainBlocked'),
    then: 'Ready=False Synced=False Stalled',
  },
]

function after(
  { previous = [], report, generation = 1, deleting = false }: Omit<Row, 'situation' | 'then'>,
  now = ManualClock.epoch,
) {
  return conditionsAfter(previous, report, { generation, deleting }, now)
}

function inShort(conditions: Condition[]): string {
  return conditions
    .map(({ type, status }) => (type === 'Ready' || type === 'Synced' ? `${type}=${status}` : type))
    .join(' ')
}

for (const row of rows) {
  test(`${row.situation}: ${row.then}`, () => assert.is(inShort(after(row)), row.then))
}

test('every reason on every path keeps the rules that kstatus and kubectl wait rely on', () => {
  for (const reason of Object.keys(REASON_CLASS) as Reason[]) {
    for (const previous of [
      [],
      ready(),
      [condition('Ready', 'False', 'TenantExists'), condition('Stalled', 'True', 'TenantExists')],
    ]) {
      for (const deleting of [false, true]) {
        const conditions = after({ previous, report: report(reason), deleting })
        const types = conditions.map(({ type }) => type)
        assert.equal(types.slice(0, 2), ['Ready', 'Synced'], reason)
        assert.not(types.includes('Reconciling') && types.includes('Stalled'), reason)
        assert.equal(types.length, new Set(types).size, reason)
        assert.ok(
          conditions.every(({ observedGeneration }) => observedGeneration === 1),
          reason,
        )
      }
    }
  }
})

test('a condition whose status stays keeps its transition time, and one that turns gets a new one', () => {
  const later = ManualClock.epoch + 5_000
  const [ready1, synced] = after({ previous: ready(), report: report('ControlPlaneUnavailable') }, later)
  assert.is(ready1?.lastTransitionTime, '2026-01-01T00:00:00Z')
  assert.is(synced?.lastTransitionTime, '2026-01-01T00:00:05Z')
})

test('the same report twice changes nothing, whatever time it is', () => {
  for (const reason of Object.keys(REASON_CLASS) as Reason[]) {
    const once = after({ report: report(reason) })
    const twice = after({ previous: once, report: report(reason) }, ManualClock.epoch + 60_000)
    const thrice = after({ previous: twice, report: report(reason) }, ManualClock.epoch + 120_000)
    assert.equal(thrice, twice, reason)
  }
})

test('a pause does not advance the observed generation', () => {
  const conditions = after({ previous: ready(3), generation: 4, report: report('Paused') })
  assert.equal(
    conditions.map(({ observedGeneration }) => observedGeneration),
    [3, 3],
  )
})

test('a resource counts as ready only at the generation that was', () => {
  assert.ok(wasReady(ready(2), 2))
  assert.not(wasReady(ready(2), 3))
  assert.not(wasReady([condition('Ready', 'False', 'TenantExists')], 1))
})

test('the state in one word is what is in the way, else what Ready says', () => {
  assert.is(headline(ready())?.reason, 'Ready')
  assert.is(headline([condition('Ready', 'True', 'Ready'), condition('Synced', 'False', 'Paused')])?.reason, 'Paused')
})

test.run()
