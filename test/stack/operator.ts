// The operator as a process of its own, from the bundle.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.ts'
import { lastWords, startProgram, untilLogged } from './program.ts'
import type { Program } from './program.ts'

/** What `npm run build` makes. */
export const BUNDLE = fileURLToPath(new URL('../../dist/rai-operator.js', import.meta.url))

/** As the image runs it, see the Dockerfile. */
export const NODE_FLAGS = [
  '--disable-sigusr1',
  '--expose-gc',
  '--max-semi-space-size=16',
  '--no-parallel-scavenge',
  '--heap-growing-percent=50',
  '--flush-baseline-code',
  '--bytecode-old-age=2',
  '--no-maglev',
]
/** As the image has it: threads share one heap of the C library. */
export const NODE_ENV = { MALLOC_ARENA_MAX: '1' }
const POLL_MS = 50
const ANY_PORT = '127.0.0.1:0'

/** Settings by name, without the dashes: `{ 'page-limit': 5 }`. */
export type Flags = Readonly<Record<string, string | number>>

export type Operator = Program & {
  readonly healthUrl: string
  readonly metricsUrl: string
  /** The lines of `/metrics` whose name begins so, with their values. */
  metrics(prefix: string): Promise<ReadonlyMap<string, number>>
}

/** The command that runs it with these settings, its servers on any port unless they say otherwise; to be run with NODE_ENV. */
export function operatorCommand(settings: Flags, nodeFlags: readonly string[] = [], bundle = BUNDLE): string[] {
  const flags = { 'health-address': ANY_PORT, 'metrics-address': ANY_PORT, ...settings }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  return [process.execPath, ...NODE_FLAGS, ...nodeFlags, bundle, ...args]
}

/**
 * Starts the operator and waits until it is ready, or, where `ready` is false, until it listens. Fails with
 * `OperatorFailed` or `ProgramFailed`, which tell its last words, when it ends before that.
 */
export async function startOperator(
  options: {
    readonly flags: Flags
    readonly logFile: string
    readonly env?: NodeJS.ProcessEnv
    readonly ready?: boolean
    /** Flags of Node beside those of the image. */
    readonly nodeFlags?: readonly string[]
    /** Of another version; what was built just now by default. */
    readonly bundle?: string
  },
  signal?: AbortSignal,
): Promise<Operator> {
  const { flags, logFile, env, nodeFlags, bundle } = options
  const command = operatorCommand(flags, nodeFlags, bundle)
  const program = await startProgram(command, { logFile, env: { ...NODE_ENV, ...env } })
  const healthUrl = await urlOf(program, 'health', signal)
  const metricsUrl = `${await urlOf(program, 'metrics', signal)}/metrics`
  const operator = { ...program, healthUrl, metricsUrl, metrics: (prefix: string) => readMetrics(metricsUrl, prefix) }
  if (options.ready !== false) await untilReady(operator, signal)
  return operator
}

/** Where one of its servers listens, as its log tells: a port chosen here might be somebody else's by then. */
async function urlOf(program: Program, server: string, signal?: AbortSignal): Promise<string> {
  const [, port] = await untilLogged(program, new RegExp(`"server":"${server} server","port":(\\d+)`), signal)
  return `http://127.0.0.1:${port}`
}

async function untilReady(operator: Operator, signal?: AbortSignal): Promise<void> {
  let ended = false
  void operator.exited.then(() => (ended = true))
  for (;;) {
    if (await answersOk(`${operator.healthUrl}/readyz`)) return
    if (ended) {
      const said = await lastWords(operator)
      throw new Failure('OperatorFailed', 'stall', `the operator ended before it was ready: ${said}`)
    }
    if (signal?.aborted) {
      await operator.stop()
      throw signal.reason
    }
    await sleep(POLL_MS)
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

async function readMetrics(url: string, prefix: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await (await fetch(url)).text()).split('\n').filter((line) => line.startsWith(prefix))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}
