// Cluster, control plane and operator for one end-to-end test file, in a namespace of its own.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RECORD_LABELS } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { auditedWrites } from '../cluster/audit.ts'
import type { AuditedRequest } from '../cluster/audit.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import { CANARY } from '../leaks/search.ts'
import type { Told } from '../leaks/search.ts'
import { ApiServer, pathsIn, plainValues } from './api-server.ts'
import type { Paths, WireSecret } from './api-server.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { leaksOf, scraped } from './leaks.ts'
import { startOperator } from './operator.ts'
import type { Flags, Operator } from './operator.ts'
import { createOperatorUser } from './roles.ts'
import { States } from './states.ts'
import type { SecretData } from './workload.ts'

const KEPT = fileURLToPath(new URL('../../.test-logs/', import.meta.url))
/** The longest that a test waits for something that is due within seconds. */
const PATIENCE_MS = 30_000
const POLL_MS = 100

export type Stack = {
  readonly cluster: TestCluster
  readonly controlPlane: ControlPlane
  readonly namespace: string
  /** Where its operators keep their Lease and their records: nobody else's. */
  readonly operatorNamespace: string
  /** Where logs and credentials stand; kept until the next stack of this name, for who wants to know what went wrong. */
  readonly directory: string
  /** Settings that make an operator work for this stack alone. */
  readonly settings: Flags
  readonly operator: Operator
  /** Starts another replica, or one after the others have ended; its log is `NAME.log`. It ends with the stack. */
  startOperator(
    name: string,
    options?: { readonly flags?: Flags; readonly ready?: boolean; readonly nodeFlags?: readonly string[] },
  ): Promise<Operator>
  /** Runs kubectl as administrator in the stack's namespace. */
  kubectl(args: readonly string[], input?: string): Promise<string>
  /** The API server without kubectl, for what takes times or looks again and again. */
  readonly server: ApiServer
  /** Of what lies in the stack's namespace. */
  readonly paths: Paths
  /** Resources as JSON text or objects, applied together. */
  apply(...resources: readonly object[]): Promise<void>
  tenant(name: string): Promise<RaiTenant | undefined>
  application(name: string): Promise<RaiTenantApplication | undefined>
  applications(): Promise<readonly RaiTenantApplication[]>
  /** Plain values of a Secret, by key. */
  secret(name: string): Promise<SecretData | undefined>
  /** … of all Secrets, by name. */
  secrets(): Promise<ReadonlyMap<string, SecretData>>
  /** Runs kubectl as administrator in the operators' namespace. */
  kubectlOfOperator(args: readonly string[], input?: string): Promise<string>
  /** Names of the records in the operators' namespace: journals, or binding records of tenants. */
  records(kind: 'journal' | 'tenant'): Promise<readonly string[]>
  /**
   * Writes to Kubernetes that the operators made or tried, as `verb resource/subresource`, since the stack began; but
   * those of the Lease, which is renewed for ever.
   */
  writes(): Promise<readonly string[]>
  /** Where its operators have told a secret so far, see {@link leaksOf}. */
  leaks(): Promise<readonly string[]>
  /** Ends everything. Fails where its operators have told a secret, or a state of a resource means one thing to Argo CD and another to Flux. */
  stop(): Promise<void>
}

