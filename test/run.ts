// Runs the tests: `node test/run.ts [unit|sim|e2e|part of a path …]`. Its last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import type { FileProcessOptions, FileResult } from './file-process.ts'
import { runFiles } from './file-process.ts'
import { CLUSTER_VARIABLE, FEATURES_VARIABLE, startCluster } from './cluster/cluster.ts'
import { ensureTool, TOOLS } from './tools/tools.ts'

const ROOT = join(import.meta.dirname, '..')
/** A unit test that takes longer waits for something that does not come. */
const UNIT_LIMIT_MS = 180_000
/** Some end-to-end tests watch the operator do nothing for minutes, and simulations go through thousands of cases. */
const LONG_LIMIT_MS = 900_000
const HEARTBEAT_MS = 10_000
/** Simulations take a core each. */
const LONG_AT_ONCE = Math.min(4, Math.max(2, availableParallelism()))
/** A simulation makes much that lives for a moment: a larger nursery and one thread for it take a seventh of its time away. */
const SIM_FLAGS = ['--max-semi-space-size=32', '--single-threaded-gc']

/** Simulations, the longest first. */
const LONGEST = [
  'mutations',
  'crash-pairs',
  'year',
  'chaos',
  'two-leaders',
  'second-day',
  'transitions',
  'crash-matrix',
]

type Kind = 'unit' | 'sim' | 'e2e'
type Selection = Readonly<Record<Kind, readonly string[]>>

/** By folder; everything else is `unit`. */
const KINDS: readonly Kind[] = ['sim', 'e2e']

const stop = new AbortController()
const totals = { passed: 0, failed: 0 }
const failedFiles = new Set<string>()
const running = new Map<string, number>()

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function name(file: string): string {
  return relative(join(ROOT, 'test'), file)
}

function onStart(file: string): void {
  running.set(file, performance.now())
}

function onResult({ file, passed, failed, seconds, errors }: FileResult): void {
  running.delete(file)
  totals.passed += passed
  totals.failed += failed
  if (failed > 0) failedFiles.add(file)
  say(`${failed > 0 ? 'FAIL' : 'ok  '} ${name(file)}  ${passed}/${passed + failed}  ${seconds.toFixed(1)} s`)
  if (errors !== '') say(errors.trimEnd())
}

async function runInOneProcess(
  files: readonly string[],
  options: Pick<FileProcessOptions, 'limitMs' | 'env' | 'flags'>,
): Promise<void> {
  const printed = await runFiles(files, { ...options, onStart, onResult }, stop.signal)
  if (files.some((file) => failedFiles.has(file)) && printed.trim() !== '') say(`${printed.trim()}\n`)
}

async function runAll({ unit, sim, e2e }: Selection): Promise<void> {
  if (e2e.length === 0) return runFilesOf({ unit, sim, e2e }, {})
  build()
  const featureGates = process.env[FEATURES_VARIABLE]
  const cluster = await startCluster({ report: say, ...(featureGates && { featureGates }) }, stop.signal)
  try {
    await runFilesOf({ unit, sim, e2e }, { [CLUSTER_VARIABLE]: JSON.stringify(cluster) })
  } finally {
    await cluster.stop()
  }
}

/**
 * Unit tests in one process, and the others side by side with it, each in its own. End-to-end tests mostly wait, for the server
 * that they share and for time to pass: while there are any, they leave one core to simulations.
 */
async function runFilesOf({ unit, sim, e2e }: Selection, env: NodeJS.ProcessEnv): Promise<void> {
  const [servers, simulations] = [[...e2e], [...sim].sort((a, b) => turnOf(a) - turnOf(b))]
  const lane = async (files: string[], flags: readonly string[]): Promise<void> => {
    for (let file = files.shift(); file && !stop.signal.aborted; file = files.shift()) {
      await runInOneProcess([file], { limitMs: LONG_LIMIT_MS, env, flags })
    }
  }
  const serving = () => lane(servers, [])
  const simulating = () => lane(simulations, SIM_FLAGS)
  const others = async (): Promise<void> => {
    if (unit.length > 0) await runInOneProcess(unit, { limitMs: UNIT_LIMIT_MS, env })
    await serving()
  }
  const all = async (): Promise<void> => {
    await Promise.all([others(), ...Array.from({ length: LONG_AT_ONCE - 1 }, serving)])
    await Promise.all(Array.from({ length: LONG_AT_ONCE - 1 }, simulating))
  }
  await Promise.all([all(), simulating()])
}

/** Those that take minutes begin first: else the last of them ends alone. */
function turnOf(file: string): number {
  const turn = LONGEST.findIndex((stem) => file.includes(join('sim', stem)))
  return turn < 0 ? LONGEST.length : turn
}

/** End-to-end tests run what users run. */
function build(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, '.ci/build.ts')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the build failed\n${stderr}`)
}

/** Files whose path holds one of the filters, or that are of the kind it names; all where there is none. */
function select(filters: readonly string[]): Selection {
  const all = globSync('test/**/*.test.ts', { cwd: ROOT }).toSorted()
  const kind = (file: string): Kind => KINDS.find((kind) => file.startsWith(join('test', kind, '/'))) ?? 'unit'
  const chosen = all.filter(
    (file) => filters.length === 0 || filters.some((filter) => filter === kind(file) || file.includes(filter)),
  )
  const { unit = [], sim = [], e2e = [] } = Object.groupBy(chosen, kind)
  const paths = (files: readonly string[]) => files.map((file) => join(ROOT, file))
  return { unit: paths(unit), sim: paths(sim), e2e: paths(e2e) }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stop.abort(`interrupted by ${signal}`))
}
const heartbeat = setInterval(() => {
  for (const [file, since] of running) {
    const ms = performance.now() - since
    if (ms >= HEARTBEAT_MS) say(`…    ${name(file)}  running for ${Math.round(ms / 1000)} s`)
  }
}, HEARTBEAT_MS)
try {
  const filters = process.argv.slice(2)
  // A build takes minutes, which no file has. Who runs a few files builds what they ask for.
  if (filters.length === 0) for (const tool of TOOLS) await ensureTool(tool, say)
  await runAll(select(filters))
  stop.signal.throwIfAborted()
  if (totals.passed + totals.failed === 0) throw new Error('no test ran')
} catch (error) {
  totals.failed++
  say(stop.signal.aborted || !(error instanceof Error) ? String(error) : (error.stack ?? error.message))
} finally {
  clearInterval(heartbeat)
}
if (failedFiles.size > 0) say(`\nfailed: ${[...failedFiles].map((file) => name(file)).join(' ')}`)
say(`${totals.passed} passed, ${totals.failed} failed`)
// Whatever may still be open: the children have ended, and nothing comes after the last line.
process.exit(totals.failed === 0 ? 0 : 1)
