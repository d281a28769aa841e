// The tenants and applications of a soak as their administrator sees and changes them, past the faults.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  API_VERSION,
  APPLICATION_PLURAL,
  RECORD_LABELS,
  REQUEST_ANNOTATIONS,
  TENANT_PLURAL,
} from '../../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../../src/api/types.ts'
import { systemClock } from '../../../src/clock.ts'
import { isFailure } from '../../../src/errors.ts'
import { loadKubeconfig } from '../../../src/kube/kubeconfig.ts'
import { createTransport } from '../../../src/kube/transport.ts'
import type { Method, RequestOptions, Transport } from '../../../src/kube/transport.ts'
import { application, isReady, plainValues, tenant } from '../../stack/stack.ts'
import type { Stack } from '../../stack/stack.ts'
import type { SecretData } from '../../stack/workload.ts'

export const TENANTS: readonly string[] = Array.from({ length: 10 }, (_, index) => `t${index}`)
const APPLICATIONS = 10
const TYPES = ['EC', 'ClientSecret'] as const
/** A tenant without applications, that may come and go. */
export const SPARE = 'spare'
/** An application with a client secret, of which a lost answer leaves a suspect. */
export const UNPROVABLE = 't0-9'

const POLL_MS = 500
/** A lost answer is waited for, a black hole noticed, a refused credential tried for a while. */
const PATIENCE_MS = 400_000
const MERGE = 'application/merge-patch+json'

type WireSecret = {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly data?: Readonly<Record<string, string>>
}

export class Fleet {
  readonly #transport: Transport
  readonly #stack: Stack
  readonly #custom: string
  readonly #secrets: string

