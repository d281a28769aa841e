// Every reason on the real API server: how it comes about, what it shows, that it stays so, and that what
// docs/reasons.md says about it helps.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { REASON_CLASS } from '../../src/api/reasons.ts'
import type { Reason } from '../../src/api/reasons.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { startStack } from '../stack/stack.ts'
import { columnsOf } from './reasons/columns.ts'
import { APPLICATION_ROWS } from './reasons/application-rows.ts'
import { CREDENTIAL_ROWS } from './reasons/credential-rows.ts'
import { DELETION_ROWS } from './reasons/deletion-rows.ts'
import type { Kind, Resource } from './reasons/history.ts'
import { kstatusOf } from './reasons/kstatus.ts'
import type { Kstatus } from './reasons/kstatus.ts'
import { clearGround, Lab, prepareGround, releaseGround } from './reasons/lab.ts'
import type { Ground } from './reasons/lab.ts'
import { ORGANIZATION, ORGANIZATION_ROWS } from './reasons/organization-rows.ts'
import { holds } from './reasons/row.ts'
import type { Row } from './reasons/row.ts'
import { breachesOf } from './reasons/rules.ts'
import { TENANT_ROWS } from './reasons/tenant-rows.ts'

const test = suite('reasons')

/** Side by side, on one operator: those that wait longest come first. */
const PARALLEL_ROWS: readonly Row[] = [...CREDENTIAL_ROWS, ...APPLICATION_ROWS, ...DELETION_ROWS, ...TENANT_ROWS]
const ROWS: readonly Row[] = [...PARALLEL_ROWS, ...ORGANIZATION_ROWS]
const MANY = 1_000

const BOTH = ['tenant', 'application'] as const
/** Whose resources can have which reason: each pair has a row. */
const SHOWN_BY: Readonly<Record<Reason, readonly Kind[]>> = {
  Ready: BOTH,
  Provisioning: ['application'],
  TenantNotFound: ['application'],
  TenantNotReady: ['application'],
  QuotaExceeded: ['tenant'],
  RateLimited: BOTH,
  ControlPlaneUnavailable: BOTH,
  Unauthorized: BOTH,
  Forbidden: BOTH,
  SecretMissing: ['application'],
  SecretWriteRefused: ['application'],
  Rotating: ['application'],
  Draining: BOTH,
  AmbiguousCreate: BOTH,
  ReferenceNotPermitted: ['application'],
  AdoptionNotPermitted: ['tenant'],
  TenantExists: ['tenant'],
  AlreadyClaimed: BOTH,
  ExternalNotFound: BOTH,
  ExternalGone: BOTH,
  TenantChanged: ['application'],
  InvalidSpec: BOTH,
  Rejected: BOTH,
  SecretConflict: ['application'],
  CredentialRejected: ['application'],
  DrainBlocked: ['tenant'],
  DeletionProtected: ['tenant'],
  ExternalViewSuspect: BOTH,
  WrongOrganization: BOTH,
  StatusForged: BOTH,
  Paused: BOTH,
}
const AT = '2026-01-01T00:00:00Z'

/** A resource of generation 2 with these conditions, `TYPE=STATUS` each. */
function stateOf(conditions: string, { observed = 2, going = false } = {}): Resource {
  const told = conditions.split(' ').map((one) => {
    const [type, status] = one.split('=')
    return { type, status, reason: 'Ready', message: 'about it', observedGeneration: observed, lastTransitionTime: AT }
  })
  const metadata = { generation: 2, ...(going && { deletionTimestamp: AT }) }
  return { metadata, status: { observedGeneration: observed, conditions: told } } as unknown as Resource
}

const KSTATUS: readonly (readonly [Resource, Kstatus])[] = [
  [stateOf('Ready=True Synced=True'), 'Current'],
  [stateOf('Ready=True Synced=False'), 'Current'],
  [stateOf('Ready=True Synced=True', { observed: 1 }), 'InProgress'],
  [stateOf('Ready=True Synced=True', { going: true }), 'Terminating'],
  [stateOf('Ready=False Synced=False Stalled=True'), 'Failed'],
  [stateOf('Ready=True Synced=False Reconciling=True'), 'InProgress'],
  [stateOf('Ready=False Synced=False'), 'InProgress'],
  [stateOf('Ready=Unknown Synced=False'), 'InProgress'],
]

test('kstatus goes by the deletion, the generation, Reconciling and Stalled, then Ready', () => {
  for (const [state, expected] of KSTATUS) assert.is(kstatusOf(state), expected)
})

const BREACHES: readonly (readonly [Resource, string])[] = [
  [stateOf('Synced=True'), 'missing'],
  [stateOf('Ready=True Synced=True Ready=True'), 'twice'],
  [stateOf('Ready=True Synced=True Healthy=True'), 'another type'],
  [stateOf('Ready=False Synced=False Reconciling=True Stalled=True'), 'beside each other'],
  [stateOf('Ready=False Synced=False Stalled=False'), 'not True'],
  [stateOf('Ready=True Synced=True', { observed: 3 }), 'never was'],
  [stateOf('Ready=True Synced=True', { observed: 0 }), 'no generation'],
]

test('the rules that every state is held to notice what breaks them', () => {
  assert.equal(breachesOf(stateOf('Ready=True Synced=True')), [])
  for (const [state, breach] of BREACHES) assert.match(breachesOf(state).join('; '), breach)
})

let guest: TestNamespace
/** Of the rows side by side; and of those one after the other. */
let ground: Ground
let organization: Ground
/** How each row went: the error, if it did not hold. */
const outcomes = new Map<Row, Promise<Error | undefined>>()

