// The records by which a tenant is found again, when its status has been lost or its resource is made again.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeBindingRecord, encodeBindingRecord } from '../../src/domain/binding-record.ts'
import type { BindingRecord } from '../../src/domain/binding-record.ts'
import { BindingRecords } from '../../src/controllers/binding-records.ts'
import { Failure, isFailure } from '../../src/errors.ts'
import { MemoryRecords } from '../doubles/memory-records.ts'
import { tenantOf } from '../doubles/resources.ts'
import { externalTenant } from '../domain/attempts.ts'
import { makeHarness, messageOf } from './harness.ts'
import { away } from './scenarios.ts'

const test = suite('binding records of tenants')

const forever = new AbortController().signal

const RECORD: BindingRecord = {
  organization: 'org',
  tenantId: 't-1',
  tenantName: 'acme',
  provenance: 'Created',
  namespace: 'team',
  name: 'acme',
  uid: 'uid-former',
}

test('the record stands before the status does', async () => {
  const { records, tenants, lookAtTenant, tenantNow, states } = makeHarness()
  const tenant = tenants.apply(tenantOf())
  records.refusal = (verb, name) => (verb === 'create' && name.startsWith('tenant-') ? away : undefined)
  assert.equal(await lookAtTenant(tenant), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.equal([tenantNow(tenant)!.status.tenantId, states()], [undefined, ['answered']])
  records.refusal = () => undefined
  assert.is(await lookAtTenant(tenant), 'done')
  const { tenantId } = tenantNow(tenant)!.status
  const { uid } = tenant.metadata
  assert.equal(decodeBindingRecord(records.held.get(`tenant-${tenantId}`)!), {
    ...RECORD,
    tenantId,
    uid,
  })
})

const standing: [title: string, parts: Partial<BindingRecord>, isSame: boolean, then: string, looks: unknown][] = [
  ['of the one of its name before', {}, false, 'Relinked', 'done'],
  ['of its own', {}, true, 'Created', 'done'],
  ['of its own that was found again', { provenance: 'Relinked' }, true, 'Relinked', 'done'],
  ['of another name', { name: 'other' }, false, 'TenantExists', { afterMs: 60_000 }],
  ['of another namespace', { namespace: 'other' }, false, 'TenantExists', { afterMs: 60_000 }],
  ['of another organization', { organization: 'other' }, false, 'WrongOrganization', 'done'],
]

for (const [title, parts, isSame, then, looks] of standing) {
  test(`a tenant that has a record ${title} is ${then}`, async () => {
    const harness = makeHarness()
    const { plane, tenants, lookAtTenant, tenantNow, tenantReason } = harness
    const { id } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
    const tenant = tenants.apply(tenantOf())
    const { uid } = tenant.metadata
    harness.records.put(encodeBindingRecord({ ...RECORD, tenantId: id, ...(isSame && { uid }), ...parts }))
    assert.equal(await lookAtTenant(tenant), looks)
    const { status } = tenantNow(tenant)!
    assert.is(status.provenance ?? tenantReason(tenant), then)
    assert.is(status.tenantId, status.provenance && id)
    assert.is(plane.count('createTenant'), 0)
  })
}

test('one that was made and retained since the last list, which a create is refused for, is found again at once', async () => {
  const { plane, records, tenants, lookAtTenant, tenantNow } = makeHarness()
  assert.is(await lookAtTenant(tenants.apply(tenantOf({ metadata: { name: 'other', uid: 'uid-other' } }))), 'done')
  const { id } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  records.put(encodeBindingRecord({ ...RECORD, tenantId: id }))
  const tenant = tenants.apply(tenantOf())
  plane.createFault = { outcome: 'rejected', failure: new Failure('Rejected', 'stall', 'refused') }
  assert.equal(await lookAtTenant(tenant), 'backOff')
  assert.is(await lookAtTenant(tenant), 'done')
  const { status } = tenantNow(tenant)!
  assert.equal([status.provenance, status.tenantId], ['Relinked', id])
})

test('a record that cannot be read holds the tenant, and is named', async () => {
  const { plane, records, tenants, lookAtTenant, tenantReason, tenantNow } = makeHarness()
  const { id } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  const record = encodeBindingRecord({ ...RECORD, tenantId: id })
  records.put({ ...record, annotations: {} })
  const tenant = tenants.apply(tenantOf())
  assert.equal(await lookAtTenant(tenant), { code: 'TenantExists', disposition: 'stall' })
  assert.is(tenantReason(tenant), 'TenantExists')
  assert.match(messageOf(tenantNow(tenant)), record.name)
})

for (const [deletionPolicy, remains] of [
  ['Retain', true],
  ['Delete', false],
] as const) {
  test(`with ${deletionPolicy} the record ${remains ? 'outlives the resource' : 'goes with the tenant'}`, async () => {
    const { tenants, tenantNow, lookAtTenant, records } = makeHarness()
    const tenant = tenants.apply(tenantOf({ spec: { deletionPolicy } }))
    await lookAtTenant(tenant)
    const name = `tenant-${tenantNow(tenant)!.status.tenantId}`
    assert.ok(records.held.has(name))
    await tenants.delete(tenantNow(tenant)!)
    await lookAtTenant(tenant)
    assert.is(tenantNow(tenant), undefined)
    assert.is(records.held.has(name), remains)
  })
}

const others: [title: string, parts: Partial<BindingRecord>][] = [
  ['another name', { name: 'other' }],
  ['another namespace', { namespace: 'other' }],
  ['another organization', { organization: 'other' }],
]

for (const [title, parts] of others) {
  test(`a record of ${title} is not written over`, async () => {
    const records = new MemoryRecords()
    const standing = records.put(encodeBindingRecord({ ...RECORD, ...parts }))
    const facts = { organization: 'org', provenance: 'Created' } as const
    const writing = new BindingRecords(records).write(tenantOf(), externalTenant('t-1'), facts, forever)
    assert.ok(isFailure(await writing.catch((error: unknown) => error), 'KubeConflict'))
    assert.is(records.held.get('tenant-t-1'), standing)
  })
}

test('a record is rewritten for the one made again, and not when it says so already', async () => {
  const records = new MemoryRecords()
  records.put(encodeBindingRecord(RECORD))
  const [tenant, external] = [tenantOf(), externalTenant('t-1')]
  const bindingRecords = new BindingRecords(records)
  for (const provenance of ['Relinked', 'Relinked', 'Created'] as const) {
    await bindingRecords.write(tenant, external, { organization: 'org', provenance }, forever)
    const { uid } = tenant.metadata
    assert.equal(await bindingRecords.of('t-1', forever), { ...RECORD, provenance, uid })
  }
  assert.equal(records.writes, ['swap tenant-t-1', 'swap tenant-t-1'])
})

test('a record of another resource outlives the tenant’s', async () => {
  const records = new MemoryRecords()
  const bindingRecords = new BindingRecords(records)
  records.put(encodeBindingRecord({ ...RECORD, name: 'other' }))
  await bindingRecords.remove('t-1', tenantOf(), forever)
  assert.ok(records.held.has('tenant-t-1'))
  records.put(encodeBindingRecord(RECORD))
  await bindingRecords.remove('t-1', tenantOf(), forever)
  assert.not(records.held.has('tenant-t-1'))
})

test('a record about another tenant is not believed', async () => {
  const records = new MemoryRecords()
  records.put({ ...encodeBindingRecord({ ...RECORD, tenantId: 't-2' }), name: 'tenant-t-1' })
  const failure = await new BindingRecords(records).of('t-1', forever).catch((error: unknown) => error)
  assert.ok(isFailure(failure, 'TenantExists'))
})

test.run()
