// The tenants and applications of a soak as their administrator sees and changes them, past the faults.
import { setTimeout as sleep } from 'node:timers/promises'
import { RECORD_LABELS, REQUEST_ANNOTATIONS } from '../../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../../src/api/types.ts'
import { pathsIn, plainValues } from '../../stack/api-server.ts'
import type { WireSecret } from '../../stack/api-server.ts'
import { application, isReady, tenant } from '../../stack/stack.ts'
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

export class Fleet {
  readonly #stack: Stack

  constructor(stack: Stack) {
    this.#stack = stack
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
    await this.#stack.server.create(this.#stack.paths.applications, manifest(name, { auth, scopes }))
  }

  async createTenant(name: string): Promise<void> {
    await this.#stack.server.create(this.#stack.paths.tenants, tenant(name))
  }

  application(name: string): Promise<RaiTenantApplication | undefined> {
    return this.#stack.application(name)
  }

  tenant(name: string): Promise<RaiTenant | undefined> {
    return this.#stack.tenant(name)
  }

  applications(): Promise<readonly RaiTenantApplication[]> {
    return this.#stack.applications()
  }

  tenants(): Promise<readonly RaiTenant[]> {
    return this.#stack.server.list(this.#stack.paths.tenants)
  }

  async patch(name: string, body: object): Promise<void> {
    await this.#stack.server.merge(`${this.#stack.paths.applications}/${name}`, body)
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
    await this.#stack.server.remove(`${this.#stack.paths.applications}/${name}`)
    await this.until(`${name} is gone`, async () => !(await this.application(name)))
  }

  async removeTenant(name: string): Promise<void> {
    await this.#stack.server.remove(`${this.#stack.paths.tenants}/${name}`)
    await this.until(`tenant ${name} is gone`, async () => !(await this.tenant(name)))
  }

  async secret(name: string): Promise<{ readonly uid: string; readonly data: SecretData } | undefined> {
    const found = await this.#stack.server.get<WireSecret>(`${this.#stack.paths.secrets}/${name}`)
    return found && { uid: found.metadata.uid, data: plainValues(found.data) }
  }

  secrets(): Promise<ReadonlyMap<string, SecretData>> {
    return this.#stack.secrets()
  }

  async removeSecret(name: string): Promise<void> {
    await this.#stack.server.remove(`${this.#stack.paths.secrets}/${name}`)
  }

  async alterSecret(name: string, stringData: Readonly<Record<string, string>>): Promise<void> {
    await this.#stack.server.merge(`${this.#stack.paths.secrets}/${name}`, { stringData })
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
    return this.#stack.server.list<WireSecret>(pathsIn(this.#stack.operatorNamespace).secrets, labelSelector)
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
