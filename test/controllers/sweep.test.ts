// The sweep of applications’ journals: when it comes, what it deletes, and what it leaves.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Failure } from '../../src/errors.ts'
import { withFields } from '../domain/attempts.ts'
import { applicationOf, boundApplication, boundTenant } from '../doubles/resources.ts'
import {
  ALL_MODES,
  DAY_MS,
  down,
  follow,
  HOUR_MS,
  KEY_MODES,
  MINUTE_MS,
  vain,
  withAbandoned,
  withAttempt,
} from './scenarios.ts'

const test = suite('sweep of applications')

type Attempt = Awaited<ReturnType<typeof withAttempt>>

/** Sweeps as often as that is asked for; returns when it listed the tenant, in milliseconds from now. */
async function sweepAll({ clock, plane, sweep, tenantId }: Attempt, forMs = 2 * DAY_MS): Promise<number[]> {
  const begun = clock.monotonic()
  const listedAt: number[] = []
  const sweepOnce = async () => {
    const lists = plane.count('getTenantApplications')
    const outcome = await sweep(tenantId)
    if (plane.count('getTenantApplications') > lists) listedAt.push(clock.monotonic() - begun)
    return outcome
  }
  await follow(clock, sweepOnce, forMs)
  return listedAt
}

const passesOf = ({ journals }: Attempt) => journals().map(({ attempt }) => attempt.passes)

for (const mode of ALL_MODES) {
  test(`${mode}: the journal of a clean end is removed after one list, 75 s after that end`, async () => {
    const attempt = await withAttempt(mode, undefined)
    assert.equal(await attempt.sweep(attempt.tenantId), { afterMs: QUARANTINE_MS })
    await attempt.clock.advance(QUARANTINE_MS - 1)
    await attempt.sweep(attempt.tenantId)
    assert.equal(attempt.states(), ['bound'])
    assert.equal(await sweepAll(attempt), [1_000])
    assert.equal(attempt.states(), [])
    assert.equal(attempt.ids(), [attempt.status().applicationId])
  })
}

test('the journal of a refused create is removed the same', async () => {
  const fault = { outcome: 'rejected', failure: new Failure('Rejected', 'stall', 'refused') } as const
  const attempt = await withAttempt('EC', fault)
  assert.equal(await sweepAll(attempt), [QUARANTINE_MS])
  assert.equal(attempt.states(), [])
})

test('a journal that was given up is removed after lists at 1 min, 10 min, 1 h and 24 h', async () => {
  const attempt = await withAttempt('EC', vain)
  await attempt.look()
  await attempt.clock.advance(QUARANTINE_MS)
  await attempt.look()
  assert.equal(await sweepAll(attempt), [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS])
  assert.equal(attempt.states(), [])
})

test('after an outage of days one list stands for all that were missed', async () => {
  const attempt = await withAbandoned('EC')
  await attempt.clock.advance(3 * DAY_MS)
  const restarted = { ...attempt, ...attempt.start() }
  assert.equal(await sweepAll(restarted), [0, QUARANTINE_MS], 'one for what was given up, one for what was bound')
  assert.equal(restarted.states(), [])
})

test('a process that has just started believes no other’s time: a clean end waits 75 s in its own sight', async () => {
  const attempt = await withAttempt('EC', undefined)
  await attempt.clock.advance(HOUR_MS)
  assert.equal(await attempt.start().sweep(attempt.tenantId), { afterMs: QUARANTINE_MS })
  assert.equal(attempt.states(), ['bound'])
})

for (const mode of KEY_MODES) {
  for (const afterMs of [30_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 23 * HOUR_MS]) {
    test(`${mode}: what a POST makes ${afterMs / MINUTE_MS} min after it was given up is taken back`, async () => {
      const attempt = await withAbandoned(mode)
      const { carryOut, clock, ids, status, logger } = attempt
      clock.after(afterMs, () => void carryOut())
      await sweepAll(attempt)
      assert.equal(ids(), [status().applicationId])
      const line = logger.lines.find(({ fields }) => fields['reason'] === 'surplus')
      assert.equal([line?.fields['operation'], line?.fields['key']], ['deleteTenantApplication', 'team/web'])
    })
  }

  test(`${mode}: what a POST made twice is taken back, though its answer was clean`, async () => {
    const attempt = await withAttempt(mode, undefined)
    attempt.carryOut()
    await sweepAll(attempt)
    assert.equal(attempt.ids(), [attempt.status().applicationId])
  })
}

test('ClientSecret: after a clean answer nothing is suspected, and nothing deleted', async () => {
  const attempt = await withAttempt('ClientSecret', undefined)
  const twin = attempt.carryOut()
  await sweepAll(attempt)
  assert.equal(attempt.ids(), [attempt.status().applicationId, twin])
  assert.equal(attempt.status().suspects ?? [], [])
  assert.equal(attempt.states(), [])
})

test('what a person made, what was there before and what others hold stays, however much alike', async () => {
  const attempt = await withAbandoned('EC')
  const { plane, tenantId, carryOut, applications, application, ids } = attempt
  const { cell, scopes } = application.spec
  const { id: theirs } = plane.makeApplication(tenantId, {
    cell,
    scopes,
    auth: await plane.keys.make({ type: 'EC' }),
  }).application
  const claimed = carryOut()
  applications.apply(boundApplication(claimed, { metadata: { name: 'other' } }))
  await sweepAll(attempt)
  assert.ok(ids().includes(theirs))
  assert.ok(ids().includes(claimed))
  assert.is(plane.count('deleteTenantApplication'), 0)
})

