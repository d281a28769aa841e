// Keeps a cache the same as what the API server holds, for as long as the process runs.
import type { Clock } from '../clock.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { failureOfStatus } from './failures.ts'
import type { Store, Stored } from './store.ts'
import type { Query, Transport } from './transport.ts'
import { Watchdog } from './watchdog.ts'
import { METADATA_OF_ALL, METADATA_ONLY } from './wire.ts'
import type { WatchEvent, WireList, WireObject } from './wire.ts'

/** The API server ends a watch after this long, and as much again by chance, so that not all come back at once. */
const LEAST_WATCH_MS = 300_000
/** How much later than agreed a watch ends at the latest. */
const GRACE_MS = 30_000
/** Bookmarks come every 61 s however quiet it is (measured, 1.37): a stream that says nothing for this long is lost. */
const SILENCE_MS = 80_000
const PAGE_LIMIT = '500'
const FIRST_REST_MS = 500
const MOST_REST_MS = 30_000
/** An attempt that lasted this long was a good one, even if it failed in the end. */
const LASTING_MS = 10_000
/** Attempts in a row that brought nothing until the version is suspected: after a restore it may lie in the future. */
const BARREN_ATTEMPTS = 2
/** Failures in a row from which on an API server that cannot be reached is worth a line. */
const TOLD_FAILURES = 3
/** On the bookmark after the last of the initial events. Source: Kubernetes, KEP-3157. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

export type ReflectorOptions<T extends Stored> = {
  /** In logs and probes. */
  readonly name: string
  readonly transport: Pick<Transport, 'request' | 'lines'>
  /** Of the collection. */
  readonly path: string
  /** The one that the path is of; `undefined`: all. */
  readonly namespace: string | undefined
  readonly labelSelector: string | undefined
  /** Asks for nothing but the metadata of each object. */
  readonly metadataOnly?: boolean
  /** Which objects are kept. One that is none of them, or not any more, is as good as gone. Default: all. */
  readonly concerns?: (object: WireObject) => boolean
  readonly project: (object: WireObject) => T
  readonly store: Store<T>
  /** Told the code of what goes wrong and lasts, and `undefined` when that is over. */
  readonly onTrouble?: (code: string | undefined) => void
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** What a probe asks. */
export type ReflectorState = {
  readonly name: string
  readonly synced: boolean
  /** When it last asked the API server for something, by the monotonic clock. */
  readonly triedAt: number | undefined
  /** The longest that it goes without asking anew. */
  readonly deadlineMs: number
}

/**
 * Lists, then watches from there, and does so again whatever happens: refusals, lost connections and answers that make
 * no sense are told once and tried again at a growing, jittered pace. A kind that does not exist yet is waited for.
 */
