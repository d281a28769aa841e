// The operator over a cluster in which everything is Ready, joined as in production: for what resources at rest cost.
import { API_VERSION, APPLICATION_KIND, FINALIZER, RECORD_LABELS, TENANT_KIND } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { systemClock, timestamp } from '../../src/clock.ts'
import { parseCommand } from '../../src/config.ts'
import { Seals } from '../../src/controllers/seals.ts'
import { createControlPlane } from '../../src/controlplane/control-plane.ts'
import { CALL_CLASSES } from '../../src/controlplane/call-class.ts'
import { TOKEN_CLASS } from '../../src/controlplane/prover.ts'
import { WORKS } from '../../src/domain/application.ts'
import { conditionsAfter } from '../../src/domain/conditions.ts'
import { Budget } from '../../src/engine/budget.ts'
import { OPEN } from '../../src/engine/gate.ts'
import { Failure } from '../../src/errors.ts'
import { SealingKey } from '../../src/kube/sealing-key.ts'
import { KubeRecords } from '../../src/kube/records.ts'
import type { Query, Transport } from '../../src/kube/transport.ts'
import { joinControllers } from '../../src/operator/join-controllers.ts'
import { joinKube } from '../../src/operator/join-kube.ts'
import { Redacted } from '../../src/redacted.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'

const ORGANIZATION = 'organization'
const NAMESPACE = 'team'
const OPERATOR_NAMESPACE = 'rai-system'
const APPLICATIONS_PER_TENANT = 49
const SEALING_KEY = {
  metadata: {
    name: 'sealing-key',
    namespace: OPERATOR_NAMESPACE,
    uid: 'uid-of-the-key',
    resourceVersion: '1',
    labels: { [RECORD_LABELS.record]: 'sealing-key' },
  },
  data: { key: Buffer.from('a key for tests').toString('base64') },
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }

export type RestingOperator = {
  readonly tenants: number
  readonly applications: number
  /** Requests to the API server but for the watches and the sealing key, and calls of the control plane, so far. */
  readonly calls: readonly string[]
  /** Has every resource looked at; resolves with how many looks that took, once all have ended. */
  lookAtAll(): Promise<number>
  stop(): Promise<void>
}

/** Starts it over so many resources, 49 applications to a tenant; resolves once it has looked at each of them. */
export async function restingOperator(resources: number): Promise<RestingOperator> {
  const tenants = Math.ceil(resources / (1 + APPLICATIONS_PER_TENANT))
  const applications = resources - tenants
  const calls: string[] = []
  const config = restingConfig(tenants)
  const metrics = new Metrics({ ...config, version: 'at rest' })
  const transport = restingTransport(tenants, applications, calls)
  const random = Math.random
  const edges = {
    clock: systemClock,
    random,
    unique: () => 'unique',
    identity: 'resting',
    transport,
    leaseTransport: transport,
    credentials: {
      read: () => ({
        clientId: ORGANIZATION,
        proof: { type: 'ClientSecret' as const, clientSecret: new Redacted('secret') },
      }),
    },
    keys: { make: () => Promise.reject(new Error('nothing is made at rest')) },
  }
  const context = { config, proxyEnv: {}, logger: silent, metrics, edges, gate: OPEN }
  const budgetOf = <Class extends string>(classes: readonly Class[]) =>
    new Budget({ classes, perSecond: 1_000, burst: 1_000, random, clock: systemClock })
  const controlPlane = createControlPlane({
    baseUrl: config.controlPlaneUrl,
    tokenUrl: config.tokenUrl,
    tokenHosts: config.tokenHosts,
    credentials: edges.credentials,
    pageLimit: config.pageLimit,
    budget: budgetOf(CALL_CLASSES),
    tokenBudget: budgetOf([TOKEN_CLASS]),
    gate: OPEN,
    clock: systemClock,
    random,
    metrics: metrics.controlPlane,
    logger: silent,
    proxyEnv: {},
    http: {
      send: async ({ operation }) => {
        calls.push(operation)
        throw new Failure('Unreachable', 'retry', 'nobody is called at rest')
      },
    },
  })
  const kube = joinKube(context)
  const controllers = joinControllers(context, controlPlane, kube)
  const stopping = new AbortController()
  const running = kube.reflectors.map((reflector) => reflector.run(stopping.signal))
  await Promise.all(kube.reflectors.map(({ synced }) => synced))
  await controllers.prepare(stopping.signal)
  const loops = new Map(controllers.loops)
  running.push(...[...loops.values()].map((loop) => loop.run(stopping.signal)))
  const idle = async () => {
    while (![...loops.values()].every((loop) => loop.idle)) await new Promise((resolve) => setImmediate(resolve))
  }
  await idle()
  return {
    tenants,
    applications,
    calls,
    async lookAtAll() {
      for (const [kind, { store }] of [
        [TENANT_KIND, kube.tenants] as const,
        [APPLICATION_KIND, kube.applications] as const,
      ]) {
        for (const { metadata } of store.all()) loops.get(kind)!.enqueue(`${metadata.namespace}/${metadata.name}`)
      }
      await idle()
      return tenants + applications
    },
    async stop() {
      stopping.abort(new Error('stopping'))
      controlPlane.close()
      await Promise.all(running)
    },
  }
}

