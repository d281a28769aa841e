// The pace of calls to one outside service, shared by all who make them.
import type { Clock } from '../clock.ts'
import { notBefore } from '../jitter.ts'
import { FairLine } from './fair-line.ts'
import { currentParty } from '../party.ts'

export type BudgetOptions<Class extends string> = {
  /** Those who share it, the most urgent first; ten at the most. */
  readonly classes: readonly Class[]
  readonly perSecond: number
  /** How many calls may come at once after a quiet time. At least 1. */
  readonly burst: number
  /** In [0, 1): how much longer than necessary a pause lasts, so that several processes do not come back in step. */
  readonly random: () => number
  readonly clock: Clock
}

/** Length of the first pause that nobody gave a length to, in milliseconds; doubles with each further one in a row. */
const FIRST_PAUSE_MS = 1_000
const MOST_PAUSE_MS = 60_000
/** Sums of fractions of a permit miss a whole one by less than this. */
const ROUNDING = 1e-6
/** One permit of so many in a row is each class's own, if it waits for any. */
const ROUND = 10

type Waiter = { readonly patienceMs: number; readonly end: (isServed: boolean) => void }
type Waiters = FairLine<Waiter>

/**
 * A token bucket: `burst` permits at once, refilled by `perSecond`. Of those who wait the most urgent class comes first; but of
 * any ten permits in a row each class that waits has one. Within a class the {@link currentParty}s of those who ask take turns.
 */
export class Budget<Class extends string> {
  readonly #options: BudgetOptions<Class>
  /** Who waits, by class in the order of urgency. */
  readonly #lines: ReadonlyMap<Class, Waiters>
  /** The same without their names: the last permits of a round are theirs, one for each. */
  readonly #owners: readonly Waiters[]
  /** Which permit of its round the next one is. */
  #turn = 0
  #permits: number
  /** `#permits` is as of this moment, which lies ahead during a pause. */
  #filledAt: number
  /** When the last pause ended or ends, and how long it was. */
  #resumesAt = -Infinity
  #lastPauseMs = 0
  #disarm: (() => void) | undefined

  constructor(options: BudgetOptions<Class>) {
    this.#options = options
    this.#lines = new Map(options.classes.map((name) => [name, new FairLine()]))
    this.#owners = [...this.#lines.values()]
    this.#permits = options.burst
    this.#filledAt = options.clock.monotonic()
  }

  /**
   * Resolves to true when one call may be made; to false as soon as there is a pause of more than `patienceMs`, also one that
   * begins meanwhile. Rejects with the signal's reason when it aborts first. Without a permit it costs nothing.
   */
  take(by: Class, patienceMs: number, signal: AbortSignal): Promise<boolean> {
    const line = this.#lines.get(by)!
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (this.pausedMs > patienceMs) return resolve(false)
      const abort = () => {
        leave()
        reject(signal.reason)
      }
      const end = (isServed: boolean) => {
        leave()
        signal.removeEventListener('abort', abort)
        resolve(isServed)
      }
      const leave = line.append(currentParty(), { patienceMs, end })
      signal.addEventListener('abort', abort, { once: true })
      this.#serve()
    })
  }

  /**
   * Lets nobody through for `askedMs`, or, where the service did not say how long, for a time that doubles when the last
   * pause has hardly ended; 0 says nothing of how long, either. Afterwards calls come one by one, not in a burst. Never
   * shortens a pause.
   *
   * Returns for how long the budget is paused now, in milliseconds.
   */
  pause(askedMs?: number): number {
    const { clock, random } = this.#options
    const now = clock.monotonic()
    // Calls that were under way when the pause began tell nothing new.
    if (!askedMs && this.pausedMs > 0) return this.pausedMs
    const ms = notBefore(askedMs || this.#nextPauseMs(now), random())
    if (now + ms <= this.#resumesAt) return this.pausedMs
    this.#permits = 0
    this.#lastPauseMs = ms
    this.#resumesAt = now + ms
    this.#filledAt = this.#resumesAt
    const { pausedMs } = this
    for (const waiter of this.#owners.flatMap((line) => line.values()))
      if (pausedMs > waiter.patienceMs) waiter.end(false)
    this.#serve()
    return pausedMs
  }

  /** For how long nobody is let through yet, in milliseconds. */
  get pausedMs(): number {
    return Math.max(0, this.#resumesAt - this.#options.clock.monotonic())
  }

  #nextPauseMs(now: number): number {
    const isInARow = now - this.#resumesAt < this.#lastPauseMs
    return isInARow ? Math.min(MOST_PAUSE_MS, 2 * this.#lastPauseMs) : FIRST_PAUSE_MS
  }

  #serve(): void {
    this.#refill()
    let line = this.#next()
    for (; line && this.#permits >= 1 - ROUNDING; line = this.#next()) {
      this.#permits -= 1
      this.#turn = (this.#turn + 1) % ROUND
      line.shift()!.end(true)
    }
    this.#disarm?.()
    this.#disarm = undefined
    if (!line) return
    const missingMs = ((1 - this.#permits) / this.#options.perSecond) * 1_000
    this.#disarm = this.#options.clock.after(this.pausedMs + missingMs, () => this.#serve())
  }

  /** The line whose first one is served next. */
  #next(): Waiters | undefined {
    const owner = this.#owners[this.#turn - (ROUND - this.#owners.length)]
    return owner?.size ? owner : this.#owners.find(({ size }) => size > 0)
  }

  #refill(): void {
    const { clock, perSecond, burst } = this.#options
    const elapsedMs = clock.monotonic() - this.#filledAt
    if (elapsedMs <= 0) return
    this.#permits = Math.min(burst, this.#permits + (elapsedMs / 1_000) * perSecond)
    this.#filledAt += elapsedMs
  }
}
