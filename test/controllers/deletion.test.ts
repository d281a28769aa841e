// Resources that are deleted while an attempt of theirs is open, and statuses that others have bound meanwhile.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { SEAL } from '../doubles/resources.ts'
import { withFields } from '../domain/attempts.ts'
import { ROTATE, withApplication } from './rotating.ts'
import { ALL_MODES, away, DAY_MS, down, follow, KEY_MODES, lost, MINUTE_MS, vain, withAttempt } from './scenarios.ts'

const test = suite('deletion during an attempt')

for (const mode of KEY_MODES) {
  test(`${mode}: what the attempt made is proven, deleted and never bound`, async () => {
    const attempt = await withAttempt(mode, lost)
    const { remove, look, clock, application, applicationNow, ids, posts, secrets, states, logger } = attempt
    await remove()
    assert.is(await follow(clock, look, MINUTE_MS), 'done')
    assert.is(applicationNow(application), undefined)
    assert.equal([ids(), posts(), states()], [[], 1, ['abandoned']])
    assert.equal([...secrets.held.keys()], [])
    const trail = logger.lines.flatMap(({ fields }) => fields['operation'] ?? [])
    assert.equal(trail, ['createTenantApplication', 'deleteTenantApplication'])
  })

  test(`${mode}: what it makes after the resource has gone is taken back by the sweep`, async () => {
    const attempt = await withAttempt(mode, vain)
    const { remove, look, clock, application, applicationNow, ids, carryOut, sweep, tenantId, states } = attempt
    await remove()
    await follow(clock, look, 2 * MINUTE_MS)
    assert.is(applicationNow(application), undefined)
    carryOut()
    await follow(clock, () => sweep(tenantId), 2 * DAY_MS)
    assert.equal([ids(), states()], [[], []])
  })
}

for (const mode of ALL_MODES) {
  test(`${mode}: the resource stays until 75 s have shown that nothing was made`, async () => {
    const { remove, look, clock, application, applicationNow, applicationReason, posts, events } = await withAttempt(
      mode,
      vain,
    )
    await remove()
    await look()
    assert.is(applicationReason(application), 'AmbiguousCreate')
    await clock.advance(QUARANTINE_MS - 1)
    await look()
    assert.ok(applicationNow(application))
    await clock.advance(1)
    await follow(clock, look, MINUTE_MS)
    assert.is(applicationNow(application), undefined)
    assert.is(posts(), 1)
    assert.not(events.reasons.some((reason) => reason.endsWith('OrphanSuspected')))
  })

  test(`${mode}: an answer that was not handed over is taken back`, async () => {
    const { secrets, application, applicationNow, applications, lookAtApplication, clock, ...rest } = await withAttempt(
      mode,
      undefined,
    )
    void secrets
    const other = applications.apply({
      ...application,
      metadata: { ...application.metadata, name: 'other', uid: 'uid-other' },
    })
    secrets.refusal = (dryRun) => (dryRun ? undefined : away)
    assert.equal(await lookAtApplication(other), { code: 'KubeUnavailable', disposition: 'retry' })
    assert.equal(rest.states(), ['bound', 'answered'])
    await applications.delete(applicationNow(other)!)
    await follow(clock, () => lookAtApplication(other), MINUTE_MS)
    assert.is(applicationNow(other), undefined)
    assert.equal(rest.ids(), [rest.status().applicationId])
  })
}

for (const [deletionPolicy, secretName, stays] of [
  ['Retain', 'web', true],
  ['Retain', 'elsewhere', true],
  ['Delete', 'web', false],
] as const) {
  test(`${deletionPolicy} holds for a credential that stands in a Secret, ${secretName} by now, before any status tells of it`, async () => {
    const rotation = await withApplication({ spec: { deletionPolicy } })
    const { applications, annotate, change, look, clock, application, applicationNow, now, ids, written, first } =
      rotation
    annotate({ [ROTATE]: 'one' })
    applications.beforeWrite = (verb) => {
      if (verb === 'patchStatus') throw away
    }
    await look()
    applications.beforeWrite = () => {}
    assert.is.not(written(), first)
    change({ secret: { name: secretName } })
    await applications.delete(now())
    await follow(clock, look, MINUTE_MS)
    assert.is(applicationNow(application), undefined)
    assert.is(ids().includes(written(secretName)!), stays)
  })
}

