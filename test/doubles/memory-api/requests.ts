// Finds out what a request is about and who answers it.
import type { Method, Query, RequestOptions } from '../../../src/kube/transport.ts'
import type { Lists } from './lists.ts'
import type { ApiObject } from './objects.ts'
import type { Target } from './paths.ts'
import { targetOf } from './paths.ts'
import { noSuchPath, notFound, Refusal } from './refusals.ts'
import { DEFINITIONS, resourceName } from './resource-types.ts'
import type { Storage } from './storage.ts'
import type { Stream } from './stream.ts'
import type { Backend } from './transport.ts'
import { viewOf } from './views.ts'
import type { Watches } from './watches.ts'
import type { ObjectTarget, Writes } from './writes.ts'

export type RequestsOptions = {
  readonly storage: Storage
  readonly lists: Lists
  readonly watches: Watches
  readonly writes: Writes
  /** Called after every write, before it is answered. */
  readonly onWrite: () => void
}

export class Requests implements Backend {
  readonly #options: RequestsOptions

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  answer(method: Method, path: string, options: RequestOptions): object {
    const target = this.#served(path)
    const { query = {}, accept } = options
    if (isOfObject(target)) return this.#answerAbout(target, method, options)
    if (method === 'GET') return this.#options.lists.list(target, query, accept)
    if (method !== 'POST') throw notAllowed()
    const created = this.#wrote(this.#options.writes.create(target, options.body, isDry(query)))
    return viewOf(accept)(created)
  }

  watch(path: string, query: Query, accept: string | undefined): Stream {
    const target = this.#served(path)
    if (isOfObject(target)) throw notAllowed()
    return this.#options.watches.open(path, target, query, accept)
  }

  #answerAbout(
    target: ObjectTarget,
    method: Method,
    { query = {}, body, contentType, accept }: RequestOptions,
  ): object {
    const { writes } = this.#options
    // A form that cannot be had is noticed when all is done.
    const view = (object: ApiObject) => viewOf(accept)(object)
    const dryRun = isDry(query)
    switch (method) {
      case 'GET':
        return view(this.#read(target))
      case 'PUT':
        return view(this.#wrote(writes.replace(target, body, dryRun)))
      case 'PATCH':
        return view(this.#wrote(writes.patch(target, body, contentType, dryRun)))
      case 'DELETE':
        return this.#wrote(writes.delete(target, body, dryRun))
      case 'POST':
        throw notAllowed()
    }
  }

  #read({ type, namespace, name }: ObjectTarget): ApiObject {
    const object = this.#options.storage.get(type, namespace, name)
    if (!object) throw notFound(type, name)
    return object
  }

  /** Custom kinds come and go with their definitions. */
  #served(path: string): Target {
    const target = targetOf(path)
    if (!target) throw noSuchPath()
    const { type } = target
    const isServed = !type.schema || this.#options.storage.get(DEFINITIONS, undefined, resourceName(type))
    if (!isServed) throw noSuchPath()
    return target
  }

  #wrote<T>(answer: T): T {
    this.#options.onWrite()
    return answer
  }
}

function isOfObject(target: Target): target is ObjectTarget {
  return target.name !== undefined
}

function isDry({ dryRun }: Query): boolean {
  return dryRun === 'All'
}

function notAllowed(): Refusal {
  return new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
}
