// Every call of every operation of a second day goes wrong once: all the while and in the end, everything is as it was promised.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KeyPool } from './key-pool.ts'
import { distinctMishapsAt } from './life.ts'
import { carryOutDay, failureOf } from './second-day/plan.ts'
import { OPERATIONS } from './second-day/operations.ts'

const test = suite('second day')
const pool = await KeyPool.make({ rsa: true })
let plans = 0

for (const [name, { modes, makes }] of Object.entries(OPERATIONS)) {
  for (const mode of modes) {
    const { labels, faults, posts } = await carryOutDay(pool, name, mode, new Map())
    test(`${name}, ${mode}: without a mishap it makes ${makes}, and nothing else is left`, () => {
      assert.equal(faults, [])
      assert.is(posts, makes)
    })
    for (const [index, label] of labels.entries()) {
      for (const mishap of distinctMishapsAt(label)) {
        plans++
        test(`${name}, ${mode}: ${mishap} at call ${index}, ${label}, changes nothing in the end`, async () =>
          assert.is(await failureOf(pool, name, mode, new Map([[index, mishap]])), undefined))
      }
    }
  }
}

test('there are over a thousand plans', () => assert.ok(plans > 1_000, String(plans)))

test.run()
