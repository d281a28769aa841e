// Tenants that exist already: taken over where policy and operator allow it, never from anybody who has them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import { decodeBindingRecord, encodeBindingRecord } from '../../src/domain/binding-record.ts'
import { encodeJournal } from '../../src/domain/journal-format.ts'
import { Failure } from '../../src/errors.ts'
import { boundTenant, tenantOf } from '../doubles/resources.ts'
import { tenantAttempt } from '../domain/attempts.ts'
import { makeHarness, messageOf } from './harness.ts'
import { away, MINUTE_MS } from './scenarios.ts'

const test = suite('adoption of tenants')

type Policy = RaiTenant['spec']['adoptionPolicy']

const CELLS = { cells: ['us-1'] }
const ALLOWED = [{ namespace: 'team', tenant: 'ac*' }]
const RECORD = { organization: 'org', tenantName: 'acme', provenance: 'Created', uid: 'uid-former' } as const

/** A resource that is to take over a tenant of its name. */
function adopting(parts: Partial<RaiTenant['spec']> = {}, { exists = true, allowAdoption = ALLOWED } = {}) {
  const harness = makeHarness({ allowAdoption })
  const external = exists ? harness.plane.makeTenant({ name: 'acme', ...CELLS }) : undefined
  const tenant = harness.tenants.apply(tenantOf({ spec: { adoptionPolicy: 'IfExists', ...parts } }))
  return {
    ...harness,
    tenant,
    id: external?.id ?? '',
    look: () => harness.lookAtTenant(tenant),
    reason: () => harness.tenantReason(tenant),
    message: () => messageOf(harness.tenantNow(tenant)),
    status: () => harness.tenantNow(tenant)!.status,
    posts: () => harness.plane.count('createTenant'),
    respec: (spec: Partial<RaiTenant['spec']>) => {
      const held = harness.tenantNow(tenant)!
      return harness.tenants.apply({ ...held, spec: { ...held.spec, ...spec } })
    },
    remove: () => harness.tenants.delete(harness.tenantNow(tenant)!),
  }
}

const rows: [policy: Policy, exists: boolean, isAllowed: boolean, then: string, posts: number][] = [
  ['Never', true, true, 'TenantExists', 0],
  ['Never', false, true, 'Created', 1],
  ['IfExists', true, true, 'Adopted', 0],
  ['IfExists', true, false, 'AdoptionNotPermitted', 0],
  ['IfExists', false, true, 'Created', 1],
  ['IfExists', false, false, 'Created', 1],
  ['MustExist', true, true, 'Adopted', 0],
  ['MustExist', true, false, 'AdoptionNotPermitted', 0],
  ['MustExist', false, true, 'ExternalNotFound', 0],
  ['MustExist', false, false, 'ExternalNotFound', 0],
]

for (const [adoptionPolicy, exists, isAllowed, then, posts] of rows) {
  const title = `${exists ? 'a' : 'no'} tenant of the name, adoption ${isAllowed ? '' : 'not '}allowed`
  test(`${adoptionPolicy}, ${title}: ${then}`, async () => {
    const adoption = adopting({ adoptionPolicy }, { exists, allowAdoption: isAllowed ? ALLOWED : [] })
    const isBound = then === 'Adopted' || then === 'Created'
    assert.equal(await adoption.look(), isBound ? 'done' : { afterMs: MINUTE_MS })
    assert.is(adoption.status().provenance ?? adoption.reason(), then)
    assert.is(adoption.posts(), posts)
    if (isBound) assert.is(adoption.reason(), 'Ready')
    else assert.is(adoption.tenantNow(adoption.tenant)!.metadata.finalizers, undefined)
  })
}

test('what is bound is what exists, whatever cells are asked for, and the status tells the truth', async () => {
  const { plane, look, status, id, reason } = adopting({ cells: ['eu-1'] })
  plane.tenantsHeld.set(id, { ...plane.tenantsHeld.get(id)!, links: [{ cell: 'us-1', host: 'acme.us-1.example' }] })
  await look()
  assert.is(reason(), 'Ready')
  assert.equal([status().tenantId, status().links], [id, [{ cell: 'us-1', host: 'acme.us-1.example' }]])
})

