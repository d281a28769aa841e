// Knows what cached resources refer to, without looking at all of them.
import type { Store, Stored } from './store.ts'

/** Kept up to date by the store's changes. Made before other handlers are added, it is right by the time they are told. */
export class StoreTally<T extends Stored> {
  readonly #counts = new Map<string, number>()

  constructor(store: Store<T>, valuesOf: (object: T) => Iterable<string>) {
    store.onChange((_key, before, after) => {
      if (after) for (const value of valuesOf(after)) this.#add(value, 1)
      if (before) for (const value of valuesOf(before)) this.#add(value, -1)
    })
  }

  /** True when a resource refers to it. */
  has(value: string): boolean {
    return this.#counts.has(value)
  }

  #add(value: string, change: 1 | -1): void {
    const count = (this.#counts.get(value) ?? 0) + change
    if (count > 0) this.#counts.set(value, count)
    else this.#counts.delete(value)
  }
}
