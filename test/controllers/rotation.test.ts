// Credentials that are replaced by time, by request and by change of the spec, and what becomes of those before.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { ROTATE, withApplication } from './rotating.ts'
import { ALL_MODES, away, DAY_MS, down, HOUR_MS, lost, MINUTE_MS, vain, withAttempt } from './scenarios.ts'
import { applicationOf } from '../doubles/resources.ts'
import { withTenant } from './harness.ts'

const test = suite('rotation of applications')

const refused = new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')
const monthly = { rotation: { every: '720h' }, overlap: '1h' }
const READ = ['documents.submissions.read' as const]

for (const mode of ALL_MODES) {
  test(`${mode}: a credential is replaced when its time has come, in one write, and goes after the overlap`, async () => {
    const application = await withApplication({ spec: monthly }, mode)
    const { look, clock, status, ids, secrets, credentials, first, metrics, written } = application
    const dueMs = Date.parse(status().nextRotationAt!) - clock.now()
    assert.ok(dueMs >= 648 * HOUR_MS && dueMs <= 720 * HOUR_MS)
    assert.equal(await look(), { afterMs: dueMs })
    await clock.advance(dueMs)
    const writes = secrets.writes.length
    assert.equal(await look(), { afterMs: HOUR_MS })
    const second = status().applicationId!
    assert.equal(ids(), [first, second])
    assert.equal(credentials(), [`${first} Retiring`, `${second} Active`])
    assert.is(Date.parse(status().credentials![0]!.retireAt!), clock.now() + HOUR_MS)
    assert.equal(secrets.writes.slice(writes), ['replace team/web'])
    const { data } = secrets.held.get('team/web')!
    assert.equal([written(), data['client_id']!.reveal()], [second, status().clientId])
    assert.equal(metrics.counted.slice(-1), ['rotated success'])
    assert.ok(Date.parse(status().nextRotationAt!) > clock.now() + 600 * HOUR_MS)

    await clock.advance(HOUR_MS)
    assert.equal(await look(), { afterMs: 0 })
    assert.equal([ids(), credentials()], [[second], [`${second} Active`]])
    assert.ok('afterMs' in Object(await look()))
    assert.equal(ids(), [second])
  })
}

test('a request rotates once for each new value', async () => {
  const { annotate, look, posts, status, first } = await withApplication()
  annotate({ [ROTATE]: 'one' })
  await look()
  assert.is(posts(), 2)
  assert.is.not(status().applicationId, first)
  assert.is(status().lastHandledRotate, 'one')
  await look()
  assert.is(posts(), 2)
  annotate({ [ROTATE]: 'two' })
  await look()
  assert.equal([posts(), status().lastHandledRotate], [3, 'two'])
})

test('a value that is there when the resource is first bound counts as handled', async () => {
  const { look, posts, status } = await withApplication({ metadata: { annotations: { [ROTATE]: 'one' } } })
  assert.is(status().lastHandledRotate, 'one')
  await look()
  assert.is(posts(), 1)
})

test('what was handled is remembered although the annotation was taken off and the credential replaced', async () => {
  const { annotate, change, look, posts, status } = await withApplication()
  annotate({ [ROTATE]: 'one' })
  await look()
  annotate({})
  change({ scopes: READ })
  await look()
  assert.equal([posts(), status().lastHandledRotate], [3, 'one'])
})

test('a request in one change with the spec is acted upon, although nothing else happens after', async () => {
  const { annotate, change, look, posts, secrets, status } = await withApplication()
  annotate({ [ROTATE]: 'one' })
  change({ secret: { labels: { team: 'a' } } })
  assert.equal(await look(), { afterMs: 1 })
  assert.is(secrets.held.get('team/web')!.labels['team'], 'a')
  await look()
  assert.equal([posts(), status().lastHandledRotate], [2, 'one'])
})

for (const [title, spec] of [
  ['scopes', { scopes: READ }],
  ['cell', { cell: 'us-1' }],
  ['auth', { auth: { type: 'RSA' } }],
] as const) {
  test(`a change of ${title} replaces the application, new before old`, async () => {
    const { change, look, reason, ids, first, status, metrics, plane, tenantId } = await withApplication()
    change({ ...spec })
    assert.equal(await look(), { afterMs: DAY_MS })
    assert.is(reason(), 'Ready')
    assert.equal(ids(), [first, status().applicationId])
    const made = plane.applicationsHeld.get(tenantId)![1]!
    if ('scopes' in spec) assert.equal(made.scopes, spec.scopes)
    if ('cell' in spec) assert.is(made.cell, spec.cell)
    assert.equal(metrics.counted.slice(-1), ['rotated success'])
  })
}

