// `npm run trials`: how soon another replica takes over, many times. Prints a table; exits with 1 when a limit is broken.
import { parseArgs } from 'node:util'
import { broken, table } from './figures.ts'
import { LIMITS, Takeovers } from './takeovers.ts'

const { values } = parseArgs({ options: { trials: { type: 'string', default: '20' } } })
const TRIALS = Number(values.trials)

const say = (line: string) => process.stdout.write(`${line}\n`)

async function repeated<T>(title: string, trial: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let index = 0; index < TRIALS; index++) {
    results.push(await trial(index))
    say(`${title} ${index + 1}/${TRIALS}: ${JSON.stringify(results.at(-1))}`)
  }
  return results
}

const takeovers = await Takeovers.begin('trials-takeover')
try {
  const stopped = await repeated('SIGTERM at rest', () => takeovers.stopped())
  const posting = await repeated('SIGTERM while posting', (index) =>
    takeovers.stoppedWhilePosting(index % 2 ? 'after' : 'before', index % 4 < 2 ? 'EC' : 'ClientSecret'),
  )
  const killed = await repeated('SIGKILL', () => takeovers.killed())
  const exits = posting.map(({ exitMs }) => exitMs)
  const readies = posting.map(({ readyMs }) => readyMs)
  const rows = [
    { title: "SIGKILL to another's first useful reconcile", valuesMs: killed, limitMs: LIMITS.killedMs },
    { title: "SIGTERM at rest to another's first useful reconcile", valuesMs: stopped, limitMs: LIMITS.stoppedMs },
    { title: 'end of a POST under way at SIGTERM to exit', valuesMs: exits, limitMs: LIMITS.exitMs },
    { title: '… and from exit until its application is Ready', valuesMs: readies },
  ]
  const surplus = await takeovers.surplus()
  say(`\n${table(rows)}\n`)
  for (const { title } of broken(rows)) say(`broken: ${title}`)
  for (const one of surplus) say(`left over or made twice: ${one}`)
  if (broken(rows).length + surplus.length > 0) process.exitCode = 1
} finally {
  await takeovers.stop()
}
