// Waiting for one's turn to make a call.
import type { Budget } from '../engine/budget.ts'
import { rateLimited } from './failures.ts'

/** Who would have to wait for longer is told so instead, and keeps no worker busy. */
const PATIENCE_MS = 5_000

/**
 * Resolves when a call of this class may be made. Throws a `Failure` (`RateLimited`) when `server` asked everybody to stay away for
 * longer than one would wait, even while one waits already, or the signal's reason.
 */
export async function permit<Class extends string>(
  budget: Budget<Class>,
  by: Class,
  server: string,
  signal: AbortSignal,
): Promise<void> {
  if (!(await budget.take(by, PATIENCE_MS, signal))) throw rateLimited(server, budget.pausedMs)
}
