// Finds cached resources by something that they refer to, without looking at all of them.
import type { ResourceKey } from '../controllers/ports.ts'
import type { Store, Stored } from './store.ts'

/** Kept up to date by the store's changes. Made before other handlers are added, it is right by the time they are told. */
export class StoreIndex<T extends Stored> {
  readonly #keys = new Map<string, Map<ResourceKey, T>>()
  readonly #indexBy: (object: T) => string

  constructor(store: Store<T>, indexBy: (object: T) => string) {
    this.#indexBy = indexBy
    store.onChange((key, before, after) => this.#move(key, before, after))
  }

  /** The resources that refer to `value`, in no order. */
  of(value: string): Iterable<T> {
    return this.#keys.get(value)?.values() ?? []
  }

  #move(key: ResourceKey, before: T | undefined, after: T | undefined): void {
    if (before) this.#take(this.#indexBy(before), key)
    if (!after) return
    const value = this.#indexBy(after)
    const siblings = this.#keys.get(value) ?? new Map<ResourceKey, T>()
    this.#keys.set(value, siblings.set(key, after))
  }

  #take(value: string, key: ResourceKey): void {
    const siblings = this.#keys.get(value)
    siblings?.delete(key)
    if (siblings?.size === 0) this.#keys.delete(value)
  }
}
