// Runs a program that ends when whoever started this does, however that ends: `node tether.ts LOG PROGRAM [ARGUMENT …]`.
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'

/** How long the program may take to end by itself once its starter is gone. */
const GRACE_MS = 5_000

export type TetherMessage = { readonly pid: number } | { readonly code: number | null; readonly signal: string | null }

const [logFile, program, ...args] = process.argv.slice(2)
const log = openSync(logFile!, 'a')
const child = spawn(program!, args, { stdio: ['ignore', log, log] })

function tell(message: TetherMessage): void {
  if (process.connected) process.send?.(message)
}

child.on('spawn', () => tell({ pid: child.pid! }))
child.on('error', () => tell({ code: 127, signal: null }))
child.on('exit', (code, signal) => {
  tell({ code, signal })
  if (process.connected) process.disconnect()
})
process.on('disconnect', () => {
  child.kill('SIGTERM')
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
})
// Ctrl-C in a terminal reaches the whole group: the starter decides what that means.
process.on('SIGINT', () => undefined)
