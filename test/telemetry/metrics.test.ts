// What /metrics shows: every name from the start, only labels that are allowed, and numbers that are right.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LoopMetrics } from '../../src/engine/metrics.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import type { Counted } from '../../src/telemetry/resource-metrics.ts'
import type { Family } from './exposition.ts'
import { parseExposition } from './exposition.ts'

/** Source: docs/metrics.md. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  controller_runtime_reconcile_total: ['controller', 'result'],
  controller_runtime_reconcile_errors_total: ['controller'],
  controller_runtime_reconcile_time_seconds: ['controller'],
  controller_runtime_active_workers: ['controller'],
  controller_runtime_max_concurrent_reconciles: ['controller'],
  workqueue_depth: ['controller', 'name'],
  workqueue_adds_total: ['controller', 'name'],
  workqueue_retries_total: ['controller', 'name'],
  workqueue_queue_duration_seconds: ['controller', 'name'],
  workqueue_work_duration_seconds: ['controller', 'name'],
  workqueue_unfinished_work_seconds: ['controller', 'name'],
  workqueue_longest_running_processor_seconds: ['controller', 'name'],
  rest_client_requests_total: ['code', 'host', 'method'],
  leader_election_master_status: ['name'],
  rai_build_info: ['version'],
  rai_control_plane_requests_total: ['code', 'operation'],
  rai_control_plane_request_duration_seconds: ['operation'],
  rai_control_plane_rate_limited_total: [],
  rai_resources: ['condition', 'kind', 'status'],
  rai_first_ready_seconds: ['kind'],
  rai_deletion_seconds: ['kind'],
  rai_abandoned_total: ['kind'],
  rai_tenant_quota: ['state'],
  rai_unmanaged: ['kind'],
  rai_suspects: [],
  rai_ambiguous_creates_total: ['outcome'],
  rai_rotations_total: ['result'],
  rai_credential_age_seconds: [],
  rai_sweep_timestamp_seconds: [],
  rai_stale_reads_skipped_total: [],
}

const SERVER = '192.0.2.1:6443'

function compose(options: { perObjectMetrics?: boolean } = {}) {
  const settings = { version: '1.2.3', tenantQuota: 20, leaseName: 'rai-operator', perObjectMetrics: false }
  const metrics = new Metrics({ ...settings, ...options })
  const tenants: LoopMetrics = metrics.loops.of('raitenant')
  const applications: LoopMetrics = metrics.loops.of('raitenantapplication')
  return { metrics, tenants, applications, kube: metrics.kube.of(SERVER) }
}

async function familiesOf(metrics: Metrics): Promise<Map<string, Family>> {
  const { type, body } = await metrics.expose()
  assert.match(type, 'text/plain; version=0.0.4')
  return parseExposition(body)
}

/** The value of the one series with at least these labels. */
async function valueOf(metrics: Metrics, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const samples = [...(await familiesOf(metrics)).values()].flatMap((family) => family.samples)
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
  assert.is(found.length, 1, `${name} ${JSON.stringify(labels)}`)
  return found[0]!.value
}

const test = suite('metrics')

test('every metric, and no other, is there from the start', async () => {
  const families = await familiesOf(compose().metrics)
  assert.equal([...families.keys()].toSorted(), Object.keys(LABELS).toSorted())
})

test('every metric has at least one series from the start, all at 0 but what is configured', async () => {
  for (const { name, samples } of (await familiesOf(compose().metrics)).values()) {
    assert.ok(samples.length > 0, name)
    const other = samples.filter(({ value }) => value !== 0)
    const configured = name === 'rai_build_info' ? [1] : name === 'rai_tenant_quota' ? [20] : []
    assert.equal(
      other.map(({ value }) => value),
      configured,
      name,
    )
  }
})

test('no series has a label that names an object', async () => {
  for (const { name, samples } of (await familiesOf(compose().metrics)).values()) {
    for (const { labels } of samples) {
      const own = Object.keys(labels).filter((label) => label !== 'le')
      assert.equal(own.toSorted(), LABELS[name], name)
    }
  }
})

test('every metric says what it is, and counters end in _total', async () => {
  for (const { name, help, type } of (await familiesOf(compose().metrics)).values()) {
    assert.match(help, /^\S.*\.$/, name)
    assert.is(type === 'counter', name.endsWith('_total'), name)
  }
})

