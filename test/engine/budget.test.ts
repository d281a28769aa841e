// The budget's promises, with a clock that the tests move.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Budget } from '../../src/engine/budget.ts'
import { workFor } from '../../src/party.ts'
import { seeded } from '../sim/random.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const budget = suite('budget')
const forever = new AbortController().signal

const CLASSES = ['urgent', 'usual', 'late'] as const
type Class = (typeof CLASSES)[number]

function setUp(options: { perSecond?: number; burst?: number; random?: () => number } = {}) {
  const clock = new ManualClock()
  const budget = new Budget({ classes: CLASSES, perSecond: 10, burst: 2, random: () => 0, clock, ...options })
  const served: { readonly name: string; readonly at: number }[] = []
  const take = (name = '', by: Class = 'usual') =>
    budget.take(by, Infinity, forever).then(() => served.push({ name, at: Math.round(clock.monotonic()) }))
  const takeMany = (count: number) => void Array.from({ length: count }, (_, i) => take(String(i)))
  return { clock, budget, served, take, takeMany, times: () => served.map(({ at }) => at) }
}

function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('did not reject'),
    (error: Error) => error,
  )
}

budget('a burst passes at once, and the rest at the rate', async () => {
  const { clock, takeMany, times } = setUp({ burst: 3 })
  takeMany(6)
  await clock.advance(1_000)
  assert.equal(times(), [0, 0, 0, 100, 200, 300])
})

budget('who asked first is served first', async () => {
  const { clock, takeMany, served } = setUp({ burst: 1 })
  takeMany(4)
  await clock.advance(1_000)
  assert.equal(
    served.map(({ name }) => name),
    ['0', '1', '2', '3'],
  )
})

/** Who was served in the first `seconds`, while of each class so many wait. */
async function servedOf(waiting: Partial<Record<Class, number>>, seconds: number): Promise<string[]> {
  const { clock, take, served } = setUp({ burst: 1 })
  await take('first')
  for (const by of CLASSES.toReversed()) for (let i = 0; i < (waiting[by] ?? 0); i++) void take(by, by)
  await clock.advance(seconds * 1_000)
  return served.slice(1).map(({ name }) => name)
}

budget('of those who wait the most urgent come first, whoever asked first', async () => {
  const { clock, take, served } = setUp({ burst: 1 })
  for (const by of ['usual', 'late', 'usual', 'urgent', 'usual', 'urgent'] as const) void take(by, by)
  await clock.advance(1_000)
  const order = ['usual', 'urgent', 'urgent', 'usual', 'usual', 'late']
  assert.equal(
    served.map(({ name }) => name),
    order,
  )
})

budget('of any ten permits in a row each class that waits has one', async () => {
  const order = await servedOf({ urgent: 500, usual: 500, late: 500 }, 30)
  assert.is(order.length, 300)
  for (let from = 0; from + 10 <= order.length; from++) {
    const round = order.slice(from, from + 10)
    assert.equal([...new Set(round)].sort(), ['late', 'urgent', 'usual'], `from ${from}`)
    assert.is(round.filter((name) => name === 'urgent').length, 8)
  }
})

budget('within a class those for whom it is asked take turns: who asks once waits for one other', async () => {
  const { clock, take, served } = setUp({ burst: 1 })
  await take('first')
  for (let i = 0; i < 50; i++) void workFor('many', () => take('many'))
  await clock.advance(500)
  void workFor('one', () => take('one'))
  await clock.advance(500)
  assert.equal(served.map(({ name }) => name).slice(5, 8), ['many', 'one', 'many'])
})

budget('a share that nobody waits for is left to the others', async () => {
  for (const only of CLASSES) assert.is((await servedOf({ [only]: 100 }, 5)).length, 50)
  const two = await servedOf({ usual: 100, late: 100 }, 5)
  assert.is(two.filter((name) => name === 'late').length, 5)
})

budget('a quiet time saves up no more than the burst', async () => {
  const { clock, takeMany, times } = setUp()
  await clock.advance(60_000)
  takeMany(3)
  await clock.advance(1_000)
  assert.equal(times(), [60_000, 60_000, 60_100])
})

budget('a thousand a second are let through in a second', async () => {
  const { clock, takeMany, times } = setUp({ perSecond: 1_000, burst: 1 })
  takeMany(1_001)
  await clock.advance(1_000)
  assert.is(times().length, 1_001)
})

budget('who gives up costs nothing and holds nobody up', async () => {
  const { clock, budget, take, served } = setUp({ burst: 1 })
  const gone = new AbortController()
  await take('first')
  const given = budget.take('usual', Infinity, gone.signal)
  void take('third')
  gone.abort(new Error('given up'))
  assert.is((await rejectionOf(given)).message, 'given up')
  await clock.advance(100)
  assert.equal(served.at(-1), { name: 'third', at: 100 })
})

