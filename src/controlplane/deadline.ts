// Waiting that is given up after a while.
import type { Clock } from '../clock.ts'
import { NoAnswer } from './no-answer.ts'

/**
 * Carries out `act` with a signal that aborts with `signal`, and after `ms` milliseconds with {@link NoAnswer}. `act` is
 * expected to end soon after that.
 */
export async function within<T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const disarm = clock.after(ms, () => deadline.abort(new NoAnswer(`no answer within ${ms / 1000} s`)))
  try {
    return await act(AbortSignal.any([signal, deadline.signal]))
  } finally {
    disarm()
  }
}
