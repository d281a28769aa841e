// A program started for tests or the quickstart: its log, how it ended, and that it ends with us.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.ts'
import type { TetherMessage } from './tether.ts'

/** How a program ended: a code, or the name of the signal that killed it. */
export type Exit = { readonly code: number | null; readonly signal: string | null }

export type Program = {
  readonly pid: number
  /** Both its outputs. */
  readonly logFile: string
  /** Settles when it has ended, by itself or not. */
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  /** Ends it by SIGTERM and waits. Calling it again does nothing. */
  stop(): Promise<Exit>
}

/** Starts `args[0]` with the rest of `args`. Fails with `ProgramFailed` when it cannot be started at all. */
export async function startProgram(
  args: readonly string[],
  options: { readonly logFile: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Program> {
  const { logFile } = options
  await writeFile(logFile, '')
  const tether = fork(fileURLToPath(new URL('tether.ts', import.meta.url)), [logFile, ...args], {
    env: { ...process.env, ...options.env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A group of its own, so that Ctrl-C reaches the starter alone.
    detached: true,
  })
  const exited = new Promise<Exit>((resolve) => {
    tether.on('message', (message: TetherMessage) => 'code' in message && resolve(message))
    tether.on('exit', (code, signal) => resolve({ code, signal }))
  })
  const [first] = (await once(tether, 'message')) as [TetherMessage]
  if (!('pid' in first)) throw new Failure('ProgramFailed', 'stall', `${args[0]} could not be started`)
  const { pid } = first
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended already.
    }
  }
  return {
    pid,
    logFile,
    exited,
    kill,
    async stop() {
      kill('SIGTERM')
      return exited
    },
  }
}

const POLL_MS = 20

/**
 * What the log says of `pattern` once it says it. Fails with `ProgramFailed`, which tells the program's last words, when it
 * ends first, and with the signal's reason.
 */
export async function untilLogged(
  program: Program,
  pattern: RegExp,
  signal: AbortSignal = new AbortController().signal,
): Promise<RegExpExecArray> {
  let hasEnded = false
  void program.exited.then(() => (hasEnded = true))
  for (;;) {
    signal.throwIfAborted()
    const isLast = hasEnded
    const said = pattern.exec(await readFile(program.logFile, 'utf8'))
    if (said) return said
    if (isLast) throw new Failure('ProgramFailed', 'stall', `it ended before its time: ${await lastWords(program)}`)
    await sleep(POLL_MS)
  }
}

/** The last line of a program's log: what it said before it ended. */
export async function lastWords({ logFile }: Pick<Program, 'logFile'>): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n')
  return lines.at(-1) ?? ''
}
