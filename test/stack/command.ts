// A command of the program that ends by itself: what it printed, and its status.
import { execFile } from 'node:child_process'

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs `program`, in an environment with these variables beside or instead of our own. */
export function ended(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })
}
