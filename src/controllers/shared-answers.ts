// What several ask for within a short time, asked for once.
import { unlessAborted } from '../abort.ts'
import type { Clock } from '../clock.ts'

type Shared<T> = { readonly askedAt: number; readonly answer: Promise<T> }

/** Answers by key, each for so many milliseconds from when it was asked for. */
export class SharedAnswers<T> {
  readonly #freshMs: number
  readonly #clock: Clock
  readonly #shared = new Map<string, Shared<T>>()

  constructor(freshMs: number, clock: Clock) {
    this.#freshMs = freshMs
    this.#clock = clock
  }

  /**
   * What somebody was answered who asked for `key` a short time ago, or what `ask` is answered now. A failure is that of all
   * who wait for it, and of nobody later. Since others may wait as well, `signal` ends the waiting and not the asking.
   */
  async get(key: string, ask: (unending: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const known = this.#shared.get(key)
    return known && this.#isFresh(known) ? unlessAborted(known.answer, signal) : this.renewed(key, ask, signal)
  }

  /** As {@link get}, but asked for after this call: for those who must know what is so now. */
  async renewed(key: string, ask: (unending: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#forgetOld()
    const shared = { askedAt: this.#clock.monotonic(), answer: ask(new AbortController().signal) }
    this.#shared.set(key, shared)
    shared.answer.catch(() => {
      if (this.#shared.get(key) === shared) this.#shared.delete(key)
    })
    return unlessAborted(shared.answer, signal)
  }

  /** What was last asked for, however long ago, or will be answered; `undefined` if nothing was, or it failed. */
  async known(key: string): Promise<T | undefined> {
    return this.#shared.get(key)?.answer.catch(() => undefined)
  }

  #isFresh({ askedAt }: Shared<T>): boolean {
    return this.#clock.monotonic() - askedAt < this.#freshMs
  }

  #forgetOld(): void {
    for (const [key, shared] of this.#shared) {
      if (!this.#isFresh(shared)) this.#shared.delete(key)
    }
  }
}
