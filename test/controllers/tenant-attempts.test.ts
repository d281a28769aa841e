// Attempts to make a tenant: names are unique, so what a lost answer made is found by its name.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { timestamp } from '../../src/clock.ts'
import { encodeBindingRecord } from '../../src/domain/binding-record.ts'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Failure } from '../../src/errors.ts'
import type { CreateFault } from '../doubles/memory-control-plane.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { boundTenant, tenantOf } from '../doubles/resources.ts'
import { withFields } from '../domain/attempts.ts'
import { makeHarness, messageOf } from './harness.ts'
import { away, down, follow, lost, MINUTE_MS, vain } from './scenarios.ts'

const test = suite('attempts to make a tenant')

const CONFIRM = 'tenants.resistant.ai/confirm'
/** So old a list of tenants is not used any more. */
const OLD_LIST_MS = 10_000
const CELLS = { cells: ['eu-1'] }

/** A tenant whose first create ended like this. */
async function withAttempt(fault?: CreateFault, parts: Parameters<typeof tenantOf>[0] = {}) {
  const harness = makeHarness()
  harness.plane.createFault = fault
  const tenant = harness.tenants.apply(tenantOf(parts))
  await harness.lookAtTenant(tenant)
  const { plane, records, tenants } = harness
  return {
    ...harness,
    tenant,
    now: () => harness.tenantNow(tenant),
    look: () => harness.lookAtTenant(tenant),
    posts: () => plane.count('createTenant'),
    journal: () => [...records.held.keys()].find((name) => name.startsWith('journal-'))!,
    remove: () => tenants.delete(harness.tenantNow(tenant)!),
    annotate: (annotations: Readonly<Record<string, string>>) => {
      const held = harness.tenantNow(tenant)!
      tenants.apply({ ...held, metadata: { ...held.metadata, annotations } })
    },
    /** As somebody does it, or a POST that is carried out late. */
    appear: (afterMs: number) => {
      const made = plane.makeTenant({ name: 'acme', ...CELLS })
      plane.tenantsHeld.set(made.id, { ...made, createdAt: timestamp(ManualClock.epoch + afterMs) })
      return made.id
    },
  }
}

for (const [afterMs, provenance] of [
  [0, 'Created'],
  [-MINUTE_MS, 'Created'],
  [-2 * MINUTE_MS, 'Relinked'],
  [90_000, 'Created'],
  [2 * MINUTE_MS, 'Relinked'],
] as const) {
  test(`a tenant of the name, made ${afterMs / 1_000} s after the POST, is ${provenance}`, async () => {
    const { look, appear, now, states, posts, tenant, tenantReason, metrics } = await withAttempt(vain)
    const id = appear(afterMs)
    assert.is(await look(), 'done')
    assert.is(tenantReason(tenant), 'Ready')
    assert.equal([now()!.status.tenantId, now()!.status.provenance], [id, provenance])
    assert.equal([states(), posts()], [['bound'], 1])
    assert.ok(metrics.counted.includes('ambiguous recovered'))
  })

  test(`… and when it shows only after the attempt was given up, too: ${afterMs / 1_000} s`, async () => {
    const { look, appear, now, states, clock, posts } = await withAttempt(vain)
    await look()
    await clock.advance(QUARANTINE_MS)
    assert.equal(await look(), { afterMs: 0 })
    const id = appear(afterMs)
    await clock.advance(OLD_LIST_MS)
    assert.is(await look(), 'done')
    assert.equal([now()!.status.tenantId, now()!.status.provenance], [id, provenance])
    assert.equal([states(), posts()], [['abandoned'], 1])
  })
}

test('a tenant that a resource of another operator holds is not what a lost answer made, whenever it was made', async () => {
  const { look, appear, tenants, tenant, tenantReason, clock, now, states } = await withAttempt(vain)
  const id = appear(0)
  tenants.fallBehind()
  tenants.apply(boundTenant(id, { metadata: { name: 'hidden' } }))
  await look()
  await clock.advance(QUARANTINE_MS)
  assert.equal(await look(), { afterMs: 0 })
  tenants.behind = new Map([['team/acme', now()!]])
  await look()
  assert.equal([states(), now()!.status.tenantId], [['abandoned'], undefined])
  tenants.behind = undefined
  assert.is(tenantReason(tenant), 'TenantExists')
})

