// Waiting that is given up after a while.
import { withDeadline } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { NoAnswer } from './no-answer.ts'

/**
 * Carries out `act` with a signal that aborts with `signal`, and after `ms` milliseconds with {@link NoAnswer}. `act` is
 * expected to end soon after that.
 */
export function within<T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline({ ms, clock, late: () => new NoAnswer(`no answer within ${ms / 1000} s`) }, signal, act)
}
