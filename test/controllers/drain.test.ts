// A tenant that is deleted with all that is in it: by id, each told, and never what somebody has.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import { encodeJournal } from '../../src/domain/journal-format.ts'
import type { JournalState } from '../../src/domain/journal.ts'
import { boundApplication, boundTenant } from '../doubles/resources.ts'
import { answerOf, applicationAttempt } from '../domain/attempts.ts'
import { makeHarness, messageOf } from './harness.ts'
import type { ProcessSettings } from './process.ts'
import { down } from './scenarios.ts'

const test = suite('draining a tenant of all applications')

type Parts = { readonly spec?: Partial<RaiTenant['spec']>; readonly status?: Partial<RaiTenant['status']> }

const REQUEST = {
  cell: 'eu-1',
  scopes: ['documents.submissions.read'],
  auth: { type: 'ClientSecret' },
} as const

/** A tenant that is being deleted, with two applications that no resource stands for. */
async function withForeign(parts: Parts = {}, settings: ProcessSettings = {}) {
  const harness = makeHarness(settings)
  const { plane, tenants } = harness
  const { id: tenantId } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  const spec = { drainPolicy: 'All', ...parts.spec } as const
  const tenant = tenants.apply(boundTenant(tenantId, { ...parts, spec }))
  const ids = [1, 2].map(() => plane.makeApplication(tenantId, REQUEST).application.id)
  await tenants.delete(tenant)
  return {
    ...harness,
    tenant,
    tenantId,
    ids,
    look: () => harness.lookAtTenant(tenant),
    reason: () => harness.tenantReason(tenant),
    message: () => messageOf(harness.tenantNow(tenant)),
    left: () => plane.idsIn(tenantId),
    isGone: () => harness.tenantNow(tenant) === undefined,
  }
}

test('each is deleted by its id, then the tenant, and each is a line of the audit trail', async () => {
  const { look, reason, left, isGone, plane, tenantId, ids, logger } = await withForeign()
  assert.equal(await look(), { afterMs: 2_000 })
  assert.equal([reason(), left()], ['Draining', []])
  assert.is(plane.count('deleteTenant'), 0, 'not before a list shows that it is empty')
  assert.is(await look(), 'done')
  assert.ok(isGone())
  assert.not(plane.tenantsHeld.has(tenantId))
  const trail = logger.lines.filter(({ level }) => level === 'info').map(({ fields }) => fields)
  assert.equal(
    trail.map(({ operation, applicationId, tenantId, key, reason }) => ({
      operation,
      applicationId,
      tenantId,
      key,
      reason,
    })),
    [
      ...ids.map((applicationId) => ({
        operation: 'deleteTenantApplication',
        applicationId,
        tenantId,
        key: 'team/acme',
        reason: 'drainPolicy',
      })),
      { operation: 'deleteTenant', applicationId: undefined, tenantId, key: 'team/acme', reason: undefined },
    ],
  )
})

test('one that a person makes meanwhile goes, too', async () => {
  const { look, left, isGone, plane, tenantId } = await withForeign()
  await look()
  plane.makeApplication(tenantId, REQUEST)
  await look()
  assert.equal([left(), isGone()], [[], false])
  await look()
  assert.ok(isGone())
})

test('a delete that fails is tried again', async () => {
  const { look, left, isGone, plane } = await withForeign()
  const remove = plane.applications.delete
  plane.applications.delete = async () => {
    throw down
  }
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.is(left().length, 2)
  plane.applications.delete = remove
  await look()
  await look()
  assert.ok(isGone())
})

const ADOPTED = { provenance: 'Adopted' } as const
const kept: [title: string, parts: Parts, settings: ProcessSettings, message: string][] = [
  ['drainPolicy is Managed', { spec: { drainPolicy: 'Managed' } }, {}, 'spec.drainPolicy'],
  ['the operator has a selector', {}, { isSelective: true }, 'selector'],
  ['the tenant was taken over', { spec: { deletionPolicy: 'Delete' }, status: ADOPTED }, {}, 'allow-adoption'],
]

