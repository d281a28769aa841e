// How long a key rests after failures in a row.

export type BackOffOptions = {
  /** Rest after the first failure; doubles with each further one. */
  readonly firstMs: number
  readonly mostMs: number
  /** In [0, 1): where between half and all of the rest the next attempt falls, so that many keys do not come in step. */
  readonly random: () => number
}

/** Counts failures in a row by key. Holds nothing for keys that are well. */
export class BackOff {
  readonly #failures = new Map<string, number>()
  readonly #options: BackOffOptions

  constructor(options: BackOffOptions) {
    this.#options = options
  }

  /** Counts one more failure of `key` and says how long it rests, in milliseconds. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const { firstMs, mostMs, random } = this.#options
    return Math.min(mostMs, firstMs * 2 ** failures) * (0.5 + random() / 2)
  }

  /** `key` is well again. */
  forget(key: string): void {
    this.#failures.delete(key)
  }
}
