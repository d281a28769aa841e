// Many more random lives than a test run has time for: `node test/trials/chaos.ts [SEEDS] [FIRST]`. Goes on where it was interrupted.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { liveThrough } from '../sim/chaos.ts'
import { KeyPool } from '../sim/key-pool.ts'

type Failure = { readonly seed: number; readonly faults: readonly string[] }
type Progress = {
  readonly first: number
  readonly seeds: number
  readonly done: number[]
  readonly failures: Failure[]
}

/** As many seeds as one process lives through: what it keeps of them is little, and not nothing. */
const CHUNK = 500
const STATE = join(import.meta.dirname, '../../.test-logs/chaos.json')

async function work(first: number): Promise<void> {
  const pool = await KeyPool.make({ rsa: false })
  const failures: Failure[] = []
  for (let seed = first; seed < first + CHUNK; seed++) {
    const { faults } = await liveThrough(pool, seed)
    if (faults.length > 0) failures.push({ seed, faults })
  }
  process.send?.(failures)
  process.disconnect()
}

async function supervise(seeds: number, first: number): Promise<number> {
  const progress = await resume(seeds, first)
  const chunks = Array.from({ length: Math.ceil(seeds / CHUNK) }, (_, index) => first + index * CHUNK)
  const left = chunks.filter((chunk) => !progress.done.includes(chunk))
  const worker = async (): Promise<void> => {
    for (let chunk = left.shift(); chunk !== undefined; chunk = left.shift()) {
      const child = fork(import.meta.filename, ['--chunk', String(chunk)])
      const [failures] = (await Promise.race([once(child, 'message'), ended(child)])) as [Failure[]]
      progress.done.push(chunk)
      progress.failures.push(...failures)
      for (const { seed, faults } of failures) {
        process.stdout.write(`${faults.join('; ')}. repeat: node test/sim/replay.ts seed ${seed}\n`)
      }
      await writeFile(STATE, JSON.stringify(progress))
      process.stdout.write(`${progress.done.length * CHUNK} of ${seeds} seeds, ${progress.failures.length} failed\n`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return progress.failures.length
}

/** A child that ends without a word has not done its work. */
async function ended(child: ReturnType<typeof fork>): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null]
  throw new Error(`a process for a part of the seeds ended with ${code} before it was through`)
}

async function resume(seeds: number, first: number): Promise<Progress> {
  await mkdir(dirname(STATE), { recursive: true })
  const known = await readFile(STATE, 'utf8').then(
    (text) => JSON.parse(text) as Progress,
    () => undefined,
  )
  const isSame = known?.first === first && known.seeds === seeds && known.done.length * CHUNK < seeds
  return isSame ? known : { first, seeds, done: [], failures: [] }
}

const args = process.argv.slice(2)
if (args[0] === '--chunk') await work(Number(args[1]))
else {
  const [seeds = 50_000, first = 0] = args.map(Number)
  const failures = await supervise(seeds, first)
  process.stdout.write(`${seeds} seeds, ${failures} failed\n`)
  process.exitCode = failures === 0 ? 0 : 1
}
