// A tenant from apply to gone, and all that can be in the way.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SECOND_LOOK_MS } from '../../src/domain/gone.ts'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Failure } from '../../src/errors.ts'
import { boundApplication, boundTenant, tenantOf } from '../doubles/resources.ts'
import { makeHarness } from './harness.ts'

const test = suite('tenant controller')

const down = new Failure('ControlPlaneUnavailable', 'retry', 'the control plane does not answer')
const refused = new Failure('Rejected', 'stall', 'the control plane refused it')

/** A harness that holds a tenant made by it, ready to be deleted. */
async function withTenant(settings?: Parameters<typeof makeHarness>[0], parts?: Parameters<typeof tenantOf>[0]) {
  const harness = makeHarness(settings)
  const tenant = harness.tenants.apply(tenantOf(parts))
  await harness.lookAtTenant(tenant)
  const tenantId = harness.tenantNow(tenant)!.status.tenantId!
  return { ...harness, tenant, tenantId, remove: () => harness.tenants.delete(harness.tenantNow(tenant)!) }
}

test('is created once, bound, and Ready after one finalizer and one status', async () => {
  const { plane, tenants, tenant, tenantNow, tenantReason, lookAtTenant, events } = await withTenant()
  assert.equal(plane.calls, ['getTenants', 'createTenant acme'])
  assert.equal(tenants.writes, ['addFinalizer team/acme', 'patchStatus team/acme'])
  const { status } = tenantNow(tenant)!
  assert.is(tenantReason(tenant), 'Ready')
  assert.is(status.provenance, 'Created')
  assert.is(status.organization, 'org')
  assert.ok(plane.tenantsHeld.has(status.tenantId!))
  assert.equal(events.reasons, ['team/acme Ready'])

  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(plane.calls.length, 2, 'at rest nothing is asked')
  assert.is(tenants.writes.length, 2, 'and nothing is written')
})

test('twenty applied at once share one list', async () => {
  const { lookAtTenant, plane, tenants } = makeHarness()
  const all = Array.from({ length: 20 }, (_, i) => tenants.apply(tenantOf({ metadata: { name: `t${i}` } })))
  await Promise.all(all.map((tenant) => lookAtTenant(tenant)))
  assert.is(plane.count('getTenants'), 1)
  assert.is(plane.count('createTenant'), 20)
})

test('somebody else’s tenant is a conflict: told, looked at again, and let go of by itself', async () => {
  const { clock, lookAtTenant, plane, tenants, tenantReason, tenantNow } = makeHarness()
  const foreign = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  const tenant = tenants.apply(tenantOf())
  assert.equal(await lookAtTenant(tenant), { afterMs: 60_000 })
  assert.is(tenantReason(tenant), 'TenantExists')
  assert.is(tenantNow(tenant)!.metadata.finalizers, undefined, 'nothing was made, so nothing holds the resource')
  assert.is(plane.count('createTenant'), 0)

  plane.tenantsHeld.delete(foreign.id)
  await clock.advance(60_000)
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantReason(tenant), 'Ready')
})

test('of two resources with one name the older has it; the other follows when it goes', async () => {
  const harness = makeHarness()
  const first = harness.tenants.apply(tenantOf({ metadata: { namespace: 'a' } }))
  const second = harness.tenants.apply(
    tenantOf({ metadata: { namespace: 'b', creationTimestamp: '2026-01-01T00:00:09Z' } }),
  )
  await harness.lookAtTenant(second)
  assert.is(harness.tenantReason(second), 'AlreadyClaimed')
  await harness.lookAtTenant(first)
  await harness.tenants.delete(harness.tenantNow(first)!)
  await harness.lookAtTenant(first)
  assert.is(harness.tenantNow(first), undefined)
  await harness.clock.advance(60_000)
  await harness.lookAtTenant(second)
  assert.is(harness.tenantReason(second), 'Ready')
})

