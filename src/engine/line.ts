// Keys that stand in line, first come, first served.

/**
 * A map whose oldest entry is taken in constant time. A plain map's iterator begins anew each time, and goes through the
 * places of all that were taken before: with `n` keys in line each would cost `n`.
 */
export class Line<V> {
  readonly #values = new Map<string, V>()
  /** Stands behind the last one that was taken. It sees what is added later, but once at the end it stays there. */
  #order = this.#values.entries()

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  /** Puts `key` at the end. It must not be in line. */
  append(key: string, value: V): void {
    this.#values.set(key, value)
  }

  /** In the order in which they are taken. */
  keys(): Iterable<string> {
    return this.#values.keys()
  }

  /** Takes out the one of `key`, wherever it stands. */
  take(key: string): V | undefined {
    const value = this.#values.get(key)
    this.#values.delete(key)
    return value
  }

  /** Takes out the first one. */
  shift(): readonly [key: string, value: V] | undefined {
    let first = this.#order.next()
    if (first.done) {
      this.#order = this.#values.entries()
      first = this.#order.next()
    }
    if (first.done) return undefined
    this.#values.delete(first.value[0])
    return first.value
  }
}
