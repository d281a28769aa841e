// How long ago something was, in the words of kubectl.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { since, span, until } from '../../src/cli/span.ts'

const test = suite('cli/span')

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const rows: [ms: number, text: string][] = [
  [-5_000, '0s'],
  [0, '0s'],
  [119_999, '119s'],
  [2 * MINUTE, '2m'],
  [2 * MINUTE + 5_000, '2m5s'],
  [10 * MINUTE, '10m'],
  [3 * HOUR - 1, '179m'],
  [3 * HOUR, '3h'],
  [3 * HOUR + 5 * MINUTE, '3h5m'],
  [8 * HOUR + 5 * MINUTE, '8h'],
  [2 * DAY - 1, '47h'],
  [2 * DAY, '2d'],
  [2 * DAY + 3 * HOUR, '2d3h'],
  [8 * DAY + 3 * HOUR, '8d'],
  [729 * DAY, '729d'],
  [731 * DAY, '2y1d'],
  [9 * 365 * DAY, '9y'],
]

for (const [ms, text] of rows) {
  test(`${ms} ms are ${text}`, () => {
    assert.is(span(ms), text)
  })
}

test('an age is counted from its timestamp, and is none where that is none', () => {
  const now = Date.parse('2026-01-01T01:00:00Z')
  assert.is(since('2026-01-01T00:00:00Z', now), '60m')
  assert.is(since(undefined, now), '')
  assert.is(since('yesterday', now), '')
})

test('what is to come is in some time, or now', () => {
  const now = Date.parse('2026-01-01T01:00:00Z')
  assert.is(until('2026-01-01T02:00:00Z', now), 'in 60m')
  assert.is(until('2026-01-01T00:00:00Z', now), 'now')
})

test.run()
