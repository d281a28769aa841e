// Follows the versions of output Secrets, where the setting watch-secrets asks for that: their metadata alone, never what is in them.
import { APPLICATION_KIND, GROUP, SECRET_ANNOTATIONS } from '../api/names.ts'
import type { ResourceKey } from '../controllers/ports.ts'
import type { SecretVersion } from '../domain/secret.ts'
import type { KubeMetrics } from './metrics.ts'
import { Reflector } from './reflector.ts'
import type { ReflectorOptions, ReflectorState } from './reflector.ts'
import { Store } from './store.ts'
import type { Stored } from './store.ts'
import { compareVersions } from './versions.ts'
import type { WireObject } from './wire.ts'

/** `application`: the name of the resource whose it is, in its namespace. */
type SeenSecret = Stored & { readonly application: string }

export type SecretWatchOptions = Pick<ReflectorOptions<SeenSecret>, 'transport' | 'clock' | 'random' | 'logger'> & {
  readonly metrics: KubeMetrics
  /** Those to watch; `undefined`: all at once. None: nothing is watched. */
  readonly namespaces: readonly (string | undefined)[]
}

/** Watching Secrets is a permission that an operator may do without: it is asked for as long as it is missing. */
export class SecretWatch {
  readonly #store: Store<SeenSecret>
  /** By the namespace that each follows; `undefined`: all. */
  readonly #reflectors: ReadonlyMap<string | undefined, Reflector<SeenSecret>>

  constructor({ metrics, namespaces, ...options }: SecretWatchOptions) {
    this.#store = new Store(metrics, options.logger)
    const reflectorOf = (namespace: string | undefined) =>
      new Reflector({
        ...options,
        name: namespace === undefined ? 'secrets' : `secrets in ${namespace}`,
        path: namespace === undefined ? '/api/v1/secrets' : `/api/v1/namespaces/${namespace}/secrets`,
        namespace,
        labelSelector: undefined,
        metadataOnly: true,
        concerns: (object) => applicationIn(object) !== undefined,
        project: seenSecret,
        store: this.#store,
      })
    this.#reflectors = new Map(namespaces.map((namespace) => [namespace, reflectorOf(namespace)]))
  }

  /** Told which application's Secret has changed, and its version by now: `undefined` when it has gone, or is not ours any more. */
  onChange(handler: (application: ResourceKey, version: SecretVersion | undefined) => void): void {
    this.#store.onChange((_key, before, after) => {
      const { metadata, application } = (after ?? before)!
      handler(`${metadata.namespace}/${application}`, after?.metadata)
    })
  }

  /**
   * True when a Secret that is watched was last seen newer than this, or gone. What was last seen older is told of when its
   * next version comes.
   */
  hasPassed({ namespace, name }: { readonly namespace: string; readonly name: string }, version: string): boolean {
    const reflector = this.#reflectors.get(namespace) ?? this.#reflectors.get(undefined)
    if (!reflector?.state.synced) return false
    const seen = this.#store.get(`${namespace}/${name}`)
    return !seen || compareVersions(seen.metadata.resourceVersion, version) > 0
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#reflectors.values(), (reflector) => reflector.run(signal)))
  }

  /** For probes. */
  get states(): readonly ReflectorState[] {
    return Array.from(this.#reflectors.values(), ({ state }) => state)
  }
}

function seenSecret(object: WireObject): SeenSecret {
  const { name, namespace = '', uid, resourceVersion } = object.metadata
  return { metadata: { name, namespace, uid, resourceVersion }, application: applicationIn(object) ?? '' }
}

/** The application that controls it, or holds it without: see `ownershipOf`. */
function applicationIn({ metadata }: WireObject): string | undefined {
  const { namespace, annotations = {}, ownerReferences = [] } = metadata
  const owner = ownerReferences.find(({ controller }) => controller)
  const { [SECRET_ANNOTATIONS.claim]: claim = '', [SECRET_ANNOTATIONS.heldBy]: heldBy } = annotations
  if (!owner && heldBy !== undefined && claim.startsWith(`${namespace}/`)) return claim.slice(`${namespace}/`.length)
  return owner?.kind === APPLICATION_KIND && owner.apiVersion.startsWith(`${GROUP}/`) ? owner.name : undefined
}
