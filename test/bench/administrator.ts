// The API server as the benchmark uses it: makes resources side by side, and sees when each became Ready.
import { collectionPath } from '../../src/kube/kinds.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'
import { createTransport } from '../../src/kube/transport.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/clock.ts'
import { APPLICATION_PLURAL, TENANT_PLURAL } from '../../src/api/names.ts'
import { wasReady } from '../../src/domain/conditions.ts'
import type { Condition } from '../../src/api/types.ts'
import { Failure } from '../../src/errors.ts'

const AT_ONCE = 16
const PLURALS: Readonly<Record<string, string>> = { RaiTenant: TENANT_PLURAL, RaiTenantApplication: APPLICATION_PLURAL }
const LONGEST_WATCH = '7200'

type Manifest = { readonly kind: string; readonly metadata: { readonly name: string } }
type WatchedLine = {
  readonly type: string
  readonly object: {
    readonly kind: string
    readonly metadata: { readonly name: string; readonly generation: number }
    readonly status?: { readonly conditions?: readonly Condition[] }
  }
}

/** One who may do everything, in one namespace. */
export class Administrator {
  readonly #transport: Transport
  readonly #namespace: string
  readonly #closing = new AbortController()
  /** When each resource was first seen Ready, by the monotonic clock of this process. */
  readonly #readyAt = new Map<string, number>()
  /** The reason of each resource that has not been Ready. */
  readonly #reasons = new Map<string, string>()
  #wake = () => {}
  #failure: unknown

  constructor(kubeconfig: string, namespace: string) {
    const metrics = { requested: () => {}, staleReadSkipped: () => {} }
    const config = loadKubeconfig({ path: kubeconfig, context: undefined })
    this.#transport = createTransport({ kubeconfig: config, userAgent: 'bench', clock: systemClock, metrics })
    this.#namespace = namespace
    for (const plural of Object.values(PLURALS)) {
      void this.#follow(plural).catch((error: unknown) => {
        this.#failure = error
        this.#wake()
      })
    }
  }

  /** Returns when it was answered. */
  async create(manifest: object): Promise<number> {
    const { kind } = manifest as Manifest
    const path = collectionPath(PLURALS[kind]!, this.#namespace)
    await this.#transport.request('POST', path, { body: manifest }, this.#closing.signal)
    return performance.now()
  }

  async createAll(manifests: readonly object[]): Promise<void> {
    const left = [...manifests].toReversed()
    const work = async () => {
      for (let next = left.pop(); next; next = left.pop()) await this.create(next)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  /** How many have been Ready. */
  get readyCount(): number {
    return this.#readyAt.size
  }

  /** When the resource became Ready. */
  async readyAt(manifest: object, withinMs: number): Promise<number> {
    const key = keyOf(manifest as Manifest)
    await this.#until(() => this.#readyAt.has(key), withinMs, `${key} is not Ready`)
    return this.#readyAt.get(key)!
  }

  /** When the last of so many became Ready. */
  async allReadyAt(count: number, withinMs: number): Promise<number> {
    await this.#until(() => this.#readyAt.size >= count, withinMs, `not all of ${count} are Ready`)
    return Math.max(...this.#readyAt.values())
  }

  close(): void {
    this.#closing.abort(new Error('closing'))
    this.#transport.close()
  }

  async #until(isSo: () => boolean, withinMs: number, otherwise: string): Promise<void> {
    const late = new AbortController()
    const disarm = systemClock.after(withinMs, () => {
      late.abort()
      this.#wake()
    })
    // The clock's own timers keep no process alive.
    const alive = setInterval(() => {}, 2 ** 30)
    try {
      while (!isSo()) {
        if (this.#failure) throw this.#failure as Error
        if (late.signal.aborted) {
          throw new Failure('BenchFailed', 'stall', `${otherwise} within ${withinMs / 1000} s: ${this.#state()}`)
        }
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      disarm()
      clearInterval(alive)
    }
  }

  #state(): string {
    const [one] = this.#reasons
    const example = one ? `, ${one[0]} says ${one[1]}` : ''
    return `${this.#readyAt.size} are${example}`
  }

  async #follow(plural: string): Promise<void> {
    // One that reads too slowly is let go by the server. A new watch begins with everything that there is.
    while (!this.#closing.signal.aborted) await this.#watch(plural)
  }

  async #watch(plural: string): Promise<void> {
    const query = { watch: 'true', timeoutSeconds: LONGEST_WATCH }
    for await (const line of this.#transport.lines(
      collectionPath(plural, this.#namespace),
      query,
      this.#closing.signal,
    )) {
      const at = performance.now()
      const { type, object } = JSON.parse(line) as WatchedLine
      if (type === 'ERROR') throw new Failure('BenchFailed', 'stall', `the watch of ${plural} broke off`)
      const key = keyOf(object)
      if (this.#readyAt.has(key)) continue
      const conditions = object.status?.conditions ?? []
      if (!wasReady(conditions, object.metadata.generation)) {
        this.#reasons.set(key, conditions.find(({ type: name }) => name === 'Ready')?.reason ?? 'nothing')
        continue
      }
      this.#readyAt.set(key, at)
      this.#reasons.delete(key)
      this.#wake()
    }
  }
}

function keyOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`
}
