// Waiting that can be given up.
import type { Clock } from './clock.ts'

/** What `promise` comes to, unless `signal` aborts first: then rejects with its reason, and `promise` goes on for others. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Nobody may be left to hear of its failure.
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

/**
 * What `work` comes to. It is given a signal of its own, which aborts as `signal` does until then: for work that leaves its
 * listeners behind. On a signal that outlives it they would keep all that it held. `end` aborts it for a reason of its own.
 */
export async function withOwnSignal<T>(
  signal: AbortSignal,
  work: (own: AbortSignal, end: (reason: unknown) => void) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  const abort = () => own.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work(own.signal, (reason) => own.abort(reason))
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** As {@link withOwnSignal}; after `ms` milliseconds the signal aborts with what `late` gives. `work` is expected to end soon after that. */
export function withDeadline<T>(
  { ms, clock, late }: { readonly ms: number; readonly clock: Clock; readonly late: () => unknown },
  signal: AbortSignal,
  work: (own: AbortSignal) => Promise<T>,
): Promise<T> {
  return withOwnSignal(signal, async (own, end) => {
    const disarm = clock.after(ms, () => end(late()))
    try {
      return await work(own)
    } finally {
      disarm()
    }
  })
}