test('the first create is no rotation, also when its answer is handed over twice', async () => {
  const { metrics, records, look, status, states } = await withAttempt('EC', lost)
  let swaps = 0
  records.refusal = (verb) => (verb === 'swap' && swaps++ === 1 ? away : undefined)
  assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.ok(status().applicationId)
  await look()
  assert.equal(states(), ['bound'])
  assert.not(metrics.counted.some((one) => one.startsWith('rotated')))
})

for (const [title, failure] of [
  ['refused', refused],
  ['not asked, since nobody answers', down],
] as const) {
  test(`a new credential that is ${title} is not Ready, and the one before does not go`, async () => {
    const { plane, annotate, look, clock, isReady, ids, posts } = await withApplication({ spec: { overlap: '5m' } })
    plane.proofFailure = failure
    annotate({ [ROTATE]: 'one' })
    await look()
    assert.is.not(isReady(), 'True')
    assert.is(ids().length, 2)
    await clock.advance(HOUR_MS)
    await look()
    assert.is(isReady(), 'False')
    assert.is(ids().length, 2)

    annotate({ [ROTATE]: 'two' })
    await look()
    assert.is(posts(), 2, 'no other takes its place while it is unproven')

    plane.proofFailure = undefined
    await look()
    assert.is(isReady(), 'True')
    await look()
    assert.is(ids().length, 1)
  })
}

test('an outage after the new credential was proven does not take Ready away', async () => {
  const { plane, annotate, look, isReady, posts } = await withApplication()
  annotate({ [ROTATE]: 'one' })
  await look()
  plane.createFault = { outcome: 'notSent', failure: down }
  annotate({ [ROTATE]: 'two' })
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.equal([isReady(), posts()], ['True', 3])
})

test('a rotation that the dry run refuses makes nothing, counts as an error, and leaves what works', async () => {
  const { secrets, annotate, look, posts, isReady, reason, metrics } = await withApplication()
  secrets.refusal = () => new Failure('KubeForbidden', 'wait', 'PUT secrets: 403 Forbidden')
  annotate({ [ROTATE]: 'one' })
  await look()
  assert.equal([posts(), isReady(), reason()], [1, 'True', 'SecretWriteRefused'])
  assert.equal(metrics.counted.slice(-1), ['rotated error'])
  secrets.refusal = () => undefined
  await look()
  assert.equal([posts(), reason()], [2, 'Ready'])
})

test('in a protected tenant that somebody deleted rotations go on: protection keeps what works working', async () => {
  const { tenants, annotate, look, reason, posts } = await withApplication()
  const tenant = tenants.get('team/acme')!
  const metadata = { ...tenant.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }
  tenants.apply({ ...tenant, metadata, spec: { ...tenant.spec, deletionProtection: true } })
  annotate({ [ROTATE]: '1' })
  await look()
  assert.equal([reason(), posts()], ['Ready', 2])
})

