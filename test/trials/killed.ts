// `node test/trials/killed.ts`: kills operators at random moments, many times, or once with a given seed.
import { parseArgs } from 'node:util'
import { repeatBy, surviveKills } from './killings.ts'

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '10' },
    seed: { type: 'string' },
    'at-once': { type: 'string', default: '2' },
  },
})
const first = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed)
const left = Array.from({ length: values.seed === undefined ? Number(values.trials) : 1 }, (_, index) => first + index)

const say = (line: string) => process.stdout.write(`${line}\n`)

async function worker(): Promise<void> {
  for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
    try {
      const { seconds, createsAtKills, suspects } = await surviveKills(seed)
      const creates = createsAtKills.join(', ')
      say(`ok   seed ${seed}: ${seconds.toFixed(0)} s, killed after ${creates} creates, ${suspects} suspects discarded`)
    } catch (error) {
      process.exitCode = 1
      say(`FAIL ${error instanceof Error ? error.message : repeatBy(seed)}`)
    }
  }
}

await Promise.all(Array.from({ length: Number(values['at-once']) }, worker))