test('ClientSecret: what may have been made is told on the tenant before the resource goes, and left', async () => {
  const { remove, look, clock, application, applicationNow, ids, events, states } = await withAttempt(
    'ClientSecret',
    lost,
  )
  await remove()
  await follow(clock, look, 5 * MINUTE_MS)
  assert.is(applicationNow(application), undefined)
  assert.is(ids().length, 1)
  const told = events.published.find(({ reason }) => reason === 'OrphanSuspected')
  assert.is(told?.about, 'team/acme')
  assert.match(told!.note, ids()[0]!)
  assert.equal(states(), ['abandoned'])
})

test('a proof without a definite answer keeps the resource', async () => {
  const { remove, look, clock, plane, application, applicationNow, ids } = await withAttempt('EC', lost)
  plane.proofFailure = down
  await remove()
  await follow(clock, look, 5 * MINUTE_MS)
  assert.ok(applicationNow(application))
  plane.proofFailure = undefined
  await follow(clock, look, MINUTE_MS)
  assert.is(applicationNow(application), undefined)
  assert.equal(ids(), [])
})

test('an attempt that was bound, though its journal does not say so, is deleted as what is bound', async () => {
  const { remove, look, clock, application, applicationNow, applications, ids, records } = await withAttempt('EC', lost)
  let swaps = 0
  records.refusal = (verb) => (verb === 'swap' && swaps++ === 1 ? away : undefined)
  assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.ok(applications.get('team/web')!.status.applicationId)
  await remove()
  await follow(clock, look, MINUTE_MS)
  assert.is(applicationNow(application), undefined)
  assert.equal(ids(), [])
})

test('what is bound already is not taken back on the word of its journal: Retain keeps it', async () => {
  const { remove, look, clock, application, applicationNow, records, journals, ids, status } = await withAttempt(
    'EC',
    undefined,
    { spec: { deletionPolicy: 'Retain' } },
  )
  const { applicationId } = status()
  records.put(withFields(journals()[0]!.stored, { state: 'answered', endedAt: undefined }))
  await remove()
  await follow(clock, look, MINUTE_MS)
  assert.is(applicationNow(application), undefined)
  assert.equal(ids(), [applicationId])
})

test('a status is never written over another binding, and what stood there is kept', async () => {
  const attempt = await withAttempt('EC', lost)
  const { look, applications, applicationNow, application, states, status, ids, secrets } = attempt
  const issuedAt = '2026-01-01T00:00:00Z'
  const theirs = { applicationId: 'a-x', clientId: 'client-a-x', state: 'Active' as const, issuedAt }
  let isBound = false
  applications.beforeWrite = (verb) => {
    if (verb !== 'patchStatus' || isBound) return
    isBound = true
    const now = applicationNow(application)!
    const bound = { ...now.status, organization: 'org', tenantId: attempt.tenantId, applicationId: 'a-x' }
    applications.apply({ ...now, status: { ...bound, credentials: [theirs], seal: SEAL } })
  }
  assert.equal(await look(), { code: 'KubeConflict', disposition: 'retry' })
  assert.equal([status().applicationId, states()], ['a-x', ['answered']])

  assert.equal(await look(), { afterMs: DAY_MS }, 'what stood there retires after the overlap')
  assert.equal([[status().applicationId], states()], [ids(), ['bound']])
  assert.equal(
    status().credentials!.map(({ applicationId }) => applicationId),
    ['a-x', ...ids()],
  )
  assert.is(secrets.held.get('team/web')!.data['application_id']?.reveal(), ids()[0])
})

test.run()