test('the record stands before the status does, and after a crash between them tells how it came to be', async () => {
  const { look, records, tenants, tenant, status, id, respec } = adopting()
  tenants.beforeWrite = (verb) => {
    if (verb === 'patchStatus') throw away
  }
  await look()
  const { uid, namespace, name } = tenant.metadata
  const record = { ...RECORD, provenance: 'Adopted', tenantId: id, uid, namespace, name }
  assert.equal(decodeBindingRecord(records.held.get(`tenant-${id}`)!), record)
  assert.is(status().tenantId, undefined)
  tenants.beforeWrite = () => {}
  respec({ adoptionPolicy: 'Never' })
  assert.is(await look(), 'done')
  assert.equal([status().tenantId, status().provenance], [id, 'Adopted'])
})

test('Never changed to IfExists takes effect; IfExists changed to Never after that changes nothing', async () => {
  const { look, reason, status, respec, id } = adopting({ adoptionPolicy: 'Never' })
  await look()
  assert.is(reason(), 'TenantExists')
  respec({ adoptionPolicy: 'IfExists' })
  await look()
  assert.equal([reason(), status().tenantId, status().provenance], ['Ready', id, 'Adopted'])
  respec({ adoptionPolicy: 'Never' })
  await look()
  assert.equal([reason(), status().tenantId, status().provenance], ['Ready', id, 'Adopted'])
})

test('MustExist finds the tenant at the next look once somebody has made it, however fresh the last list is', async () => {
  const { look, plane, status } = adopting({ adoptionPolicy: 'MustExist' }, { exists: false })
  await look()
  const { id } = plane.makeTenant({ name: 'acme', ...CELLS })
  assert.is(await look(), 'done')
  assert.equal([status().tenantId, status().provenance], [id, 'Adopted'])
})

test('a tenant that somebody makes between the list and the create is taken over, not made twice', async () => {
  const { look, plane, status, posts } = adopting({}, { exists: false })
  const { create } = plane.tenants
  plane.createFault = { outcome: 'rejected', failure: new Failure('Rejected', 'stall', 'the name is taken') }
  plane.tenants.create = async (...args) => {
    plane.makeTenant({ name: 'acme', ...CELLS })
    return create(...args)
  }
  assert.is(await look(), 'backOff')
  assert.is(await look(), 'done')
  assert.equal([status().provenance, posts()], ['Adopted', 1])
})

type Adopting = ReturnType<typeof adopting>

const other = (parts: Parameters<typeof tenantOf>[0] = {}) =>
  tenantOf({ ...parts, metadata: { namespace: 'other', name: 'first', ...parts.metadata }, spec: { name: 'acme' } })
const younger = { creationTimestamp: '2030-01-01T00:00:00Z' }

const holders: [title: string, hold: (adopting: Adopting) => void][] = [
  [
    'a resource that is bound to it',
    ({ tenants, id }) =>
      void tenants.apply(boundTenant(id, { metadata: { namespace: 'other', name: 'first' }, spec: { name: 'acme' } })),
  ],
  [
    'an older resource of that name',
    ({ tenants }) =>
      void tenants.apply(other({ metadata: { uid: 'uid-0', creationTimestamp: '2020-01-01T00:00:00Z' } })),
  ],
  [
    'a resource that a record names, which has lost its status',
    ({ tenants, records, id }) => {
      tenants.apply(other({ metadata: younger }))
      records.put(encodeBindingRecord({ ...RECORD, tenantId: id, namespace: 'other', name: 'first' }))
    },
  ],
  [
    'a resource that a record names, in a namespace that may not be looked into',
    ({ tenants, records, id }) => {
      records.put(encodeBindingRecord({ ...RECORD, tenantId: id, namespace: 'other', name: 'first' }))
      tenants.find = async () => {
        throw new Failure('KubeForbidden', 'wait', 'no right to look there')
      }
    },
  ],
  [
    'another resource whose create is not settled',
    ({ records }) => {
      const subject = { kind: 'RaiTenant', namespace: 'other', name: 'first', uid: 'uid-first' } as const
      records.put(encodeJournal('journal-uid-first-1', tenantAttempt({ subject, state: 'open' })))
    },
  ],
]