test('what was only found by its name is not deleted before a person confirms it', async () => {
  for (const confirmed of [false, true]) {
    const { look, appear, now, plane, annotate, remove, clock } = await withAttempt(vain, {
      spec: { deletionPolicy: 'Delete' },
    })
    const id = appear(5 * MINUTE_MS)
    await look()
    assert.is(now()!.status.provenance, 'Relinked')
    if (confirmed) annotate({ [CONFIRM]: id })
    await remove()
    await follow(clock, look, MINUTE_MS)
    assert.is(now(), undefined)
    assert.is(plane.tenantsHeld.has(id), !confirmed)
  }
})

test('a wrong id confirms nothing, a right one does', async () => {
  const { look, appear, now, annotate, tenant, tenantReason } = await withAttempt(vain)
  const id = appear(5 * MINUTE_MS)
  await look()
  annotate({ [CONFIRM]: 't-wrong' })
  assert.is(await look(), 'done')
  assert.equal([tenantReason(tenant), now()!.status.provenance], ['InvalidSpec', 'Relinked'])
  annotate({ [CONFIRM]: id })
  assert.is(await look(), 'done')
  assert.equal([tenantReason(tenant), now()!.status.provenance], ['Ready', 'Created'])
})

test('an attempt that was refused says nothing about who has the name', async () => {
  const refused = new Failure('RateLimited', 'wait', 'too many')
  const { look, appear, tenant, tenantReason, states, clock } = await withAttempt({
    outcome: 'rejected',
    failure: refused,
  })
  assert.equal(states(), ['rejected'])
  appear(0)
  await clock.advance(OLD_LIST_MS)
  assert.equal(await look(), { afterMs: 60_000 })
  assert.is(tenantReason(tenant), 'TenantExists')
})

test('a refused create after a lost one learns whether the name is what that one made', async () => {
  const { look, appear, plane, now, clock } = await withAttempt(vain)
  await look()
  await clock.advance(QUARANTINE_MS)
  await look()
  const { create } = plane.tenants
  let id = ''
  plane.tenants.create = async (...args) => {
    id = appear(0)
    plane.createFault = { outcome: 'rejected', failure: new Failure('Rejected', 'stall', 'the name is taken') }
    return create(...args)
  }
  assert.is(await look(), 'backOff')
  assert.is(await look(), 'done')
  assert.equal([now()!.status.tenantId, now()!.status.provenance], [id, 'Created'])
})

