// Since when something has been in sight, by our own monotonic clock: nothing that others wrote about time is trusted.
import type { Clock } from '../clock.ts'

/** What nobody has asked about for so long has been settled by somebody else. Longer than any two sweeps are apart. */
const FORGOTTEN_MS = 48 * 3_600_000

export class Sights {
  readonly #clock: Clock
  /** When each came into sight: of what was asked about since the last turn, and of what only was before it. */
  #recent = new Map<string, number>()
  #former = new Map<string, number>()
  #turnedAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#turnedAt = clock.monotonic()
  }

  /** For how long `id` has been in sight, in milliseconds; 0 the first time. */
  sinceMs(id: string): number {
    const now = this.#clock.monotonic()
    const firstAt = this.#recent.get(id) ?? this.#former.get(id) ?? now
    this.#note(id, firstAt, now)
    return now - firstAt
  }

  /** A later sight counts afresh. */
  forget(id: string): void {
    this.#recent.delete(id)
    this.#former.delete(id)
  }

  /** `id` has been in sight for ever. */
  protected noteForEver(id: string): void {
    this.#note(id, -Infinity, this.#clock.monotonic())
  }

  /** Not all that has been in sight is forgotten by who asked, and a process may live for years. */
  #note(id: string, firstAt: number, now: number): void {
    if (now - this.#turnedAt >= FORGOTTEN_MS) {
      this.#former = this.#recent
      this.#recent = new Map()
      this.#turnedAt = now
    }
    this.#recent.set(id, firstAt)
  }
}
