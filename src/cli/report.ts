// `kubectl rai report`: what whoever helps needs to know of an installation, and no secret.
import { APPLICATION_KIND, GROUP, RECORD_LABELS, SECRET_ANNOTATIONS, TENANT_KIND } from '../api/names.ts'
import { DEFINITIONS } from '../api/generated/definitions.ts'
import { Failure } from '../errors.ts'
import type { Definition } from './definitions.ts'
import { definitionIn, deploymentIn, eventIn, leaseIn, podIn, recordIn, resourceIn, secretIn } from './report-parts.ts'
import type { IsSetting } from './report-parts.ts'
import type { ClusterReader, Collection, KubeObject } from './ports.ts'
import { collectionOf } from './requests.ts'

export type ReportScope = {
  /** Whose resources; `undefined`: of all namespaces. */
  readonly namespace: string | undefined
  readonly operatorNamespace: string
}

export type ReportContext = {
  /** Of this program. */
  readonly version: string
  /** RFC 3339. */
  readonly now: string
  readonly isSetting: IsSetting
}

/** Plain data, to be written down as YAML. */
export type Report = {
  readonly about: {
    readonly writtenAt: string
    /** Of this program. */
    readonly version: string
    readonly kubernetes: string
    readonly namespaces: string
    readonly operatorNamespace: string
  }
  /** What could not be read, and why: a line each. */
  readonly unreadable: readonly string[]
  readonly definitions: readonly object[]
  readonly tenants: readonly object[]
  readonly applications: readonly object[]
  readonly events: readonly object[]
  readonly secrets: readonly object[]
  readonly operator: {
    readonly deployments: readonly object[]
    readonly pods: readonly object[]
    readonly leases: readonly object[]
    readonly records: readonly object[]
  }
}

/** As the shipped manifests label what they bring. */
const OPERATOR_SELECTOR = 'app.kubernetes.io/name=rai-operator'

const SECRETS = { group: '', version: 'v1', plural: 'secrets' }
const PODS = { group: '', version: 'v1', plural: 'pods' }
const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events' }
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments' }
const LEASES = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }
const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }

/**
 * Reads it all once. What may not be read is named instead; of Secrets the metadata alone is asked for. Throws a `Failure`
 * where our own kinds cannot be read, for there is nothing to report then.
 */
export async function takeReport(
  cluster: ClusterReader,
  { namespace, operatorNamespace }: ReportScope,
  { version, now, isSetting }: ReportContext,
  signal: AbortSignal,
): Promise<Report> {
  const tenants = await cluster.list(collectionOf(TENANT_KIND, namespace), signal)
  const applications = await cluster.list(collectionOf(APPLICATION_KIND, namespace), signal)
  const reading = new Reading(cluster, signal)
  const events = await reading.list('Events', { ...EVENTS, namespace })
  const secrets = await reading.metadata('Secrets of applications', { ...SECRETS, namespace })
  const definitions = await reading.orNone('CustomResourceDefinitions', () => definitionsIn(cluster, signal))
  const operator = await operatorIn(operatorNamespace, reading, isSetting)
  const kubernetes = await cluster.version(signal)
  return {
    about: { writtenAt: now, version, kubernetes, namespaces: namespace ?? 'all', operatorNamespace },
    unreadable: reading.unreadable,
    definitions,
    tenants: tenants.map(resourceIn),
    applications: applications.map(resourceIn),
    events: events.filter(isOnOurs).map(eventIn),
    secrets: secrets.filter(secretsOf(applications)).map(secretIn),
    operator,
  }
}

/** Reads what it may, and remembers what it may not. */
class Reading {
  readonly unreadable: string[] = []
  readonly #cluster: ClusterReader
  readonly #signal: AbortSignal

  constructor(cluster: ClusterReader, signal: AbortSignal) {
    this.#cluster = cluster
    this.#signal = signal
  }

  list(what: string, collection: Collection): Promise<readonly KubeObject[]> {
    return this.orNone(what, () => this.#cluster.list(collection, this.#signal))
  }

  metadata(what: string, collection: Collection): Promise<readonly KubeObject[]> {
    return this.orNone(what, () => this.#cluster.listMetadata(collection, this.#signal))
  }

  async orNone<T>(what: string, read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await read()
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof Failure)) throw error
      this.unreadable.push(`${what}: ${error.message}`)
      return []
    }
  }
}

async function operatorIn(namespace: string, reading: Reading, isSetting: IsSetting): Promise<Report['operator']> {
  const own = { namespace, labelSelector: OPERATOR_SELECTOR }
  const deployments = await reading.list('Deployments of the operator', { ...DEPLOYMENTS, ...own })
  const pods = await reading.list('Pods of the operator', { ...PODS, ...own })
  const leases = await reading.list('Leases of the operator', { ...LEASES, namespace })
  const ofRecords = { ...SECRETS, namespace, labelSelector: RECORD_LABELS.record }
  const records = await reading.metadata('records of the operator', ofRecords)
  return {
    deployments: deployments.map((deployment) => deploymentIn(deployment, isSetting)),
    pods: pods.map(podIn),
    leases: leases.map(leaseIn),
    records: records.map(recordIn),
  }
}

async function definitionsIn(cluster: ClusterReader, signal: AbortSignal): Promise<readonly object[]> {
  return Promise.all(
    DEFINITIONS.map(async (expected) => {
      const name = `${expected.plural}.${GROUP}`
      const found = await cluster.find(CRDS, name, signal)
      return definitionIn(name, found as Definition | undefined, expected)
    }),
  )
}

/** Events of other kinds are nobody's business here. */
function isOnOurs(event: KubeObject): boolean {
  const { apiVersion = '' } = (event['regarding'] ?? {}) as { readonly apiVersion?: string }
  return apiVersion.startsWith(`${GROUP}/`)
}

/** True for a Secret that an application names, or that says by itself whose it is. */
function secretsOf(applications: readonly KubeObject[]): (secret: KubeObject) => boolean {
  const named = new Set(
    applications.flatMap(({ metadata, spec, status }) => {
      const wanted = (spec as { readonly secret?: { readonly name?: string } }).secret?.name ?? metadata.name
      const held = (status as { readonly secret?: { readonly name: string; readonly otherNames?: string[] } })?.secret
      return [wanted, ...(held ? [held.name, ...(held.otherNames ?? [])] : [])].map(
        (name) => `${metadata.namespace}/${name}`,
      )
    }),
  )
  return ({ metadata }) =>
    named.has(`${metadata.namespace}/${metadata.name}`) ||
    metadata.annotations?.[SECRET_ANNOTATIONS.claim] !== undefined
}