for (const [title, parts, settings, message] of kept) {
  test(`where ${title} nothing is deleted: DrainBlocked says so and lists them`, async () => {
    const { look, reason, message: said, left, ids, tenantNow, tenant, plane } = await withForeign(parts, settings)
    assert.equal(await look(), { afterMs: 30_000 })
    assert.is(reason(), 'DrainBlocked')
    assert.match(said(), message)
    for (const id of ids) assert.match(said(), id)
    assert.equal(tenantNow(tenant)!.status.unmanagedApplications, { total: 2, ids })
    assert.equal([left(), plane.count('deleteTenantApplication'), plane.count('deleteTenant')], [ids, 0, 0])
  })
}

test('on a tenant that was taken over they go where the operator still allows its adoption', async () => {
  const parts = { spec: { deletionPolicy: 'Delete' }, status: ADOPTED } as const
  const { look, isGone } = await withForeign(parts, { allowAdoption: [{ namespace: 'team', tenant: 'acme' }] })
  await look()
  await look()
  assert.ok(isGone())
})

for (const [title, parts] of [
  ['Retain', { spec: { deletionPolicy: 'Retain' } }],
  ['what was taken over, nothing written', { status: ADOPTED }],
] as const) {
  test(`with ${title} nothing is drained`, async () => {
    const { look, isGone, left, ids } = await withForeign(parts)
    await look()
    assert.equal([isGone(), left()], [true, ids])
  })
}

test('the protection comes first', async () => {
  const { look, reason, left, ids } = await withForeign({ spec: { deletionProtection: true } })
  await look()
  assert.equal([reason(), left()], ['DeletionProtected', ids])
})

type Drained = Awaited<ReturnType<typeof withForeign>>

const holders: [title: string, hold: (drained: Drained) => void][] = [
  [
    'a resource that refers to another tenant resource',
    ({ applications, tenantId, ids }) => {
      const parts = { metadata: { name: 'x' }, spec: { tenantRef: { name: 'other' } }, status: { tenantId } }
      applications.apply(boundApplication(ids[1], parts))
    },
  ],
  [
    'a resource that is to retire it',
    ({ applications, tenantId, ids }) => {
      const retiring = {
        applicationId: ids[1]!,
        clientId: 'c',
        state: 'Retiring',
        issuedAt: '2026-01-01T00:00:00Z',
      } as const
      const parts = {
        metadata: { name: 'x' },
        spec: { tenantRef: { name: 'other' } },
        status: { tenantId, credentials: [retiring] },
      }
      applications.apply(boundApplication('a-x', parts))
    },
  ],
  [
    'the journal of a create',
    ({ records, tenantId, ids }) => {
      const attempt = applicationAttempt({ tenantId, state: 'bound' })
      records.put(encodeJournal('journal-uid-1-1', { ...attempt, answer: answerOf(attempt, ids[1]) }))
    },
  ],
]

for (const [title, hold] of holders) {
  test(`one that ${title} claims is named and stays, and so do the others`, async () => {
    const drained = await withForeign()
    hold(drained)
    assert.equal(await drained.look(), { afterMs: 30_000 })
    assert.is(drained.reason(), 'DrainBlocked')
    assert.match(drained.message(), drained.ids[1]!)
    assert.not.match(drained.message(), drained.ids[0]!)
    assert.equal([drained.left(), drained.plane.count('deleteTenantApplication')], [drained.ids, 0])
  })
}

for (const state of ['open', 'answered'] satisfies JournalState[]) {
  test(`while a create in the tenant is ${state}, nothing is deleted: it may have made any of them`, async () => {
    const { look, reason, left, ids, records, tenantId } = await withForeign()
    const attempt = applicationAttempt({ tenantId, state })
    const answer = state === 'answered' && { answer: answerOf(attempt, ids[0]) }
    records.put(encodeJournal('journal-uid-1-1', { ...attempt, ...answer }))
    assert.equal(await look(), { afterMs: 10_000 })
    assert.equal([reason(), left()], ['Draining', ids])
    records.remove('journal-uid-1-1')
    await look()
    assert.equal(left(), [])
  })
}

test('a journal of the tenant that cannot be read holds everything', async () => {
  const { look, reason, left, ids, records, tenantId } = await withForeign()
  const record = encodeJournal('journal-uid-1-1', applicationAttempt({ tenantId }))
  records.put({ ...record, annotations: {} })
  assert.equal(await look(), { code: 'AmbiguousCreate', disposition: 'stall' })
  assert.equal([reason(), left()], ['AmbiguousCreate', ids])
})

test.run()
