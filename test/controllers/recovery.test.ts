// Attempts of which the answer was lost, in the modes in which a key proves what they made.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { boundApplication } from '../doubles/resources.ts'
import {
  AMBIGUOUS,
  away,
  DAY_MS,
  down,
  follow,
  HOUR_MS,
  KEY_MODES,
  lost,
  MINUTE_MS,
  vain,
  withAttempt,
} from './scenarios.ts'

const test = suite('recovery of applications')

const SCOPES = ['documents.submissions.read', 'documents.submissions.write']

for (const mode of KEY_MODES) {
  test(`${mode}: a lost answer is proven by the key at the next look, and bound with one POST`, async () => {
    const { first, look, status, posts, ids, states, application, applicationReason, metrics, logger } =
      await withAttempt(mode, lost)
    assert.equal(first, AMBIGUOUS)
    assert.is(await look(), 'done')
    assert.is(applicationReason(application), 'Ready')
    assert.equal([status().applicationId, status().provenance], [ids()[0], 'Created'])
    assert.equal(states(), ['bound'])
    assert.is(posts(), 1)
    assert.ok(metrics.counted.includes('ambiguous recovered'))
    const trail = logger.lines.filter(({ fields }) => fields['operation'] === 'createTenantApplication')
    assert.equal(
      trail.map(({ fields }) => [fields['applicationId'], fields['key']]),
      [[ids()[0], 'team/web']],
    )
  })

  test(`${mode}: what was never carried out is asked for again, but not before 75 s`, async () => {
    const { look, clock, posts, ids, states, application, applicationReason, metrics } = await withAttempt(mode, vain)
    assert.equal(await look(), { afterMs: 2_000 })
    await clock.advance(QUARANTINE_MS - 1)
    assert.equal(await look(), { afterMs: 1 })
    assert.equal([posts(), states()], [1, ['open']])
    await clock.advance(1)
    assert.equal(await look(), { afterMs: 0 })
    assert.equal([posts(), states()], [1, ['abandoned']])
    assert.is(await look(), 'done')
    assert.equal([posts(), states()], [2, ['abandoned', 'bound']])
    assert.is(ids().length, 1)
    assert.is(applicationReason(application), 'Ready')
    assert.ok(metrics.counted.includes('ambiguous abandoned'))
  })

  test(`${mode}: what is carried out late, but before that, is bound`, async () => {
    const { look, clock, posts, carryOut, status } = await withAttempt(mode, vain)
    await look()
    await clock.advance(50_000)
    const id = carryOut()
    assert.is(await look(), 'done')
    assert.equal([posts(), status().applicationId], [1, id])
  })

  test(`${mode}: what shows at the last look is bound, not given up`, async () => {
    const { look, clock, posts, carryOut, status } = await withAttempt(mode, vain)
    await look()
    await clock.advance(QUARANTINE_MS)
    const id = carryOut()
    assert.is(await look(), 'done')
    assert.equal([posts(), status().applicationId], [1, id])
  })
}

test('the wait is by the clock of who looks: a new process begins it anew', async () => {
  const { look, clock, start, application, posts, states } = await withAttempt('EC', vain)
  await look()
  await clock.advance(MINUTE_MS)
  const other = start({ holder: 'two' })
  assert.equal(await other.lookAtApplication(application), { afterMs: 2_000 })
  await clock.advance(QUARANTINE_MS - 1)
  assert.equal(await other.lookAtApplication(application), { afterMs: 1 })
  assert.equal([posts(), states()], [1, ['open']])
})

test('what a person made meanwhile is tried, not bound and never touched', async () => {
  const { look, clock, plane, tenantId, status, ids } = await withAttempt('EC', vain)
  const auth = await plane.keys.make({ type: 'EC' })
  const { application: theirs } = plane.makeApplication(tenantId, { cell: 'eu-1', scopes: SCOPES, auth })
  await look()
  assert.is(plane.count('token'), 1)
  await clock.advance(QUARANTINE_MS)
  await look()
  await look()
  assert.is.not(status().applicationId, theirs.id)
  assert.equal(ids(), [theirs.id, status().applicationId])
})

test('what was asked for differently, or is claimed, is not even tried', async () => {
  const { look, plane, tenantId, applications, carryOut } = await withAttempt('EC', vain)
  const auth = await plane.keys.make({ type: 'EC' })
  for (const [cell, scopes] of [
    ['us-1', SCOPES],
    ['eu-1', SCOPES.slice(1)],
  ] as const) {
    plane.makeApplication(tenantId, { cell, scopes, auth })
  }
  const claimed = carryOut()
  applications.apply(boundApplication(claimed, { metadata: { name: 'other' } }))
  assert.equal(await look(), { afterMs: 2_000 })
  assert.is(plane.count('token'), 0)
})

test('a proof without a definite answer neither binds nor gives up', async () => {
  const { look, clock, plane, posts, states } = await withAttempt('EC', lost)
  plane.proofFailure = down
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  await clock.advance(10 * MINUTE_MS)
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.equal([posts(), states()], [1, ['open']])
  plane.proofFailure = undefined
  assert.is(await look(), 'done')
  assert.equal([posts(), states()], [1, ['bound']])
})

test('a list that cannot be had neither binds nor gives up', async () => {
  const { look, clock, plane, posts, states } = await withAttempt('EC', vain)
  await look()
  await clock.advance(QUARANTINE_MS)
  plane.outage = down
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.equal([posts(), states()], [1, ['open']])
})