function restingConfig(tenants: number) {
  const flags = {
    'control-plane-url': 'http://127.0.0.1:1/v0',
    'token-url': 'http://127.0.0.1:1/token',
    'documents-api-url': 'http://127.0.0.1:1/documents/{cell}',
    organization: ORGANIZATION,
    'credentials-dir': '/nowhere',
    kubeconfig: '/nowhere',
    'operator-namespace': OPERATOR_NAMESPACE,
    'leader-elect': 'false',
    'sweep-interval': '24h',
    'tenant-quota': Math.max(1, tenants),
  }
  const command = parseCommand(['run', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)], {})
  if (command.command !== 'run') throw new Error('not a command to run')
  return command.config
}

/** An API server whose watches show all there is, and then say nothing more. */
function restingTransport(tenants: number, applications: number, calls: string[]): Transport {
  async function* lines(path: string, _query: Query, signal: AbortSignal) {
    if (path.endsWith('/raitenants')) yield* tenantLines(tenants, applications)
    if (path.endsWith('/raitenantapplications')) yield* applicationLines(tenants, applications)
    yield END_OF_LIST
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
  return {
    host: 'api-server',
    async request(method, path) {
      if (method === 'GET' && path.endsWith('/sealing-key')) return SEALING_KEY
      calls.push(`${method} ${path}`)
      throw new Failure('KubeNotFound', 'retry', 'nobody is asked at rest')
    },
    lines,
    close() {},
  }
}

const END_OF_LIST = JSON.stringify({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: '9000000', annotations: { 'k8s.io/initial-events-end': 'true' } } },
})

async function* tenantLines(count: number, applications: number) {
  const seals = await knownSeals()
  for (let i = 0; i < count; i++) yield lineOf(sealed(seals, tenantAtRest(i, Math.ceil((applications - i) / count))))
}

async function* applicationLines(tenants: number, count: number) {
  const seals = await knownSeals()
  for (let i = 0; i < count; i++) yield lineOf(sealed(seals, applicationAtRest(i, i % tenants)))
}

async function knownSeals(): Promise<Seals> {
  const request = async () => SEALING_KEY
  const key = new SealingKey(new KubeRecords({ request }, OPERATOR_NAMESPACE))
  await key.load(new AbortController().signal)
  return new Seals(key)
}

function bound(tenant: number) {
  return { observedGeneration: 1, organization: ORGANIZATION, tenantId: idOf('7e4a', tenant), provenance: 'Created' }
}

function ready(message: string) {
  const report = { reason: 'Ready', message } as const
  return { conditions: conditionsAfter([], report, { generation: 1, deleting: false }, 0) }
}

function metadataOf(name: string, uid: string, version: number) {
  const fields = { 'f:metadata': { 'f:finalizers': {} }, 'f:spec': {}, 'f:status': { 'f:conditions': {} } }
  return {
    name,
    namespace: NAMESPACE,
    uid,
    resourceVersion: String(1_000_000 + version),
    generation: 1,
    creationTimestamp: timestamp(0),
    finalizers: [FINALIZER],
    labels: { 'app.kubernetes.io/managed-by': 'somebody' },
    managedFields: [{ manager: 'rai-operator', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: fields }],
  }
}

function tenantAtRest(i: number, applications: number): RaiTenant {
  const name = `tenant${i}`
  return {
    apiVersion: API_VERSION,
    kind: TENANT_KIND,
    metadata: metadataOf(name, idOf('11', i), i),
    spec: { cells: ['eu-1'], adoptionPolicy: 'Never', deletionProtection: false, drainPolicy: 'Managed' },
    status: {
      ...bound(i),
      createdAt: timestamp(0),
      links: [{ cell: 'eu-1', host: `${name}.example.com` }],
      applications,
      ...ready(`the tenant "${name}" exists in the organization`),
    },
  } as unknown as RaiTenant
}

function applicationAtRest(i: number, tenant: number): RaiTenantApplication {
  const [applicationId, clientId] = [idOf('a991', i), idOf('c11e', i)]
  const issuedAt = timestamp(0)
  return {
    apiVersion: API_VERSION,
    kind: APPLICATION_KIND,
    metadata: metadataOf(`application${i}`, idOf('22', i), 100_000 + i),
    spec: {
      tenantRef: { name: `tenant${tenant}` },
      cell: 'eu-1',
      scopes: ['documents.submissions.read', 'documents.submissions.write'],
      auth: { type: i % 2 ? 'ClientSecret' : 'EC' },
      onAmbiguousCreate: 'Replace',
    },
    status: {
      ...bound(tenant),
      applicationId,
      clientId,
      tokenUrl: 'https://eu.id.example.com/oauth2/aus17c172cLOCWEyk417/v1/token',
      secret: { name: `application${i}`, uid: idOf('33', i), resourceVersion: String(2_000_000 + i) },
      credentials: [{ applicationId, clientId, state: 'Active', issuedAt }],
      ...ready(WORKS.message),
    },
  } as unknown as RaiTenantApplication
}

/** As long as a UUID. */
function idOf(prefix: string, i: number): string {
  return `${prefix.padStart(8, '0')}-0000-4000-8000-${String(i).padStart(12, '0')}`
}

function sealed<T extends RaiTenant | RaiTenantApplication>(seals: Seals, resource: T): T {
  const seal = seals.of(resource)
  return { ...resource, status: { ...resource.status, seal } }
}

function lineOf(object: object): string {
  return JSON.stringify({ type: 'ADDED', object })
}
