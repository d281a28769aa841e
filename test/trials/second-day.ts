// Every operation of a second day in both modes with every mishap at every call, which is more than a test run has time for: `node test/trials/second-day.ts [OPERATION …]`.
import { KeyPool } from '../sim/key-pool.ts'
import { MISHAPS } from '../sim/life.ts'
import { carryOutDay, failureOf } from '../sim/second-day/plan.ts'
import { OPERATIONS } from '../sim/second-day/operations.ts'

const wanted = process.argv.slice(2)
const pool = await KeyPool.make({ rsa: true })
let [plans, failures] = [0, 0]

for (const name of wanted.length > 0 ? wanted : Object.keys(OPERATIONS)) {
  for (const mode of ['EC', 'ClientSecret'] as const) {
    const { labels } = await carryOutDay(pool, name, mode, new Map())
    for (const index of labels.keys()) {
      for (const mishap of MISHAPS) {
        plans++
        const failure = await failureOf(pool, name, mode, new Map([[index, mishap]]))
        if (failure === undefined) continue
        failures++
        process.stdout.write(`${failure}\n`)
      }
    }
    process.stdout.write(`${name} ${mode}: ${plans} plans so far, ${failures} failed\n`)
  }
}
process.exit(failures === 0 ? 0 : 1)
