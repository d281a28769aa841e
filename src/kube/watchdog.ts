// Gives up on a stream that has fallen silent: a lost connection looks like a quiet one.
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'

export type WatchdogLimits = {
  /** How long the stream may say nothing. */
  readonly silenceMs: number
  /** How long it may last, whatever it says. */
  readonly totalMs: number
}

/** Its `signal` aborts with the caller's, or with a `KubeUnavailable` when a limit is passed. */
export class Watchdog {
  readonly signal: AbortSignal
  readonly #giveUp = new AbortController()
  readonly #clock: Clock
  readonly #silenceMs: number
  #disarmSilence: () => void
  readonly #disarmTotal: () => void

  constructor(clock: Clock, { silenceMs, totalMs }: WatchdogLimits, signal: AbortSignal) {
    this.#clock = clock
    this.#silenceMs = silenceMs
    this.signal = AbortSignal.any([signal, this.#giveUp.signal])
    this.#disarmSilence = this.#armSilence()
    this.#disarmTotal = clock.after(totalMs, () => this.#abort(totalMs, 'went on for more than'))
  }

  /** The stream said something. */
  heard(): void {
    this.#disarmSilence()
    this.#disarmSilence = this.#armSilence()
  }

  /** The stream is over. */
  release(): void {
    this.#disarmSilence()
    this.#disarmTotal()
  }

  #armSilence(): () => void {
    return this.#clock.after(this.#silenceMs, () => this.#abort(this.#silenceMs, 'said nothing for'))
  }

  #abort(ms: number, what: string): void {
    this.#giveUp.abort(new Failure('KubeUnavailable', 'retry', `the watch ${what} ${Math.round(ms / 1000)} s`))
  }
}
