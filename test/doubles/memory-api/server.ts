// A Kubernetes API server in memory, for tests: synchronous, on an injected clock, and with ways to let it misbehave.
import type { Clock } from '../../../src/clock.ts'
import type { Transport } from '../../../src/kube/transport.ts'
import { CRDS } from '../../api/schemas.ts'
import { Controllers } from './controllers.ts'
import { Lists } from './lists.ts'
import type { ApiObject, ObjectOf } from './objects.ts'
import { copyOf } from './objects.ts'
import type { Reference } from './paths.ts'
import { pathOf, referenceOf, typeOfKind } from './paths.ts'
import { Refusal } from './refusals.ts'
import { Requests } from './requests.ts'
import type { ResourceType } from './resource-types.ts'
import { apiVersionOf, DEFINITIONS, RESOURCE_TYPES, resourceName } from './resource-types.ts'
import type { Change, Snapshot } from './storage.ts'
import { Storage } from './storage.ts'
import { Disconnected, MemoryTransport } from './transport.ts'
import type { DeliverPolicy } from './watches.ts'
import { Watches } from './watches.ts'
import { Writes } from './writes.ts'

export type MemoryApiServerOptions = {
  readonly clock: Clock
  /** For every new object; counted by default. */
  readonly uid?: () => string
}