test.before(async () => {
  guest = await createNamespace(await sharedCluster(), 'guest')
  await Promise.all([startParallel(), startOrganization()])
})

async function startParallel(): Promise<void> {
  const stack = await startStack('reasons', {
    alsoWatch: [guest.name],
    planeFlags: { quota: MANY },
    flags: { 'tenant-quota': MANY, 'requests-per-second': MANY, burst: MANY, workers: 16 },
  })
  ground = await prepareGround(stack, guest.name)
  for (const row of PARALLEL_ROWS) outcomes.set(row, errorOf(holds(ground, row)))
}

/** One row after the other, each on an empty organization. */
async function startOrganization(): Promise<void> {
  const { name, quota } = ORGANIZATION
  const stack = await startStack('reasons-organization', {
    planeFlags: { quota },
    flags: { organization: name, 'tenant-quota': quota },
  })
  organization = await prepareGround(stack, stack.namespace)
  let before: Promise<unknown> = Promise.resolve()
  for (const row of ORGANIZATION_ROWS) {
    const outcome = errorOf(before.then(() => holds(organization, row)))
    outcomes.set(row, outcome)
    before = row === ORGANIZATION_ROWS.at(-1) ? outcome : outcome.then(() => clearGround(organization))
  }
}

function errorOf(work: Promise<void>): Promise<Error | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  )
}

test.after(async () => {
  await Promise.all(outcomes.values())
  for (const one of [ground, organization]) await releaseGround(one)
  await guest.remove()
})

test('each reason has a row for each kind that can have it', () => {
  const missing = Object.entries(SHOWN_BY).flatMap(([reason, kinds]) =>
    kinds
      .filter((kind) => !ROWS.some((row) => row.reason === reason && row.kind === kind))
      .map((kind) => `${kind} ${reason}`),
  )
  assert.equal(missing, [])
  assert.equal(Object.keys(SHOWN_BY).toSorted(), Object.keys(REASON_CLASS).toSorted())
  const shown = ROWS.filter(({ reason, kind }) => !SHOWN_BY[reason].includes(kind))
  assert.equal(shown, [], 'rows of reasons that a kind cannot have')
})

test('each row has a name of its own', () => {
  assert.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length)
})

test('kubectl get shows READY, REASON and AGE, and -o wide the rest', async () => {
  const { kubectl } = ground.stack
  const headings = async (...args: string[]) => (await kubectl(['get', ...args])).split('\n', 1)[0]!.split(/ +/)
  const lab = new Lab(ground, 'shown')
  const { status } = await lab.readyApplication()
  for (const kind of ['rait', 'raiapp']) {
    assert.equal(await headings(kind, 'shown'), ['NAME', 'READY', 'REASON', 'AGE'])
  }
  const ofTenant = 'NAME READY REASON AGE CELLS ID SYNCED MESSAGE'
  assert.is((await headings('rait', 'shown', '-o', 'wide')).join(' '), ofTenant)
  const ofApplication = 'NAME READY REASON AGE TENANT CELL ID SYNCED SECRET MESSAGE'
  assert.is((await headings('raiapp', 'shown', '-o', 'wide')).join(' '), ofApplication)
  const shown = { Name: 'shown', Ready: 'True', Reason: 'Ready', Synced: 'True' }
  const { Age: _, Message: __, ...columns } = await columnsOf(lab, 'application')
  assert.equal(columns, { ...shown, Tenant: 'shown', Cell: 'eu-1', Id: status.applicationId, Secret: 'shown' })
})

test('kubectl wait for Ready waits for what is not there yet, and for a change that is not done', async () => {
  const { kubectl } = ground.stack
  const lab = new Lab(ground, 'awaited')
  const both = ['raitenant/awaited', 'raitenantapplication/awaited']
  const created = kubectl(['wait', '--for=create', '--timeout=60s', ...both])
  await lab.tenant({}, { annotations: { [REQUEST_ANNOTATIONS.paused]: 'true' } })
  await lab.application()
  await created
  const ready = kubectl(['wait', '--for=condition=Ready', '--timeout=60s', ...both])
  await lab.says('application', 'TenantNotReady')
  await lab.ask('tenant', 'paused', null)
  assert.match(await ready, 'raitenantapplication.tenants.resistant.ai/awaited condition met')
  await kubectl(['wait', '--for=condition=Ready', '--timeout=1s', ...both])

  const accept = await lab.disturb({ op: 'applicationToken', kind: 'status', status: 401 })
  await lab.spec('application', { cell: 'us-1' })
  const early = kubectl(['wait', '--for=condition=Ready', '--timeout=1s', both[1]!])
  assert.match(await early.catch(String), 'timed out waiting')
  const again = kubectl(['wait', '--for=condition=Ready', '--timeout=60s', both[1]!])
  await accept()
  await again
})

test('kubectl wait for the deletion waits until nothing is left outside', async () => {
  const { kubectl, controlPlane } = ground.stack
  const lab = new Lab(ground, 'leaving')
  await lab.readyApplication()
  const both = ['raitenant/leaving', 'raitenantapplication/leaving']
  const gone = kubectl(['wait', '--for=delete', '--timeout=60s', ...both])
  await lab.remove('tenant')
  await gone
  const { tenants } = await controlPlane.state()
  assert.not(tenants.some(({ name }) => name === 'leaving'))
  await kubectl(['wait', '--for=delete', '--timeout=1s', ...both])
})

for (const row of ROWS) {
  test(`${row.kind}: ${row.reason}, where ${row.situation}: ${row.then}, and the way out`, async () => {
    const error = await outcomes.get(row)
    if (error) throw error
  })
}

test.run()