/** Starts a stack. Its operators work in its own namespace and in those of `alsoWatch` only. */
export async function startStack(
  name: string,
  options: {
    readonly flags?: Flags
    readonly planeFlags?: Flags
    readonly alsoWatch?: readonly string[]
    /** Instead of the one that all test files share. */
    readonly cluster?: TestCluster
  } = {},
): Promise<Stack> {
  const cluster = options.cluster ?? (await sharedCluster())
  const directory = await emptyDirectory(name)
  const [{ name: namespace, remove }, records] = await Promise.all([
    createNamespace(cluster, name),
    createNamespace(cluster, `${name}-operator`),
  ])
  const credentialsDir = join(directory, 'credentials')
  const planeLog = join(directory, 'control-plane.log')
  const planeFlags = { 'secret-prefix': CANARY, ...options.planeFlags }
  const controlPlane = await startControlPlane({ credentialsDir, logFile: planeLog, flags: planeFlags })
  const user = `rai-operator-${namespace}`
  const watched = [namespace, ...(options.alsoWatch ?? [])]
  const settings = {
    ...controlPlane.settings,
    kubeconfig: await createOperatorUser(cluster, user, records.name),
    'operator-namespace': records.name,
    'watch-namespaces': watched.join(),
    // It says all that it ever says, for what a log may not hold is searched for in the end.
    'log-level': 'debug',
    ...options.flags,
  }
  const operators: Operator[] = []
  const start: Stack['startOperator'] = async (name, { flags = {}, ready = true, nodeFlags = [] } = {}) => {
    const logFile = join(directory, `${name}.log`)
    const operator = await startOperator({ flags: { ...settings, ...flags }, logFile, ready, nodeFlags })
    operators.push(operator)
    return operator
  }
  const run = kubectlIn(cluster, namespace)
  const runOfOperator = kubectlIn(cluster, records.name)
  const namespaces = [...watched, records.name]
  const server = new ApiServer(cluster.kubeconfig)
  const states = new States(server, watched)
  const scrape = () => Promise.all(operators.map(scraped))
  const leaks = (metrics: readonly Told[]) => leaksOf({ kubectl: run, directory, settings, namespaces, metrics })
  return {
    cluster,
    controlPlane,
    namespace,
    operatorNamespace: records.name,
    directory,
    settings,
    operator: await start('operator'),
    startOperator: start,
    kubectl: run,
    kubectlOfOperator: runOfOperator,
    server,
    paths: pathsIn(namespace),
    ...readersOf(server, pathsIn(namespace)),
    async apply(...resources) {
      await run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources }))
    },
    async records(kind) {
      const selector = `${RECORD_LABELS.record}=${kind}`
      const found = await server.list<WireSecret>(pathsIn(records.name).secrets, selector)
      return found.map(({ metadata }) => metadata.name)
    },
    async writes() {
      const counted = (write: AuditedRequest) => write.user === user && write.resource !== 'leases'
      const writes = await auditedWrites(cluster.auditLog, counted)
      return writes.map(({ verb, resource, subresource }) =>
        [verb, [resource, subresource].filter(Boolean).join('/')].join(' '),
      )
    },
    leaks: async () => leaks(await scrape()),
    async stop() {
      const metrics = await scrape()
      await Promise.all(operators.map((operator) => operator.stop()))
      await controlPlane.stop()
      await states.close()
      try {
        const found = await leaks(metrics)
        if (found.length > 0) throw new Error(`secrets got out:\n${found.join('\n')}`)
        const contradictions = await states.contradictions()
        if (contradictions.length > 0) throw new Error(`verdicts differ:\n${contradictions.join('\n')}`)
      } finally {
        // What a stopped operator cannot finalize any more would keep the namespace for ever.
        await server.release(namespace)
        server.close()
        await Promise.all([remove(), records.remove()])
      }
    },
  }
}

async function emptyDirectory(name: string): Promise<string> {
  const directory = join(KEPT, name)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  return directory
}

type Kubectl = Stack['kubectl']

function kubectlIn(cluster: TestCluster, namespace: string): Kubectl {
  return (args, input) => kubectl(cluster, ['-n', namespace, ...args], input === undefined ? {} : { input })
}

type Readers = Pick<Stack, 'tenant' | 'application' | 'applications' | 'secret' | 'secrets'>

function readersOf(server: ApiServer, { tenants, applications, secrets }: Paths): Readers {
  return {
    tenant: (name) => server.get(`${tenants}/${name}`),
    application: (name) => server.get(`${applications}/${name}`),
    applications: () => server.list(applications),
    async secret(name) {
      const secret = await server.get<WireSecret>(`${secrets}/${name}`)
      return secret && plainValues(secret.data)
    },
    async secrets() {
      const found = await server.list<WireSecret>(secrets)
      return new Map(found.map(({ metadata, data }) => [metadata.name, plainValues(data)]))
    },
  }
}

/** Whether its condition `Ready` is true. */
export function isReady(resource: RaiTenant | RaiTenantApplication | undefined): boolean {
  return resource?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

/** Waits until `look` gives something that is not `undefined` or false. Fails with `what`, as it is then. */
export async function eventually<T>(
  what: string | (() => string),
  look: () => Promise<T | undefined | false>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const until = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > until) {
      throw new Error(`not within ${withinMs / 1000} s: ${typeof what === 'string' ? what : what()}`)
    }
    await sleep(POLL_MS)
  }
}

/** A tenant to apply. */
export function tenant(name: string, spec: object = {}): object {
  return { apiVersion: 'tenants.resistant.ai/v1alpha1', kind: 'RaiTenant', metadata: { name }, spec }
}

/** An application to apply: EC, for both scopes, unless `spec` says otherwise. */
export function application(name: string, tenantName: string, spec: object = {}): object {
  return {
    apiVersion: 'tenants.resistant.ai/v1alpha1',
    kind: 'RaiTenantApplication',
    metadata: { name },
    spec: {
      tenantRef: { name: tenantName },
      cell: 'eu-1',
      scopes: ['documents.submissions.read', 'documents.submissions.write'],
      auth: { type: 'EC' },
      ...spec,
    },
  }
}
