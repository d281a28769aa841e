// Journals: changed over what was read of them alone, and what becomes of a resource whose journal is not to be believed.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RECORD_LABELS } from '../../src/api/names.ts'
import { Journals } from '../../src/controllers/journals.ts'
import { Failure, isFailure } from '../../src/errors.ts'
import { SUBJECT, tenantAttempt, withFields } from '../domain/attempts.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryRecords } from '../doubles/memory-records.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { messageOf } from './harness.ts'
import { lost, withAttempt } from './scenarios.ts'

const test = suite('journals')

for (const [title, fields] of [
  ['that only a later version can read', { version: 9, readableBy: 9 }],
  ['that somebody broke', { state: 'mended' }],
] as const) {
  test(`a journal ${title} holds its resource, is named, and keeps a deletion waiting; without it all goes on`, async () => {
    const attempt = await withAttempt('EC', lost)
    const { records, journal, look, posts, applicationReason, applicationNow, application, remove, plane } = attempt
    const name = journal()
    records.put(withFields(records.held.get(name)!, fields))
    const calls = plane.calls.length
    assert.equal(await look(), { code: 'AmbiguousCreate', disposition: 'stall' })
    assert.is(applicationReason(application), 'AmbiguousCreate')
    assert.match(messageOf(applicationNow(application)), name)
    await remove()
    assert.equal(await look(), { code: 'AmbiguousCreate', disposition: 'stall' })
    assert.is(plane.calls.length, calls, 'nothing is asked on its word')
    records.remove(name)
    await look()
    assert.is(applicationNow(application), undefined)
    assert.is(posts(), 1)
  })
}

test('a journal of the tenant that cannot be read may claim what an attempt made: it is not bound', async () => {
  const { records, journal, look, states, plane } = await withAttempt('EC', lost)
  const theirs = withFields(records.held.get(journal())!, { readableBy: 9 })
  records.put({
    ...theirs,
    name: 'journal-another-1',
    labels: { ...theirs.labels, [RECORD_LABELS.subject]: 'another' },
  })
  assert.equal(await look(), { code: 'AmbiguousCreate', disposition: 'stall' })
  assert.equal([states(), plane.count('token')], [['open'], 0])
  records.remove('journal-another-1')
  assert.is(await look(), 'done')
  assert.equal(states(), ['bound'])
})

test('a journal of another organization stops its resource, and nothing is asked', async () => {
  const { records, journal, look, applicationReason, applicationNow, application, plane, remove } = await withAttempt(
    'EC',
    lost,
  )
  records.put(withFields(records.held.get(journal())!, { organization: 'other' }))
  const calls = plane.calls.length
  assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'WrongOrganization')
  assert.match(messageOf(applicationNow(application)), journal())
  await remove()
  assert.is(await look(), 'done')
  assert.ok(applicationNow(application))
  assert.is(plane.calls.length, calls)
})

test('a journal that a later version wrote, and says can be read, is finished and keeps what it says', async () => {
  const { records, journal, look, states } = await withAttempt('EC', lost)
  records.put(withFields(records.held.get(journal())!, { version: 2, colour: 'blue' }))
  assert.is(await look(), 'done')
  assert.equal(states(), ['bound'])
  const [, annotation] = Object.entries(records.held.get(journal())!.annotations)[0]!
  const { version, colour } = JSON.parse(annotation) as Record<string, unknown>
  assert.equal([version, colour], [2, 'blue'])
})

test('two processes that recover one attempt bind it once, and who comes second gives way', async () => {
  const { start, application, posts, ids, states, status } = await withAttempt('EC', lost)
  const processes = [start({ holder: 'one' }), start({ holder: 'two' })]
  const looks = await Promise.all(processes.map(({ lookAtApplication }) => lookAtApplication(application)))
  assert.equal(looks, ['done', { code: 'KubeConflict', disposition: 'retry' }])
  assert.equal([posts(), states(), [status().applicationId]], [1, ['bound'], ids()])
})

const forever = new AbortController().signal

function makeJournals() {
  const records = new MemoryRecords()
  let uniques = 0
  const journals = new Journals({
    records,
    lastingRecords: records,
    holder: 'one',
    organization: () => 'org',
    unique: () => `u${++uniques}`,
    clock: new ManualClock(),
    logger: new RecordedLog(),
  })
  return { records, journals }
}

const opened = (tenantName: string, uid = 'uid-1') => {
  const { type, openedAt } = tenantAttempt()
  return { type, subject: { ...SUBJECT, uid }, openedAt, tenantName }
}

test('a journal changes only over what was read of it', async () => {
  const { journals } = makeJournals()
  const journal = await journals.open(opened('acme'), forever)
  await journals.advance(journal, 'rejected', forever)
  const failure = await journals.advance(journal, 'abandoned', forever).catch((error: unknown) => error)
  assert.ok(isFailure(failure, 'KubeConflict'))
  const removal = await journals.remove(journal, forever).catch((error: unknown) => error)
  assert.ok(removal instanceof Failure)
})

test('a journal never goes where its state does not lead', async () => {
  const { journals, records } = makeJournals()
  const journal = await journals.open(opened('acme'), forever)
  const error = await journals.advance(journal, 'bound', forever).catch((error: unknown) => error)
  assert.instance(error, Error)
  assert.is(records.writes.length, 1)
})

test('journals are found by resource and by place, and none that is another’s', async () => {
  const { journals } = makeJournals()
  await journals.open(opened('acme', 'uid-1'), forever)
  await journals.open(opened('acme', 'uid-2'), forever)
  await journals.open(opened('other', 'uid-1'), forever)
  assert.is((await journals.ofSubject('uid-1', forever)).journals.length, 2)
  assert.is((await journals.ofScope('name:acme', forever)).journals.length, 2)
  assert.is((await journals.ofScope('acme', forever)).journals.length, 0)
})

test.run()
