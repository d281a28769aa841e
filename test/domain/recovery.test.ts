// The protocol's waits and verdicts: what an attempt may have left, and when that is looked for.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import type { ExternalApplication } from '../../src/domain/external.ts'
import type { JournalState } from '../../src/domain/journal.ts'
import {
  candidatesOf,
  heldIds,
  isSweptOut,
  nextLookMs,
  passesAfter,
  provenanceOf,
  QUARANTINE_MS,
  sweepDueAt,
  sweepInMs,
  unresolvedAnswers,
  withSuspects,
} from '../../src/domain/recovery.ts'
import { applicationOf, boundApplication } from '../doubles/resources.ts'
import { applicationAttempt, externalApplication, externalTenant, NOW, tenantAttempt } from './attempts.ts'

const test = suite('recovery')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const attempt = applicationAttempt({ before: ['old'], cell: 'eu-1', scopes: ['read', 'write'] })
const asked = (id: string, parts: Partial<ExternalApplication> = {}) =>
  externalApplication(id, { scopes: ['read', 'write'], ...parts })

const listed: [title: string, application: ExternalApplication, claimed: readonly string[], is: boolean][] = [
  ['one that was not there before', asked('new'), [], true],
  ['one whose scopes come in another order', asked('new', { scopes: ['write', 'read'] }), [], true],
  ['one whose scopes come twice', asked('new', { scopes: ['read', 'write', 'read'] }), [], true],
  ['one that was there before', asked('old'), [], false],
  ['one that somebody claims', asked('new'), ['new'], false],
  ['one of another cell', asked('new', { cell: 'us-1' }), [], false],
  ['one with a scope less', asked('new', { scopes: ['read'] }), [], false],
  ['one with a scope more', asked('new', { scopes: ['read', 'write', 'admin'] }), [], false],
]

for (const [title, application, claimed, is] of listed) {
  test(`${title} is ${is ? 'a' : 'no'} candidate`, () => {
    assert.equal(candidatesOf(attempt, [application], new Set(claimed)), is ? [application] : [])
  })
}

test('a resource holds what it is bound to and what it has replaced, each once', () => {
  const issuedAt = '2026-01-01T00:00:00Z'
  const former = { applicationId: 'a-0', clientId: 'c', state: 'Retiring' as const, issuedAt }
  const current = boundApplication('a-1')
  const credentials = [former, ...current.status.credentials!]
  assert.equal(heldIds({ ...current, status: { ...current.status, credentials } }), ['a-0', 'a-1'])
  assert.equal(heldIds(applicationOf()), [])
  assert.equal(heldIds(applicationOf({ status: { applicationId: 'a-2' } })), ['a-2'])
})

for (const [afterMs, provenance] of [
  [-MINUTE_MS - 1_000, 'Relinked'],
  [-MINUTE_MS, 'Created'],
  [0, 'Created'],
  [30_000 + MINUTE_MS, 'Created'],
  [30_000 + MINUTE_MS + 1_000, 'Relinked'],
] as const) {
  test(`a tenant made ${afterMs / 1_000} s after its attempt was opened is ${provenance}`, () => {
    const createdAt = new Date(NOW + afterMs).toISOString()
    assert.is(provenanceOf(tenantAttempt(), externalTenant('t-1', { createdAt })), provenance)
  })
}

test('a tenant whose time cannot be read is not taken for the attempt’s own', () => {
  assert.is(provenanceOf(tenantAttempt(), externalTenant('t-1', { createdAt: 'long ago' })), 'Relinked')
})

for (const [sinceMs, inMs] of [
  [0, 2_000],
  [1_000, 2_000],
  [5_000, 5_000],
  [20_000, 20_000],
  [60_000, 15_000],
  [QUARANTINE_MS - 1, 1],
  [QUARANTINE_MS, 0],
  [QUARANTINE_MS + 1, 0],
] as const) {
  test(`an open attempt in sight for ${sinceMs} ms is looked at again in ${inMs}`, () => {
    assert.is(nextLookMs(sinceMs), inMs)
  })
}

const swept = (state: JournalState, passes = 0, endedAt: number | undefined = NOW) => ({
  state,
  passes,
  openedAt: NOW - HOUR_MS,
  endedAt,
})

