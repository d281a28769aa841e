// Waiting that can be given up: deadlines, and shares in what others wait for as well.
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

/** What `promise` comes to, unless `signal` aborts first: then rejects with its reason, and `promise` goes on for others. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // It has other owners, but it may fail when all of them have gone.
  promise.catch(() => undefined)
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
