// Every state that the resources of a stack come to, however short, and whether those who wait for them agree on what it means.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { contradiction, healthOf, kstatusOf } from '../gitops/judges.ts'
import { pathsIn } from './api-server.ts'
import type { ApiServer } from './api-server.ts'

type Resource = RaiTenant | RaiTenantApplication
type WatchEvent = { readonly type: string; readonly object: Resource }

/** Before a watch that has ended begins again: the server is away then, or the kind is. */
const PAUSE_MS = 500

export class States {
  readonly #server: ApiServer
  /** One resource for each state. */
  readonly #seen = new Map<string, Resource>()
  readonly #stop = new AbortController()
  readonly #following: Promise<unknown>

  /** Follows both kinds in these namespaces until {@link close}. */
  constructor(server: ApiServer, namespaces: readonly string[]) {
    this.#server = server
    const paths = namespaces.flatMap((namespace) => {
      const { tenants, applications } = pathsIn(namespace)
      return [tenants, applications]
    })
    this.#following = Promise.all(paths.map((path) => this.#follow(path)))
  }

  async #follow(path: string): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        for await (const line of this.#server.watch(path, signal)) {
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
