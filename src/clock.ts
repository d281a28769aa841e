// Time as a dependency, so that tests can move it.
import { setTimeout as sleep } from 'node:timers/promises'

/** Tells the time and waits. The only way in which the operator learns either. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for what people read. */
  now(): number
  /** Milliseconds that only ever grow, from an arbitrary start: for measuring spans. */
  monotonic(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. Does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `wake` once after `ms` milliseconds unless the returned function is called first. Does not keep the process alive. */
  after(ms: number, wake: () => void): () => void
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleep(ms, undefined, { ref: false, ...(signal && { signal }) })
    } catch (error) {
      throw signal?.reason ?? error
    }
  },
  after(ms, wake) {
    const timer = setTimeout(wake, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes' `metav1.Time` is written. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 in UTC with six fraction digits, as Kubernetes' `metav1.MicroTime` (Leases, Events) is written. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}
