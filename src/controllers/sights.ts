// Since when something has been in sight, by our own monotonic clock: nothing that others wrote about time is trusted.
import type { Clock } from '../clock.ts'

export class Sights {
  protected readonly firstAt = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For how long `id` has been in sight, in milliseconds; 0 the first time. */
  sinceMs(id: string): number {
    const now = this.#clock.monotonic()
    const firstAt = this.firstAt.get(id) ?? now
    this.firstAt.set(id, firstAt)
    return now - firstAt
  }

  /** A later sight counts afresh. */
  forget(id: string): void {
    this.firstAt.delete(id)
  }
}