test('nothing is rotated in a tenant that is being deleted', async () => {
  const { tenants, annotate, look, posts, isReady, clock } = await withApplication()
  const tenant = tenants.get('team/acme')!
  tenants.apply({ ...tenant, metadata: { ...tenant.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
  await clock.advance(1_000)
  annotate({ [ROTATE]: 'one' })
  assert.is(await look(), 'backOff')
  assert.equal([posts(), isReady()], [1, 'True'])
})

for (const fault of [lost, vain]) {
  test(`a rotation whose answer is lost, ${fault.happens ? 'carried out' : 'in vain'}, ends with one more application`, async () => {
    const application = await withApplication({}, 'EC')
    const { plane, annotate, look, clock, ids, credentials, status, first, isReady } = application
    plane.createFault = fault
    annotate({ [ROTATE]: 'one' })
    await look()
    assert.is(isReady(), 'True', 'the one before works')
    for (let looks = 0; looks < 6; looks++) {
      await look()
      await clock.advance(75_000)
    }
    assert.equal(ids(), [first, status().applicationId])
    assert.equal(credentials(), [`${first} Retiring`, `${status().applicationId} Active`])
  })
}

test('a fourth application waits until the first has retired, and no date in the past makes anybody hurry', async () => {
  const { annotate, change, look, clock, posts, ids, reason, isReady, status } = await withApplication()
  for (const value of ['one', 'two']) {
    annotate({ [ROTATE]: value })
    await look()
    await clock.advance(MINUTE_MS)
  }
  annotate({ [ROTATE]: 'three' })
  assert.equal(await look(), { afterMs: 5 * MINUTE_MS })
  assert.equal([posts(), reason(), isReady()], [3, 'Rotating', 'True'])

  change({ rotation: { every: '10m' }, overlap: '5m' })
  await look()
  await clock.advance(HOUR_MS)
  assert.ok(Date.parse(status().nextRotationAt!) < clock.now())
  assert.equal(await look(), { afterMs: 5 * MINUTE_MS })
  assert.is(ids().length, 3)

  await clock.advance(DAY_MS)
  await look()
  await look()
  await look()
  assert.equal([posts(), ids().length], [4, 2])
})

test('a spec that has flapped is followed in the end, although the last one was never proven', async () => {
  const { change, look, clock, ids, status, reason, plane, tenantId } = await withApplication({
    spec: { overlap: '1h' },
  })
  const all = ['documents.submissions.read' as const, 'documents.submissions.write' as const]
  for (const scopes of [READ, all, READ]) {
    change({ scopes })
    await look()
    assert.ok(ids().length <= 3)
  }
  assert.equal([reason(), ids().length], ['Rotating', 3])
  await clock.advance(HOUR_MS)
  for (let looks = 0; looks < 6; looks++) await look()
  assert.is(reason(), 'Ready')
  const bound = plane.applicationsHeld.get(tenantId)!.find(({ id }) => id === status().applicationId)
  assert.equal(bound?.scopes, READ)
})

test('one that is gone from the list of credentials is gone outside: it is forgotten last', async () => {
  const { annotate, look, clock, credentials, plane, ids } = await withApplication({ spec: { overlap: '5m' } })
  annotate({ [ROTATE]: 'one' })
  await look()
  await clock.advance(5 * MINUTE_MS)
  plane.outage = down
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.is(credentials().length, 2)
  plane.outage = undefined
  await look()
  assert.equal([credentials().length, ids().length], [1, 1])
})

test('one that does not go is kept in the list, and looked at again', async () => {
  const { annotate, look, clock, credentials, plane, tenantId } = await withApplication({ spec: { overlap: '5m' } })
  annotate({ [ROTATE]: 'one' })
  await look()
  await clock.advance(5 * MINUTE_MS)
  const [held] = plane.applicationsHeld.get(tenantId)!
  const { get } = plane.applications
  plane.applications.get = async (tenant, id, signal) => (id === held!.id ? held : get(tenant, id, signal))
  assert.equal(await look(), { afterMs: 2_000 })
  assert.is(credentials().length, 2)
})

test('what was relinked is replaced like any other, but never deleted for that', async () => {
  const { applications, annotate, look, now, clock, credentials, ids, first, status } = await withApplication({
    spec: { overlap: '5m' },
  })
  applications.apply({ ...now(), status: { ...now().status, provenance: 'Relinked' } })
  annotate({ [ROTATE]: 'one' })
  await look()
  assert.equal(credentials(), [`${status().applicationId} Active`])
  assert.is(status().provenance, 'Created')
  await clock.advance(DAY_MS)
  await look()
  assert.equal(ids(), [first, status().applicationId])
})

test('a released Secret of other scopes is bound again first, then replaced, and its application stays', async () => {
  const harness = withTenant()
  const { applications, applicationNow, applicationReason, lookAtApplication, plane, tenantId } = harness
  const former = applications.apply(applicationOf({ spec: { deletionPolicy: 'Retain' } }))
  await lookAtApplication(former)
  await applications.delete(applicationNow(former)!)
  await lookAtApplication(former)
  const application = applications.apply(applicationOf({ spec: { scopes: READ } }))
  assert.equal(await lookAtApplication(application), { afterMs: 0 })
  assert.is(applicationReason(application), 'Provisioning')
  assert.is(applicationNow(application)!.status.provenance, 'Relinked')
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
  assert.is(plane.idsIn(tenantId).length, 2)
  assert.is(applicationNow(application)!.status.credentials!.length, 1)
})

test('a period that is too short for the overlap by setting is told, and what is overdue retires all the same', async () => {
  const { annotate, change, look, clock, reason, ids, posts } = await withApplication({ spec: { overlap: '5m' } })
  annotate({ [ROTATE]: 'one' })
  await look()
  await clock.advance(HOUR_MS)
  change({ rotation: { every: '1h' }, overlap: '31m' })
  assert.equal(await look(), { afterMs: 0 })
  await look()
  assert.equal([reason(), ids().length], ['InvalidSpec', 1])
  change({ rotation: { every: '1h' }, overlap: '30m' })
  await look()
  assert.equal([reason(), ids().length, posts()], ['Ready', 1, 2])
})

test('Retain leaves what retires outside like all else, also when its overlap is over', async () => {
  const { annotate, look, first, status, ids, now, applications, application, applicationNow, clock, plane } =
    await withApplication({ spec: { deletionPolicy: 'Retain', overlap: '1h' } })
  annotate({ [ROTATE]: 'one' })
  await look()
  const second = status().applicationId!
  await clock.advance(2 * HOUR_MS)
  await applications.delete(now())
  await look()
  assert.is(applicationNow(application), undefined)
  assert.equal([ids(), plane.count('deleteTenantApplication')], [[first, second], 0])
})

test.run()
