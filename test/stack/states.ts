// Every state that the resources of a stack come to, however short, and whether those who wait for them agree on what it means.
import { setTimeout as sleep } from 'node:timers/promises'
import { API_VERSION, APPLICATION_PLURAL, TENANT_PLURAL } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { systemClock } from '../../src/clock.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'
import { createTransport } from '../../src/kube/transport.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { contradiction, healthOf, kstatusOf } from '../gitops/judges.ts'

type Resource = RaiTenant | RaiTenantApplication
type WatchEvent = { readonly type: string; readonly object: Resource }

/** Before a watch that has ended begins again: the server is away then, or the kind is. */
const PAUSE_MS = 500

export class States {
  readonly #transport: Transport
  /** One resource for each state. */
  readonly #seen = new Map<string, Resource>()
  readonly #stop = new AbortController()
  readonly #following: Promise<unknown>

  /** Follows both kinds in these namespaces until {@link close}. */
  constructor(kubeconfig: string, namespaces: readonly string[]) {
    this.#transport = createTransport({
      kubeconfig: loadKubeconfig({ path: kubeconfig, context: undefined }),
      userAgent: 'rai-operator/test',
      clock: systemClock,
      metrics: { requested: () => {}, staleReadSkipped: () => {} },
    })
    const paths = namespaces.flatMap((namespace) =>
      [TENANT_PLURAL, APPLICATION_PLURAL].map((plural) => `/apis/${API_VERSION}/namespaces/${namespace}/${plural}`),
    )
    this.#following = Promise.all(paths.map((path) => this.#follow(path)))
  }

  async #follow(path: string): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        for await (const line of this.#transport.lines(path, { watch: 'true' }, signal)) {
          const { type, object } = JSON.parse(line) as WatchEvent
          if (type !== 'ERROR') this.#seen.set(stateOf(object), object)
        }
      } catch {
        // Some tests take the server away, others the kind.
      }
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#following
    this.#transport.close()
  }

  /** What the verdicts of Argo CD and kstatus on the states so far contradict each other about. */
  async contradictions(): Promise<readonly string[]> {
    const resources = [...this.#seen.values()]
    const [healths, verdicts] = await Promise.all([healthOf(resources), kstatusOf(resources)])
    return resources.flatMap((resource, index) => {
      const found = contradiction(resource, healths[index]!, verdicts[index]!)
      return found === undefined ? [] : `${resource.kind} ${resource.metadata.name}: ${found}`
    })
  }
}

/** All that any verdict depends on. */
function stateOf({ kind, metadata, status }: Resource): string {
  const isGoing = metadata.deletionTimestamp !== undefined
  const isSeen = status.observedGeneration === metadata.generation
  const conditions = (status.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`)
  return JSON.stringify([kind, isGoing, isSeen, conditions])
}
