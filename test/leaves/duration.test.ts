// Durations as Go writes them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDuration } from '../../src/duration.ts'

const test = suite('durations')

const cases: [text: string, ms: number | undefined][] = [
  ['50s', 50_000],
  ['10m', 600_000],
  ['24h', 86_400_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['.5m', 30_000],
  ['1m1ms', 60_001],
  ['2500us', 3],
  ['2500µs', 3],
  ['1000000ns', 1],
  ['0', 0],
  ['0s', 0],
  ['', undefined],
  ['10', undefined],
  ['m', undefined],
  ['1d', undefined],
  ['-1s', undefined],
  ['1 s', undefined],
  ['1e3s', undefined],
  ['1s,', undefined],
]

for (const [text, ms] of cases) {
  test(`${JSON.stringify(text)} is ${ms === undefined ? 'no duration' : `${ms} ms`}`, () => {
    assert.is(parseDuration(text), ms)
  })
}

test.run()
