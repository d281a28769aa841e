// How long becoming Ready takes is counted once for each resource, whatever becomes of it later.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { applicationOf, tenantOf } from '../doubles/resources.ts'
import { makeHarness, withTenant } from './harness.ts'
import { withApplication } from './rotating.ts'
import { down, HOUR_MS, MINUTE_MS } from './scenarios.ts'

const test = suite('first Ready')

const notAccepted = new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')

function firstOf({ metrics }: { readonly metrics: { readonly counted: readonly string[] } }): string[] {
  return metrics.counted.filter((one) => one.startsWith('firstReady'))
}

test('a tenant and an application count once, also when they are looked at again', async () => {
  const harness = makeHarness()
  const { tenants, applications, lookAtTenant, lookAtApplication } = harness
  const tenant = tenants.apply(tenantOf())
  const application = applications.apply(applicationOf())
  await lookAtTenant(tenant)
  await lookAtApplication(application)
  await lookAtTenant(tenant)
  await lookAtApplication(application)
  assert.equal(firstOf(harness), ['firstReady RaiTenant 0', 'firstReady RaiTenantApplication 0'])
})

for (const [title, failure] of [
  ['the token endpoint does not know its credential yet', notAccepted],
  ['the token endpoint does not answer', down],
] as const) {
  test(`one that waits since ${title} counts when it is Ready, with all of its time`, async () => {
    const harness = withTenant()
    const { applications, lookAtApplication, plane, clock } = harness
    plane.proofFailure = failure
    const application = applications.apply(applicationOf())
    await lookAtApplication(application)
    assert.equal(firstOf(harness), [])
    await clock.advance(MINUTE_MS / 2)
    plane.proofFailure = undefined
    await lookAtApplication(application)
    assert.equal(firstOf(harness), ['firstReady RaiTenantApplication 30'])
  })
}

test('one whose create failed at first counts', async () => {
  const harness = withTenant()
  const { applications, lookAtApplication, applicationReason, plane, clock } = harness
  plane.createFault = { outcome: 'rejected', failure: down }
  const application = applications.apply(applicationOf())
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'ControlPlaneUnavailable')
  await clock.advance(MINUTE_MS)
  await harness.start().lookAtApplication(application)
  assert.equal(firstOf(harness), ['firstReady RaiTenantApplication 60'])
})

test('a replacement that passes Ready Unknown does not count again', async () => {
  const application = await withApplication({ spec: { overlap: '1h' } })
  const { change, look, plane, isReady, clock } = application
  change({ scopes: ['documents.submissions.read'] })
  plane.proofFailure = notAccepted
  await look()
  assert.is(isReady(), 'Unknown')
  plane.proofFailure = undefined
  await look()
  await clock.advance(HOUR_MS)
  await look()
  assert.is(isReady(), 'True')
  assert.is(firstOf(application).length, 1)
})

test('what was Ready, was lost and works again does not count again, by no process', async () => {
  const application = await withApplication()
  const { change, look, plane, clock, reason, start } = application
  await clock.advance(HOUR_MS)
  change({ overlap: '2h' })
  plane.proofFailure = notAccepted
  await look()
  assert.is(reason(), 'CredentialRejected')
  plane.proofFailure = undefined
  await start().lookAtApplication(application.application)
  assert.is(reason(), 'Ready')
  assert.is(firstOf(application).length, 1)
})

test.run()
