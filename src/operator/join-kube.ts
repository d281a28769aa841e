// Builds the Kubernetes side: a cache of each kind, and what writes.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { JournalMarks } from '../controllers/journal-marks.ts'
import type { SeenJournal } from '../controllers/journal-marks.ts'
import { journalMarkOf } from '../domain/journal-format.ts'
import { journalSelector } from '../domain/journal.ts'
import { ResourceDefinitions } from '../kube/definitions.ts'
import { Events } from '../kube/events.ts'
import { gated } from '../kube/gated-transport.ts'
import { APPLICATIONS, collectionPath, TENANTS } from '../kube/kinds.ts'
import type { Kind, Resource } from '../kube/kinds.ts'
import { Namespaces } from '../kube/namespaces.ts'
import { KubeRecords, recordsPath } from '../kube/records.ts'
import { Reflector } from '../kube/reflector.ts'
import { Resources } from '../kube/resources.ts'
import { SealingKey } from '../kube/sealing-key.ts'
import { SecretWatch } from '../kube/secret-watch.ts'
import { KubeSecrets } from '../kube/secrets.ts'
import { Store } from '../kube/store.ts'
import type { Stored } from '../kube/store.ts'
import type { WireObject } from '../kube/wire.ts'
import type { Context } from './context.ts'

type Cached<T extends Resource> = {
  readonly store: Store<T>
  readonly writer: Resources<T>
  readonly reflectors: readonly Reflector<T>[]
}

const UNREADABLE = 'a journal cannot be read: it stays until a person removes it'

type CachedJournal = Stored & SeenJournal

export type Kube = ReturnType<typeof joinKube>

/** Everything that speaks to one API server. Opens no connection yet. */
export function joinKube({ config, logger, metrics, edges, gate }: Context) {
  const { clock, random, transport } = edges
  const writing = gated(transport, gate)
  const kubeMetrics = metrics.kube.of(transport.host)
  const namespaces = config.watchNamespaces.length > 0 ? config.watchNamespaces : [undefined]
  const watching = { transport, clock, random, logger }

  function cached<T extends Resource>(kind: Kind<T>): Cached<T> {
    const store = new Store<T>(kubeMetrics, logger)
    metrics.resources.observe(kind.kind, () => store.all())
    const reflectors = namespaces.map(
      (namespace) =>
        new Reflector({
          ...watching,
          name: namespace === undefined ? kind.plural : `${kind.plural} in ${namespace}`,
          path: collectionPath(kind.plural, namespace),
          namespace,
          labelSelector: config.selector,
          project: (object) => kind.project(object),
          store,
        }),
    )
    const writer = new Resources({ transport: writing, kind, store, namespaces, labelSelector: config.selector })
    return { store, writer, reflectors }
  }

  const tenants = cached<RaiTenant>(TENANTS)
  const applications = cached<RaiTenantApplication>(APPLICATIONS)
  const namespace = config.operatorNamespace
  const journals = new Store<CachedJournal>(kubeMetrics, logger)
  const journalMarks = new JournalMarks()
  journals.onChange((_key, before, after) => {
    journalMarks.changed(before, after)
    if (after && 'problem' in after.mark) logger.warn({ journal: after.name, ...after.mark }, UNREADABLE)
  })
  const journalReflector = new Reflector({
    ...watching,
    name: 'journals',
    path: recordsPath(namespace),
    namespace,
    store: journals,
    project: seenJournal,
    // The keys in them are nobody's business here.
    metadataOnly: true,
    labelSelector: journalSelector,
  })
  return {
    tenants,
    applications,
    journals,
    journalMarks,
    namespaces: new Namespaces({ ...watching, metrics: kubeMetrics }),
    secretWatch: new SecretWatch({
      ...watching,
      metrics: kubeMetrics,
      namespaces: config.watchSecrets ? namespaces : [],
    }),
    reflectors: [...tenants.reflectors, ...applications.reflectors, journalReflector],
    secrets: new KubeSecrets(writing),
    sealingKey: new SealingKey(new KubeRecords(writing, namespace)),
    records: new KubeRecords(writing, namespace),
    /** Without the gate: for the one write that must not be lost. */
    lastingRecords: new KubeRecords(transport, namespace),
    definitions: new ResourceDefinitions(transport),
    events: new Events({ transport: writing, instance: edges.identity, clock, logger }),
  }
}

function seenJournal({ metadata }: WireObject): CachedJournal {
  const { name, namespace = '', uid, resourceVersion, labels = {}, annotations = {} } = metadata
  return {
    metadata: { name, namespace, uid, resourceVersion },
    name,
    mark: journalMarkOf({ name, uid, resourceVersion, labels, annotations }),
  }
}