test('an answered journal is finished by the next process', async () => {
  const { tenants, start, lookAtTenant, tenantNow, states, plane } = makeHarness()
  const tenant = tenants.apply(tenantOf())
  tenants.beforeWrite = (verb) => {
    if (verb === 'patchStatus') throw away
  }
  assert.equal(await lookAtTenant(tenant), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.equal(states(), ['answered'])
  tenants.beforeWrite = () => {}
  assert.is(await start({ holder: 'two' }).lookAtTenant(tenant), 'done')
  const { provenance, tenantId } = tenantNow(tenant)!.status
  assert.equal([states(), plane.count('createTenant'), provenance], [['bound'], 1, 'Created'])
  assert.ok(plane.tenantsHeld.has(tenantId!))
})

test('another’s tenant that appears during an attempt is told from its own by the record', async () => {
  const { look, appear, clock, tenant, tenantReason, records, states, now } = await withAttempt(vain)
  const id = appear(0)
  const of = { organization: 'org', provenance: 'Created', tenantName: 'acme', namespace: 'other' } as const
  records.put(encodeBindingRecord({ ...of, tenantId: id, name: 'acme', uid: 'uid-other' }))
  assert.equal(await look(), { afterMs: 2_000 })
  await clock.advance(QUARANTINE_MS)
  await look()
  assert.equal(await look(), { afterMs: 60_000 })
  assert.equal([tenantReason(tenant), now()!.status.tenantId, states()], ['TenantExists', undefined, ['abandoned']])
})

const deletions: [title: string, fault: CreateFault, appearsAfterMs: number | undefined, left: number][] = [
  ['what the attempt made is deleted', lost, undefined, 0],
  ['what only has its name is left', vain, 5 * MINUTE_MS, 1],
  ['nothing is left where nothing was made', vain, undefined, 0],
]

for (const [title, fault, appearsAfterMs, left] of deletions) {
  test(`deleted while its attempt is open, it is never bound, and ${title}`, async () => {
    const { look, appear, now, remove, clock, plane, posts, states } = await withAttempt(fault)
    if (appearsAfterMs !== undefined) appear(appearsAfterMs)
    await remove()
    assert.is(await follow(clock, look, 5 * MINUTE_MS), 'done')
    assert.is(now(), undefined)
    assert.equal([plane.tenantsHeld.size, posts(), states()], [left, 1, ['abandoned']])
  })
}

test('what is bound already is not taken back on the word of its journal: Retain keeps it', async () => {
  const { look, now, remove, clock, plane, records, journals } = await withAttempt(undefined, {
    spec: { deletionPolicy: 'Retain' },
  })
  records.put(withFields(journals()[0]!.stored, { state: 'answered', endedAt: undefined }))
  await remove()
  await follow(clock, look, MINUTE_MS)
  assert.equal([now(), plane.tenantsHeld.size], [undefined, 1])
})

test('applications that somebody made in it keep what an attempt made', async () => {
  const { look, now, remove, plane, tenant, tenantReason } = await withAttempt(lost)
  const [id] = plane.tenantsHeld.keys()
  plane.makeApplication(id!, { cell: 'eu-1', scopes: ['a'], auth: { type: 'ClientSecret' } })
  await remove()
  assert.equal(await look(), { afterMs: 30_000 })
  assert.is(tenantReason(tenant), 'DrainBlocked')
  assert.ok(now())
  plane.applicationsHeld.clear()
  await look()
  await look()
  assert.equal([now(), plane.tenantsHeld.size], [undefined, 0])
})

test('a journal that cannot be read holds the tenant, and is named', async () => {
  const { look, records, journal, tenant, tenantReason, now, plane } = await withAttempt(lost)
  records.put(withFields(records.held.get(journal())!, { readableBy: 9 }))
  const calls = plane.calls.length
  assert.equal(await look(), { code: 'AmbiguousCreate', disposition: 'stall' })
  assert.is(tenantReason(tenant), 'AmbiguousCreate')
  assert.match(messageOf(now()), journal())
  assert.is(plane.calls.length, calls)
})

test('a journal of another organization stops the tenant', async () => {
  const { look, records, journal, tenant, tenantReason, plane } = await withAttempt(lost)
  records.put(withFields(records.held.get(journal())!, { organization: 'other' }))
  const calls = plane.calls.length
  assert.is(await look(), 'done')
  assert.is(tenantReason(tenant), 'WrongOrganization')
  assert.is(plane.calls.length, calls)
})

test('one that was refused in another organization keeps nothing from being made in this', async () => {
  const refused = { outcome: 'rejected', failure: new Failure('Rejected', 'stall', 'no such name here') } as const
  const { look, records, journal, tenant, tenantReason, plane } = await withAttempt(refused)
  records.put(withFields(records.held.get(journal())!, { organization: 'other' }))
  plane.createFault = undefined
  assert.is(await look(), 'done')
  assert.is(tenantReason(tenant), 'Ready')
})

test('a list that cannot be had neither binds nor gives up', async () => {
  const { look, clock, plane, states } = await withAttempt(vain)
  await look()
  await clock.advance(QUARANTINE_MS)
  plane.outage = down
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.equal(states(), ['open'])
})

test.run()
