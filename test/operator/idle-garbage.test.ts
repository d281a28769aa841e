// Collected while there is nothing else to do, when there is something to collect, and only where Node shows its collector.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { collectIdleGarbage } from '../../src/operator/idle-garbage.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const test = suite('idle garbage')

const MEGABYTE = 1_000_000

/** A process that is at rest. */
function start(alive = 10 * MEGABYTE) {
  const clock = new ManualClock()
  const process = { alive, garbage: 0, activeMs: 0, collections: 0 }
  const stop = new AbortController()
  const ended = collectIdleGarbage(clock, stop.signal, {
    usedBytes: () => process.alive + process.garbage,
    activeMs: () => process.activeMs,
    collect() {
      process.collections++
      process.garbage = 0
    },
  })
  return { clock, process, stop, ended }
}

test('what the start has left is collected once the process is at rest', async () => {
  const { clock, process } = start()
  process.garbage = 10 * MEGABYTE
  process.activeMs += 1_000
  await clock.advance(2_000)
  assert.is(process.collections, 0, 'at work')
  await clock.advance(2_000)
  assert.is(process.collections, 1)
})

test('at rest nothing is collected until a quarter of what is alive has come together, or 4 MB where that is more', async () => {
  for (const [alive, enough] of [
    [8, 4],
    [16, 4],
    [40, 10],
  ] as const) {
    const { clock, process } = start(alive * MEGABYTE)
    await clock.advance(2_000)
    assert.is(process.collections, 1, 'of the start')
    process.garbage = (enough - 0.1) * MEGABYTE
    await clock.advance(60_000)
    assert.is(process.collections, 1)
    process.garbage = enough * MEGABYTE
    await clock.advance(4_000)
    assert.is(process.collections, 2)
  }
})

test('what has become alive meanwhile is no garbage', async () => {
  const { clock, process } = start()
  await clock.advance(2_000)
  process.alive += 10 * MEGABYTE
  await clock.advance(3_600_000)
  assert.is(process.collections, 2, 'looked at once')
})

test('what V8 collected by itself does not hide what comes after it', async () => {
  const { clock, process } = start()
  await clock.advance(2_000)
  process.alive -= 5 * MEGABYTE
  await clock.advance(62_000)
  process.garbage = 4 * MEGABYTE
  await clock.advance(2_000)
  assert.is(process.collections, 2)
})

test('a minute lies between two collections at least', async () => {
  const { clock, process } = start()
  await clock.advance(2_000)
  process.garbage = 100 * MEGABYTE
  await clock.advance(60_000)
  assert.is(process.collections, 1)
  await clock.advance(2_000)
  assert.is(process.collections, 2)
})

test('while there is work, V8 is let be, however much there is', async () => {
  const { clock, process } = start()
  process.garbage = 100 * MEGABYTE
  for (let seconds = 0; seconds < 3_600; seconds += 2) {
    process.activeMs += 21
    await clock.advance(2_000)
  }
  assert.is(process.collections, 0)
  process.activeMs += 20
  await clock.advance(2_000)
  assert.is(process.collections, 1)
})

test('nothing is collected once it is stopped', async () => {
  const { clock, process, stop, ended } = start()
  const reason = new Error('stopping')
  stop.abort(reason)
  assert.is(await ended.catch((error: unknown) => error), reason)
  process.garbage = 100 * MEGABYTE
  await clock.advance(3_600_000)
  assert.is(process.collections, 0)
  assert.is(clock.armed, 0)
})

test('a Node that does not show its collector is let be', async () => {
  const clock = new ManualClock()
  assert.is(globalThis.gc, undefined, 'a test process has none')
  await collectIdleGarbage(clock, new AbortController().signal)
  assert.is(clock.armed, 0)
})

test.run()