  constructor(stack: Stack) {
    this.#stack = stack
    this.#custom = `/apis/${API_VERSION}/namespaces/${stack.namespace}`
    this.#secrets = `/api/v1/namespaces/${stack.namespace}/secrets`
    this.#transport = createTransport({
      kubeconfig: loadKubeconfig({ path: stack.cluster.kubeconfig, context: undefined }),
      userAgent: 'soak',
      clock: systemClock,
      metrics: { requested: () => {}, staleReadSkipped: () => {} },
    })
  }

  /** Makes all of it. */
  async apply(): Promise<void> {
    // One tenant admits by labels, so that namespaces are followed, too.
    const [first, ...others] = TENANTS
    const open = tenant(first!, { allowedNamespaces: { from: 'Selector', selector: {} } })
    await this.#stack.apply(open, ...[...others, SPARE].map((name) => tenant(name)))
    for (const name of TENANTS) {
      const names = Array.from({ length: APPLICATIONS }, (_, index) => `${name}-${index}`)
      await this.#stack.apply(
        ...names.map((one, index) => manifest(one, { auth: { type: TYPES[index % TYPES.length]! } })),
      )
    }
  }

  /** Makes an application again, as it was asked for before. */
  async recreate({ metadata: { name }, spec: { auth, scopes } }: RaiTenantApplication): Promise<void> {
    await this.#request('POST', `${this.#custom}/${APPLICATION_PLURAL}`, { body: manifest(name, { auth, scopes }) })
  }

  async createTenant(name: string): Promise<void> {
    await this.#request('POST', `${this.#custom}/${TENANT_PLURAL}`, { body: tenant(name) })
  }

  application(name: string): Promise<RaiTenantApplication | undefined> {
    return this.#get(`${this.#custom}/${APPLICATION_PLURAL}/${name}`)
  }

  tenant(name: string): Promise<RaiTenant | undefined> {
    return this.#get(`${this.#custom}/${TENANT_PLURAL}/${name}`)
  }

  applications(): Promise<readonly RaiTenantApplication[]> {
    return this.#list(`${this.#custom}/${APPLICATION_PLURAL}`)
  }

  tenants(): Promise<readonly RaiTenant[]> {
    return this.#list(`${this.#custom}/${TENANT_PLURAL}`)
  }

  async patch(name: string, body: object): Promise<void> {
    await this.#request('PATCH', `${this.#custom}/${APPLICATION_PLURAL}/${name}`, { body, contentType: MERGE })
  }

  /** Sets requests of the operator's on an application, or with `null` takes one off. */
  ask(name: string, requests: Partial<Record<keyof typeof REQUEST_ANNOTATIONS, string | null>>): Promise<void> {
    const named = Object.entries(requests).map(([request, value]) => [
      REQUEST_ANNOTATIONS[request as keyof typeof REQUEST_ANNOTATIONS],
      value,
    ])
    return this.patch(name, { metadata: { annotations: Object.fromEntries(named) as object } })
  }

  /** Deletes an application, and waits until it has gone. */
  async removeApplication(name: string): Promise<void> {
    await this.#request('DELETE', `${this.#custom}/${APPLICATION_PLURAL}/${name}`)
    await this.until(`${name} is gone`, async () => !(await this.application(name)))
  }

  async removeTenant(name: string): Promise<void> {
    await this.#request('DELETE', `${this.#custom}/${TENANT_PLURAL}/${name}`)
    await this.until(`tenant ${name} is gone`, async () => !(await this.tenant(name)))
  }

  async secret(name: string): Promise<{ readonly uid: string; readonly data: SecretData } | undefined> {
    const found = await this.#get<WireSecret>(`${this.#secrets}/${name}`)
    return found && { uid: found.metadata.uid, data: plainValues(found.data) }
  }

  async secrets(): Promise<ReadonlyMap<string, SecretData>> {
    const found = await this.#list<WireSecret>(this.#secrets)
    return new Map(found.map(({ metadata, data }) => [metadata.name, plainValues(data)]))
  }

  async removeSecret(name: string): Promise<void> {
    await this.#request('DELETE', `${this.#secrets}/${name}`)
  }

  async alterSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.#request('PATCH', `${this.#secrets}/${name}`, { body: { stringData }, contentType: MERGE })
  }

  /** How many journals there are in one of these states, or in all. */
  async journals(...states: readonly string[]): Promise<number> {
    return (await this.#journals(states)).length
  }

  /** Whether all journals are older than so long. */
  async areJournalsOlderThan(ms: number): Promise<boolean> {
    const madeAt = (await this.#journals([])).map(({ metadata }) => Date.parse(metadata.creationTimestamp))
    return madeAt.every((at) => Date.now() - at > ms)
  }

  #journals(states: readonly string[]) {
    const record = `${RECORD_LABELS.record}=journal`
    const labelSelector = states.length > 0 ? `${record},${RECORD_LABELS.state} in (${states.join()})` : record
    const path = `/api/v1/namespaces/${this.#stack.operatorNamespace}/secrets`
    return this.#list<{ readonly metadata: { readonly creationTimestamp: string } }>(path, labelSelector)
  }

  /** Waits until an application is as asked for, works, and satisfies `isSo`. */
  ready(name: string, isSo: (resource: RaiTenantApplication) => boolean = () => true): Promise<void> {
    return this.until(`${name} is Ready again`, async () => {
      const resource = await this.application(name)
      return resource !== undefined && isSettled(resource) && isSo(resource)
    })
  }

  async until(what: string, isSo: () => Promise<boolean>, withinMs = PATIENCE_MS): Promise<void> {
    const until = performance.now() + withinMs
    while (!(await isSo())) {
      if (performance.now() > until) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
      await sleep(POLL_MS)
    }
  }

  close(): void {
    this.#transport.close()
  }

  async #get<T>(path: string): Promise<T | undefined> {
    try {
      return (await this.#request('GET', path)) as T
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async #list<T>(path: string, labelSelector?: string): Promise<readonly T[]> {
    return (
      ((await this.#request('GET', path, { query: { labelSelector } })) as { readonly items: T[] | null }).items ?? []
    )
  }

  #request(method: Method, path: string, options: RequestOptions = {}): Promise<unknown> {
    return this.#transport.request(method, path, options, new AbortController().signal)
  }
}

function manifest(name: string, spec: Partial<RaiTenantApplication['spec']>): object {
  return application(name, name.slice(0, name.indexOf('-')), { overlap: '5m', ...spec })
}

/** Whether all is done that was asked for. */
export function isSettled(resource: RaiTenant | RaiTenantApplication): boolean {
  const { metadata, status } = resource
  const isSynced = status.conditions?.some(({ type, status }) => type === 'Synced' && status === 'True') ?? false
  return isSynced && isReady(resource) && status.observedGeneration === metadata.generation
}
