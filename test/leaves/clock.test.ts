// The clock of the machine waits, and stops waiting when told to.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { microTimestamp, systemClock, timestamp } from '../../src/clock.ts'

const A_MINUTE_MS = 60_000

const test = suite('clock')

test('it tells the time of day, and a time that only grows', () => {
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
  const before = systemClock.monotonic()
  assert.ok(systemClock.monotonic() >= before)
})

test('a sleep ends by itself, no sooner than asked', async () => {
  const before = systemClock.monotonic()
  // Sleeping keeps no process alive, so something else has to.
  const alive = setTimeout(() => {}, A_MINUTE_MS)
  await systemClock.sleep(5)
  clearTimeout(alive)
  // Timers count whole milliseconds, from a time that was rounded.
  assert.ok(systemClock.monotonic() - before >= 4)
})

test("a sleep that is aborted rejects with the signal's reason", async () => {
  const reason = new Error('enough')
  const controller = new AbortController()
  const slept = systemClock.sleep(A_MINUTE_MS, controller.signal)
  controller.abort(reason)
  assert.is(await slept.catch((error: unknown) => error), reason)
})

test('a sleep with a signal that has aborted does not begin', async () => {
  const reason = new Error('enough')
  const slept = systemClock.sleep(A_MINUTE_MS, AbortSignal.abort(reason))
  assert.is(await slept.catch((error: unknown) => error), reason)
})

test('a wake-up comes once, unless it is called off', async () => {
  const woken: string[] = []
  await new Promise<void>((resolve) => {
    const alive = setTimeout(() => {}, A_MINUTE_MS)
    const callOff = systemClock.after(1, () => woken.push('called off'))
    callOff()
    systemClock.after(2, () => {
      woken.push('woken')
      clearTimeout(alive)
      resolve()
    })
  })
  assert.equal(woken, ['woken'])
})

test('timestamps are as Kubernetes writes them, cut off and never rounded up', () => {
  const ms = Date.UTC(2026, 1, 3, 4, 5, 6, 999)
  assert.is(timestamp(ms), '2026-02-03T04:05:06Z')
  assert.is(microTimestamp(ms), '2026-02-03T04:05:06.999000Z')
  assert.is(timestamp(0), '1970-01-01T00:00:00Z')
})

test.run()
