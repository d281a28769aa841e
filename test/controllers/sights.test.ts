// For how long something has been in sight.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Absences } from '../../src/controllers/absences.ts'
import { Sights } from '../../src/controllers/sights.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const HOUR_MS = 3_600_000
const test = suite('controllers: sights')

test('something is in sight since the first look, until it is forgotten', async () => {
  const clock = new ManualClock()
  const sights = new Sights(clock)
  assert.is(sights.sinceMs('a'), 0)
  await clock.advance(75_000)
  assert.equal([sights.sinceMs('a'), sights.sinceMs('b')], [75_000, 0])
  sights.forget('a')
  assert.is(sights.sinceMs('a'), 0)
})

test('it stays in sight for as long as sweeps, which may be a day apart and a fifth more, look at it', async () => {
  const clock = new ManualClock()
  const sights = new Sights(clock)
  sights.sinceMs('a')
  for (let day = 1; day <= 10; day++) {
    await clock.advance(28.8 * HOUR_MS)
    assert.is(sights.sinceMs('a'), day * 28.8 * HOUR_MS)
  }
})

test('what nobody looks at any more takes no memory for ever', async () => {
  const clock = new ManualClock()
  const sights = new Sights(clock)
  sights.sinceMs('a')
  for (let day = 0; day < 5; day++) {
    await clock.advance(24 * HOUR_MS)
    sights.sinceMs('another')
  }
  assert.is(sights.sinceMs('a'), 0)
})

test('what was deleted by our own hand has been absent for ever', async () => {
  const absences = new Absences(new ManualClock())
  absences.deleted('a')
  assert.is(absences.sinceMs('a'), Infinity)
})

test.run()
