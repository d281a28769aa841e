// How long a key rests, and the finalizer's table.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BackOff } from '../../src/engine/back-off.ts'
import { finalizerStep } from '../../src/engine/finalizer.ts'

const test = suite('back-off and finalizer')

test('rests double up to the most', () => {
  const backOff = new BackOff({ firstMs: 500, mostMs: 3_000, random: () => 1 })
  assert.equal(
    Array.from({ length: 5 }, () => backOff.next('a')),
    [500, 1_000, 2_000, 3_000, 3_000],
  )
})

test('a rest is at least half of it, so that keys do not come in step', () => {
  const backOff = new BackOff({ firstMs: 500, mostMs: 3_000, random: () => 0 })
  assert.is(backOff.next('a'), 250)
})

test('keys rest on their own, and a well one starts afresh', () => {
  const backOff = new BackOff({ firstMs: 500, mostMs: 3_000, random: () => 1 })
  backOff.next('a')
  assert.is(backOff.next('b'), 500)
  assert.is(backOff.next('a'), 1_000)
  backOff.forget('a')
  assert.is(backOff.next('a'), 500)
})

test('a thousand failures in a row are still the most', () => {
  const backOff = new BackOff({ firstMs: 500, mostMs: 3_000, random: () => 1 })
  for (let i = 0; i < 1_100; i++) backOff.next('a')
  assert.is(backOff.next('a'), 3_000)
})

for (const [deleting, present, step] of [
  [false, false, 'hold'],
  [false, true, 'keep'],
  [true, true, 'finalize'],
  [true, false, 'leave'],
] as const) {
  test(`deleting ${deleting} with the finalizer ${present ? 'present' : 'absent'}: ${step}`, () => {
    assert.is(finalizerStep(deleting, present), step)
  })
}

test.run()
