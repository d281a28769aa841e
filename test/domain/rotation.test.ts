// When a credential is replaced and what becomes of the one before: each rule once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { timestamp } from '../../src/clock.ts'
import {
  activeOf,
  hasTooMany,
  invalidRotation,
  isRotationDue,
  nextDueMs,
  nextRetirementMs,
  nextRotationAt,
  overdue,
  overlapMsOf,
  retirementAt,
  retired,
  rotationAsked,
  superseded,
} from '../../src/domain/rotation.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { applicationOf, boundApplication, condition, ready } from '../doubles/resources.ts'

const test = suite('rotation')

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const NOW = ManualClock.epoch
const ROTATE = 'tenants.resistant.ai/rotate'

type Credentials = NonNullable<RaiTenantApplication['status']['credentials']>
type Spec = Partial<RaiTenantApplication['spec']>
type Status = Partial<RaiTenantApplication['status']>

const at = (ms: number) => timestamp(NOW + ms)
const ids = (credentials: Credentials) => credentials.map(({ applicationId }) => applicationId)

function active(applicationId: string): Credentials[number] {
  return { applicationId, clientId: `client-${applicationId}`, state: 'Active', issuedAt: at(0) }
}

function retiring(applicationId: string, retireMs?: number): Credentials[number] {
  const dated = retireMs === undefined ? {} : { retireAt: at(retireMs) }
  return { ...active(applicationId), state: 'Retiring', ...dated }
}

const overlaps: [spec: Spec, ms: number][] = [
  [{}, DAY_MS],
  [{ overlap: '5m' }, 5 * MINUTE_MS],
  [{ overlap: '1h30m' }, 90 * MINUTE_MS],
]

for (const [spec, ms] of overlaps) {
  test(`the overlap is ${spec.overlap ?? 'the setting, where the resource says nothing'}`, () =>
    assert.is(overlapMsOf(applicationOf({ spec }), DAY_MS), ms))
}

for (const [ms, seconds] of [
  [0, 300],
  [1, 301],
  [999, 301],
] as const) {
  test(`what is replaced ${ms} ms after the second works for the whole overlap`, () =>
    assert.is(retirementAt(applicationOf({ spec: { overlap: '5m' } }), DAY_MS, NOW + ms), at(seconds * 1_000)))
}

const invalids: [every: string | undefined, overlap: string | undefined, isInvalid: boolean][] = [
  [undefined, undefined, false],
  [undefined, '720h', false],
  ['48h', undefined, false],
  ['47h', undefined, true],
  ['47h', '1h', false],
  ['2h', '1h', false],
  ['1h59m', '1h', true],
]

for (const [every, overlap, isInvalid] of invalids) {
  test(`a period of ${every} with an overlap of ${overlap ?? '24h by setting'} is ${isInvalid ? 'refused' : 'taken'}`, () => {
    const spec = { ...(every && { rotation: { every } }), ...(overlap && { overlap }) }
    const { report } = invalidRotation(applicationOf({ spec }), DAY_MS) ?? {}
    assert.is(report?.reason, isInvalid ? 'InvalidSpec' : undefined)
    if (isInvalid) assert.match(report!.message, 'default-overlap')
  })
}

test('without a period nothing is planned', () => assert.is(nextRotationAt(boundApplication(), at(0)), undefined))

test('rotations are spread over the last tenth of the period, by resource and by time', () => {
  const spec = { rotation: { every: '100h' } }
  const planned = Array.from({ length: 200 }, (_, i) => {
    const application = boundApplication('a-1', { spec, metadata: { uid: `uid-of-${i}` } })
    return (Date.parse(nextRotationAt(application, at(0))!) - NOW) / HOUR_MS
  })
  assert.ok(planned.every((hours) => hours >= 90 && hours <= 100))
  for (let from = 90; from < 100; from += 2)
    assert.ok(
      planned.some((hours) => hours >= from && hours < from + 2),
      `${from}`,
    )
  const application = boundApplication('a-1', { spec })
  const lasts = [at(0), at(DAY_MS)].map((issuedAt) => Date.parse(nextRotationAt(application, issuedAt)!))
  assert.is.not(lasts[1]! - lasts[0]!, DAY_MS)
})

test('the date of a rotation is the same at every look', () => {
  const application = boundApplication('a-1', { spec: { rotation: { every: '100h' } } })
  assert.is(nextRotationAt(application, at(0)), nextRotationAt(structuredClone(application), at(0)))
})

test('the active credential is the one that the status is bound to', () => {
  const credentials = [retiring('a-0', 1), active('a-1')]
  assert.is(activeOf(boundApplication('a-1', { status: { credentials } })), credentials[1])
  assert.is(activeOf(applicationOf()), undefined)
})

const requests: [asked: string | undefined, handled: string | undefined, isAsked: boolean][] = [
  [undefined, undefined, false],
  [undefined, 'one', false],
  ['one', undefined, true],
  ['one', 'one', false],
  ['two', 'one', true],
]

function asking(asked: string | undefined, status: Status): RaiTenantApplication {
  const metadata = asked === undefined ? {} : { annotations: { [ROTATE]: asked } }
  return boundApplication('a-1', { metadata, status })
}

