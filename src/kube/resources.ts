// Writes to our own kinds: finalizers, status, deletion.
import { isDeepStrictEqual } from 'node:util'
import { FIELD_MANAGER } from '../api/names.ts'
import type { Lister, ResourceWriter } from '../controllers/ports.ts'
import { Failure, isFailure } from '../errors.ts'
import { collectionPath } from './kinds.ts'
import type { Kind, Resource } from './kinds.ts'
import { pagesOf } from './pages.ts'
import { addingFinalizer, removingFinalizer, replacingStatus } from './patches.ts'
import type { PatchOperation } from './patches.ts'
import type { Store } from './store.ts'
import type { Query, Transport } from './transport.ts'
import type { WireObject } from './wire.ts'

const JSON_PATCH = 'application/json-patch+json'
/** How often a finalizer is taken off a resource whose other finalizers change meanwhile. */
const TRIES = 5

export type ResourcesOptions<T extends Resource> = {
  readonly transport: Pick<Transport, 'request'>
  readonly kind: Kind<T>
  readonly store: Store<T>
  /** In which namespaces to list; `undefined`: in all. */
  readonly namespaces: readonly (string | undefined)[]
  /** Of what the operator looks after; `undefined`: of all. */
  readonly labelSelector: string | undefined
}

/** One kind. The store shows at once what the API server answers. */
export class Resources<T extends Resource> implements ResourceWriter<T>, Lister<T> {
  readonly #transport: Pick<Transport, 'request'>
  readonly #kind: Kind<T>
  readonly #store: Store<T>
  readonly #namespaces: readonly (string | undefined)[]
  readonly #labelSelector: string | undefined

  constructor({ transport, kind, store, namespaces, labelSelector }: ResourcesOptions<T>) {
    this.#transport = transport
    this.#kind = kind
    this.#store = store
    this.#namespaces = namespaces
    this.#labelSelector = labelSelector
  }

  // Whatever the selector: what another operator's resource holds is not nobody's.
  async list(signal: AbortSignal): Promise<readonly T[]> {
    return this.#list({}, signal)
  }

  /** Only those that this operator looks after, as they are now. */
  async managed(signal: AbortSignal): Promise<readonly T[]> {
    return this.#list({ labelSelector: this.#labelSelector }, signal)
  }

  async #list(query: Query, signal: AbortSignal): Promise<readonly T[]> {
    const items: T[] = []
    for (const namespace of this.#namespaces) {
      const path = collectionPath(this.#kind.plural, namespace)
      for await (const item of pagesOf(this.#transport, path, { query }, signal)) items.push(this.#kind.project(item))
    }
    return items
  }

  async find(namespace: string, name: string, signal: AbortSignal): Promise<T | undefined> {
    const path = `${collectionPath(this.#kind.plural, namespace)}/${name}`
    try {
      return this.#observe(await this.#transport.request('GET', path, {}, signal))
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async read(resource: T, signal: AbortSignal): Promise<T> {
    const path = this.#path(resource)
    const current = this.#observe(await this.#transport.request('GET', path, {}, signal))
    if (current.metadata.uid === resource.metadata.uid) return current
    throw new Failure('KubeNotFound', 'retry', `GET ${path}: another ${this.#kind.kind} has this name by now`)
  }

  async addFinalizer(resource: T, signal: AbortSignal): Promise<T> {
    const patch = addingFinalizer(resource.metadata)
    return patch ? this.#patch(this.#path(resource), patch, signal) : resource
  }

  async removeFinalizer(resource: T, signal: AbortSignal): Promise<void> {
    let current = resource
    for (let tries = 1; ; tries++) {
      const patch = removingFinalizer(current.metadata)
      if (!patch) return
      try {
        await this.#patch(this.#path(resource), patch, signal)
        return
      } catch (error) {
        if (isFailure(error, 'KubeNotFound')) return
        if (!isFailure(error, 'KubeConflict') || tries === TRIES) throw error
      }
      const found = await this.#find(resource, signal)
      if (!found) return
      current = found
    }
  }

  async patchStatus(resource: T, status: T['status'], signal: AbortSignal): Promise<T> {
    // As it would come back: an `undefined` member is no member.
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(status)), resource.status)) return resource
    return this.#patch(`${this.#path(resource)}/status`, replacingStatus(resource.metadata, status), signal)
  }

  async delete(resource: T, signal: AbortSignal): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: resource.metadata.uid } }
    try {
      const answer = await this.#transport.request('DELETE', this.#path(resource), { body }, signal)
      // Held by finalizers it is answered with what is left of it, else with a Status.
      if ((answer as { kind?: unknown }).kind === this.#kind.kind) this.#observe(answer)
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return
      // Another one may have its name by now: the precondition's answer is the same as that of a write in between.
      if (!isFailure(error, 'KubeConflict') || (await this.#find(resource, signal))) throw error
    }
  }

  async #patch(path: string, body: readonly PatchOperation[], signal: AbortSignal): Promise<T> {
    const options = { query: { fieldManager: FIELD_MANAGER }, body, contentType: JSON_PATCH }
    return this.#observe(await this.#transport.request('PATCH', path, options, signal))
  }

  /** The same resource as it is now, if it still is. */
  async #find(resource: T, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await this.read(resource, signal)
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  #observe(answer: unknown): T {
    const resource = this.#kind.project(answer as WireObject)
    this.#store.observeAnswer(resource)
    return resource
  }

  #path({ metadata }: T): string {
    return `${collectionPath(this.#kind.plural, metadata.namespace)}/${metadata.name}`
  }
}
