// One at a time in each tenant: creates of which nothing can be proven would be each other's suspects.
import type { ResourceKey } from './ports.ts'

type Turn = {
  readonly holder: ResourceKey
  /** In order. */
  readonly waiting: Set<ResourceKey>
}

export class Turns {
  /** By the tenant in which somebody is at work. */
  readonly #turns = new Map<string, Turn>()
  /** Has a resource looked at: its turn has come. */
  readonly #wake: (key: ResourceKey) => void

  constructor(wake: (key: ResourceKey) => void) {
    this.#wake = wake
  }

  /**
   * True when it is the turn of `key`, until {@link end} or the end of {@link take}. Else `key` is remembered, and woken when
   * the tenant is free. All who wait are: who finds it taken again has asked nobody anything.
   */
  begin(tenantId: string, key: ResourceKey): boolean {
    const turn = this.#turns.get(tenantId)
    if (!turn) this.#turns.set(tenantId, { holder: key, waiting: new Set() })
    if (!turn || turn.holder === key) return true
    turn.waiting.add(key)
    return false
  }

  /** `key` has done what it has begun to do. Nothing, where it is not its turn. */
  end(tenantId: string, key: ResourceKey): void {
    const turn = this.#turns.get(tenantId)
    if (turn?.holder !== key) return
    this.#turns.delete(tenantId)
    for (const waiting of turn.waiting) this.#wake(waiting)
  }

  /** Does `act` now, and ends the turn; or says `busy` as {@link begin} does. */
  async take<T>(tenantId: string, key: ResourceKey, act: () => Promise<T>): Promise<T | 'busy'> {
    if (!this.begin(tenantId, key)) return 'busy'
    try {
      return await act()
    } finally {
      this.end(tenantId, key)
    }
  }
}
