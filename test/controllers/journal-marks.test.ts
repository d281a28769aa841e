// What the cache shows of journals: who has something unfinished, and which applications are claimed.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { JournalMarks } from '../../src/controllers/journal-marks.ts'
import type { SeenJournal } from '../../src/controllers/journal-marks.ts'
import { journalMarkOf } from '../../src/domain/journal-format.ts'
import type { JournalState } from '../../src/domain/journal.ts'
import { answerOf, applicationAttempt, journalOf, withFields } from '../domain/attempts.ts'

const test = suite('journal marks')

function seen(state: JournalState, { id = 'a-1', name = 'journal-uid-1-a' } = {}): SeenJournal {
  const attempt = applicationAttempt({ state })
  return { name, mark: journalMarkOf(journalOf({ ...attempt, answer: answerOf(attempt, id) }, name)) }
}

const unreadable: SeenJournal = {
  name: 'journal-uid-1-a',
  mark: journalMarkOf(withFields(journalOf(applicationAttempt()), { readableBy: 9 })),
}

const states: [title: string, journal: SeenJournal, isUnfinished: boolean, claims: readonly string[]][] = [
  ['open', seen('open'), true, []],
  ['answered', seen('answered'), true, ['a-1']],
  ['bound', seen('bound'), false, ['a-1']],
  ['abandoned', seen('abandoned'), false, []],
  ['surplus', seen('surplus'), false, []],
  ['rejected', seen('rejected'), false, []],
  ['unreadable', unreadable, true, []],
]

for (const [title, journal, isUnfinished, claims] of states) {
  test(`an ${title} journal ${isUnfinished ? 'keeps its resource from its rest' : 'lets its resource rest'}`, () => {
    const marks = new JournalMarks()
    marks.changed(undefined, journal)
    assert.equal([marks.hasUnfinished('uid-1'), marks.hasUnfinished('uid-2')], [isUnfinished, false])
  })

  test(`an ${title} journal claims ${claims.join() || 'nothing'}, and nothing once it has gone`, () => {
    const marks = new JournalMarks()
    marks.changed(undefined, journal)
    assert.equal([...marks.claims()], claims)
    assert.is(marks.isClaimed('a-1'), claims.includes('a-1'))
    marks.changed(journal, undefined)
    assert.equal([[...marks.claims()], marks.hasUnfinished('uid-1')], [[], false])
    assert.not(marks.isClaimed('a-1'))
  })
}

test('an attempt is followed from its beginning to its end', () => {
  const marks = new JournalMarks()
  const [open, answered, bound] = [seen('open'), seen('answered'), seen('bound')]
  const told: unknown[] = []
  let before: SeenJournal | undefined
  for (const after of [open, answered, bound, undefined]) {
    marks.changed(before, after)
    told.push([marks.hasUnfinished('uid-1'), ...marks.claims()])
    before = after
  }
  assert.equal(told, [[true], [true, 'a-1'], [false, 'a-1'], [false]])
})

test('of two attempts of one resource the end of one is not the end of both', () => {
  const marks = new JournalMarks()
  const second = seen('open', { name: 'journal-uid-1-b' })
  marks.changed(undefined, seen('open'))
  marks.changed(undefined, second)
  marks.changed(second, undefined)
  assert.ok(marks.hasUnfinished('uid-1'))
})

test('two journals that claim one application are two claims', () => {
  const marks = new JournalMarks()
  const second = seen('bound', { name: 'journal-uid-1-b' })
  marks.changed(undefined, seen('bound'))
  marks.changed(undefined, second)
  marks.changed(second, undefined)
  assert.equal([...marks.claims()], ['a-1'])
  assert.ok(marks.isClaimed('a-1'))
  marks.changed(seen('bound'), undefined)
  assert.not(marks.isClaimed('a-1'))
})

test('a name that is no journal’s keeps nobody', () => {
  const marks = new JournalMarks()
  marks.changed(undefined, { name: 'something', mark: { problem: 'cannot be read' } })
  assert.not(marks.hasUnfinished('something'))
})

test.run()
