// The gate that every write passes: open only while this process holds the lease.
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'

/** Asked immediately before each write, wherever it goes. */
export interface Gate {
  /**
   * Returns when the lease is held, and for `spareMs` milliseconds (default 0) longer; else throws a `LeaseLost`.
   * What takes time to arrive asks for time to spare. Changes nothing, so it may be asked as often as one likes.
   */
  check(spareMs?: number): void
}

/** The gate of a process that needs no lease: leader election is off. */
export const OPEN: Gate = { check: () => undefined }

/** The gate of a process that only reads: it refuses every write (`ReadOnly`). */
export const SHUT: Gate = {
  check() {
    throw new Failure('ReadOnly', 'stall', 'not written: this command changes nothing')
  },
}

/** A lease as of the start of the request that renewed it, by both clocks. */
type Hold = { readonly startedAtMonotonic: number; readonly startedAtWall: number; readonly durationMs: number }

/** Shut at first, opened by {@link extend} for as long as nobody else can take the lease. */
export class LeaseGate implements Gate {
  readonly #clock: Clock
  #hold: Hold | undefined
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Never throws. True also when nothing is to spare. */
  get isHeld(): boolean {
    return this.#leftMs > 0
  }

  check(spareMs = 0): void {
    const leftMs = this.#leftMs
    if (leftMs > 0 && leftMs >= spareMs) return
    throw new Failure(
      'LeaseLost',
      'retry',
      'not written: this process does not hold the lease, another one may be at work',
    )
  }

  /**
   * The lease is held for `durationMs` from the start of the request that took or renewed it: the others count from when
   * they saw its effect, which is never sooner. An older request than the one known changes nothing.
   */
  extend(startedAtMonotonic: number, startedAtWall: number, durationMs: number): void {
    if (this.#hold && startedAtMonotonic < this.#hold.startedAtMonotonic) return
    this.#hold = { startedAtMonotonic, startedAtWall, durationMs }
  }

  /** Shuts it for good. May be repeated. */
  close(): void {
    this.#isClosed = true
  }

  /** By the clock that says less: in a suspended machine the monotonic one stands still, and the wall clock may be set back. */
  get #leftMs(): number {
    if (!this.#hold || this.#isClosed) return 0
    const { startedAtMonotonic, startedAtWall, durationMs } = this.#hold
    const elapsedMs = Math.max(this.#clock.monotonic() - startedAtMonotonic, this.#clock.now() - startedAtWall)
    return durationMs - elapsedMs
  }
}