test('the buckets of a histogram grow, end with +Inf, and that one is the count', async () => {
  const { metrics, tenants } = compose()
  for (const seconds of [0, 0.004, 3, 5000]) tenants.waited(seconds)
  const histograms = [...(await familiesOf(metrics)).values()].filter(({ type }) => type === 'histogram')
  assert.is(histograms.length, 6)
  for (const { name, samples } of histograms) {
    const buckets = samples.filter((sample) => sample.name.endsWith('_bucket'))
    for (const [index, { labels, value }] of buckets.entries()) {
      const next = buckets[index + 1]
      if (labels['le'] === '+Inf') continue
      assert.ok(next && Number(labels['le']) < Number(next.labels['le']?.replace('+Inf', 'Infinity')), name)
      assert.ok(value <= next.value, name)
    }
    const ends = buckets.filter(({ labels }) => labels['le'] === '+Inf').map(({ value }) => value)
    const counts = samples.filter((sample) => sample.name.endsWith('_count')).map(({ value }) => value)
    assert.equal(ends, counts, name)
  }
})

test("a reconcile is counted for its controller, by its result, and as its queue's work", async () => {
  const { metrics, tenants } = compose()
  tenants.reconciled('error', 2)
  tenants.reconciled('requeue_after', 1)
  const controller = 'raitenant'
  assert.is(await valueOf(metrics, 'controller_runtime_reconcile_total', { controller, result: 'error' }), 1)
  assert.is(await valueOf(metrics, 'controller_runtime_reconcile_total', { controller, result: 'requeue_after' }), 1)
  assert.is(await valueOf(metrics, 'controller_runtime_reconcile_total', { controller, result: 'success' }), 0)
  assert.is(await valueOf(metrics, 'controller_runtime_reconcile_errors_total', { controller }), 1)
  assert.is(await valueOf(metrics, 'controller_runtime_reconcile_time_seconds_sum', { controller }), 3)
  assert.is(await valueOf(metrics, 'workqueue_work_duration_seconds_count', { name: controller }), 2)
  assert.is(
    await valueOf(metrics, 'controller_runtime_reconcile_time_seconds_count', { controller: 'raitenantapplication' }),
    0,
  )
})

test('a retry is an add, too', async () => {
  const { metrics, tenants } = compose()
  tenants.added(false)
  tenants.added(true)
  assert.is(await valueOf(metrics, 'workqueue_adds_total', { name: 'raitenant' }), 2)
  assert.is(await valueOf(metrics, 'workqueue_retries_total', { name: 'raitenant' }), 1)
})

test('the present of a loop is read when somebody scrapes', async () => {
  const { metrics, tenants } = compose()
  let inFlight = [4, 1]
  tenants.observe({ depth: () => inFlight.length * 10, inFlightSeconds: () => inFlight, maxConcurrentReconciles: 8 })
  const now = async () => [
    await valueOf(metrics, 'workqueue_depth', { name: 'raitenant' }),
    await valueOf(metrics, 'controller_runtime_active_workers', { controller: 'raitenant' }),
    await valueOf(metrics, 'workqueue_unfinished_work_seconds', { name: 'raitenant' }),
    await valueOf(metrics, 'workqueue_longest_running_processor_seconds', { name: 'raitenant' }),
    await valueOf(metrics, 'controller_runtime_max_concurrent_reconciles', { controller: 'raitenant' }),
  ]
  assert.equal(await now(), [20, 2, 5, 4, 8])
  inFlight = []
  assert.equal(await now(), [0, 0, 0, 0, 8])
})

test('requests to the control plane are counted by operation and code', async () => {
  const { metrics } = compose()
  metrics.controlPlane.requested('createTenant', '201', 0.2)
  metrics.controlPlane.requested('createTenant', '503', 0.3)
  metrics.controlPlane.rateLimited()
  const operation = 'createTenant'
  assert.is(await valueOf(metrics, 'rai_control_plane_requests_total', { operation, code: '201' }), 1)
  assert.is(await valueOf(metrics, 'rai_control_plane_requests_total', { operation, code: '503' }), 1)
  assert.is(await valueOf(metrics, 'rai_control_plane_request_duration_seconds_count', { operation }), 2)
  assert.is(await valueOf(metrics, 'rai_control_plane_rate_limited_total'), 1)
})

test('requests to the API server are counted by code, method and host', async () => {
  const { metrics, kube } = compose()
  kube.requested('PATCH', '409', SERVER)
  kube.staleReadSkipped()
  assert.is(await valueOf(metrics, 'rest_client_requests_total', { method: 'PATCH', code: '409', host: SERVER }), 1)
  assert.is(await valueOf(metrics, 'rai_stale_reads_skipped_total'), 1)
})

