// Remembers values until they expire, in memory that does not grow with what has expired.

/** Values by key, each until its own instant. Entries that expired are dropped as new ones come in. */
export class Expiring<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly expiresAt: number }>()

  /** The value, or undefined when there is none or it has expired at `now` (milliseconds). */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.expiresAt > now ? entry.value : undefined
  }

  set(key: string, value: V, expiresAt: number, now: number): void {
    // Insertion order is near enough to the order of expiry: what is left behind goes a little later.
    for (const [oldest, entry] of this.#entries) {
      if (entry.expiresAt > now) break
      this.#entries.delete(oldest)
    }
    this.#entries.delete(key)
    this.#entries.set(key, { value, expiresAt })
  }

  /** Forgets everything at once. */
  clear(): void {
    this.#entries.clear()
  }
}
