// Every state of the resources of some namespaces, as a watch tells them: what was only there for a moment, too.
import { API_VERSION, APPLICATION_PLURAL, TENANT_PLURAL } from '../../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../../src/api/types.ts'
import type { Transport } from '../../../src/kube/transport.ts'

export type Kind = 'tenant' | 'application'
export type Resource = RaiTenant | RaiTenantApplication

export const PLURALS: Readonly<Record<Kind, string>> = { tenant: TENANT_PLURAL, application: APPLICATION_PLURAL }

export type Key = { readonly kind: Kind; readonly namespace: string; readonly name: string }

/** One event: the resource as it was then, or, when it has gone, as it was last. */
export type Seen = { readonly gone: boolean; readonly resource: Resource }

export class History {
  readonly #seen = new Map<string, Seen[]>()
  readonly #waiting = new Set<() => void>()
  readonly #stop = new AbortController()

  /** Follows both kinds in a namespace until {@link close}. */
  follow(transport: Transport, namespace: string): void {
    for (const kind of ['tenant', 'application'] as const) {
      void this.#follow(transport, kind, namespace).catch((error: unknown) => this.#stop.abort(error))
    }
  }

  async #follow(transport: Transport, kind: Kind, namespace: string): Promise<void> {
    const path = `/apis/${API_VERSION}/namespaces/${namespace}/${PLURALS[kind]}`
    for await (const line of transport.lines(path, { watch: 'true' }, this.#stop.signal)) {
      const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Resource }
      const key = textOf({ kind, namespace, name: object.metadata.name })
      const seen = this.#seen.get(key) ?? []
      this.#seen.set(key, [...seen, { gone: type === 'DELETED', resource: object }])
      for (const wake of this.#waiting) wake()
    }
    throw new Error(`the watch of ${PLURALS[kind]} in ${namespace} has ended`)
  }

  /** What was seen of a resource, and of others that had its name before, oldest first. */
  of(key: Key): readonly Seen[] {
    return this.#seen.get(textOf(key)) ?? []
  }

  /** Resolves once the newest state of a resource is as wanted; fails with `otherwise()` when that takes too long. */
  until(key: Key, isSo: (seen: Seen) => boolean, withinMs: number, otherwise: () => string): Promise<Resource> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        settle()
      }
      const look = () => {
        const newest = this.of(key).at(-1)
        if (newest && isSo(newest)) end(() => resolve(newest.resource))
      }
      const timer = setTimeout(() => end(() => reject(new Error(otherwise()))), withinMs)
      this.#stop.signal.addEventListener('abort', () => end(() => reject(this.#stop.signal.reason as Error)))
      this.#waiting.add(look)
      look()
    })
  }

  close(): void {
    this.#stop.abort(new Error('the history is over'))
  }
}

function textOf({ kind, namespace, name }: Key): string {
  return `${kind} ${namespace}/${name}`
}
