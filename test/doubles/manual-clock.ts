// A clock that stands still until a test moves it.
import type { Clock } from '../../src/clock.ts'

type Timer = { readonly at: number; readonly wake: () => void }

/** Starts at 2026-01-01T00:00:00Z, with `monotonic` at 0. Timers fire in order while {@link advance} passes them. */
export class ManualClock implements Clock {
  static readonly epoch = Date.UTC(2026, 0, 1)
  readonly #timers = new Set<Timer>()
  #elapsedMs = 0

  now(): number {
    return ManualClock.epoch + this.#elapsedMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.#elapsedMs + ms, wake }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const cancel = this.after(ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        reject(signal.reason)
      })
    })
  }

  /** How many timers are armed: what a test waits for before it moves the clock. */
  get armed(): number {
    return this.#timers.size
  }

  /** Moves on by `ms`, and lets what that woke run until it waits again. */
  async advance(ms: number): Promise<void> {
    await settled()
    const until = this.#elapsedMs + ms
    for (let timer = this.#next(until); timer; timer = this.#next(until)) {
      this.#timers.delete(timer)
      this.#elapsedMs = timer.at
      timer.wake()
      await settled()
    }
    this.#elapsedMs = until
    await settled()
  }

  #next(until: number): Timer | undefined {
    const due = Array.from(this.#timers).filter(({ at }) => at <= until)
    return due.sort((a, b) => a.at - b.at)[0]
  }
}

/** Resolves after all that can go on without time or I/O has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