test('a lost answer is found by name, since names are unique', async () => {
  const { lookAtTenant, plane, tenants, tenantReason, tenantNow, states } = makeHarness()
  plane.createFault = { outcome: 'ambiguous', failure: down, happens: true }
  const tenant = tenants.apply(tenantOf())
  assert.is(await lookAtTenant(tenant), 'backOff')
  assert.equal(states(), ['open'])
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantReason(tenant), 'Ready')
  assert.is(tenantNow(tenant)!.status.provenance, 'Created')
  assert.equal(states(), ['bound'])
  assert.is(plane.count('createTenant'), 1)
})

test('a lost answer to a POST that did not happen is tried again when it cannot happen any more', async () => {
  const { clock, lookAtTenant, plane, tenants, tenantReason, states } = makeHarness()
  plane.createFault = { outcome: 'ambiguous', failure: down }
  const tenant = tenants.apply(tenantOf())
  assert.is(await lookAtTenant(tenant), 'backOff')
  assert.equal(await lookAtTenant(tenant), { afterMs: 2_000 })
  assert.is(tenantReason(tenant), 'AmbiguousCreate')
  await clock.advance(QUARANTINE_MS - 1)
  assert.equal(await lookAtTenant(tenant), { afterMs: 1 })
  assert.is(plane.count('createTenant'), 1)
  await clock.advance(1)
  assert.equal(await lookAtTenant(tenant), { afterMs: 0 })
  assert.equal(states(), ['abandoned'])
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantReason(tenant), 'Ready')
  assert.is(plane.tenantsHeld.size, 1)
  assert.is(plane.count('createTenant'), 2)
})

test('why a create was refused is learned from what the organization holds, not from the answer', async () => {
  for (const [held, quota, reason] of [
    [['acme'], 20, 'TenantExists'],
    [['b', 'c'], 2, 'QuotaExceeded'],
    [['b'], 20, 'Rejected'],
  ] as const) {
    const { lookAtTenant, plane, tenants, tenantReason } = makeHarness({ tenantQuota: quota })
    const tenant = tenants.apply(tenantOf())
    plane.createFault = { outcome: 'rejected', failure: refused }
    const { create } = plane.tenants
    plane.tenants.create = async (...args) => {
      for (const name of held) plane.makeTenant({ name, cells: ['eu-1'] })
      return create(...args)
    }
    await lookAtTenant(tenant)
    assert.is(tenantReason(tenant), reason)
  }
})

test('an outage never turns a Ready tenant red, nor makes it write', async () => {
  const { plane, lookAtTenant, tenant, tenants, tenantReason } = await withTenant()
  plane.outage = down
  const writes = tenants.writes.length
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantReason(tenant), 'Ready')
  assert.is(tenants.writes.length, writes)
})

test('paused, it is left alone, deletion too, and goes on when that is over', async () => {
  const harness = makeHarness()
  const annotations = { 'tenants.resistant.ai/paused': 'true' }
  const tenant = harness.tenants.apply(tenantOf({ metadata: { annotations } }))
  await harness.lookAtTenant(tenant)
  assert.is(harness.tenantReason(tenant), 'Paused')
  assert.equal(harness.plane.calls, [])
  assert.is(harness.tenantNow(tenant)!.status.observedGeneration, -1)
  harness.tenants.apply({ ...harness.tenantNow(tenant)!, metadata: { ...tenant.metadata, annotations: {} } })
  await harness.lookAtTenant(tenant)
  assert.is(harness.tenantReason(tenant), 'Ready')
})

test('is deleted outside, seen to be gone, and only then let go', async () => {
  const { plane, lookAtTenant, tenant, tenantId, tenantNow, remove, metrics } = await withTenant()
  await remove()
  assert.is(await lookAtTenant(tenant), 'done')
  assert.equal(plane.calls.slice(2), [
    `getTenantApplications ${tenantId}`,
    `deleteTenant ${tenantId}`,
    `getTenant ${tenantId}`,
  ])
  assert.is(tenantNow(tenant), undefined)
  assert.ok(metrics.counted.includes('deleted RaiTenant 0'))
})