const metadata = { namespace: 'team', name: 'acme' }

function withConditions(...conditions: string[]): Counted {
  return {
    metadata,
    status: {
      conditions: conditions.map((condition) => {
        const [type = '', status = ''] = condition.split('=')
        return { type, status, reason: 'Because' }
      }),
    },
  }
}

test('resources are counted by the status of each condition, anew at each scrape', async () => {
  const { metrics } = compose()
  const kind = 'RaiTenant'
  let resources = [
    withConditions('Ready=True', 'Synced=True'),
    withConditions('Ready=True', 'Synced=False', 'Stalled=True'),
    withConditions('Ready=False', 'Synced=False', 'Reconciling=True'),
    { metadata },
    { metadata, status: {} },
  ]
  metrics.resources.observe(kind, () => resources)
  const count = (condition: string, status: string) => valueOf(metrics, 'rai_resources', { kind, condition, status })
  assert.is(await count('Ready', 'True'), 2)
  assert.is(await count('Ready', 'False'), 1)
  assert.is(await count('Ready', 'Unknown'), 2, 'new ones are there, too')
  assert.is(await count('Synced', 'False'), 2)
  assert.is(await count('Stalled', 'True'), 1)
  assert.is(await count('Reconciling', 'True'), 1)
  resources = []
  assert.is(await count('Ready', 'True'), 0)
})

test('of single resources it is told, where that is asked for, who is Ready and how old its credential is', async () => {
  const { metrics } = compose({ perObjectMetrics: true })
  const credentials = [
    { state: 'Retiring', issuedAt: new Date(Date.now() - 7_200_000).toISOString() },
    { state: 'Active', issuedAt: new Date(Date.now() - 60_000).toISOString() },
  ]
  const web = { ...withConditions('Ready=True'), metadata: { namespace: 'team', name: 'web' } }
  let applications: Counted[] = [{ ...web, status: { ...web.status, credentials } }, { metadata }]
  metrics.resources.observe('RaiTenant', () => [withConditions('Ready=False')])
  metrics.resources.observe('RaiTenantApplication', () => applications)
  const told = async (name: string) =>
    (await familiesOf(metrics))
      .get(name)!
      .samples.map(({ labels, value }) => Object.values<string | number>(labels).concat(value))
  assert.equal(await told('rai_resource_ready'), [
    ['RaiTenant', 'team', 'acme', 'Because', 0],
    ['RaiTenantApplication', 'team', 'web', 'Because', 1],
    ['RaiTenantApplication', 'team', 'acme', '', 0],
  ])
  const [[namespace, name, age]] = (await told('rai_resource_credential_age_seconds')) as [[string, string, number]]
  assert.equal([namespace, name, Math.round(age / 10)], ['team', 'web', 6])
  applications = []
  assert.equal(await told('rai_resource_ready'), [['RaiTenant', 'team', 'acme', 'Because', 0]])
  assert.equal(await told('rai_resource_credential_age_seconds'), [])
})

test('becoming Ready and going away are measured by kind, never below 0 where clocks disagree', async () => {
  const { metrics } = compose()
  const kind = 'RaiTenantApplication'
  metrics.resources.firstReady(kind, 2)
  metrics.resources.firstReady(kind, -1)
  metrics.resources.deleted(kind, 3)
  metrics.resources.ambiguousCreate('suspected')
  assert.is(await valueOf(metrics, 'rai_first_ready_seconds_sum', { kind }), 2)
  assert.is(await valueOf(metrics, 'rai_first_ready_seconds_count', { kind }), 2)
  assert.is(await valueOf(metrics, 'rai_deletion_seconds_sum', { kind }), 3)
  assert.is(await valueOf(metrics, 'rai_ambiguous_creates_total', { outcome: 'suspected' }), 1)
})

test('the replica that works says so', async () => {
  const { metrics } = compose()
  metrics.leads(true)
  assert.is(await valueOf(metrics, 'leader_election_master_status', { name: 'rai-operator' }), 1)
})

test('metrics of the process can be read in the same text', async () => {
  const { metrics } = compose()
  metrics.addProcess()
  const families = await familiesOf(metrics)
  assert.ok((families.get('process_resident_memory_bytes')?.samples[0]?.value ?? 0) > 1e6)
  assert.ok(families.has('nodejs_eventloop_lag_p99_seconds'))
})

test.run()
