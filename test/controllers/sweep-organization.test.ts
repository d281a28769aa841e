// One look over the organization for all resources: what it costs, what it finds, and that it changes nothing by itself.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applicationOf, boundApplication, boundTenant } from '../doubles/resources.ts'
import { makeHarness, messageOf, withTenant } from './harness.ts'
import { SWEEP_MS } from './process.ts'
import { withApplication } from './rotating.ts'
import { down, HOUR_MS, MINUTE_MS } from './scenarios.ts'

const test = suite('sweep of the organization')

const PERSONS = { cell: 'eu-1', scopes: ['documents.submissions.read'], auth: { type: 'ClientSecret' } } as const

/** Two tenants with an application each, made by the operator, all at rest. */
async function withFleet() {
  const harness = makeHarness()
  const { plane, tenants, applications, clock } = harness
  const made = ['acme', 'umbrella'].map((name) => {
    const { id } = plane.makeTenant({ name, cells: ['eu-1'] })
    const metadata = { name, namespace: 'team', uid: `uid-of-${name}`, resourceVersion: '1', generation: 1 }
    const creationTimestamp = '2026-01-01T00:00:00Z'
    tenants.apply(boundTenant(id, { metadata: { ...metadata, creationTimestamp } }))
    return { id, web: applications.apply(applicationOf({ metadata: nameOf(name), spec: { tenantRef: { name } } })) }
  })
  for (const { web } of made) await harness.lookAtApplication(web)
  for (const tenant of tenants.all()) await harness.lookAtTenant(tenant)
  await clock.advance(HOUR_MS)
  harness.woken.length = 0
  const writes = () => tenants.writes.length + applications.writes.length + harness.secrets.writes.length
  return { ...harness, writes, acme: made[0]!, umbrella: made[1]! }
}

function nameOf(tenant: string) {
  const name = `web-${tenant}`
  return { name, namespace: 'team', uid: `uid-of-${name}` }
}

test('one list of tenants and one of each bound tenant tell that nothing differs: nobody is looked at, nothing written', async () => {
  const { sweepOrganization, plane, woken, writes, metrics, acme, umbrella } = await withFleet()
  plane.makeTenant({ name: 'nobodys', cells: ['eu-1'] })
  const [calls, written] = [plane.calls.length, writes()]
  assert.equal(await sweepOrganization(), { afterMs: SWEEP_MS })
  const lists = [`getTenantApplications ${acme.id}`, `getTenantApplications ${umbrella.id}`]
  assert.equal(plane.calls.slice(calls), ['getTenants', ...lists])
  assert.equal([woken, writes() - written], [[], 0])
  assert.is(metrics.counted.at(-1), 'swept 1 0')
})

test('a person’s applications are counted in the status of their tenant, sorted, and written once', async () => {
  const { sweepOrganization, plane, woken, writes, tenants, lookAtTenant, metrics, acme } = await withFleet()
  const ids = [1, 2].map(() => plane.makeApplication(acme.id, PERSONS).application.id)
  await sweepOrganization()
  assert.equal(woken, ['team/acme'])
  assert.is(metrics.counted.at(-1), 'swept 0 2')
  await lookAtTenant(tenants.get('team/acme')!)
  assert.equal(tenants.get('team/acme')!.status.unmanagedApplications, { total: 2, ids: ids.sort() })

  const written = writes()
  await sweepOrganization()
  await lookAtTenant(tenants.get('team/acme')!)
  assert.equal([woken.length, writes() - written], [1, 0])

  plane.applicationsHeld.set(acme.id, plane.applicationsHeld.get(acme.id)!.slice(0, 1))
  await sweepOrganization()
  await lookAtTenant(tenants.get('team/acme')!)
  assert.is(tenants.get('team/acme')!.status.unmanagedApplications, undefined)
})

test('what resources of another operator hold is not unmanaged', async () => {
  const harness = makeHarness({ selector: 'stage=a' })
  const { plane, tenants, applications, metrics } = harness
  const { id } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  tenants.apply(boundTenant(id))
  tenants.fallBehind()
  applications.fallBehind()
  const other = plane.makeTenant({ name: 'other', cells: ['eu-1'] })
  tenants.apply(boundTenant(other.id, { metadata: { name: 'other' } }))
  applications.apply(boundApplication(plane.makeApplication(id, PERSONS).application.id))
  await harness.sweepOrganization()
  assert.is(metrics.counted.at(-1), 'swept 0 0')
})

