// The cache of one kind of resource: what the API server said last, and our own writes at once.
import { isDeepStrictEqual } from 'node:util'
import type { ResourceKey, ResourceView } from '../controllers/ports.ts'
import type { Logger } from '../log.ts'
import type { KubeMetrics } from './metrics.ts'
import { compareVersions } from './versions.ts'

/**
 * How many UIDs are remembered of what has gone, for a list that is older than that. Should a list be older still, what it shows
 * is in the cache until the next one, and whoever acts on that reads first that it has gone.
 */
const MOST_GONE = 200

/** What the cache goes by. */
export type Stored = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly resourceVersion: string
  }
}

/**
 * Told of each change, after the cache shows it. A resource that was deleted and made again between two looks is two
 * changes: one to `undefined`, one from it.
 */
export type ChangeHandler<T> = (key: ResourceKey, before: T | undefined, after: T | undefined) => void

/** A complete list: all there was at one moment. */
export type Listing<T> = {
  readonly items: Iterable<T>
  /** The version of the whole at that moment. */
  readonly version: string
  /** What {@link Store.newestVersion} was before the list was asked for. */
  readonly since: string
  /** The namespace that the list is of; `undefined`: all. */
  readonly namespace: string | undefined
}

/**
 * One kind's cache. It never goes back in time: an event or a list that is older than our own last write is skipped, so
 * that a controller never acts on a state that it has changed already. Several reflectors may fill it, a namespace each.
 */
export class Store<T extends Stored> implements ResourceView<T> {
  readonly #held = new Map<ResourceKey, T>()
  /** UIDs of what has gone, the last ones last, with the version at which they went. */
  readonly #gone = new Map<string, string>()
  readonly #handlers: ChangeHandler<T>[] = []
  readonly #metrics: KubeMetrics
  readonly #logger: Logger
  #newestVersion = '0'

  constructor(metrics: KubeMetrics, logger: Logger) {
    this.#metrics = metrics
    this.#logger = logger
  }

  get(key: ResourceKey): T | undefined {
    return this.#held.get(key)
  }

  all(): Iterable<T> {
    return this.#held.values()
  }

  get size(): number {
    return this.#held.size
  }

  /** The newest version that any resource was seen at. A complete list asked for from now on cannot be older. */
  get newestVersion(): string {
    return this.#newestVersion
  }

  /** Handlers are called in the order in which they came. One that throws is logged, and keeps nobody else from being told. */
  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler)
  }

  /**
   * Takes in the server's answer to a read or write of our own, unless the resource has gone or moved on since. At the same
   * version, too: a write that takes off the last finalizer of what is being deleted is answered without a new one.
   */
  observeAnswer(object: T): void {
    const held = this.#held.get(keyOf(object))
    if (held?.metadata.uid !== object.metadata.uid) return
    const age = ageOf(object, held)
    if (age > 0 || (age === 0 && !isDeepStrictEqual(object, held))) this.#put(held, object)
  }

  /** Takes in an event: the resource came to be, or changed. */
  upsert(object: T): void {
    const held = this.#held.get(keyOf(object))
    const age = this.#isBefore(object) ? -1 : held ? ageOf(object, held) : 1
    if (age < 0) this.#metrics.staleReadSkipped()
    if (age > 0) this.#put(held, object)
  }

  /** Takes in an event: the resource has gone, and this is what it was in the end. */
  remove(object: T): void {
    const held = this.#held.get(keyOf(object))
    // A list may be too old to show it; only an event is sure that it has gone.
    this.#gone.set(object.metadata.uid, object.metadata.resourceVersion)
    const [oldest] = this.#gone.keys()
    if (this.#gone.size > MOST_GONE && oldest !== undefined) this.#gone.delete(oldest)
    if (held && ageOf(object, held) >= 0) this.#drop(held)
  }

  /**
   * Takes in a complete list: what it lacks has gone. One that is older than what was known before it was asked for tells
   * of a cluster that was restored from a backup; then all of it counts, however old.
   */
  replace({ items, version, since, namespace }: Listing<T>): void {
    const isRestored = compareVersions(version, since) < 0
    if (isRestored) {
      this.#newestVersion = version
      this.#gone.clear()
    }
    const listed = new Set<ResourceKey>()
    for (const item of items) {
      const held = this.#held.get(keyOf(item))
      listed.add(keyOf(item))
      if (!isRestored) this.upsert(item)
      else if (!held || ageOf(item, held) !== 0) this.#put(held, item)
    }
    for (const [key, held] of this.#held) {
      if (!listed.has(key) && (namespace ?? held.metadata.namespace) === held.metadata.namespace) this.#drop(held)
    }
  }

  /** True for a state from before the resource went: it comes back, if at all, at a later version, as into a selector. */
  #isBefore({ metadata: { uid, resourceVersion } }: T): boolean {
    const wentAt = this.#gone.get(uid)
    return wentAt !== undefined && compareVersions(resourceVersion, wentAt) <= 0
  }

  #put(before: T | undefined, after: T): void {
    const { uid, resourceVersion } = after.metadata
    if (compareVersions(resourceVersion, this.#newestVersion) > 0) this.#newestVersion = resourceVersion
    const isAnother = before !== undefined && before.metadata.uid !== uid
    if (isAnother) this.#drop(before)
    this.#held.set(keyOf(after), after)
    this.#tell(keyOf(after), isAnother ? undefined : before, after)
  }

  #drop(before: T): void {
    this.#held.delete(keyOf(before))
    this.#tell(keyOf(before), before, undefined)
  }

  #tell(key: ResourceKey, before: T | undefined, after: T | undefined): void {
    for (const handler of this.#handlers) {
      try {
        handler(key, before, after)
      } catch (error) {
        this.#logger.error({ key, err: error }, 'what is to be done about a change failed')
      }
    }
  }
}

function keyOf({ metadata }: Stored): ResourceKey {
  return `${metadata.namespace}/${metadata.name}`
}

/** Positive when `a` is the newer one. */
function ageOf(a: Stored, b: Stored): number {
  return compareVersions(a.metadata.resourceVersion, b.metadata.resourceVersion)
}