test('a delete of our own counts, even if the finalizer cannot be taken off at once', async () => {
  const { lookAtTenant, tenant, tenantNow, tenants, remove } = await withTenant()
  await remove()
  let refusals = 1
  tenants.beforeWrite = (verb) => {
    if (verb === 'removeFinalizer' && refusals-- > 0) throw new Failure('KubeConflict', 'retry', 'somebody was first')
  }
  assert.equal(await lookAtTenant(tenant), { code: 'KubeConflict', disposition: 'retry' })
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
})

test('one that was never made goes at once, without a call', async () => {
  const { lookAtTenant, plane, tenants, tenantNow } = makeHarness()
  const tenant = tenants.apply(tenantOf({ metadata: { finalizers: ['tenants.resistant.ai/finalizer'] } }))
  await tenants.delete(tenant)
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
  assert.equal(plane.calls, [])
})

test('deletion first removes the bound applications and waits for their finalizers', async () => {
  const { applications, lookAtTenant, plane, tenant, tenantId, tenantNow, tenantReason, remove } = await withTenant()
  const application = applications.apply(boundApplication('a-1', { status: { tenantId } }))
  const stranger = applications.apply(
    boundApplication('a-2', { metadata: { name: 'other' }, status: { tenantId: 't-x' } }),
  )
  await remove()
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'Draining')
  assert.equal(applications.writes, ['delete team/web'], 'and of those only the bound ones')
  assert.is(plane.count('deleteTenant'), 0)

  await applications.removeFinalizer(application)
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
  assert.ok(applications.get(`team/${stranger.metadata.name}`))
})

for (const [title, parts] of [
  ['one to be retained', { spec: { deletionPolicy: 'Retain' as const } }],
  ['a paused one', { metadata: { annotations: { 'tenants.resistant.ai/paused': 'true' } } }],
] as const) {
  test(`deletion is blocked by ${title}, which is named and stays`, async () => {
    const { applications, lookAtTenant, tenant, tenantId, tenantReason, tenantNow, remove } = await withTenant()
    applications.apply(boundApplication('a-1', { ...parts, status: { tenantId } }))
    await remove()
    assert.equal(await lookAtTenant(tenant), { afterMs: 30_000 })
    assert.is(tenantReason(tenant), 'DrainBlocked')
    assert.match(tenantNow(tenant)!.status.conditions![0]!.message, 'team/web')
    assert.equal(applications.writes, [])
  })
}

test('deletion is blocked by foreign applications, which are listed, and goes on once they are gone', async () => {
  const { lookAtTenant, plane, tenant, tenantId, tenantNow, tenantReason, remove } = await withTenant()
  const auth = { type: 'ClientSecret' as const }
  const foreign = plane.makeApplication(tenantId, { cell: 'eu-1', scopes: ['documents.submissions.read'], auth })
  const { id } = foreign.application
  await remove()
  assert.equal(await lookAtTenant(tenant), { afterMs: 30_000 })
  assert.is(tenantReason(tenant), 'DrainBlocked')
  assert.equal(tenantNow(tenant)!.status.unmanagedApplications, { total: 1, ids: [id] })
  assert.is(plane.count('deleteTenant'), 0)

  plane.applicationsHeld.set(tenantId, [])
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
})

test('an application that comes between the list and the delete blocks it like any other', async () => {
  const { lookAtTenant, plane, tenant, tenantId, tenantReason, remove } = await withTenant()
  plane.tenants.delete = async () => {
    const auth = { type: 'ClientSecret' as const }
    plane.makeApplication(tenantId, { cell: 'eu-1', scopes: ['documents.submissions.read'], auth })
    throw refused
  }
  await remove()
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'DrainBlocked')
})