/** An object as people write it. */
export type Manifest = {
  readonly apiVersion?: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

/** Learns of a change at the moment at which it happens. */
export type ChangeObserver = (change: Change) => void

/** What is known of the object that is named so. */
export type Referred<R extends string> = R extends `${infer Kind}/${string}` ? ObjectOf<Kind> : ApiObject

/**
 * Holds to test/e2e/api-server, whose rows the real one holds to as well. Objects are named by `Kind/namespace/name`,
 * `Kind/name` where the kind has no namespaces, or their path. What people do is done at once and past any policy; it fails
 * with the failures that a client would see.
 */
export class MemoryApiServer {
  /**
   * Whether namespaces and definitions that are being deleted take what is in them along at once. Else they wait, as for
   * a slow controller, until {@link sweep}.
   */
  sweeps = true
  readonly #observers: ChangeObserver[] = []
  readonly #storage: Storage
  readonly #lists: Lists
  readonly #watches: Watches
  readonly #writes: Writes
  readonly #controllers: Controllers
  readonly #requests: Requests

  constructor({ clock, uid = countedUids() }: MemoryApiServerOptions) {
    const storage = new Storage((type, change) => this.#changed(type, change))
    const lists = new Lists(storage)
    const watches = new Watches({ storage, lists, clock })
    const writes = new Writes({ storage, clock, uid })
    this.#storage = storage
    this.#lists = lists
    this.#watches = watches
    this.#writes = writes
    this.#controllers = new Controllers(storage, writes)
    this.#requests = new Requests({ storage, lists, watches, writes, onWrite: () => this.#settle() })
    for (const crd of CRDS) this.create(definitionOf(crd))
    for (const name of ['default', 'kube-system']) this.create({ kind: 'Namespace', metadata: { name } })
  }

  /** A new client. */
  transport(): Transport {
    return new MemoryTransport(this.#requests)
  }

  /**
   * Decides on every event of every watch, bookmarks among them, but not on those that stand for a list. `hold` keeps it
   * until {@link releaseHeld}; while a watch has such events, it has no bookmarks.
   */
  get deliver(): DeliverPolicy {
    return this.#watches.deliver
  }

  set deliver(policy: DeliverPolicy) {
    this.#watches.deliver = policy
  }

  /** Sends what was held to those watches that are still open. */
  releaseHeld(order: 'fifo' | 'reversed' = 'fifo'): void {
    this.#watches.releaseHeld(order)
  }

  /** All watches end with a 410; older versions and lists that have been begun are 410 from now on. */
  expire(): void {
    this.#lists.expire()
    this.#watches.expire()
  }

  /** All watches end well, as by their time limit. */
  endWatches(): void {
    this.#watches.end()
  }

  /** All watches lose their connection. */
  cutWatches(): void {
    this.#watches.end({ failure: new Disconnected() })
  }

  /** All there is now. */
  snapshot(): Snapshot {
    return this.#storage.snapshot()
  }

  /**
   * The next list, or the next watch that begins with one, shows that state, as a server does whose cache lags behind.
   * With `plural` (`raitenants`) it is the next one of that kind.
   */
  serveNextListFrom(snapshot: Snapshot, plural?: string): void {
    this.#lists.serveNextFrom(snapshot, plural)
  }

  /** Goes back to that state and its version, as after a restored backup. All watches lose their connection. */
  restore(snapshot: Snapshot): void {
    this.#storage.restore(snapshot)
    this.#lists.expire()
    this.#watches.forget()
    this.cutWatches()
  }

  /** Creates it as `kubectl create` does; a version that it carries is overlooked. */
  create<M extends Manifest>(manifest: M): ObjectOf<M['kind']> {
    const { resourceVersion: _, ...metadata } = manifest.metadata
    const reference = referenceTo(manifest)
    const body = copyOf({ apiVersion: apiVersionOf(reference.type), ...manifest, metadata })
    const target = { ...reference, subresource: undefined }
    return this.#act('POST', reference, () => this.#writes.create(target, body, false)) as ObjectOf<M['kind']>
  }

  /** Merges it into what is there, as `kubectl apply` does; `null` removes a field. The status stays as it is. */
  update<M extends Manifest>(manifest: M): ObjectOf<M['kind']> {
    const { apiVersion: _, kind: __, status: ___, metadata, ...content } = manifest
    const { labels, annotations, finalizers, ownerReferences } = metadata
    const patch = copyOf({ ...content, metadata: { labels, annotations, finalizers, ownerReferences } })
    return this.#patch(referenceTo(manifest), patch, undefined) as ObjectOf<M['kind']>
  }

  /** Merges this into the status, past whoever owns it. */
  updateStatus<R extends string>(reference: R, status: object): Referred<R> {
    return this.#patch(referenceOf(reference), copyOf({ status }), 'status') as Referred<R>
  }

  /** Deletes it as `kubectl delete --wait=false` does. */
  delete(reference: string): void {
    const target = { ...referenceOf(reference), subresource: undefined }
    this.#act('DELETE', target, () => this.#writes.delete(target, undefined, false))
  }

  get<R extends string>(reference: R): Referred<R> | undefined {
    const { type, namespace, name } = referenceOf(reference)
    const found = this.#storage.get(type, namespace, name)
    return found && (copyOf(found) as Referred<R>)
  }

  /** All of a kind, or those in one namespace, by name. */
  all<Kind extends string>(kind: Kind, namespace?: string): ObjectOf<Kind>[] {
    const found = this.#lists.now(typeOfKind(kind))
    const wanted = found.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    return wanted.map((object) => copyOf(object) as ObjectOf<Kind>)
  }

  /** Those of a kind as they are stored, in no order: for those who look often. Not to be changed. */
  stored<Kind extends string>(kind: Kind): Iterable<ObjectOf<Kind>> {
    return this.#storage.all(typeOfKind(kind)) as Iterable<ObjectOf<Kind>>
  }

  /** Tells of every change as it happens, whoever made it. What it is given is not to be changed. */
  observe(observer: ChangeObserver): void {
    this.#observers.push(observer)
  }

  /** The newest version of all. */
  get version(): number {
    return this.#storage.version
  }

  /** Deletes what has owners none of which is there any more. Never happens by itself. */
  collectGarbage(): void {
    this.#controllers.collectGarbage()
    this.#settle()
  }

  /** Takes along what is in namespaces and of definitions that are being deleted, and removes those that are empty. */
  sweep(): void {
    this.#controllers.sweep()
  }

  #patch(reference: Reference, patch: object, subresource: string | undefined): ApiObject {
    const target = { ...reference, subresource }
    return this.#act('PATCH', reference, () =>
      this.#writes.patch(target, patch, 'application/merge-patch+json', false),
    ) as ApiObject
  }

  #act(method: string, reference: Reference, act: () => object): object {
    try {
      const answer = copyOf(act())
      this.#settle()
      return answer
    } catch (error) {
      throw error instanceof Refusal ? error.asFailure(method, pathOf(reference)) : error
    }
  }

  #settle(): void {
    if (this.sweeps) this.#controllers.sweep()
  }

  #changed(type: ResourceType, change: Change): void {
    for (const observer of this.#observers) observer(change)
    this.#watches.changed(type, change)
    if (type !== DEFINITIONS || change.verb !== 'DELETED') return
    const defined = RESOURCE_TYPES.find((one) => resourceName(one) === change.object.metadata.name)
    if (defined) this.#watches.end({ type: defined })
  }
}

function referenceTo({ kind, metadata }: Manifest): Reference {
  const { namespace, name } = metadata
  return referenceOf([kind, ...(namespace === undefined ? [] : [namespace]), name].join('/'))
}

function definitionOf({ metadata, spec }: (typeof CRDS)[number]): Manifest {
  const { group, names, scope } = spec
  return { kind: DEFINITIONS.kind, metadata: { name: metadata.name }, spec: { group, names, scope } }
}

function countedUids(): () => string {
  let uids = 0
  return () => `00000000-0000-4000-8000-${(++uids).toString(16).padStart(12, '0')}`
}
