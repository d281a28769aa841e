// Labels of namespaces, which are followed once somebody needs them and not before.
import { isDeepStrictEqual } from 'node:util'
import { unlessAborted } from '../abort.ts'
import type { NamespaceView } from '../controllers/ports.ts'
import type { NamespaceLabels } from '../domain/grants.ts'
import type { KubeMetrics } from './metrics.ts'
import { Reflector } from './reflector.ts'
import type { ReflectorOptions, ReflectorState } from './reflector.ts'
import { Store } from './store.ts'
import type { Stored } from './store.ts'
import type { WireObject } from './wire.ts'

const PATH = '/api/v1/namespaces'

type Namespace = Stored & { readonly labels: Readonly<Record<string, string>> }

export type NamespacesOptions = Pick<ReflectorOptions<Namespace>, 'transport' | 'clock' | 'random' | 'logger'> & {
  readonly metrics: KubeMetrics
}

/** Reading namespaces is a permission that an operator may do without: it is asked for as long as it is missing. */
export class Namespaces implements NamespaceView {
  readonly #store: Store<Namespace>
  readonly #reflector: Reflector<Namespace>
  readonly #needed = Promise.withResolvers<void>()
  readonly #handlers: ((name: string | undefined) => void)[] = []
  #isFollowed = false
  #isForbidden = false

  constructor({ metrics, ...options }: NamespacesOptions) {
    this.#store = new Store(metrics, options.logger)
    this.#reflector = new Reflector({
      ...options,
      name: 'namespaces',
      path: PATH,
      namespace: undefined,
      labelSelector: undefined,
      metadataOnly: true,
      project: namespaceOf,
      store: this.#store,
      onTrouble: (code) => this.#troubled(code),
    })
    this.#store.onChange((_key, before, after) => {
      // A first list is one change of all.
      if (!this.#isReadable || isDeepStrictEqual(before?.labels, after?.labels)) return
      this.#tell((after ?? before)!.metadata.name)
    })
    void this.#reflector.synced.then(() => this.#tell(undefined))
  }

  labelsOf(namespace: string): NamespaceLabels {
    if (this.#isForbidden) return 'unreadable'
    // One that is not seen yet is new, since something is in it.
    return (this.#isReadable && this.#store.get(`/${namespace}`)?.labels) || 'unread'
  }

  /** Told which namespace's labels have changed, or with `undefined` that all labels can be read now, or none any more. */
  onChange(handler: (name: string | undefined) => void): void {
    this.#handlers.push(handler)
  }

  /** Somebody needs them: from now on they are followed. May be called again. */
  follow(): void {
    this.#isFollowed = true
    this.#needed.resolve()
  }

  /** Runs until `signal` aborts, at rest until {@link follow}. */
  async run(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#needed.promise, signal)
    await this.#reflector.run(signal)
  }

  /** For probes; none before they are needed. */
  get states(): readonly ReflectorState[] {
    return this.#isFollowed ? [this.#reflector.state] : []
  }

  get #isReadable(): boolean {
    return this.#reflector.state.synced && !this.#isForbidden
  }

  #troubled(code: string | undefined): void {
    const isForbidden = code === 'KubeForbidden'
    if (isForbidden === this.#isForbidden) return
    this.#isForbidden = isForbidden
    this.#tell(undefined)
  }

  #tell(name: string | undefined): void {
    for (const handler of this.#handlers) handler(name)
  }
}

function namespaceOf({ metadata }: WireObject): Namespace {
  const { name, uid, resourceVersion, labels = {} } = metadata
  return { metadata: { name, namespace: '', uid, resourceVersion }, labels }
}
