// What is known of ids that are absent outside; in memory only, since losing it costs no more than a second look.
import type { Clock } from '../clock.ts'

export class Absences {
  readonly #firstAt = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Our own DELETE of `id` was answered 204: from now on its absence needs no proof. */
  deleted(id: string): void {
    this.#firstAt.set(id, -Infinity)
  }

  /** Notes that `id` is absent now, and says for how long it has been, in milliseconds: infinitely, when we deleted it. */
  note(id: string): number {
    const now = this.#clock.monotonic()
    const firstAt = this.#firstAt.get(id) ?? now
    this.#firstAt.set(id, firstAt)
    return now - firstAt
  }

  /** `id` is there, or is settled to be gone: a later absence counts afresh. */
  forget(id: string): void {
    this.#firstAt.delete(id)
  }
}
