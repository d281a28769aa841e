// Two calls of a create go wrong, the second one while what the first one broke is being mended: all pairs, in three ways each.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { carryOut } from './crash-plan.ts'
import { MISHAPS, writePlan } from './life.ts'
import type { Mishap, Plan } from './life.ts'
import { KeyPool } from './key-pool.ts'
import { MODES } from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'

const test = suite('crash pairs')
const pool = await KeyPool.make({ rsa: true })

/** The calls from the first look at the application to its journal's end. */
function createPath(labels: readonly string[]): readonly number[] {
  const first = labels.findIndex((label) => label.includes('raitenantapplications/web'))
  return labels.flatMap((label, index) => (index >= first && !label.includes('/events') ? [index] : []))
}

/** What is wrong with a plan, if anything. */
async function failureOf(mode: Mode, plan: Plan): Promise<string | undefined> {
  const { faults, posts } = await carryOut(pool, mode, plan, false)
  const suspects = faults.filter((fault) => fault === 'suspect').length
  const rest = faults.filter((fault) => fault !== 'suspect')
  const isFine = rest.length === 0 && suspects <= (mode === 'ClientSecret' ? plan.size : 0) && posts <= 1 + plan.size
  if (isFine) return undefined
  return `${[...rest, `${suspects} suspects, ${posts} POSTs`].join('; ')}. repeat: node test/sim/replay.ts crash ${writePlan(mode, plan)}`
}

let pairs = 0

for (const mode of MODES) {
  const { made } = await carryOut(pool, mode, new Map(), false)
  for (const first of createPath(made)) {
    for (const mishap of MISHAPS) {
      test(`${mode}: after ${mishap} at call ${first}, ${made[first]}, any later call of the create may go wrong, too`, async () => {
        const once = new Map<number, Mishap>([[first, mishap]])
        const { made: mended } = await carryOut(pool, mode, once, false)
        const failures: string[] = []
        for (let second = first + 1; second < mended.length; second++) {
          if (mended[second]!.includes('/events')) continue
          for (const next of MISHAPS) {
            pairs++
            const failure = await failureOf(mode, new Map([...once, [second, next]]))
            if (failure !== undefined) failures.push(failure)
          }
        }
        assert.equal(failures, [])
      })
    }
  }
}

test('there are thousands of pairs', () => assert.ok(pairs > 2_000, String(pairs)))

test.run()
