// What is remembered of tokens, for how long, and how much is asked about them.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { Verdicts } from '../../src/telemetry/verdicts.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'
import { HeldReviewer } from './reviewer.ts'

const PLACES = 8
const PLACE_MS = 500

function start() {
  const clock = new ManualClock()
  const reviewer = new HeldReviewer()
  const verdicts = new Verdicts(reviewer, clock)
  const ask = (token: string) => verdicts.of(new Redacted(token))
  /** Asks and has the answer come at once. */
  const learn = async (token: string, is: Parameters<HeldReviewer['answer']>[0]) => {
    const answer = ask(token)
    reviewer.answer(is)
    return answer
  }
  return { clock, reviewer, verdicts, ask, learn }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error as Failure).code,
  )
}

const test = suite('verdicts')

for (const [is, freshMs] of [
  ['allowed', 60_000],
  ['forbidden', 10_000],
  ['unknown', 10_000],
] as const) {
  test(`that a token is ${is} is asked once in ${freshMs / 1000} seconds`, async () => {
    const { clock, reviewer, ask, learn } = start()
    const verdict = await learn('t', is)
    assert.is(verdict.is, is)
    await clock.advance(freshMs - 1)
    assert.equal(await ask('t'), verdict)
    assert.equal(reviewer.asked, ['t'])
    await clock.advance(1)
    void ask('t')
    assert.equal(reviewer.asked, ['t', 't'])
  })
}

test('a verdict is about one token and no other', async () => {
  const { ask, learn, reviewer } = start()
  await learn('a', 'allowed')
  void ask('b')
  assert.equal(reviewer.asked, ['a', 'b'])
})

test('what is newer counts: a right that was taken away, and one that was given', async () => {
  const { clock, ask, learn } = start()
  await learn('t', 'allowed')
  await clock.advance(60_000)
  await learn('t', 'forbidden')
  assert.is((await ask('t')).is, 'forbidden')
  await clock.advance(10_000)
  await learn('t', 'allowed')
  assert.is((await ask('t')).is, 'allowed')
})

test('those who ask for the same token meanwhile share one review, and its failure', async () => {
  const { reviewer, ask } = start()
  const [one, other] = [ask('t'), ask('t')]
  reviewer.answer('allowed')
  assert.equal([await one, await other], [{ is: 'allowed' }, { is: 'allowed' }])
  assert.equal(reviewer.asked, ['t'])
  const failed = [codeOf(ask('u')), codeOf(ask('u'))]
  reviewer.fail(new Failure('KubeUnavailable', 'retry', 'away'))
  assert.equal(await Promise.all(failed), ['KubeUnavailable', 'KubeUnavailable'])
  assert.equal(reviewer.asked, ['t', 'u'])
})

test('a failure lets nobody in, and is remembered by nobody: an expired verdict does not come back', async () => {
  const { clock, reviewer, ask, learn } = start()
  await learn('t', 'allowed')
  await clock.advance(60_000)
  const failed = codeOf(ask('t'))
  reviewer.fail(new Failure('KubeUnavailable', 'retry', 'away'))
  assert.is(await failed, 'KubeUnavailable')
  assert.is((await learn('t', 'allowed')).is, 'allowed')
})

test('strangers are asked about a few at a time, and the others are turned away', async () => {
  const { clock, reviewer, ask } = start()
  const first = Array.from({ length: PLACES }, (_, i) => ask(`t${i}`))
  assert.is(await codeOf(ask('one more')), 'ReviewsBusy')
  assert.is(reviewer.asked.length, PLACES)
  await clock.advance(10 * PLACE_MS)
  assert.is(await codeOf(ask('one more')), 'ReviewsBusy')
  reviewer.answer('unknown')
  await Promise.all(first)
  await settled()
  void ask('one more')
  assert.is(reviewer.asked.length, PLACES + 1)
})

test('fast answers do not make for more reviews than sixteen a second', async () => {
  const { clock, reviewer, ask } = start()
  for (let i = 0; i < 1000; i++) {
    const answer = codeOf(ask(`t${i}`))
    reviewer.answer('unknown')
    await answer
    await clock.advance(10)
  }
  // A thousand, a hundred a second.
  assert.ok(reviewer.asked.length <= 16 * 10, `${reviewer.asked.length} reviews in ten seconds`)
  assert.ok(reviewer.asked.length > 8 * 10, `${reviewer.asked.length} reviews in ten seconds`)
})

test('a flood of strangers keeps nobody out who was let in before, however long ago', async () => {
  const { clock, reviewer, ask, learn } = start()
  await learn('prometheus', 'allowed')
  await clock.advance(3_600_000)
  for (let i = 0; i < PLACES; i++) void ask(`t${i}`)
  assert.is(await codeOf(ask('stranger')), 'ReviewsBusy')
  const answer = ask('prometheus')
  assert.is(reviewer.asked.at(-1), 'prometheus')
  reviewer.answer('allowed')
  assert.is((await answer).is, 'allowed')
})

test('who was let in before and is not any more is a stranger', async () => {
  const { clock, ask, learn } = start()
  await learn('t', 'allowed')
  await clock.advance(60_000)
  await learn('t', 'unknown')
  await clock.advance(10_000)
  for (let i = 0; i < PLACES; i++) void ask(`t${i}`)
  assert.is(await codeOf(ask('t')), 'ReviewsBusy')
})

for (const [is, most] of [
  ['unknown', 1024],
  ['allowed', 256],
] as const) {
  test(`of tokens that are ${is} the last ${most} are remembered`, async () => {
    const { clock, reviewer, ask, learn } = start()
    for (let i = 0; i <= most; i++) {
      await learn(`t${i}`, is)
      // Its place is free again, and hardly any of the time has passed for which it is remembered.
      if (i % PLACES === PLACES - 1) await clock.advance(PLACE_MS)
    }
    const asked = reviewer.asked.length
    void ask(`t${most}`)
    assert.is(reviewer.asked.length, asked, 'the last is remembered')
    void ask('t0')
    assert.is(reviewer.asked.length, asked + 1, 'the first is not')
  })
}

test('no token is kept', async () => {
  const { verdicts, learn, ask, reviewer } = start()
  await learn('CANARY-allowed', 'allowed')
  await learn('CANARY-unknown', 'unknown')
  void ask('CANARY-asked')
  assert.is(reviewer.asked.length, 3)
  assert.not.match(inspect(verdicts, { depth: 9, showHidden: true }), 'CANARY')
})

test('closing gives up what is under way, and nothing is asked afterwards', async () => {
  const { clock, verdicts, reviewer, ask } = start()
  const waiting = codeOf(ask('t'))
  verdicts.close()
  assert.is(await waiting, 'Closed')
  assert.is(await codeOf(ask('u')), 'Closed')
  assert.equal(reviewer.asked, ['t'])
  await settled()
  assert.is(clock.armed, 0)
})

test.run()