export class Reflector<T extends Stored> {
  /** Resolves once the store has held a complete list. */
  readonly synced: Promise<void>
  readonly #options: ReflectorOptions<T>
  readonly #resolveSynced: () => void
  #isSynced = false
  #triedAt: number | undefined
  /** Up to where the store is complete; `undefined`: it has to be listed first. */
  #version: string | undefined
  /** The next list comes as a stream. After one that was not brought to an end, as pages. */
  #streamsList = true
  /** Events that stand for a list, by UID, until the one that says that it is complete. */
  #initial: Map<string, T> | undefined
  /** Whether this attempt has brought anything yet. */
  #isFruitful = false
  /** Attempts in a row that were no good. */
  #failures = 0
  /** The code of what goes wrong now, once it has been told. */
  #told: string | undefined

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<void>()
    this.synced = promise
    this.#resolveSynced = resolve
  }

  get state(): ReflectorState {
    const deadlineMs = 2 * LEAST_WATCH_MS + GRACE_MS + MOST_REST_MS
    return { name: this.#options.name, synced: this.#isSynced, triedAt: this.#triedAt, deadlineMs }
  }

  /** Runs until `signal` aborts. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const startedAt = clock.monotonic()
      this.#triedAt = startedAt
      this.#isFruitful = false
      const failure = await this.#attempt(signal).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (signal.aborted) return
      const restMs = this.#learn(failure, clock.monotonic() - startedAt)
      if (failure !== undefined) this.#tell(failure)
      await clock.sleep(restMs, signal).catch(() => undefined)
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    if (this.#version === undefined) {
      const streams = this.#streamsList
      this.#streamsList = !streams
      if (streams && (await this.#streamList(signal))) return
      await this.#listPages(signal)
    }
    await this.#watch({ resourceVersion: this.#version }, signal)
  }

  /** Lists and watches in one stream. False when the API server knows no such thing. */
  async #streamList(signal: AbortSignal): Promise<boolean> {
    this.#initial = new Map()
    try {
      await this.#watch({ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }, signal)
      return true
    } catch (error) {
      if (this.#initial && isFailure(error, 'KubeInvalid')) return false
      throw error
    } finally {
      this.#initial = undefined
    }
  }

  async #listPages(signal: AbortSignal): Promise<void> {
    const { transport, path, labelSelector, metadataOnly, project, store, concerns = () => true } = this.#options
    const accept = metadataOnly ? { accept: METADATA_OF_ALL } : {}
    const since = store.newestVersion
    const items: T[] = []
    let token: string | undefined
    let version: string
    do {
      const query = { limit: PAGE_LIMIT, continue: token, labelSelector }
      const page = (await transport.request('GET', path, { query, ...accept }, signal)) as WireList
      for (const item of page.items ?? []) if (concerns(item)) items.push(project(item))
      token = page.metadata.continue || undefined
      version = page.metadata.resourceVersion
    } while (token !== undefined)
    this.#complete(items, version, since)
  }

  async #watch(query: Query, signal: AbortSignal): Promise<void> {
    const { transport, path, labelSelector, metadataOnly, clock, random, store } = this.#options
    const accept = metadataOnly ? METADATA_ONLY : undefined
    const since = store.newestVersion
    const timeoutMs = LEAST_WATCH_MS * (1 + random())
    const timeoutSeconds = String(Math.round(timeoutMs / 1000))
    const asked = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds, labelSelector, ...query }
    const watchdog = new Watchdog(clock, { silenceMs: SILENCE_MS, totalMs: timeoutMs + GRACE_MS }, signal)
    try {
      for await (const line of transport.lines(path, asked, watchdog.signal, accept)) {
        watchdog.heard()
        const event = eventIn(line)
        if (event.type === 'ERROR') throw failureOfStatus('GET', path, event.object.code ?? 500, event.object)
        const { resourceVersion, annotations } = event.object.metadata
        if (event.type !== 'BOOKMARK') this.#take(event)
        else if (this.#initial && annotations?.[INITIAL_EVENTS_END] === 'true') {
          this.#complete(this.#initial.values(), resourceVersion, since)
          this.#streamsList = true
          this.#initial = undefined
        }
        if (!this.#initial) this.#proceed(resourceVersion)
      }
    } finally {
      watchdog.release()
    }
    if (this.#initial)
      throw new Failure('KubeUnavailable', 'retry', `GET ${path}: the list ended before it was complete`)
  }

  #take({ type, object }: ChangeEvent): void {
    const { store, project, concerns = () => true } = this.#options
    const projected = project(object)
    const isGone = type === 'DELETED' || !concerns(object)
    if (!this.#initial) {
      if (isGone) store.remove(projected)
      else store.upsert(projected)
    } else if (isGone) this.#initial.delete(object.metadata.uid)
    else this.#initial.set(object.metadata.uid, projected)
  }

  #complete(items: Iterable<T>, version: string, since: string): void {
    const { store, namespace, name, logger } = this.#options
    store.replace({ items, version, since, namespace })
    logger.debug({ reflector: name, size: store.size }, 'listed')
    this.#isSynced = true
    this.#resolveSynced()
    this.#proceed(version)
  }

  /** The store is complete up to `version`. */
  #proceed(version: string): void {
    this.#version = version
    this.#isFruitful = true
    if (this.#told === undefined) return
    this.#told = undefined
    this.#options.logger.info({ reflector: this.#options.name }, 'follows the API server again')
    this.#options.onTrouble?.(undefined)
  }

  /** What an attempt that is over means for the next one, and how long to rest before it. */
  #learn(failure: unknown, lastedMs: number): number {
    const isLasting = this.#isFruitful && lastedMs >= LASTING_MS
    this.#failures = isLasting ? Number(failure !== undefined) : this.#failures + 1
    const isBarren = !this.#isFruitful && this.#failures >= BARREN_ATTEMPTS
    if (isBarren || (failure !== undefined && !isFailure(failure, 'KubeUnavailable'))) this.#version = undefined
    if (this.#failures === 0) return 0
    const restMs = Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** (this.#failures - 1))
    const askedMs = failure instanceof Failure ? (failure.retryAfterMs ?? 0) : 0
    const jitter = this.#options.random() / 2
    return Math.max(restMs * (0.5 + jitter), askedMs * (1 + jitter))
  }

  /** Once for what lasts, and not at all for what is part of life: a version too old, a connection lost. */
  #tell(failure: unknown): void {
    const { logger, name } = this.#options
    const code = failure instanceof Failure ? failure.code : 'unexpected'
    const isPassing = code === 'KubeGone' || (code === 'KubeUnavailable' && this.#failures < TOLD_FAILURES)
    if (isPassing || this.#told === code) {
      return logger.debug({ reflector: name, code, err: failure }, 'an attempt to follow the API server ended')
    }
    this.#told = code
    logger.warn({ reflector: name, code, err: failure }, 'cannot follow the API server, keeps trying')
    this.#options.onTrouble?.(code)
  }
}

type ChangeEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: WireObject }

function eventIn(line: string): WatchEvent {
  try {
    return JSON.parse(line) as WatchEvent
  } catch {
    throw new Failure('KubeUnavailable', 'retry', 'a line of the watch is not JSON: something cut it, or made it up')
  }
}
