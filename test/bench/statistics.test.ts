// Medians, quantiles and ratios of samples.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { covered, median, pairedRatio, quantile } from './statistics.ts'

const statistics = suite('statistics')

statistics('a median is in the middle, whatever the order', () => {
  for (const [samples, expected] of [
    [[3], 3],
    [[9, 1, 5], 5],
    [[1, 2, 3, 10], 2.5],
  ] as const) {
    assert.is(median(samples), expected)
  }
  assert.throws(() => median([]))
})

statistics('a quantile is a sample: the smallest that so many do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
  for (const [q, expected] of [
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ] as const) {
    assert.is(quantile(hundred, q), expected)
  }
})

statistics('a ratio is taken pair by pair, so that what slows both down does not show', () => {
  assert.is(pairedRatio([2, 20, 200], [1, 10, 100]), 2)
  assert.is(pairedRatio([2, 20], [1, 10, 100]), 2)
})

statistics('time that several spans cover counts once, and none outside of what is asked for', () => {
  for (const [spans, expected] of [
    [[], 0],
    [[[0, 10]], 10],
    [
      [
        [2, 4],
        [3, 6],
      ],
      4,
    ],
    [
      [
        [3, 6],
        [2, 4],
        [2, 3],
      ],
      4,
    ],
    [
      [
        [-5, 1],
        [9, 20],
      ],
      2,
    ],
    [
      [
        [-5, -1],
        [11, 20],
      ],
      0,
    ],
  ] as [[number, number][], number][]) {
    assert.is(covered(spans, 0, 10), expected)
  }
})

statistics.run()