const due: [state: JournalState, passes: number, afterMs: number][] = [
  ['bound', 0, QUARANTINE_MS],
  ['rejected', 0, QUARANTINE_MS],
  ['abandoned', 0, MINUTE_MS],
  ['abandoned', 1, 10 * MINUTE_MS],
  ['abandoned', 2, HOUR_MS],
  ['abandoned', 3, 24 * HOUR_MS],
  ['surplus', 0, MINUTE_MS],
  ['surplus', 3, 24 * HOUR_MS],
]

for (const [state, passes, afterMs] of due) {
  test(`a journal that is ${state} and has been swept ${passes} times is swept ${afterMs / 1_000} s after its end`, () => {
    assert.is(sweepDueAt(swept(state, passes)), NOW + afterMs)
  })
}

test('a journal whose end nobody wrote down is swept from its beginning on', () => {
  const { endedAt: _, ...endless } = swept('abandoned')
  assert.is(sweepDueAt(endless), NOW - HOUR_MS + MINUTE_MS)
})

const outages: [title: string, passes: number, sinceMs: number, then: number][] = [
  ['at its time', 0, MINUTE_MS, 1],
  ['a little late', 0, 2 * MINUTE_MS, 1],
  ['when two were due', 0, 10 * MINUTE_MS, 2],
  ['after an outage of hours', 1, 5 * HOUR_MS, 3],
  ['after an outage of days', 0, 48 * HOUR_MS, 4],
  ['ahead of its time, by a clock that went back', 2, MINUTE_MS, 3],
]

for (const [title, passes, sinceMs, then] of outages) {
  test(`a sweep that ends well ${title} is ${then === passes + 1 ? 'one pass' : `the passes up to ${then}`}`, () => {
    assert.is(passesAfter(swept('abandoned', passes), NOW + sinceMs), then)
  })
}

const ends: [state: JournalState, passes: number, is: boolean][] = [
  ['bound', 0, false],
  ['bound', 1, true],
  ['rejected', 1, true],
  ['abandoned', 1, false],
  ['abandoned', 3, false],
  ['abandoned', 4, true],
  ['surplus', 3, false],
  ['surplus', 4, true],
]

for (const [state, passes, is] of ends) {
  test(`a journal that is ${state} has ${is ? '' : 'not '}served its time after ${passes} passes`, () => {
    assert.is(isSweptOut(swept(state, passes)), is)
  })
}

const endedAfter = (ms: number) => swept('abandoned', 0, NOW + ms)

test('journals of a batch wait for the last of it, so that one list serves all', () => {
  assert.is(sweepInMs([endedAfter(0), endedAfter(20_000), endedAfter(45_000)], NOW), MINUTE_MS + 45_000)
})

test('but none waits for one that ended more than a minute later', () => {
  assert.is(sweepInMs([endedAfter(0), endedAfter(30_000), endedAfter(61_000)], NOW), MINUTE_MS + 30_000)
})

test('what is overdue is swept at once, and where there is nothing, nothing is', () => {
  assert.is(sweepInMs([swept('bound')], NOW + HOUR_MS), 0)
  assert.is(sweepInMs([], NOW), undefined)
})

const [first, second] = ['2026-01-01T00:00:00Z', '2026-01-01T00:02:00Z']
const suspect = (applicationId: string, firstSeenAt = first) => ({
  applicationId,
  clientId: `client-${applicationId}`,
  firstSeenAt,
})
const suspecting = (...suspects: NonNullable<RaiTenantApplication['status']['suspects']>) =>
  applicationOf({ status: { suspects } })

test('suspects that were first seen at one time are one lost answer', () => {
  assert.is(unresolvedAnswers(applicationOf()), 0)
  assert.is(unresolvedAnswers(suspecting(suspect('a'), suspect('b'))), 1)
  assert.is(unresolvedAnswers(suspecting(suspect('a'), suspect('b'), suspect('c', second))), 2)
})

test('suspects are added with the time of their answer, and keep the one that they have', () => {
  const found = [externalApplication('a'), externalApplication('b')]
  assert.equal(withSuspects(suspecting(suspect('a')), found, second, new Set()), [suspect('a'), suspect('b', second)])
  assert.equal(withSuspects(applicationOf(), found, second, new Set()), [suspect('a', second), suspect('b', second)])
})

test('a suspect that somebody has claimed since leaves the list', () => {
  const list = withSuspects(suspecting(suspect('a'), suspect('b')), [], second, new Set(['a']))
  assert.equal(list, [suspect('b')])
})

test.run()