budget('a signal that has aborted gets no permit', async () => {
  const { budget, take, times } = setUp({ burst: 1 })
  assert.is((await rejectionOf(budget.take('usual', Infinity, AbortSignal.abort(new Error('late'))))).message, 'late')
  await take()
  assert.equal(times(), [0])
})

budget('a pause holds everybody, and calls come back one by one', async () => {
  const { clock, budget, takeMany, times } = setUp({ burst: 5 })
  assert.is(budget.pause(3_000), 3_000)
  takeMany(3)
  await clock.advance(2_999)
  assert.equal(times(), [])
  assert.is(budget.pausedMs, 1)
  await clock.advance(1_000)
  assert.equal(times(), [3_100, 3_200, 3_300])
  assert.is(budget.pausedMs, 0)
})

budget('a pause reaches those who wait already', async () => {
  const { clock, budget, takeMany, times } = setUp({ burst: 1 })
  takeMany(2)
  budget.pause(1_000)
  await clock.advance(2_000)
  assert.equal(times(), [0, 1_100])
})

budget('a pause ends the wait of those who have less patience, and costs them nothing', async () => {
  const { clock, budget, take, times } = setUp({ burst: 1 })
  await take()
  const [hasty, patient] = [1_999, 2_000].map((patienceMs) => budget.take('usual', patienceMs, forever))
  budget.pause(2_000)
  assert.is(await hasty, false)
  assert.is(await budget.take('usual', 1_999, forever), false, 'nor does one begin to wait')
  void take()
  await clock.advance(2_200)
  assert.is(await patient, true)
  assert.equal(times(), [0, 2_200])
})

budget('a pause is never shortened', async () => {
  const { budget } = setUp()
  budget.pause(5_000)
  assert.is(budget.pause(1_000), 5_000)
  assert.is(budget.pause(), 5_000)
})

budget('a pause of no given length doubles in a row, up to a minute, and starts anew after a good time', async () => {
  const { clock, budget } = setUp()
  const lengths: number[] = []
  for (let i = 0; i < 8; i++) {
    lengths.push(budget.pause())
    await clock.advance(budget.pausedMs + 100)
  }
  assert.equal(lengths, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  await clock.advance(60_000)
  assert.is(budget.pause(), 1_000)
})

budget('many refusals at the same moment are one', async () => {
  const { clock, budget } = setUp()
  for (let i = 0; i < 16; i++) assert.is(budget.pause(), 1_000)
  await clock.advance(1_000)
  assert.is(budget.pause(), 2_000)
})

budget('a pause lasts longer by chance, never shorter', async () => {
  assert.is(setUp({ random: () => 0.5 }).budget.pause(8_000), 9_000)
})

budget('a pause of no length is one that nobody gave a length to', async () => {
  const { clock, budget } = setUp()
  assert.is(budget.pause(0), 1_000)
  await clock.advance(1_100)
  assert.is(budget.pause(0), 2_000)
})

budget('a shorter pause than the one there is changes nothing', async () => {
  const { clock, budget, takeMany, times } = setUp()
  budget.pause(5_000)
  budget.pause(1_000)
  takeMany(1)
  await clock.advance(5_100)
  assert.equal(times(), [5_100])
  assert.is(budget.pause(), 10_000, 'in a row with the long one')
})

for (const [asked, widthMs] of [
  [undefined, 1_000],
  [1_000, 1_000],
  [60_000, 15_000],
] as const) {
  budget(`processes that were told ${asked ?? 'no'} ms at the same moment come back over ${widthMs} ms`, async () => {
    const random = seeded(1)
    const pauses = Array.from({ length: 100 }, () => setUp({ random }).budget.pause(asked)).sort((a, b) => a - b)
    assert.ok(pauses[0]! >= (asked ?? 1_000))
    assert.ok(pauses[99]! - pauses[0]! > widthMs * 0.9, 'spread')
    // Ten in each tenth of the width, were they spread evenly.
    for (let i = 0; i + 30 < pauses.length; i++) assert.ok(pauses[i + 30]! - pauses[i]! > widthMs / 10, 'no step')
  })
}

budget('refused again and again, everybody together makes one call after each pause', async () => {
  const { clock, budget } = setUp({ burst: 5, random: seeded(1) })
  const calls: number[] = []
  const caller = async () => {
    for (;;) {
      await budget.take('usual', Infinity, forever)
      calls.push(clock.monotonic())
      budget.pause()
    }
  }
  for (let callers = 0; callers < 16; callers++) void caller()
  await clock.advance(300_000)
  const pauses = calls.slice(5).map((at, i) => at - calls[i + 4]!)
  assert.ok(calls.length < 15, `${calls.length} calls`)
  for (const [i, ms] of pauses.entries()) assert.ok(ms >= Math.min(60_000, 1_000 * 2 ** i), `pause ${i}: ${ms}`)
})

budget('nothing is armed when nobody waits', async () => {
  const { clock, budget, take } = setUp()
  await take()
  budget.pause(1_000)
  assert.is(clock.armed, 0)
})

budget.run()
