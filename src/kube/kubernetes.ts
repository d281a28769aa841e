// Everything that belongs to one cluster, put together: caches that follow it, and ways to write to it.
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type {
  ApplicationView,
  Definitions,
  EventRecorder,
  ResourceKey,
  ResourceView,
  ResourceWriter,
  Secrets,
} from '../controllers/ports.ts'
import type { Logger } from '../log.ts'
import { unlessAborted } from './abort.ts'
import { ResourceDefinitions } from './definitions.ts'
import { Events } from './events.ts'
import { APPLICATIONS, collectionPath, TENANTS } from './kinds.ts'
import type { Kind, Resource } from './kinds.ts'
import type { KubeMetrics } from './metrics.ts'
import { Reflector } from './reflector.ts'
import type { ReflectorState } from './reflector.ts'
import { Resources } from './resources.ts'
import { KubeSecrets } from './secrets.ts'
import { StoreIndex } from './store-index.ts'
import { Store } from './store.ts'
import type { ChangeHandler } from './store.ts'
import { createTransport } from './transport.ts'

/** How long Events that are still to be told hold up the end of the process. */
const FLUSH_MS = 3_000

export type KubernetesOptions = {
  readonly kubeconfig: KubeConfig
  readonly version: string
  /** Which replica this is: its Pod or host. */
  readonly instance: string
  /** Whose resources are looked at; empty: all namespaces'. */
  readonly namespaces: readonly string[]
  readonly labelSelector: string | undefined
  /** The tenant that an application refers to. */
  readonly tenantKeyOf: (application: RaiTenantApplication) => ResourceKey
  /** Counts what is asked of this host. */
  readonly metricsOf: (host: string) => KubeMetrics
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly logger: Logger
}

export type Kubernetes = {
  readonly tenants: KindAccess<RaiTenant, ResourceView<RaiTenant>>
  readonly applications: KindAccess<RaiTenantApplication, ApplicationView>
  readonly secrets: Secrets
  readonly events: EventRecorder
  readonly definitions: Definitions
  /** For probes. */
  readonly reflectors: readonly { readonly state: ReflectorState }[]
  /** Resolves once the caches are complete, however long that takes. Rejects with the signal's reason. */
  start(signal: AbortSignal): Promise<void>
  /** Tells the Events that are left, for a few seconds at most, and closes all connections. */
  stop(): Promise<void>
}

export type KindAccess<T extends Resource, V extends ResourceView<T>> = {
  readonly view: V
  readonly writer: ResourceWriter<T>
  /** To be called before the start. Handlers are told of every change, those that we wrote ourselves included. */
  onChange(handler: ChangeHandler<T>): void
}

/** Contacts nobody. */
export function createKubernetes(options: KubernetesOptions): Kubernetes {
  const { kubeconfig, version, instance, clock, logger } = options
  const metrics = options.metricsOf(new URL(kubeconfig.getCurrentCluster()!.server).host)
  const transport = createTransport({ kubeconfig, userAgent: `rai-operator/${version}`, clock, metrics })
  const events = new Events({ transport, instance, clock, logger })
  const tenants = follow(TENANTS)
  const applications = follow(APPLICATIONS)
  const reflectors = [...tenants.reflectors, ...applications.reflectors]
  const byTenant = new StoreIndex(applications.store, options.tenantKeyOf)
  const stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()

  function follow<T extends Resource>(kind: Kind<T>) {
    const store = new Store<T>(metrics, logger)
    const namespaces = options.namespaces.length === 0 ? [undefined] : options.namespaces
    const { labelSelector, random } = options
    const reflectors = namespaces.map((namespace) => {
      const name = namespace === undefined ? kind.plural : `${kind.plural} in ${namespace}`
      const path = collectionPath(kind.plural, namespace)
      const { project } = kind
      return new Reflector({ name, transport, path, namespace, labelSelector, project, store, clock, random, logger })
    })
    return { store, reflectors, writer: new Resources({ transport, kind, store }) }
  }

  return {
    tenants: access(tenants.store, tenants.store, tenants.writer),
    applications: access(
      {
        get: (key) => applications.store.get(key),
        all: () => applications.store.all(),
        ofTenant: (tenant) => byTenant.of(tenant),
      },
      applications.store,
      applications.writer,
    ),
    secrets: new KubeSecrets(transport),
    events,
    definitions: new ResourceDefinitions(transport),
    reflectors,
    async start(signal) {
      running = Promise.all(reflectors.map((reflector) => reflector.run(stopping.signal)))
      await unlessAborted(Promise.all(reflectors.map(({ synced }) => synced)), signal)
    },
    async stop() {
      await events.flush(FLUSH_MS)
      stopping.abort()
      await running
      await transport.close()
    },
  }
}

function access<T extends Resource, V extends ResourceView<T>>(
  view: V,
  store: Store<T>,
  writer: ResourceWriter<T>,
): KindAccess<T, V> {
  return { view, writer, onChange: (handler) => store.onChange(handler) }
}
