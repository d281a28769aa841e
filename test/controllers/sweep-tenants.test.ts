// The sweep of tenants’ journals: what an attempt left is deleted only when it is provably nobody’s.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBindingRecord } from '../../src/domain/binding-record.ts'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { boundTenant, tenantOf } from '../doubles/resources.ts'
import { withFields } from '../domain/attempts.ts'
import { makeHarness } from './harness.ts'
import type { Harness } from './harness.ts'
import { DAY_MS, down, follow, lost, MINUTE_MS, vain } from './scenarios.ts'

const test = suite('sweep of tenants')

const SCOPE = 'name:acme'

/** An attempt that was given up when its resource lost its finalizer; with `lost`, it has left a tenant. */
async function withOrphan(fault = lost) {
  const harness = makeHarness()
  harness.plane.createFault = fault
  const tenant = harness.tenants.apply(tenantOf())
  await harness.lookAtTenant(tenant)
  harness.tenants.vanish(tenant)
  const look = () => harness.sweep(SCOPE)
  await look()
  await harness.clock.advance(QUARANTINE_MS)
  assert.equal(await look(), { afterMs: 0 })
  assert.equal(harness.states(), ['abandoned'])
  return { ...harness, tenant, look, id: [...harness.plane.tenantsHeld.keys()][0]! }
}

test('a tenant that an attempt made and nobody stands for is deleted', async () => {
  const { clock, look, plane, logger, states } = await withOrphan()
  await clock.advance(MINUTE_MS)
  await look()
  assert.is(plane.tenantsHeld.size, 0)
  const line = logger.lines.find(({ fields }) => fields['reason'] === 'surplus')
  assert.equal([line?.fields['operation'], line?.fields['key']], ['deleteTenant', 'team/acme'])
  assert.is(await follow(clock, look, 2 * DAY_MS), 'done')
  assert.equal(states(), [])
})

type Orphan = Awaited<ReturnType<typeof withOrphan>>

const keepers: [title: string, keep: (orphan: Orphan) => void][] = [
  [
    'somebody uses',
    ({ plane, id }) => void plane.makeApplication(id, { cell: 'eu-1', scopes: ['a'], auth: { type: 'ClientSecret' } }),
  ],
  [
    'has a record',
    ({ records, id }) => {
      const of = { organization: 'org', provenance: 'Created', tenantName: 'acme', namespace: 'n', name: 'm' } as const
      records.put(encodeBindingRecord({ ...of, tenantId: id, uid: 'u' }))
    },
  ],
  ['a resource is bound to', ({ tenants, id }) => void tenants.apply(boundTenant(id, { metadata: { name: 'other' } }))],
  ['has its resource again', ({ tenants, tenant }) => void tenants.apply(tenant)],
  [
    'was made at another time',
    ({ plane, id }) => {
      plane.tenantsHeld.set(id, { ...plane.tenantsHeld.get(id)!, createdAt: '2026-01-01T00:10:00Z' })
    },
  ],
]

for (const [title, keep] of keepers) {
  test(`a tenant that ${title} is left alone, and the journal ends`, async () => {
    const orphan = await withOrphan()
    keep(orphan)
    await follow(orphan.clock, orphan.look, 2 * DAY_MS)
    assert.ok(orphan.plane.tenantsHeld.has(orphan.id))
    assert.equal([orphan.plane.count('deleteTenant'), orphan.states()], [0, []])
  })
}

test('while another attempt at the name is unfinished, nothing is touched: it may be that one’s', async () => {
  const { plane, tenants, lookAtTenant, tenantNow, clock, look, states } = await withOrphan(vain)
  plane.createFault = lost
  const second = tenants.apply(tenantOf())
  await lookAtTenant(second)
  assert.equal(states(), ['abandoned', 'open'])
  await clock.advance(MINUTE_MS)
  assert.equal(await look(), { afterMs: 30_000 })
  assert.is(plane.tenantsHeld.size, 1)
  assert.is(await lookAtTenant(second), 'done')
  await follow(clock, look, 2 * DAY_MS)
  assert.ok(plane.tenantsHeld.has(tenantNow(second)!.status.tenantId!))
  assert.equal([plane.count('deleteTenant'), states()], [0, []])
})

for (const [title, sabotage] of [
  ['the organization', ({ plane }: Harness) => void (plane.outage = down)],
  ['the tenant', ({ plane }: Harness) => void (plane.applications.list = async () => undefined)],
] as const) {
  test(`a list of ${title} that cannot be had deletes nothing and counts as nothing`, async () => {
    const orphan = await withOrphan()
    sabotage(orphan)
    await orphan.clock.advance(MINUTE_MS)
    await orphan.look()
    assert.is(orphan.plane.tenantsHeld.size, 1)
    assert.is(orphan.journals()[0]!.attempt.passes, 0)
  })
}

test('an answer that nobody was bound to is taken back when its resource has gone', async () => {
  const { clock, plane, tenants, journals, records, lookAtTenant, sweep, states } = makeHarness()
  const tenant = tenants.apply(tenantOf())
  await lookAtTenant(tenant)
  records.put(withFields(journals()[0]!.stored, { state: 'answered', endedAt: undefined }))
  for (const name of records.held.keys()) if (name.startsWith('tenant-')) records.remove(name)
  tenants.vanish(tenant)
  await follow(clock, () => sweep(SCOPE), 2 * DAY_MS)
  assert.equal([plane.tenantsHeld.size, states()], [0, []])
})

test('the journal of a clean end goes after 75 s, without a look outside', async () => {
  const { clock, plane, tenants, lookAtTenant, sweep, states } = makeHarness()
  await lookAtTenant(tenants.apply(tenantOf()))
  const calls = plane.calls.length
  assert.equal(await sweep(SCOPE), { afterMs: QUARANTINE_MS })
  await clock.advance(QUARANTINE_MS)
  await follow(clock, () => sweep(SCOPE), MINUTE_MS)
  assert.equal([states(), plane.calls.length], [[], calls])
})

test.run()