for (const [title, hold] of holders) {
  test(`a tenant of ${title} is not taken over, and the holder is named`, async () => {
    const adoption = adopting()
    hold(adoption)
    const records = new Map(adoption.records.held)
    assert.equal(await adoption.look(), { afterMs: MINUTE_MS })
    assert.is(adoption.reason(), 'AlreadyClaimed')
    assert.match(adoption.message(), 'other/first')
    assert.is(adoption.status().tenantId, undefined)
    assert.equal(adoption.records.held, records)
    assert.is(adoption.posts(), 0)
  })
}

test('one that binds it past the cache is seen, too', async () => {
  const { tenants, look, id, reason } = adopting()
  tenants.fallBehind()
  tenants.apply(boundTenant(id, { metadata: { namespace: 'other', name: 'first' }, spec: { name: 'acme' } }))
  await look()
  tenants.behind = undefined
  assert.is(reason(), 'AlreadyClaimed')
})

test('the record of a resource that has gone is taken over with the tenant', async () => {
  const { records, look, id, status, tenant } = adopting()
  records.put(encodeBindingRecord({ ...RECORD, tenantId: id, namespace: 'other', name: 'first' }))
  assert.is(await look(), 'done')
  const record = decodeBindingRecord(records.held.get(`tenant-${id}`)!)
  assert.equal(
    [status().provenance, 'uid' in record && record.uid, 'provenance' in record && record.provenance],
    ['Adopted', tenant.metadata.uid, 'Adopted'],
  )
})

test('a record that somebody else writes meanwhile is not written over', async () => {
  const { records, tenants, look, id, status } = adopting()
  const standing = { ...RECORD, tenantId: id, namespace: 'other', name: 'first' }
  records.put(encodeBindingRecord(standing))
  tenants.beforeWrite = () => void records.put(encodeBindingRecord({ ...standing, uid: 'uid-again' }))
  assert.equal(await look(), { code: 'KubeConflict', disposition: 'retry' })
  assert.is(status().tenantId, undefined)
})

for (const [title, record, then] of [
  ['another organization', { organization: 'other' }, 'WrongOrganization'],
  ['nobody who can be read', { provenance: 'Stolen' as 'Created' }, 'TenantExists'],
] as const) {
  test(`a record of ${title} is not taken over: ${then}`, async () => {
    const { records, look, id, reason, status } = adopting()
    records.put(encodeBindingRecord({ ...RECORD, tenantId: id, namespace: 'other', name: 'gone', ...record }))
    await look()
    assert.equal([reason(), status().tenantId], [then, undefined])
  })
}

for (const [title, deletionPolicy, remains] of [
  ['nothing written', undefined, true],
  ['Retain written', 'Retain', true],
  ['Delete written', 'Delete', false],
] as const) {
  test(`deleted with ${title}, what was taken over ${remains ? 'stays' : 'goes'}`, async () => {
    const { look, plane, id, remove, tenantNow, tenant } = adopting(deletionPolicy && { deletionPolicy })
    await look()
    await remove()
    await look()
    assert.is(tenantNow(tenant), undefined)
    assert.is(plane.tenantsHeld.has(id), remains)
  })
}

test('taking over is one line of the audit trail', async () => {
  const { look, logger, id } = adopting()
  await look()
  const trail = logger.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields)
  assert.equal(
    trail.map(({ operation, tenantId, key }) => ({ operation, tenantId, key })),
    [{ operation: 'adoptTenant', tenantId: id, key: 'team/acme' }],
  )
})

test.run()
