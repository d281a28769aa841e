// Runs test files in one process of their own, under a time limit, and tells how each ended.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Progress } from './run-files.ts'

/** How the tests of one file ended. A file that did not come to its end counts as one failed test. */
export type FileResult = {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly seconds: number
  /** What a person needs to see of the failures; empty when there are none. */
  readonly errors: string
}

export type FileProcessOptions = {
  /** Each file may take this long. */
  readonly limitMs: number
  /** Environment variables on top of our own. */
  readonly env: NodeJS.ProcessEnv
  /** Flags of Node's. */
  readonly flags?: readonly string[]
  /** Called as each file begins, in order. */
  readonly onStart: (file: string) => void
  /** Called once for each file; and once more for the last if the process ends badly after its tests. */
  readonly onResult: (result: FileResult) => void
}

/**
 * Runs `files` one after the other in one process, and resolves with what it printed when it and all that it started
 * have ended. A file over its limit, or an aborted signal, ends the whole process group; the files that had not
 * finished by then are failed.
 */
export async function runFiles(
  files: readonly string[],
  { limitMs, env, flags = [], onStart, onResult }: FileProcessOptions,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, 'run-files.ts'), ...files], {
    // A process group of its own, so that whatever the tests start can be ended with them.
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const output = Promise.all([text(child.stdout!), text(child.stderr!)])
  const exit = once(child, 'exit').then(([code]) => {
    endGroup(child)
    return code as number | null
  })

  let cause = 'the process ended before its tests did: an exit, or a promise that nobody settles'
  const endFor = (reason: string): void => {
    cause = reason
    endGroup(child)
  }
  const limit = setTimeout(endFor, limitMs, `it took longer than ${limitMs / 1000} s`)
  const interrupt = (): void => endFor('it was interrupted')
  signal.addEventListener('abort', interrupt, { once: true })

  const left = [...files]
  let startedAt = performance.now()
  const seconds = (): number => (performance.now() - startedAt) / 1000
  for await (const [message] of on(child, 'message', { close: ['disconnect'] })) {
    limit.refresh()
    const progress = message as Progress
    if (progress.event === 'started') {
      startedAt = performance.now()
      onStart(progress.file)
    } else {
      left.shift()
      const { file, passed, failed, errors } = progress
      onResult({ file, passed, failed, seconds: seconds(), errors })
    }
  }
  const code = await exit
  clearTimeout(limit)
  signal.removeEventListener('abort', interrupt)

  if (left.length === 0 && code !== 0) {
    cause = `the process ended with ${code} after its tests: see what it printed`
    left.push(files.at(-1)!)
  }
  for (const [index, file] of left.entries()) {
    const errors = index === 0 ? `  ${cause}\n` : '  it was not run\n'
    onResult({ file, passed: 0, failed: 1, seconds: index === 0 ? seconds() : 0, errors })
  }
  return (await output).join('')
}

/** Kills what is left of the child's process group. */
function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody is left.
  }
}
