// `npm run bench`: our operator beside a plain one in Go, on real API servers, in one run. See docs/performance.md.
import { cpus, freemem, totalmem } from 'node:os'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.ts'
import { KUBERNETES_VERSION } from '../cluster/programs.ts'
import type { Row } from './bench.ts'
import type { RowResult } from './figures.ts'
import { valueOf, verdictOf } from './figures.ts'
import { goOperator } from './go-operator.ts'
import { readOptions, tooLarge, USAGE } from './options.ts'
import type { Options } from './options.ts'
import { plot } from './plot.ts'
import { Populations } from './populations.ts'
import { atOnce } from './rows/at-once.ts'
import { defaultBudget } from './rows/default-budget.ts'
import { firstLight } from './rows/first-light.ts'
import { largeFleet } from './rows/large-fleet.ts'
import { looks } from './rows/looks.ts'
import { memory } from './rows/memory.ts'
import { oneChange } from './rows/one-change.ts'
import { rest } from './rows/rest.ts'
import { restart } from './rows/restart.ts'
import { size } from './rows/size.ts'
import { slowAnswers } from './rows/slow-answers.ts'
import { go, ours } from './sides.ts'
import type { Side } from './sides.ts'
import { tableOf } from './table.ts'

/** Populations only grow: rows that look at small ones come first. */
const ROWS: readonly Row[] = [
  looks,
  firstLight,
  atOnce,
  slowAnswers,
  defaultBudget,
  largeFleet,
  restart,
  rest,
  oneChange,
  memory,
  size,
]

/** Beside the project, where whoever compares has it. */
const GO_SOURCES =
  process.env['BENCH_GO'] ?? fileURLToPath(new URL('../../../shared/bench/go-baseline', import.meta.url))
const INTERRUPTED = 130

const say = (line: string) => void process.stdout.write(`${line}\n`)
const tell = (line: string) => void process.stderr.write(`${line}\n`)

async function sidesOf({ goSources, cpuProfiles }: Options): Promise<Side[]> {
  const own = ours(cpuProfiles)
  if (goSources === undefined) return [own]
  const found = await goOperator(goSources, tell)
  if ('binary' in found) return [own, go(found.binary)]
  say(found.missing)
  return [own]
}

async function measure(options: Options): Promise<RowResult[]> {
  const { runs, scale, only } = options
  const sides = await sidesOf(options)
  const reason = tooLarge(scale.most, sides.length, freemem())
  if (reason !== undefined) throw new Failure('TooLarge', 'stall', reason)
  const populations = new Populations({ sides, runs, scale, say: tell })
  const results: RowResult[] = []
  try {
    for (const row of ROWS.filter(({ name }) => only.length === 0 || only.includes(name))) {
      tell(`${row.name}: ${row.title}`)
      const { name, title } = row
      results.push({ row: name, title, ...(await row.measure({ sides, runs, scale, populations, say: tell })) })
      // What is measured stays when somebody has no time for the rest.
      await write(options, results)
    }
  } finally {
    await populations.close()
  }
  return results
}

/** Made before anything is measured: nobody waits an hour for results that cannot be written. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: Error) => {
    throw new Failure('WrongArguments', 'stall', `results cannot be written to ${path}: ${cause.message}`, { cause })
  })
}

async function write(options: Options, results: readonly RowResult[]): Promise<void> {
  const model = cpus()[0]?.model ?? 'unknown'
  const machine = { cpu: model, cores: cpus().length, memoryBytes: totalmem(), node: process.version }
  const told = results.map(({ figures, ...result }) => ({
    ...result,
    figures: figures.map((figure) => ({
      ...figure,
      ours: valueOf(figure, 'ours'),
      go: valueOf(figure, 'go'),
      verdict: verdictOf(figure),
    })),
  }))
  const { isQuick, runs, scale } = options
  const document = {
    at: new Date().toISOString(),
    machine,
    kubernetes: KUBERNETES_VERSION,
    isQuick,
    runs,
    scale,
    results: told,
  }
  await writeFile(join(options.out, 'results.json'), `${JSON.stringify(document, null, 2)}\n`)
  await writeFile(join(options.out, 'table.md'), `${tableOf(results, !isQuick)}\n`)
  await writeFile(join(options.out, 'size.svg'), plot(results.flatMap(({ curves = [] }) => curves)))
}

// What was started ends with this process, however that ends: see test/stack/tether.ts and test/cluster/supervisor.ts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(INTERRUPTED))
try {
  if (process.argv.includes('--help')) say(USAGE.trimEnd())
  else {
    const options = readOptions(
      process.argv.slice(2),
      ROWS.map(({ name }) => name),
      GO_SOURCES,
    )
    await makeFolder(options.out)
    const results = await measure(options)
    say(tableOf(results, !options.isQuick))
  }
} catch (error) {
  tell(error instanceof Failure ? error.message : ((error as Error).stack ?? String(error)))
  process.exitCode = 1
}
