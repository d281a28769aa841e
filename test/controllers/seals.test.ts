// Statuses that somebody else wrote: told, and nothing is done outside on their word.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { Seals } from '../../src/controllers/seals.ts'
import { StatusReporter } from '../../src/controllers/status.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryResources, RecordedEvents } from '../doubles/memory-cluster.ts'
import { applicationOf, boundApplication, boundTenant, SEAL, tenantOf } from '../doubles/resources.ts'
import { makeHarness, withTenant } from './harness.ts'
import { vain, withAttempt } from './scenarios.ts'
import { RecordedMetrics } from './recorded-metrics.ts'

const test = suite('seals')

const forgeries: [title: string, seal: string | undefined][] = [
  ['without a seal', undefined],
  ['with the seal of something else', 'of something else'],
]

function sealedWith<T extends RaiTenant | RaiTenantApplication>(resource: T, seal: string | undefined): T {
  const { seal: _, ...status } = resource.status
  return { ...resource, status: { ...status, ...(seal !== undefined && { seal }) } }
}

for (const [title, seal] of forgeries) {
  test(`a tenant’s status ${title} is told, and nothing is done outside, deletion included`, async () => {
    const { tenants, tenantNow, tenantReason, lookAtTenant, plane } = makeHarness()
    const { id } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
    const tenant = tenants.apply(sealedWith(boundTenant(id), seal))
    assert.is(await lookAtTenant(tenant), 'done')
    assert.is(tenantReason(tenant), 'StatusForged')
    assert.is(tenantNow(tenant)!.status.seal, seal, 'nobody else’s writing is sealed')
    await tenants.delete(tenantNow(tenant)!)
    assert.is(await lookAtTenant(tenant), 'done')
    assert.ok(tenantNow(tenant))
    assert.equal(plane.calls, [])
  })

  test(`an application’s status ${title} is told, and nothing is done outside, deletion included`, async () => {
    const { applications, applicationNow, applicationReason, lookAtApplication, plane, tenantId } = withTenant()
    const application = applications.apply(sealedWith(boundApplication('a-1', { status: { tenantId } }), seal))
    assert.is(await lookAtApplication(application), 'done')
    assert.is(applicationReason(application), 'StatusForged')
    assert.is(applicationNow(application)!.status.seal, seal)
    await applications.delete(applicationNow(application)!)
    assert.is(await lookAtApplication(application), 'done')
    assert.ok(applicationNow(application))
    assert.equal(plane.calls, [])
  })

  test(`no application is made in a tenant whose status is ${title}`, async () => {
    const { tenants, applications, lookAtApplication, applicationReason, plane, states } = withTenant()
    tenants.apply(sealedWith(tenants.get('team/acme')!, seal))
    const application = applications.apply(applicationOf())
    assert.equal(await lookAtApplication(application), { code: 'TenantNotReady', disposition: 'wait' })
    assert.is(applicationReason(application), 'TenantNotReady')
    assert.is(plane.count('createTenantApplication'), 0)
    assert.equal(states(), [])
  })

  test(`an open attempt is not followed while the status is ${title}`, async () => {
    const { applications, applicationNow, application, look, applicationReason, plane, states } = await withAttempt(
      'EC',
      vain,
    )
    const now = applicationNow(application)!
    const status = { ...now.status, applicationId: 'a-x' }
    applications.apply(sealedWith({ ...now, status }, seal))
    const calls = plane.calls.length
    assert.is(await look(), 'done')
    assert.is(applicationReason(application), 'StatusForged')
    assert.equal([plane.calls.length, states()], [calls, ['open']])
  })
}

test('what the cache shows as ours and is somebody else’s by now is not acted on either', async () => {
  const { applications, lookAtApplication, applicationReason, plane, tenantId } = withTenant()
  const annotations = { 'tenants.resistant.ai/discard-suspect': 'a-9' }
  const application = applications.apply(boundApplication('a-1', { metadata: { annotations }, status: { tenantId } }))
  applications.fallBehind()
  const suspects = [{ applicationId: 'a-9', clientId: 'c', firstSeenAt: '2026-01-01T00:00:00Z' }]
  applications.apply(sealedWith({ ...application, status: { ...application.status, suspects } }, 'x'))
  await lookAtApplication(application)
  assert.equal(plane.calls, [])
  applications.behind = undefined
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'StatusForged')
  assert.equal(plane.calls, [])
})

test('once the ids are taken out, all goes on', async () => {
  const { tenants, tenantNow, tenantReason, lookAtTenant, plane } = makeHarness()
  const tenant = tenants.apply(sealedWith(boundTenant('t-forged'), undefined))
  await lookAtTenant(tenant)
  tenants.apply({ ...tenantNow(tenant)!, status: { observedGeneration: -1 } })
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(tenantReason(tenant), 'Ready')
  assert.is(tenantNow(tenant)!.status.seal, SEAL)
  assert.is(plane.count('createTenant'), 1)
})

test('ids in a status are never sealed by a write that does not know them', async () => {
  const { applications, applicationNow, lookAtApplication, plane } = withTenant()
  const application = applications.apply(applicationOf())
  applications.beforeWrite = (verb) => {
    if (verb !== 'patchStatus') return
    applications.beforeWrite = () => {}
    const now = applicationNow(application)!
    applications.apply({ ...now, status: { ...now.status, applicationId: 'a-planted' } })
  }
  assert.equal(await lookAtApplication(application), { code: 'KubeConflict', disposition: 'retry' })
  assert.is(applicationNow(application)!.status.seal, undefined)
  assert.is(await lookAtApplication(application), 'done')
  assert.is(plane.count('deleteTenantApplication'), 0)
})

function reporting() {
  const resources = new MemoryResources<RaiTenantApplication>()
  const reporter = new StatusReporter<RaiTenantApplication>({
    view: resources,
    writer: resources,
    seals: new Seals({ seal: (text) => `sealed ${text}` }),
    events: new RecordedEvents(),
    metrics: new RecordedMetrics(),
    clock: new ManualClock(),
  })
  return { resources, reporter, now: () => resources.get('team/web')! }
}

test('what was written before there was a key is sealed as it is, once', async () => {
  const { resources, reporter, now } = reporting()
  const application = resources.apply(sealedWith(boundApplication('a-1'), undefined))
  await reporter.adopt(application)
  const { seal, ...rest } = now().status
  assert.match(seal!, 'a-1')
  assert.equal(rest, application.status)
  await reporter.adopt(now())
  assert.equal(resources.writes, ['patchStatus team/web'])
})

test('a seal that is there is not replaced, right or wrong, and nothing needs none', async () => {
  const { resources, reporter } = reporting()
  await reporter.adopt(resources.apply(boundApplication('a-1')))
  await reporter.adopt(resources.apply(applicationOf()))
  assert.equal(resources.writes, [])
})

test('a tenant as applied needs no seal', () => {
  const seals = new Seals({ seal: () => SEAL })
  assert.is(seals.of(tenantOf()), undefined)
  assert.ok(seals.areGenuine(tenantOf()))
})

test.run()
