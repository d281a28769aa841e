// Lists, whole or in pages: all pages of a list show one moment.
import type { Query } from '../../../src/kube/transport.ts'
import type { ApiObject } from './objects.ts'
import { keyOf } from './objects.ts'
import type { Target } from './paths.ts'
import { badRequest, expired, Refusal } from './refusals.ts'
import type { ResourceType } from './resource-types.ts'
import type { Selector } from './selectors.ts'
import { labelsIn, selectorOf } from './selectors.ts'
import type { Snapshot, Storage } from './storage.ts'
import { listOf } from './views.ts'

/** What a list has not handed out yet. */
type Rest = { readonly items: readonly ApiObject[]; readonly version: number }

/** A snapshot that stands in for the present, once. */
type StandIn = { readonly snapshot: Snapshot; readonly plural: string | undefined }

export class Lists {
  readonly #storage: Storage
  readonly #rests = new Map<string, Rest>()
  #tokens = 0
  #standIns: StandIn[] = []

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Throws a {@link Refusal}. */
  list({ type, namespace }: Target, query: Query, accept: string | undefined): object {
    const { labelSelector, fieldSelector } = query
    const selector = selectorOf(type, { labelSelector, fieldSelector })
    const few = this.#few(type, query, selectorOf(type, { namespace, labelSelector, fieldSelector }))
    if (few) return listOf(type, few, { resourceVersion: String(this.#storage.version) }, accept)
    const { items, version } = query['continue'] ? this.#restOf(query['continue']) : this.#begin(type, namespace, query)
    const page: ApiObject[] = []
    let looked = 0
    for (const limit = limitIn(query); looked < items.length && page.length < limit; looked++) {
      if (selector(items[looked]!)) page.push(items[looked]!)
    }
    // Whether any of those is selected nobody knows yet: the last page may be empty.
    const rest = items.slice(looked)
    const isCounted = rest.length > 0 && !labelSelector && !fieldSelector
    const metadata = {
      resourceVersion: String(version),
      ...(rest.length > 0 && { continue: this.#keep({ items: rest, version }) }),
      ...(isCounted && { remainingItemCount: rest.length }),
    }
    return listOf(type, page, metadata, accept)
  }

  /** All of these that a list or a watch that begins with one is to show, and at which version. */
  present(type: ResourceType, isWanted: Selector): { readonly items: ApiObject[]; readonly version: number } {
    const index = this.#standIns.findIndex(({ plural }) => plural === undefined || plural === type.plural)
    const [standIn] = index < 0 ? [] : this.#standIns.splice(index, 1)
    const objects = standIn ? standIn.snapshot.objects.get(type)! : this.#storage.all(type)
    const items = sorted(Array.from(objects).filter(isWanted))
    return { items, version: standIn?.snapshot.version ?? this.#storage.version }
  }

  /** All there is, past any stand-in. */
  now(type: ResourceType): ApiObject[] {
    return sorted(this.#storage.all(type))
  }

  /** The next list, of this plural where one is given, shows that state. */
  serveNextFrom(snapshot: Snapshot, plural: string | undefined): void {
    this.#standIns.push({ snapshot, plural })
  }

  /** Lists that have been begun cannot be continued. */
  expire(): void {
    this.#rests.clear()
  }

  /** Where labels leave less than a page: the same as looking at all there is, in a fraction of the time. */
  #few(type: ResourceType, query: Query, isWanted: Selector): ApiObject[] | undefined {
    const labels = labelsIn(query.labelSelector)
    if (labels.length === 0 || query['continue'] || this.#standIns.length > 0) return undefined
    checkVersion(query, this.#storage.version)
    const found = this.#storage.labelled(type, labels).filter(isWanted)
    return found.length < limitIn(query) ? sorted(found) : undefined
  }

  #begin(type: ResourceType, namespace: string | undefined, query: Query): Rest {
    checkVersion(query, this.#storage.version)
    return this.present(type, ({ metadata }) => (namespace ?? metadata.namespace) === metadata.namespace)
  }

  #keep(rest: Rest): string {
    const token = Buffer.from(JSON.stringify({ token: ++this.#tokens })).toString('base64')
    this.#rests.set(token, rest)
    return token
  }

  #restOf(token: string): Rest {
    const rest = this.#rests.get(token)
    if (rest) return rest
    if (!Buffer.from(token, 'base64').toString().startsWith('{"token":')) throw badRequest('invalid continue token')
    throw expired('The provided continue parameter is too old to display a consistent list result.')
  }
}

function limitIn({ limit }: Query): number {
  if (limit === undefined || limit === '0') return Infinity
  if (!/^\d+$/.test(limit)) throw badRequest(`strconv.ParseInt: parsing "${limit}": invalid syntax`)
  return Number(limit)
}

function checkVersion({ resourceVersion = '', resourceVersionMatch }: Query, newest: number): void {
  if (resourceVersionMatch === 'Exact') throw new Error('the API server in memory lists no exact versions')
  if (Number(resourceVersion) <= newest) return
  const message = `Timeout: Too large resource version: ${resourceVersion}, current: ${newest}`
  throw new Refusal(504, 'Timeout', message, { retryAfterSeconds: 1 })
}

function sorted(objects: Iterable<ApiObject>): ApiObject[] {
  const keyed = Array.from(
    objects,
    (object) => [keyOf(object.metadata.namespace, object.metadata.name), object] as const,
  )
  return keyed.sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, object]) => object)
}
