// The API server as an administrator asks it, without kubectl, which alone needs a tenth of a second of a core each time.
import { API_VERSION, APPLICATION_PLURAL, TENANT_PLURAL } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { systemClock } from '../../src/clock.ts'
import { isFailure } from '../../src/errors.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'
import { createTransport } from '../../src/kube/transport.ts'
import type { Method, RequestOptions, Transport } from '../../src/kube/transport.ts'
import type { SecretData } from './workload.ts'

const MERGE = 'application/merge-patch+json'
/** Patches that are under way at the same time. */
const AT_ONCE = 20

/** A Secret as it is told, as far as tests look at it. */
export type WireSecret = {
  readonly metadata: { readonly name: string; readonly uid: string; readonly creationTimestamp: string }
  readonly data?: Readonly<Record<string, string>>
}

/** Where the resources of a namespace are. */
export type Paths = { readonly tenants: string; readonly applications: string; readonly secrets: string }

/** The paths of what lies in this namespace. */
export function pathsIn(namespace: string): Paths {
  const custom = `/apis/${API_VERSION}/namespaces/${namespace}`
  return {
    tenants: `${custom}/${TENANT_PLURAL}`,
    applications: `${custom}/${APPLICATION_PLURAL}`,
    secrets: `/api/v1/namespaces/${namespace}/secrets`,
  }
}

/** All failures are as src/kube/failures.ts says. */
export class ApiServer {
  readonly #transport: Transport

  /** Opens no connection until the first request. */
  constructor(kubeconfig: string) {
    this.#transport = createTransport({
      kubeconfig: loadKubeconfig({ path: kubeconfig, context: undefined }),
      userAgent: 'rai-operator/test',
      clock: systemClock,
      metrics: { requested: () => {}, staleReadSkipped: () => {} },
    })
  }

  /** What is at this path; `undefined` where there is nothing. */
  async get<T>(path: string): Promise<T | undefined> {
    try {
      return (await this.#request('GET', path)) as T
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  /** All that is at this path, of a kind that exists. */
  async list<T>(path: string, labelSelector?: string): Promise<readonly T[]> {
    const { items } = (await this.#request('GET', path, { query: { labelSelector } })) as { readonly items: T[] | null }
    return items ?? []
  }

  async create(path: string, body: object): Promise<void> {
    await this.#request('POST', path, { body })
  }

  /** Patches what is at this path; `null` takes away. */
  async merge(path: string, body: object): Promise<void> {
    await this.#request('PATCH', path, { body, contentType: MERGE })
  }

  async remove(path: string): Promise<void> {
    await this.#request('DELETE', path)
  }

  /** One line for each event, from the state of now on. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<string, void, void> {
    return this.#transport.lines(path, { watch: 'true' }, signal)
  }

  /** Takes the finalizers off all tenants and applications of a namespace. */
  async release(namespace: string): Promise<void> {
    const { tenants, applications } = pathsIn(namespace)
    const found = await Promise.all(
      [tenants, applications].map(async (path) => {
        const resources = await this.list<RaiTenant | RaiTenantApplication>(path)
        return resources
          .filter(({ metadata }) => metadata.finalizers?.length)
          .map((one) => `${path}/${one.metadata.name}`)
      }),
    )
    const held = found.flat()
    const lane = async () => {
      for (let path = held.pop(); path !== undefined; path = held.pop()) await this.#let(path)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }

  async #let(path: string): Promise<void> {
    try {
      await this.merge(path, { metadata: { finalizers: null } })
    } catch (error) {
      if (!isFailure(error, 'KubeNotFound')) throw error
    }
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#transport.close()
  }

  #request(method: Method, path: string, options: RequestOptions = {}): Promise<unknown> {
    return this.#transport.request(method, path, options, new AbortController().signal)
  }
}

/** The data of a Secret as its readers see them. */
export function plainValues(data: Readonly<Record<string, string>> = {}): SecretData {
  const decode = (value: string) => Buffer.from(value, 'base64').toString()
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]))
}
