// Speaks to an API server for the rows of the contract, in few words.
import * as assert from 'uvu/assert'
import { API_VERSION, APPLICATION_KIND, TENANT_KIND } from '../../../src/api/names.ts'
import { Failure } from '../../../src/errors.ts'
import type { KubeCode } from '../../../src/kube/failures.ts'
import { collectionPath } from '../../../src/kube/kinds.ts'
import type { PatchOperation } from '../../../src/kube/patches.ts'
import type { Method, Query, RequestOptions, Transport } from '../../../src/kube/transport.ts'
import type { ApiObject } from '../../doubles/memory-api/objects.ts'
import { Watch } from './watch.ts'

export type List = {
  readonly kind: string
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly ApiObject[]
}

type Operations = readonly (PatchOperation | { readonly op: string; readonly path: string; readonly value?: unknown })[]

/** What of an API server is not the same for all. */
export type Surroundings = {
  /** A client with all rights. */
  readonly transport: Transport
  /** Resolves as `work` does. On a server whose time stands still it moves on meanwhile. */
  passing<T>(work: Promise<T>): Promise<T>
  /** Asks for garbage to be collected, of a server that does not do so by itself. */
  collectGarbage(): void
}

/** Works in a namespace of its own. */
export class Client {
  readonly namespace: string
  readonly tenants: string
  readonly applications: string
  readonly secrets: string
  readonly leases: string
  readonly events: string
  readonly transport: Transport
  readonly #surroundings: Surroundings
  readonly #stop = new AbortController()

  constructor(surroundings: Surroundings, namespace: string) {
    this.namespace = namespace
    this.#surroundings = surroundings
    this.transport = surroundings.transport
    this.tenants = collectionPath('raitenants', namespace)
    this.applications = collectionPath('raitenantapplications', namespace)
    this.secrets = `/api/v1/namespaces/${namespace}/secrets`
    this.leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
    this.events = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
  }

  get(path: string, accept?: string): Promise<ApiObject> {
    return this.#request('GET', path, accept === undefined ? {} : { accept }) as Promise<ApiObject>
  }

  list(path: string, query: Query = {}, accept?: string): Promise<List> {
    return this.#request('GET', path, { query, ...(accept !== undefined && { accept }) }) as Promise<List>
  }

  create(path: string, body: object, query: Query = {}): Promise<ApiObject> {
    return this.#request('POST', path, { body, query }) as Promise<ApiObject>
  }

  replace(path: string, body: object, query: Query = {}): Promise<ApiObject> {
    return this.#request('PUT', path, { body, query }) as Promise<ApiObject>
  }

  patch(path: string, body: Operations, query: Query = {}): Promise<ApiObject> {
    const contentType = 'application/json-patch+json'
    return this.#request('PATCH', path, { body, query, contentType }) as Promise<ApiObject>
  }

  merge(path: string, body: object, query: Query = {}): Promise<ApiObject> {
    const contentType = 'application/merge-patch+json'
    return this.#request('PATCH', path, { body, query, contentType }) as Promise<ApiObject>
  }

  /** With `options`, those travel in the body. */
  delete(path: string, options?: object, query: Query = {}): Promise<ApiObject> {
    const body = options && { apiVersion: 'v1', kind: 'DeleteOptions', ...options }
    return this.#request('DELETE', path, { query, ...(body && { body }) }) as Promise<ApiObject>
  }

  /** Begins to watch; ends with the row at the latest. */
  watch(path: string, query: Query = {}, accept?: string): Watch {
    const asked = { watch: 'true', ...query }
    const lines = this.transport.lines(path, asked, this.#stop.signal, accept)
    return new Watch(lines, (work) => this.#surroundings.passing(work))
  }

  /** Asks until `isSo`. */
  async until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
    for (;;) {
      this.#surroundings.collectGarbage()
      const answer = await ask()
      if (isSo(answer)) return answer
      await this.#surroundings.passing(new Promise((resolve) => setTimeout(resolve, 20)))
    }
  }

  /** Ends all watches. */
  close(): void {
    this.#stop.abort(new Error('the row is over'))
  }

  #request(method: Method, path: string, options: RequestOptions): Promise<unknown> {
    return this.transport.request(method, path, options, this.#stop.signal)
  }
}

export function tenant(name: string, metadata: object = {}, spec: object = {}): object {
  return { apiVersion: API_VERSION, kind: TENANT_KIND, metadata: { name, ...metadata }, spec }
}

export function application(name: string, spec: object = {}): object {
  const required = { tenantRef: { name: 'acme' }, cell: 'eu-1', scopes: ['documents.submissions.read'] }
  const whole = { ...required, auth: { type: 'EC' }, ...spec }
  return { apiVersion: API_VERSION, kind: APPLICATION_KIND, metadata: { name }, spec: whole }
}

export function secret(name: string, metadata: object = {}, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...metadata }, data: { key: 'eA==' }, ...more }
}

/** Fails unless `work` fails with this code. Returns the failure. */
export async function refused(code: KubeCode, work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => assert.unreachable(`it was no ${code}`),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Failure)) throw error
  assert.is(error.code, code, error.message)
  return error
}

/** Which of the objects a list has. */
export function names({ items }: List): string[] {
  return items.map(({ metadata }) => metadata.name)
}