test('suspects are told in their own place and are not unmanaged as well', async () => {
  const { sweepOrganization, plane, applications, acme, metrics } = await withFleet()
  const { id, clientId } = plane.makeApplication(acme.id, PERSONS).application
  const web = applications.get('team/web-acme')!
  const suspects = [{ applicationId: id, clientId, firstSeenAt: '2026-01-01T00:00:00Z' }]
  await applications.patchStatus(web, { ...web.status, suspects })
  await sweepOrganization()
  assert.is(metrics.counted.at(-1), 'swept 0 0')
})

test('a sweep that fails midway changes nothing, and is tried again before its time', async () => {
  const { sweepOrganization, plane, woken, metrics, acme } = await withFleet()
  plane.tenantsHeld.delete(acme.id)
  const { list } = plane.applications
  plane.applications.list = async () => {
    throw down
  }
  assert.equal(await sweepOrganization(), { code: 'ControlPlaneUnavailable', disposition: 'wait' })
  assert.equal([woken, metrics.counted.filter((count) => count.startsWith('swept'))], [[], []])
  plane.applications.list = list
  await sweepOrganization()
  assert.equal(woken, ['team/acme'])
})

test('a tenant that is gone outside is looked at once, told as ExternalGone with its data, and never made anew', async () => {
  const { sweepOrganization, plane, tenants, woken, lookAtTenant, tenantReason, acme } = await withFleet()
  plane.tenantsHeld.delete(acme.id)
  await sweepOrganization()
  assert.equal(woken, ['team/acme'])
  const tenant = tenants.get('team/acme')!
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'ExternalGone')
  assert.is(tenants.get('team/acme')!.status.conditions!.find(({ type }) => type === 'Ready')!.status, 'False')
  assert.match(messageOf(tenants.get('team/acme')), `tenants.resistant.ai/recreate: ${acme.id}`)

  await sweepOrganization()
  assert.equal([woken.length, plane.count('createTenant')], [1, 0])
})

test('its applications say so too, and none is made in its place', async () => {
  const { sweepOrganization, plane, tenants, applications, lookAtTenant, lookAtApplication, ...rest } =
    await withFleet()
  plane.tenantsHeld.delete(rest.acme.id)
  plane.applicationsHeld.delete(rest.acme.id)
  await sweepOrganization()
  await lookAtTenant(tenants.get('team/acme')!)
  await lookAtApplication(rest.acme.web)
  assert.is(rest.applicationReason(rest.acme.web), 'ExternalGone')
  const conditions = applications.get('team/web-acme')!.status.conditions!
  assert.is(conditions.find(({ type }) => type === 'Ready')!.status, 'False')
  assert.is(plane.count('createTenantApplication'), 2)
})

test('one that comes back is Ready again after the next sweep', async () => {
  const { sweepOrganization, plane, tenants, woken, lookAtTenant, tenantReason, acme } = await withFleet()
  const tenant = tenants.get('team/acme')!
  const external = plane.tenantsHeld.get(acme.id)!
  plane.tenantsHeld.delete(acme.id)
  await sweepOrganization()
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'ExternalGone')
  plane.tenantsHeld.set(acme.id, external)
  await sweepOrganization()
  assert.equal(woken, ['team/acme', 'team/acme'])
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'Ready')
})

test('where no other tenant testifies, one is gone only if that is seen twice, 30 s apart', async () => {
  const { plane, tenantId, tenants, clock, lookAtTenant, sweepOrganization, tenantReason } = withTenant()
  const tenant = tenants.get('team/acme')!
  plane.tenantsHeld.delete(tenantId)
  await sweepOrganization()
  assert.equal(await lookAtTenant(tenant), { afterMs: 30_000 })
  assert.is(tenantReason(tenant), 'Ready')
  await clock.advance(30_000)
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'ExternalGone')
})

const RECREATE = 'tenants.resistant.ai/recreate'

