// Retry-After as servers send it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseRetryAfter } from '../../src/controlplane/retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

const ROWS: readonly (readonly [header: string | null, ms: number | undefined])[] = [
  ['7', 7_000],
  [' 7 ', 7_000],
  ['0', 0],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['86400', 300_000],
  ['999999999999999999999999', 300_000],
  ['Fri, 01 Jan 2027 00:00:00 GMT', 300_000],
  [null, undefined],
  ['', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['7 seconds', undefined],
  ['2026-01-01', undefined],
  ['Someday GMT', undefined],
]

const retryAfter = suite('Retry-After')

for (const [header, ms] of ROWS) {
  retryAfter(`${JSON.stringify(header)} is ${ms === undefined ? 'no time' : `${ms} ms`}`, () => {
    assert.is(parseRetryAfter(header, NOW), ms)
  })
}

retryAfter.run()
