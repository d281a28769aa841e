// Builds the Kubernetes side: one transport, a cache of each kind, and what writes.
import { hostname } from 'node:os'
import { FIELD_MANAGER } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { systemClock as clock } from '../clock.ts'
import { ResourceDefinitions } from '../kube/definitions.ts'
import { Events } from '../kube/events.ts'
import { APPLICATIONS, collectionPath, TENANTS } from '../kube/kinds.ts'
import type { Kind, Resource } from '../kube/kinds.ts'
import { loadKubeconfig } from '../kube/kubeconfig.ts'
import { Reflector } from '../kube/reflector.ts'
import { Resources } from '../kube/resources.ts'
import { KubeSecrets } from '../kube/secrets.ts'
import { Store } from '../kube/store.ts'
import { createTransport } from '../kube/transport.ts'
import type { Context } from './context.ts'

const { random } = Math

type Cached<T extends Resource> = {
  readonly store: Store<T>
  readonly writer: Resources<T>
  readonly reflectors: readonly Reflector<T>[]
}

export type Kube = ReturnType<typeof joinKube>

/** Everything that speaks to one API server, over connections of its own. Opens none yet. */
export function joinKube({ config, version, logger, metrics }: Context) {
  const kubeconfig = loadKubeconfig({ path: config.kubeconfig, context: config.context })
  const { host } = new URL(kubeconfig.getCurrentCluster()!.server)
  const transport = createTransport({
    kubeconfig,
    userAgent: `${FIELD_MANAGER}/${version}`,
    clock,
    metrics: metrics.kube.of(host),
  })
  const namespaces = config.watchNamespaces.length > 0 ? config.watchNamespaces : [undefined]

  function cached<T extends Resource>(kind: Kind<T>): Cached<T> {
    const store = new Store<T>(metrics.kube.of(host), logger)
    metrics.resources.observe(kind.kind, () => store.all())
    const reflectors = namespaces.map(
      (namespace) =>
        new Reflector({
          name: namespace === undefined ? kind.plural : `${kind.plural} in ${namespace}`,
          transport,
          path: collectionPath(kind.plural, namespace),
          namespace,
          labelSelector: undefined,
          project: (object) => kind.project(object),
          store,
          clock,
          random,
          logger,
        }),
    )
    return { store, writer: new Resources({ transport, kind, store }), reflectors }
  }

  const tenants = cached<RaiTenant>(TENANTS)
  const applications = cached<RaiTenantApplication>(APPLICATIONS)
  return {
    transport,
    tenants,
    applications,
    reflectors: [...tenants.reflectors, ...applications.reflectors],
    secrets: new KubeSecrets(transport),
    definitions: new ResourceDefinitions(transport),
    events: new Events({ transport, instance: hostname(), clock, logger }),
  }
}
