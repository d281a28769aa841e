// What several ask for within a short time is asked for once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SharedAnswers } from '../../src/controllers/shared-answers.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { down } from './scenarios.ts'

const test = suite('shared answers')
const FRESH_MS = 1_000
const { signal } = new AbortController()

function begin() {
  const clock = new ManualClock()
  const answers = new SharedAnswers<number>(FRESH_MS, clock)
  let asked = 0
  return { clock, answers, get: () => answers.get('a', async () => ++asked, signal) }
}

test('who asks within the time is given what was answered, and who asks later asks anew', async () => {
  const { clock, get } = begin()
  assert.equal(await Promise.all([get(), get()]), [1, 1])
  await clock.advance(FRESH_MS - 1)
  assert.is(await get(), 1)
  await clock.advance(1)
  assert.is(await get(), 2)
})

test('who must know what is so now asks anew, for the others, too', async () => {
  const { answers, get } = begin()
  await get()
  assert.is(await answers.renewed('a', async () => 9, signal), 9)
  assert.is(await get(), 9)
})

test('keys share nothing', async () => {
  const { answers, get } = begin()
  await get()
  assert.is(await answers.get('b', async () => 7, signal), 7)
  assert.is(await get(), 1)
})

test('the time begins with the asking, however long the answer takes', async () => {
  const { clock, answers, get } = begin()
  const slow = Promise.withResolvers<number>()
  const first = answers.get('a', () => slow.promise, signal)
  await clock.advance(FRESH_MS)
  assert.is(await get(), 1)
  slow.resolve(9)
  assert.is(await first, 9)
  assert.is(await get(), 1)
})

test('a failure is that of all who wait for it, and of nobody later', async () => {
  const { answers, get } = begin()
  const fails = () => answers.get('a', () => Promise.reject(down), signal)
  const all = await Promise.allSettled([fails(), get()])
  assert.equal(
    all.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.is(await answers.known('a'), undefined)
  assert.is(await get(), 1)
})

test('whoever gives up, the others are answered', async () => {
  const { answers, get } = begin()
  const patience = new AbortController()
  const slow = Promise.withResolvers<number>()
  const ask = (unending: AbortSignal) => {
    assert.is(unending.aborted, false)
    return slow.promise
  }
  const first = answers.get('a', ask, patience.signal)
  const second = get()
  patience.abort(down)
  assert.is(await first.catch((error: unknown) => error), down)
  slow.resolve(9)
  assert.is(await second, 9)
})

test('what is asked for is known until it is old and others are asked for', async () => {
  const { clock, answers, get } = begin()
  assert.is(await answers.known('a'), undefined)
  await get()
  await clock.advance(FRESH_MS)
  assert.is(await answers.known('a'), 1)
  await answers.get('b', async () => 7, signal)
  assert.is(await answers.known('a'), undefined)
})

test.run()
