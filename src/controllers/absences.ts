// Since when each id outside was found absent without proof; in memory only, since losing it costs no more than a second look.
import type { Clock } from '../clock.ts'

export class Absences {
  readonly #firstAt = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes that `id` is absent now, and says for how long it has been, in milliseconds. */
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
