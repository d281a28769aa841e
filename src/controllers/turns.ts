// One at a time in each tenant: creates of which nothing can be proven would be each other's suspects.
import type { ResourceKey } from './ports.ts'

export class Turns {
  /** Who waits, in order, by the tenant in which somebody is at work. */
  readonly #waiting = new Map<string, Set<ResourceKey>>()
  /** Has a resource looked at: its turn has come. */
  readonly #wake: (key: ResourceKey) => void

  constructor(wake: (key: ResourceKey) => void) {
    this.#wake = wake
  }

  /** Does `act` now; or remembers `key`, which is woken when the tenant is free, and says `busy`. */
  async take<T>(tenantId: string, key: ResourceKey, act: () => Promise<T>): Promise<T | 'busy'> {
    const waiting = this.#waiting.get(tenantId)
    if (waiting) {
      waiting.add(key)
      return 'busy'
    }
    this.#waiting.set(tenantId, new Set())
    try {
      return await act()
    } finally {
      const woken = this.#waiting.get(tenantId) ?? []
      this.#waiting.delete(tenantId)
      for (const key of woken) this.#wake(key)
    }
  }
}