test('a pass whose proofs have no definite answer does not count', async () => {
  const attempt = await withAbandoned('EC')
  const { plane, carryOut, clock, sweep, tenantId, ids } = attempt
  carryOut()
  plane.proofFailure = down
  await clock.advance(10 * MINUTE_MS)
  assert.equal(await sweep(tenantId), { afterMs: 30_000 })
  assert.equal(passesOf(attempt)[0], 0)
  assert.is(ids().length, 2)
  plane.proofFailure = undefined
  await sweep(tenantId)
  assert.is(ids().length, 1)
  assert.is(passesOf(attempt)[0], 2)
})

test('one proof without a definite answer does not keep the other journals from theirs', async () => {
  const attempt = await withAbandoned('EC')
  const { plane, applications, lookAtApplication, clock, sweep, tenantId, carryOut, journals, ids } = attempt
  plane.createFault = vain
  const other = applications.apply(applicationOf({ metadata: { name: 'other' } }))
  await lookAtApplication(other)
  await lookAtApplication(other)
  await clock.advance(QUARANTINE_MS)
  await lookAtApplication(other)
  const [first, second] = journals().filter(({ attempt }) => attempt.state === 'abandoned')
  assert.ok(first?.attempt.type === 'application' && first.attempt.proof.type === 'EC')
  const { kid } = first.attempt.proof
  const late = [carryOut(0), carryOut(2)]
  const { prove } = plane.prover
  plane.prover.prove = async (...args) => {
    const [{ proof }] = args
    if (proof.type === 'EC' && proof.kid === kid) throw down
    return prove(...args)
  }
  await clock.advance(MINUTE_MS)
  assert.equal(await sweep(tenantId), { afterMs: 30_000 })
  assert.ok(ids().includes(late[0]!))
  assert.not(ids().includes(late[1]!))
  const passes = new Map(journals().map(({ stored, attempt }) => [stored.name, attempt.passes]))
  assert.equal([passes.get(first.stored.name), passes.get(second!.stored.name)], [0, 1])
})

test('a list that cannot be had counts as nothing', async () => {
  const attempt = await withAbandoned('EC')
  await attempt.clock.advance(MINUTE_MS)
  attempt.plane.outage = down
  assert.equal(await attempt.sweep(attempt.tenantId), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.equal(passesOf(attempt)[0], 0)
})

test('a tenant that is not found counts only when a list proves that we look at the right organization', async () => {
  const attempt = await withAbandoned('EC')
  const { plane, tenants, clock, sweep, tenantId } = attempt
  await clock.advance(MINUTE_MS)
  plane.tenantsHeld.delete(tenantId)
  assert.equal(await sweep(tenantId), { afterMs: 30_000 })
  assert.equal(passesOf(attempt)[0], 0)
  const { id } = plane.makeTenant({ name: 'other', cells: ['eu-1'] })
  tenants.apply(boundTenant(id, { metadata: { name: 'other' } }))
  await sweep(tenantId)
  assert.equal(passesOf(attempt)[0], 1)
})

for (const mode of ALL_MODES) {
  test(`${mode}: an attempt whose resource lost its finalizer is given up after 75 s and served`, async () => {
    const attempt = await withAttempt(mode, vain)
    const { applications, application, sweep, tenantId, clock, states, carryOut, ids } = attempt
    applications.vanish(application)
    assert.equal(await sweep(tenantId), { afterMs: QUARANTINE_MS })
    assert.equal(states(), ['open'])
    await clock.advance(QUARANTINE_MS)
    assert.equal(await sweep(tenantId), { afterMs: 0 })
    assert.equal(states(), ['abandoned'])
    const late = carryOut()
    await sweepAll(attempt)
    assert.equal([states(), ids()], [[], mode === 'ClientSecret' ? [late] : []])
  })

  test(`${mode}: an answer that nobody was handed is taken back when its resource has gone`, async () => {
    const attempt = await withAttempt(mode, undefined)
    const { applications, application, journals, records, ids, states } = attempt
    const [journal] = journals()
    records.put(withFields(journal!.stored, { state: 'answered', endedAt: undefined }))
    applications.vanish(application)
    await sweepAll(attempt)
    assert.equal([states(), ids()], [[], []])
  })
}

test('an attempt of a resource that is there is its own business, however long it takes', async () => {
  const attempt = await withAttempt('EC', vain)
  await sweepAll(attempt, HOUR_MS)
  assert.equal(attempt.states(), ['open'])
})

test('a journal that cannot be read is never removed, and named in the log', async () => {
  const attempt = await withAttempt('EC', undefined)
  const { records, journal, logger } = attempt
  records.put(withFields(records.held.get(journal())!, { readableBy: 9 }))
  assert.equal(await sweepAll(attempt), [])
  assert.ok(records.held.has(journal()))
  assert.ok(logger.lines.some(({ level, fields }) => level === 'warn' && fields['journal'] === journal()))
})

test('a journal of another organization is left alone', async () => {
  const attempt = await withAbandoned('EC')
  const { records, journal, carryOut, plane } = attempt
  records.put(withFields(records.held.get(journal())!, { organization: 'other' }))
  carryOut()
  await sweepAll(attempt)
  assert.ok(records.held.has(journal()))
  assert.is(plane.count('deleteTenantApplication'), 0)
})

test.run()