for (const [title, parts, settings] of [
  ['Retain written', { spec: { deletionPolicy: 'Retain' as const } }, {}],
  ['Retain as the operator’s setting', {}, { deletionPolicy: 'Retain' as const }],
] as const) {
  test(`with ${title} the tenant stays outside, and its applications are left alone`, async () => {
    const { applications, lookAtTenant, plane, tenant, tenantId, tenantNow, remove } = await withTenant(settings, parts)
    applications.apply(boundApplication('a-1', { status: { tenantId } }))
    await remove()
    await lookAtTenant(tenant)
    assert.is(tenantNow(tenant), undefined)
    assert.ok(plane.tenantsHeld.has(tenantId))
    assert.equal(applications.writes, [])
    assert.is(plane.count('deleteTenant'), 0)
  })
}

test('while the kind itself is being deleted, everything outside is kept', async () => {
  const { definitions, lookAtTenant, plane, tenant, tenantId, tenantNow, remove } = await withTenant()
  definitions.deleted = true
  await remove()
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
  assert.ok(plane.tenantsHeld.has(tenantId))
})

test('a protected tenant is not deleted until the protection is off', async () => {
  const { lookAtTenant, plane, tenant, tenantNow, tenantReason, tenants, remove } = await withTenant(
    {},
    { spec: { deletionProtection: true } },
  )
  await remove()
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantReason(tenant), 'DeletionProtected')
  assert.is(plane.count('deleteTenant'), 0)
  const now = tenantNow(tenant)!
  tenants.apply({ ...now, spec: { ...now.spec, deletionProtection: false } })
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
})

test('one that somebody else deleted is let go when a list proves that we look at the right organization', async () => {
  const { lookAtTenant, plane, tenant, tenantId, tenantNow, tenants, remove } = await withTenant()
  const other = plane.makeTenant({ name: 'other', cells: ['eu-1'] })
  tenants.apply(boundTenant(other.id, { metadata: { name: 'other' } }))
  plane.tenantsHeld.delete(tenantId)
  await remove()
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantNow(tenant), undefined)
})

test('without such a proof one absence is none: it takes a second look', async () => {
  const { clock, lookAtTenant, plane, tenant, tenantId, tenantNow, tenantReason, remove } = await withTenant()
  plane.tenantsHeld.delete(tenantId)
  await remove()
  assert.equal(await lookAtTenant(tenant), { afterMs: SECOND_LOOK_MS })
  assert.is(tenantReason(tenant), 'Draining')
  await clock.advance(SECOND_LOOK_MS - 1)
  assert.equal(await lookAtTenant(tenant), { afterMs: SECOND_LOOK_MS })
  await clock.advance(1)
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant), undefined)
})

test('a record of another organization is not touched, not even by a deletion', async () => {
  const { lookAtTenant, plane, tenants, tenantNow, tenantReason } = makeHarness()
  const tenant = tenants.apply(boundTenant('t-1', { status: { organization: 'other' } }))
  await tenants.delete(tenant)
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'WrongOrganization')
  assert.ok(tenantNow(tenant))
  assert.equal(plane.calls, [])
})

test('an application that appears is counted', async () => {
  const { applications, lookAtTenant, tenant, tenantId, tenantNow } = await withTenant()
  applications.apply(boundApplication('a-1', { status: { tenantId } }))
  await lookAtTenant(tenant)
  assert.is(tenantNow(tenant)!.status.applications, 1)
})

test('every mutation outside is one line of the audit trail', async () => {
  const { logger, lookAtTenant, tenant, tenantId, remove } = await withTenant()
  await remove()
  await lookAtTenant(tenant)
  const trail = logger.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields)
  assert.equal(
    trail.map(({ operation, tenantId, key, generation }) => ({ operation, tenantId, key, generation })),
    [
      { operation: 'createTenant', tenantId, key: 'team/acme', generation: 1 },
      { operation: 'deleteTenant', tenantId, key: 'team/acme', generation: 1 },
    ],
  )
})

test.run()
