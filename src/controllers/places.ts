// Places for tenants in the organization: reserved before a POST, and kept for who has waited longest.
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { headline } from '../domain/conditions.ts'
import type { ExternalTenant } from '../domain/external.ts'
import { effectiveName, isPaused, precedes } from '../domain/tenant.ts'
import type { JournalView, ResourceKey, ResourceView } from './ports.ts'

export type PlacesOptions = {
  /** The setting `tenant-quota`. */
  readonly quota: number
  readonly view: ResourceView<RaiTenant>
  readonly journalView: Pick<JournalView, 'hasUnfinished'>
  readonly clock: Clock
  /** Has a resource looked at: there may be a place for it. */
  readonly wake: (key: ResourceKey) => void
}

type Named = Pick<ExternalTenant, 'id' | 'name'>

/** For so long after a create or a delete a list may not show it. Later the list is right. */
const LAG_MS = 75_000

/**
 * Counts what the newest complete list shows, what was made or asked for since, and not what was deleted since. In memory only:
 * a process that has just started counts by the list and the journals.
 */
export class Places {
  readonly #options: PlacesOptions
  #shown: readonly Named[] = []
  #askedAt = -Infinity
  /** Names that a list may not show yet, and when their POST ended: infinitely late while it is under way. */
  readonly #taken = new Map<string, number>()
  /** Ids that a list may still show, and when they were seen to be gone. */
  readonly #gone = new Map<string, number>()
  /** Who was told that there is no place, by UID. */
  #line: Map<string, ResourceKey> | undefined

  constructor(options: PlacesOptions) {
    this.#options = options
  }

  /**
   * True when there is a place for `tenant` and for all who wait and are older: then it is taken until {@link made} or
   * {@link release} says otherwise. Asked after a list.
   */
  reserve(tenant: RaiTenant): boolean {
    const { uid } = tenant.metadata
    const older = this.#waiting().filter((other) => other.metadata.uid !== uid && precedes(other, tenant))
    if (this.#free(tenant) <= older.length) return false
    this.#taken.set(effectiveName(tenant), Infinity)
    this.#inLine().delete(uid)
    return true
  }

  /** The POST has ended, and what it asked for exists, or may. */
  made(name: string): void {
    this.#taken.set(name, this.#options.clock.monotonic())
  }

  /** Nothing was made: the place is the next one's. */
  release(name: string): void {
    this.#taken.delete(name)
    this.#offer()
  }

  /** A tenant is gone outside. May be repeated. */
  freed({ id, name }: Named): void {
    this.#taken.delete(name)
    this.#gone.set(id, this.#options.clock.monotonic())
    this.#offer()
  }

  /** A complete list, asked for at `askedAt` of the monotonic clock. One that is older than the last is ignored. */
  listed(tenants: readonly Named[], askedAt: number): void {
    if (askedAt < this.#askedAt) return
    this.#askedAt = askedAt
    this.#shown = tenants
    const [ids, names] = [new Set(tenants.map(({ id }) => id)), new Set(this.#standing().map(({ name }) => name))]
    for (const [name, endedAt] of this.#taken) {
      const isKnown = endedAt < Infinity && names.has(name)
      if (isKnown || askedAt - endedAt >= LAG_MS) this.#taken.delete(name)
    }
    for (const [id, goneAt] of this.#gone) if (!ids.has(id) || askedAt - goneAt >= LAG_MS) this.#gone.delete(id)
    this.#offer()
  }

  /** A look at `tenant` has ended. `waits`: it was told that there is no place. Who waits no more holds up nobody. */
  looked({ metadata: { uid, namespace, name } }: RaiTenant, waits: boolean): void {
    if (waits) this.#inLine().set(uid, `${namespace}/${name}`)
    else if (this.#inLine().delete(uid)) this.#offer()
  }

  /** Wakes as many as there are places, the oldest first. */
  #offer(): void {
    const waiting = this.#waiting()
    if (waiting.length === 0) return
    const first = waiting.toSorted((a, b) => (precedes(a, b) ? -1 : 1)).slice(0, Math.max(0, this.#free()))
    for (const { metadata } of first) this.#options.wake(`${metadata.namespace}/${metadata.name}`)
  }

  /** Places that nobody has, as seen by `asking`. */
  #free(asking?: RaiTenant): number {
    const { quota, view, journalView } = this.#options
    const names = new Set([...this.#standing().map(({ name }) => name), ...this.#taken.keys()])
    for (const tenant of view.all()) {
      // A POST of an earlier life may be under way.
      const isUnfinished = tenant.status.tenantId === undefined && journalView.hasUnfinished(tenant.metadata.uid)
      if (isUnfinished) names.add(effectiveName(tenant))
    }
    if (asking) names.delete(effectiveName(asking))
    return quota - names.size
  }

  #standing(): readonly Named[] {
    return this.#shown.filter(({ id }) => !this.#gone.has(id))
  }

  /** Those in the line that still want a place: one that is deleted or paused has nothing to wait for. */
  #waiting(): RaiTenant[] {
    const waiting: RaiTenant[] = []
    for (const [uid, key] of this.#inLine()) {
      const tenant = this.#options.view.get(key)
      const isThere = tenant?.metadata.uid === uid && tenant.metadata.deletionTimestamp === undefined
      if (!isThere) this.#inLine().delete(uid)
      else if (!isPaused(tenant)) waiting.push(tenant)
    }
    return waiting
  }

  /** At first those whom an earlier life has told so. */
  #inLine(): Map<string, ResourceKey> {
    this.#line ??= new Map(
      Array.from(this.#options.view.all())
        .filter(({ status }) => headline(status.conditions ?? [])?.reason === 'QuotaExceeded')
        .map(({ metadata: { uid, namespace, name } }) => [uid, `${namespace}/${name}`]),
    )
    return this.#line
  }
}