test('recreate makes another tenant in place of the one that is gone, and nothing before that is certain', async () => {
  const { sweepOrganization, plane, tenants, lookAtTenant, tenantReason, acme, records } = await withFleet()
  const annotate = (id: string) => {
    const tenant = tenants.get('team/acme')!
    return tenants.apply({ ...tenant, metadata: { ...tenant.metadata, annotations: { [RECREATE]: id } } })
  }
  const tenant = annotate(acme.id)
  await lookAtTenant(tenant)
  assert.equal([tenantReason(tenant), plane.count('createTenant')], ['InvalidSpec', 0])

  plane.tenantsHeld.delete(acme.id)
  annotate('another')
  await sweepOrganization()
  await lookAtTenant(tenant)
  assert.is(tenantReason(tenant), 'ExternalGone')

  annotate(acme.id)
  await lookAtTenant(tenant)
  await lookAtTenant(tenant)
  const { tenantId } = tenants.get('team/acme')!.status
  assert.equal([tenantReason(tenant), plane.count('createTenant')], ['Ready', 1])
  assert.equal([plane.tenantsHeld.get(tenantId!)?.name, records.held.has(`tenant-${acme.id}`)], ['acme', false])
})

test('an application that is gone outside is replaced, and says meanwhile that it does not work', async () => {
  const application = await withApplication()
  const { clock, plane, tenantId, sweepOrganization, look, first, reason, isReady, status, posts, woken } = application
  plane.makeApplication(tenantId, PERSONS)
  await clock.advance(HOUR_MS)
  plane.applicationsHeld.set(
    tenantId,
    plane.applicationsHeld.get(tenantId)!.filter(({ id }) => id !== first),
  )
  await sweepOrganization()
  assert.ok(woken.includes('team/web'))
  plane.createFault = { outcome: 'notSent', failure: down }
  // The list shows no other application that is known here, so once more in 30 s.
  assert.equal(await look(), { afterMs: 30_000 })
  await clock.advance(30_000)
  await look()
  assert.equal([reason(), isReady(), posts()], ['ControlPlaneUnavailable', 'False', 2])
  await look()
  assert.equal([reason(), posts(), status().applicationId === first], ['Ready', 3, false])
})

test('one that goes again and again is not made again and again', async () => {
  const { clock, plane, tenantId, sweepOrganization, look, reason, posts, now } = await withApplication()
  await clock.advance(5 * MINUTE_MS)
  plane.applicationsHeld.set(tenantId, [])
  await sweepOrganization()
  await look()
  await clock.advance(30_000)
  await look()
  assert.equal([reason(), posts()], ['SecretMissing', 1])
  assert.match(messageOf(now()), /application a-\d+ was deleted outside, shortly after that was made/)
})

const RECONCILE = 'tenants.resistant.ai/reconcile'

test('the request reconcile has an application looked at, outside and in its Secret, once for each value', async () => {
  const { annotate, look, status, plane } = await withApplication()
  const calls = () => plane.calls.length
  annotate({ [RECONCILE]: 'one' })
  let before = calls()
  await look()
  assert.equal(
    plane.calls.slice(before).map((call) => call.split(' ')[0]),
    ['getTenantApplication', 'token'],
  )
  assert.is(status().lastHandledReconcile, 'one')
  before = calls()
  await look()
  assert.is(calls(), before)
})

test('… and a tenant; a value that is there from the start counts as done', async () => {
  const { plane, tenants, tenantId, lookAtTenant, tenantNow } = withTenant()
  const bound = tenants.get('team/acme')!
  const tenant = tenants.apply({ ...bound, metadata: { ...bound.metadata, annotations: { [RECONCILE]: '1' } } })
  await lookAtTenant(tenant)
  assert.equal(plane.calls, [`getTenant ${tenantId}`])
  assert.is(tenantNow(tenant)!.status.lastHandledReconcile, '1')
  await lookAtTenant(tenant)
  assert.is(plane.calls.length, 1)
})

test('a look that fails is taken up again by the next pass', async () => {
  const { plane, tenants, tenantId, lookAtTenant, sweepOrganization } = await withFleet().then((fleet) => ({
    ...fleet,
    tenantId: fleet.acme.id,
  }))
  plane.tenantsHeld.delete(tenantId)
  await sweepOrganization()
  plane.outage = down
  assert.equal(await lookAtTenant(tenants.get('team/acme')!), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  plane.outage = undefined
  await lookAtTenant(tenants.get('team/acme')!)
  assert.is(tenants.get('team/acme')!.status.conditions!.at(-1)!.reason, 'ExternalGone')
})

test.run()
