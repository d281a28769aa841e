// Every call of a whole life goes wrong once, in three ways: in the end, everything is as if nothing had happened.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { carryOut } from './crash-plan.ts'
import { MISHAPS, writePlan } from './life.ts'
import type { Plan } from './life.ts'
import { KeyPool } from './key-pool.ts'
import { MODES } from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'

const test = suite('crash matrix')
const pool = await KeyPool.make({ rsa: true })

/** What may be left of a plan: a lost answer with `ClientSecret` leaves one application, which is told. */
async function holds(mode: Mode, plan: Plan): Promise<void> {
  const { faults, posts } = await carryOut(pool, mode, plan, true)
  const allowed = mode === 'ClientSecret' ? plan.size : 0
  const suspects = faults.filter((fault) => fault === 'suspect').length
  const rest = faults.filter((fault) => fault !== 'suspect')
  const repeat = `repeat: node test/sim/replay.ts crash ${writePlan(mode, plan)}`
  assert.equal(rest, [], repeat)
  assert.ok(suspects <= allowed, `${suspects} suspects. ${repeat}`)
  assert.ok(posts <= 1 + plan.size, `${posts} POSTs. ${repeat}`)
}

for (const mode of MODES) {
  const learned = await carryOut(pool, mode, new Map(), true)
  test(`${mode}: without a mishap one POST makes it, and nothing is left in the end`, () => {
    assert.equal(learned.faults, [])
    assert.is(learned.posts, 1)
  })
  for (const [index, label] of learned.all.entries()) {
    for (const mishap of MISHAPS) {
      test(`${mode}: ${mishap} at call ${index}, ${label}, changes nothing in the end`, () =>
        holds(mode, new Map([[index, mishap]])))
    }
  }
}

test.run()
