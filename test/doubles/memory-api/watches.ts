// Watches: who is told of which change, when, and whether at all.
import type { Clock } from '../../../src/clock.ts'
import type { Query } from '../../../src/kube/transport.ts'
import type { ApiObject } from './objects.ts'
import { withVersion } from './objects.ts'
import type { Lists } from './lists.ts'
import type { Target } from './paths.ts'
import { expired, Refusal } from './refusals.ts'
import type { ResourceType } from './resource-types.ts'
import { apiVersionOf } from './resource-types.ts'
import type { Selector } from './selectors.ts'
import { selectorOf } from './selectors.ts'
import type { Change, Storage } from './storage.ts'
import { Stream } from './stream.ts'
import type { View } from './views.ts'
import { watchViewOf } from './views.ts'

/** What a watch tells: a change, or how far it has come. */
export type DeliveredEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject }
  | { readonly type: 'BOOKMARK'; readonly object: Bookmark }

type Bookmark = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly resourceVersion: string; readonly annotations?: Readonly<Record<string, string>> }
}

/** What becomes of an event on the watch with this path. */
export type DeliverPolicy = (event: DeliveredEvent, path: string) => 'now' | 'drop' | 'twice' | 'hold'

type Watch = {
  readonly path: string
  readonly type: ResourceType
  readonly selector: Selector
  readonly view: View
  readonly stream: Stream
  /** Events that wait to be released: a bookmark may not overtake them. */
  held: number
  /** At which version it began. */
  since: number
}

type Held = { readonly watch: Watch; readonly event: DeliveredEvent }

export type WatchesOptions = { readonly storage: Storage; readonly lists: Lists; readonly clock: Clock }

/** The real one's, where the client names none: between half an hour and an hour. */
const LONGEST_MS = 2_700_000
const BOOKMARK_MS = 60_000
/** A watch says how far it has come this long before it ends, too. */
const FAREWELL_MS = 2_000
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }

export class Watches {
  deliver: DeliverPolicy = () => 'now'
  readonly #storage: Storage
  readonly #lists: Lists
  readonly #clock: Clock
  readonly #open = new Set<Watch>()
  #held: Held[] = []
  /** Watches from before this version are refused. */
  #floor: number

  constructor({ storage, lists, clock }: WatchesOptions) {
    this.#storage = storage
    this.#lists = lists
    this.#clock = clock
    this.#floor = storage.version
  }

  /** Throws a {@link Refusal}. Nobody need read it to its end; whoever stops reading ends it. */
  open(path: string, { type, namespace }: Target, query: Query, accept: string | undefined): Stream {
    checkOptions(query)
    const { labelSelector, fieldSelector } = query
    const selector = selectorOf(type, { namespace, labelSelector, fieldSelector })
    const view = watchViewOf(accept)
    const stream = new Stream()
    if (view) this.#begin({ path, type, selector, view, stream, held: 0, since: 0 }, query)
    else stream.end()
    return stream
  }

  /** Tells all whom it concerns. */
  changed(type: ResourceType, change: Change): void {
    for (const watch of this.#open) if (watch.type === type) this.#tell(watch, change)
  }

  releaseHeld(order: 'fifo' | 'reversed'): void {
    const held = order === 'fifo' ? this.#held : this.#held.toReversed()
    this.#held = []
    for (const { watch, event } of held) {
      watch.held--
      send(watch, event)
    }
  }

  /** What happened until now is forgotten. */
  forget(): void {
    this.#floor = this.#storage.version
  }

  /** All end with a 410, and what happened until now is forgotten. */
  expire(): void {
    this.forget()
    for (const watch of this.#open) {
      sendError(watch, expired('The resourceVersion for the provided watch is too old.'))
    }
    this.end()
  }

  /** All end, as by the server's time limit, or with this failure; those of one type only where one is given. */
  end({ failure, type }: { readonly failure?: Error; readonly type?: ResourceType } = {}): void {
    for (const watch of this.#open) {
      if (type === undefined || watch.type === type) watch.stream.end(failure)
    }
  }

  #begin(watch: Watch, query: Query): void {
    const { resourceVersion = '', sendInitialEvents, allowWatchBookmarks } = query
    const isFromVersion = sendInitialEvents !== 'true' && Number(resourceVersion) > 0
    const floor = Math.max(this.#floor, this.#storage.floor(watch.type))
    if (isFromVersion && Number(resourceVersion) < floor) {
      sendError(watch, expired(`too old resource version: ${resourceVersion} (${floor})`))
      watch.stream.end()
      return
    }
    const since = isFromVersion ? Number(resourceVersion) : this.#sendAll(watch, sendInitialEvents !== 'false')
    if (sendInitialEvents === 'true' && allowWatchBookmarks === 'true') {
      send(watch, bookmark(watch.type, since, INITIAL_EVENTS_END))
    }
    watch.since = since
    for (const change of this.#storage.since(watch.type, since)) this.#tell(watch, change)
    this.#open.add(watch)
    this.#schedule(watch, query)
  }

  /** These are not the policy's: a list lacks nothing. Returns at which version it is. */
  #sendAll(watch: Watch, isWanted: boolean): number {
    const { items, version } = this.#lists.present(watch.type, (item) => isWanted && watch.selector(item))
    for (const object of items) send(watch, { type: 'ADDED', object })
    return version
  }

  #tell(watch: Watch, change: Change): void {
    const event = eventOf(watch.selector, change)
    if (event) this.#dispatch(watch, event)
  }

