// Waits of one length end at many moments, none of them too soon.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { notBefore } from '../../src/jitter.ts'

const test = suite('jitter')

for (const [ms, latestMs] of [
  [0, 1_000],
  [1_000, 2_000],
  [4_000, 5_000],
  [60_000, 75_000],
] as const) {
  test(`a wait of ${ms} ms ends between that and ${latestMs} ms, wherever chance has it`, () => {
    assert.is(notBefore(ms, 0), ms)
    assert.is(notBefore(ms, 0.5), (ms + latestMs) / 2)
    assert.ok(notBefore(ms, 1 - Number.EPSILON) < latestMs + 1e-6)
  })
}

test.run()
