// Repeats one case of a simulation and prints what happened, call by call: the command is in the message of a failed test.
import { liveThrough } from './chaos.ts'
import { carryOut } from './crash-plan.ts'
import { KeyPool } from './key-pool.ts'
import { readPlan } from './life.ts'
import type { Mode } from './lifecycle.ts'
import { RecurringKeys } from './recurring-keys.ts'
import { carryOutDay } from './second-day/plan.ts'
import { disturb } from './stale-events.ts'
import type { Disturbance } from './stale-events.ts'
import { liveThroughChanges } from './transitions.ts'
import { freezeLeader } from './two-leaders.ts'
import type { Freeze, Work } from './two-leaders.ts'

type Case = { readonly trace: readonly string[]; readonly faults: readonly string[] }

const USAGE = `usage: node test/sim/replay.ts crash MODE [CALL:MISHAP …]
       node test/sim/replay.ts day OPERATION MODE [CALL:MISHAP …]
       node test/sim/replay.ts freeze MODE CALL FREEZE [create|rotation]
       node test/sim/replay.ts event MODE EVENT DISTURBANCE
       node test/sim/replay.ts seed NUMBER
       node test/sim/replay.ts changes NUMBER
`

async function repeat([kind, ...words]: readonly string[]): Promise<Case | undefined> {
  const pool = await KeyPool.make({ rsa: words.includes('RSA') })
  switch (kind) {
    case 'crash': {
      const { mode, plan } = readPlan(words)
      return carryOut(pool, mode, plan, true)
    }
    case 'day': {
      const [operation, ...rest] = words
      const { mode, plan } = readPlan(rest)
      return carryOutDay(pool, operation!, mode, plan)
    }
    case 'freeze': {
      const [mode, call, freeze, work] = words
      return freezeLeader(pool, mode as Mode, Number(call), freeze as Freeze, work as Work | undefined)
    }
    case 'event': {
      const [mode, event, disturbance] = words
      return disturb(pool, mode as Mode, Number(event), disturbance as Disturbance)
    }
    case 'seed':
      return liveThrough(pool, Number(words[0]))
    case 'changes':
      return liveThroughChanges(await RecurringKeys.make(), Number(words[0]))
    case undefined:
    default:
      return undefined
  }
}

const repeated = await repeat(process.argv.slice(2))
if (!repeated) process.stderr.write(USAGE)
else {
  const { trace, faults } = repeated
  process.stdout.write(`${trace.map((line, index) => `${index}\t${line}`).join('\n')}\n\n`)
  process.stdout.write(`${faults.length === 0 ? 'all is well' : faults.join('; ')}\n`)
}
process.exit(repeated?.faults.length === 0 ? 0 : 1)