for (const [asked, handled, isAsked] of requests) {
  test(`rotate: ${asked}, last handled ${handled}: ${isAsked ? '' : 'not '}asked for`, () => {
    const application = asking(asked, handled === undefined ? {} : { lastHandledRotate: handled })
    assert.is(rotationAsked(application), isAsked ? asked : undefined)
    assert.is(isRotationDue(application, NOW), isAsked)
  })
}

const broken = [condition('Ready', 'False', 'CredentialRejected'), condition('Synced', 'False', 'CredentialRejected')]
const outage = [ready()[0]!, condition('Synced', 'False', 'ControlPlaneUnavailable')]

const dues: [title: string, status: Status, isDue: boolean][] = [
  ['no date', {}, false],
  ['a date to come', { nextRotationAt: at(1_000) }, false],
  ['a date that is now', { nextRotationAt: at(0) }, true],
  ['a date that is over', { nextRotationAt: at(-1_000) }, true],
  ['a date that is over, while the credential does not work', { nextRotationAt: at(0), conditions: broken }, false],
  ['a date that is over, before this generation was Ready', { nextRotationAt: at(0), conditions: ready(0) }, false],
  ['a date that is over, Ready in an outage', { nextRotationAt: at(0), conditions: outage }, true],
]

for (const [title, status, isDue] of dues) {
  test(`${title}: a rotation is ${isDue ? '' : 'not '}due`, () =>
    assert.is(isRotationDue(boundApplication('a-1', { status }), NOW), isDue))
}

test('a request waits, too, until the credential is known to work', () =>
  assert.not(isRotationDue(asking('one', { conditions: broken }), NOW)))

for (const [count, isMany] of [
  [0, false],
  [2, false],
  [3, true],
  [4, true],
] as const) {
  test(`${count} applications are ${isMany ? 'too many for one more' : 'not too many'}`, () => {
    const credentials = Array.from({ length: count }, (_, i) => retiring(`a-${i}`, 1))
    assert.is(hasTooMany(boundApplication('a-9', { status: { credentials } })), isMany)
  })
}

test('what is superseded retires, what retires keeps its date, and nothing is lost', () => {
  const held = [retiring('a-0', 5), active('a-1')]
  assert.equal(superseded(held, active('a-2'), at(60_000)), [
    retiring('a-0', 5),
    retiring('a-1', 60_000),
    active('a-2'),
  ])
})

test('what is issued already supersedes others, but is there once', () => {
  const held = [active('a-0'), active('a-1')]
  assert.equal(superseded(held, active('a-1'), at(1)), [retiring('a-0', 1), active('a-1')])
  assert.equal(superseded([], active('a-1'), at(1)), [active('a-1')])
})

const mixed = [retiring('a-0', -2_000), retiring('a-1', 0), retiring('a-2', 1_000), retiring('a-3'), active('a-9')]

test('overdue is what retires and has a date that is over, the first replaced first', () =>
  assert.equal(ids(overdue(boundApplication('a-9', { status: { credentials: mixed } }), NOW)), ['a-0', 'a-1']))

test('what the status is bound to is never overdue, whatever its state says', () =>
  assert.equal(overdue(boundApplication('a-0', { status: { credentials: mixed } }), NOW).length, 1))

for (const [title, conditions, count] of [
  ['proven', ready(), 2],
  ['proven, in an outage', outage, 2],
  ['refused', broken, 0],
  ['of another generation', ready(0), 0],
  ['never told of', [], 0],
] as const) {
  test(`while the new credential is ${title}, ${count} retire`, () => {
    const status = { credentials: mixed, conditions: [...conditions] }
    assert.is(retired(boundApplication('a-9', { status }), NOW).length, count)
  })
}

const nexts: [title: string, status: Status, dueMs: number | undefined][] = [
  ['nothing planned', {}, undefined],
  ['a rotation', { nextRotationAt: at(5_000) }, 5_000],
  ['a retirement', { credentials: [retiring('a-0', 3_000), active('a-1')] }, 3_000],
  ['both', { nextRotationAt: at(2_000), credentials: [retiring('a-0', 3_000), retiring('a-2', 4_000)] }, 2_000],
  ['what is over', { nextRotationAt: at(-5_000) }, 1],
]

for (const [title, status, dueMs] of nexts) {
  test(`with ${title}, the next look is in ${dueMs} ms`, () =>
    assert.is(nextDueMs(boundApplication('a-1', { status }), NOW), dueMs))
}

test('a request that nobody has acted upon is due at once', () =>
  assert.is(nextDueMs(asking('one', { nextRotationAt: at(5_000) }), NOW), 1))

test('a retirement does not come sooner for a rotation that is due', () => {
  const status = { nextRotationAt: at(-1_000), credentials: [retiring('a-0', 3_000), active('a-1')] }
  assert.is(nextRetirementMs(boundApplication('a-1', { status }), NOW), 3_000)
  assert.is(nextRetirementMs(boundApplication('a-1'), NOW), undefined)
})

test.run()