  #dispatch(watch: Watch, event: DeliveredEvent): void {
    switch (this.deliver(event, watch.path)) {
      case 'drop':
        return
      case 'hold':
        watch.held++
        this.#held.push({ watch, event })
        return
      case 'twice':
        send(watch, event)
        return send(watch, event)
      case 'now':
        return send(watch, event)
    }
  }

  #schedule(watch: Watch, { timeoutSeconds, allowWatchBookmarks }: Query): void {
    const lastsMs = timeoutSeconds === undefined ? LONGEST_MS : Number(timeoutSeconds) * 1000
    const disarm = [this.#clock.after(lastsMs, () => watch.stream.end())]
    if (allowWatchBookmarks === 'true') {
      disarm.push(this.#repeat(BOOKMARK_MS, watch))
      if (lastsMs > FAREWELL_MS) disarm.push(this.#clock.after(lastsMs - FAREWELL_MS, () => this.#mark(watch)))
    }
    watch.stream.onEnd = () => {
      this.#open.delete(watch)
      for (const one of disarm) one()
    }
  }

  #repeat(ms: number, watch: Watch): () => void {
    let disarm = () => {}
    const arm = () => {
      disarm = this.#clock.after(ms, () => {
        this.#mark(watch)
        arm()
      })
    }
    arm()
    return () => disarm()
  }

  #mark(watch: Watch): void {
    // None is sent of the version at which a watch began; but no cluster stands still.
    if (this.#storage.version === watch.since) this.#storage.tick()
    if (watch.held === 0) this.#dispatch(watch, bookmark(watch.type, this.#storage.version))
  }
}

function checkOptions({ sendInitialEvents, resourceVersionMatch }: Query): void {
  if (sendInitialEvents === undefined && resourceVersionMatch === undefined) return
  if (sendInitialEvents !== undefined && resourceVersionMatch === 'NotOlderThan') return
  const why = sendInitialEvents
    ? 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    : 'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
  const message = `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${why}`
  const causes = [{ reason: 'FieldValueForbidden', message: why, field: 'resourceVersionMatch' }]
  throw new Refusal(422, 'Invalid', message, { group: 'meta.k8s.io', kind: 'ListOptions', causes })
}

/** Whoever selects is told of what comes to match as of a new object, and of what matches no more as of a deleted one. */
function eventOf(selector: Selector, { verb, object, before, version }: Change): DeliveredEvent | undefined {
  const was = before !== undefined && selector(before)
  const is = verb !== 'DELETED' && selector(object)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object }
  return was ? { type: 'DELETED', object: withVersion(before, version) } : undefined
}

function bookmark(type: ResourceType, version: number, annotations?: Bookmark['metadata']['annotations']) {
  const metadata = { resourceVersion: String(version), ...(annotations && { annotations }) }
  return { type: 'BOOKMARK', object: { apiVersion: apiVersionOf(type), kind: type.kind, metadata } } as const
}

function send({ stream, view }: Watch, { type, object }: DeliveredEvent): void {
  stream.push(JSON.stringify({ type, object: view(object as ApiObject) }))
}

function sendError({ stream }: Watch, { status }: Refusal): void {
  const object = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...status }
  stream.push(JSON.stringify({ type: 'ERROR', object }))
}
