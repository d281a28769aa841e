// The states of a journal, and every way from one to another that there may be or not.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isState, isUnfinished, journalName, mayBecome, scopeOf } from '../../src/domain/journal.ts'
import type { JournalState } from '../../src/domain/journal.ts'
import { applicationAttempt, tenantAttempt } from './attempts.ts'

const test = suite('journal')

const STATES: readonly JournalState[] = ['open', 'answered', 'bound', 'abandoned', 'surplus', 'rejected']

const MAY: ReadonlySet<string> = new Set([
  'open answered',
  'open abandoned',
  'open rejected',
  'answered bound',
  'answered abandoned',
  'abandoned surplus',
])

for (const from of STATES) {
  for (const to of STATES) {
    const may = MAY.has(`${from} ${to}`)
    test(`an ${from} journal ${may ? 'may become' : 'never becomes'} ${to}`, () => assert.is(mayBecome(from, to), may))
  }
}

for (const state of STATES) {
  const is = state === 'open' || state === 'answered'
  test(`an ${state} journal is ${is ? 'un' : ''}finished`, () => assert.is(isUnfinished(state), is))
  test(`${state} is the name of a state`, () => assert.ok(isState(state)))
}

for (const value of ['', 'Open', 'toString', '__proto__', undefined, null, 7, ['open']]) {
  test(`${JSON.stringify(value)} is the name of none`, () => assert.not(isState(value)))
}

test('an attempt leaves its application in a tenant, and its tenant under a name', () => {
  assert.is(scopeOf(applicationAttempt({ tenantId: 't-7' })), 't-7')
  assert.is(scopeOf(tenantAttempt({ tenantName: 't-7' })), 'name:t-7')
})

test('a journal is named after its resource and never as another', () => {
  assert.is(journalName('uid-1', 'abc'), 'journal-uid-1-abc')
})

test.run()
