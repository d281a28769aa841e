// A thousand random lives, with faults of every kind and people at the console: in none of them anything is lost or made twice.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { liveThrough } from './chaos.ts'
import { KeyPool } from './key-pool.ts'

const test = suite('chaos')
const pool = await KeyPool.make({ rsa: false })
const SEEDS = 1_000
const BATCH = 50

for (let first = 0; first < SEEDS; first += BATCH) {
  test(`seeds ${first} to ${first + BATCH - 1} violate nothing`, async () => {
    const failures: string[] = []
    for (let seed = first; seed < first + BATCH; seed++) {
      const { faults } = await liveThrough(pool, seed)
      if (faults.length > 0) failures.push(`${faults.join('; ')}. repeat: node test/sim/replay.ts seed ${seed}`)
    }
    assert.equal(failures, [])
  })
}

for (const seed of [3, 14, 159, 265]) {
  test(`seed ${seed} has the same trace each time`, async () => {
    const { trace } = await liveThrough(pool, seed)
    assert.ok(trace.length > 30, String(trace.length))
    assert.equal((await liveThrough(pool, seed)).trace, trace)
  })
}

test.run()