test('of what one POST made twice, one is bound', async () => {
  const { look, carryOut, ids, status, states } = await withAttempt('EC', lost)
  carryOut()
  assert.is(await look(), 'done')
  assert.is(ids().length, 2)
  assert.ok(ids().includes(status().applicationId!))
  assert.equal(states(), ['bound'])
})

for (const [title, spec] of [
  ['other scopes', { scopes: ['documents.submissions.read'] }],
  ['another cell', { cell: 'us-1' }],
  ['another kind of credential', { auth: { type: 'ClientSecret' } }],
] as const) {
  const withChange = async () => {
    const attempt = await withAttempt('EC', lost)
    const asked = attempt.applicationNow(attempt.application)!
    const { metadata } = asked
    attempt.applications.apply({ ...asked, metadata: { ...metadata, generation: 2 }, spec: { ...asked.spec, ...spec } })
    assert.equal(await attempt.look(), { afterMs: 0 })
    return { ...attempt, asked }
  }

  test(`with ${title} asked for since the answer was lost, what was made is recorded, told and not Ready`, async () => {
    const { application, applications, applicationNow, applicationReason, asked, look, ...rest } = await withChange()
    const { status, ids, posts, states, secrets, plane } = rest
    assert.is(applicationReason(application), 'Provisioning')
    assert.not(status().conditions!.some(({ type, status }) => type === 'Ready' && status === 'True'))
    assert.equal([status().applicationId], ids())
    assert.ok(secrets.held.has('team/web'))
    assert.equal(states(), ['bound'])
    assert.is(plane.count('token'), 1, 'the proof that it is ours, and none that it works')

    applications.apply({ ...applicationNow(application)!, spec: asked.spec })
    assert.is(await look(), 'done')
    assert.is(applicationReason(application), 'Ready')
    assert.is(posts(), 1)
  })

  test(`with ${title} asked for since the answer was lost, what was made is replaced at the next look`, async () => {
    const { application, applicationReason, look, status, ids, posts, states } = await withChange()
    const [first] = ids()
    assert.equal(await look(), { afterMs: DAY_MS })
    assert.is(applicationReason(application), 'Ready')
    assert.equal([posts(), states()], [2, ['bound', 'bound']])
    assert.equal([first, status().applicationId], ids())
    assert.equal(
      status().credentials?.map(({ applicationId, state }) => [applicationId, state]),
      [
        [first, 'Retiring'],
        [status().applicationId, 'Active'],
      ],
    )
  })
}

test('a Secret that is somebody else’s by now holds the answer back, and gets it when it goes', async () => {
  const { application, applicationReason, look, secrets, states, status, posts } = await withAttempt('EC', lost)
  const others = { namespace: 'team', name: 'web', uid: 'x', resourceVersion: '1', type: 'Opaque', immutable: false }
  secrets.held.set('team/web', { ...others, labels: {}, annotations: {}, controller: undefined, data: {} })
  assert.equal(await look(), { afterMs: 30_000 })
  assert.is(applicationReason(application), 'SecretConflict')
  assert.equal([states(), status().applicationId], [['answered'], undefined])
  secrets.held.delete('team/web')
  assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.is(posts(), 1)
})

test('an attempt of a resource that is made again under its name is not the new one’s', async () => {
  const { application, applications, look, posts, carryOut, status, ids } = await withAttempt('EC', vain)
  applications.vanish(application)
  const { uid } = applications.apply({ ...application, metadata: { ...application.metadata, uid: 'again' } }).metadata
  const late = carryOut()
  assert.is(await look(), 'done')
  assert.is(uid, 'again')
  assert.equal(ids(), [late, status().applicationId])
  assert.is(posts(), 2)
})

test('suspended between proof and binding, the answer is finished by the next process', async () => {
  const { application, applications, look, start, states, status, ids, posts } = await withAttempt('RSA', lost)
  applications.beforeWrite = (verb) => {
    if (verb === 'patchStatus') throw away
  }
  assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.equal(states(), ['answered'])
  applications.beforeWrite = () => {}
  assert.is(await start({ holder: 'two' }).lookAtApplication(application), 'done')
  assert.equal([[status().applicationId], states(), posts()], [ids(), ['bound'], 1])
  assert.is(status().credentials?.[0]?.issuedAt, new Date(ManualClock.epoch).toISOString().replace('.000', ''))
})

test('EC: a finalizer that a person took off, and a cache that has not heard of the journal: nothing is lost, and one application stays', async () => {
  const {
    applications,
    application,
    applicationNow,
    clock,
    ids,
    journal,
    look,
    records,
    start,
    status,
    sweep,
    tenantId,
  } = await withAttempt('EC', lost)
  const stored = records.held.get(journal())!
  await records.delete(stored)
  records.held.set(stored.name, stored)
  const { metadata, ...rest } = applicationNow(application)!
  applications.apply({ ...rest, metadata: { ...metadata, finalizers: [] } })
  assert.is(await look(), 'done')
  assert.is(ids().length, 2)

  const heard = start({ holder: 'two' })
  await follow(clock, () => heard.lookAtApplication(application), 2 * DAY_MS)
  await follow(clock, () => sweep(tenantId), HOUR_MS)
  assert.equal(ids(), [status().applicationId])
})

test.run()
