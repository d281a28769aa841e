// Places in the organization: none is taken twice, and one that frees is for who has waited longest.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import type { RaiTenant } from '../../src/api/types.ts'
import { timestamp } from '../../src/clock.ts'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Failure } from '../../src/errors.ts'
import { keyOf } from '../doubles/memory-cluster.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { tenantOf } from '../doubles/resources.ts'
import type { Harness } from './harness.ts'
import { makeHarness } from './harness.ts'
import { away, lost, MINUTE_MS, vain } from './scenarios.ts'

const test = suite('places for tenants')

const refused = new Failure('Rejected', 'stall', 'the control plane refused it')
const CELLS = { cells: ['eu-1'] }

/** A RaiTenant that was applied so many seconds after the first. */
function applied(harness: Harness, name: string, seconds: number, parts: Parameters<typeof tenantOf>[0] = {}) {
  const creationTimestamp = timestamp(ManualClock.epoch + seconds * 1_000)
  return harness.tenants.apply(tenantOf({ ...parts, metadata: { name, creationTimestamp, ...parts.metadata } }))
}

/** An organization with room for one, which has it; two more wait, the younger of whom asked first. */
async function withLine() {
  const harness = makeHarness({ tenantQuota: 1 })
  const holder = applied(harness, 'holder', 0)
  const second = applied(harness, 'second', 2)
  const first = applied(harness, 'first', 1)
  await harness.lookAtTenant(holder)
  await harness.clock.advance(MINUTE_MS)
  for (const tenant of [second, first]) await harness.lookAtTenant(tenant)
  const reasons = () => [first, second].map((tenant) => harness.tenantReason(tenant))
  assert.equal(reasons(), ['QuotaExceeded', 'QuotaExceeded'])
  /** As its user and the operator do it; the place is free then. */
  const removeHolder = async () => {
    await harness.tenants.delete(harness.tenantNow(holder)!)
    await harness.lookAtTenant(harness.tenantNow(holder)!)
    assert.is(harness.plane.tenantsHeld.size, 0)
  }
  return { ...harness, holder, first, second, reasons, removeHolder }
}

test('who finds no place is told without a call, and looks again in a minute', async () => {
  const harness = makeHarness({ tenantQuota: 2 })
  for (const name of ['one', 'two']) harness.plane.makeTenant({ name, ...CELLS })
  const tenant = applied(harness, 'acme', 0)
  assert.equal(await harness.lookAtTenant(tenant), { afterMs: MINUTE_MS })
  assert.is(harness.tenantReason(tenant), 'QuotaExceeded')
  assert.equal(harness.plane.calls, ['getTenants'])
  assert.equal(harness.journals(), [])
})

test('the setting counts, even where the vendor allows more', async () => {
  const harness = makeHarness({ tenantQuota: 0 })
  const tenant = applied(harness, 'acme', 0)
  await harness.lookAtTenant(tenant)
  assert.is(harness.tenantReason(tenant), 'QuotaExceeded')
  assert.is(harness.plane.count('createTenant'), 0)
})

test('what is asked for at the same moment, and is in no list yet, counts', async () => {
  const harness = makeHarness({ tenantQuota: 3 })
  const all = Array.from({ length: 8 }, (_, i) => applied(harness, `t${i}`, i))
  await Promise.all(all.map((tenant) => harness.lookAtTenant(tenant)))
  assert.is(harness.plane.count('createTenant'), 3)
  const reasons = all.map((tenant) => harness.tenantReason(tenant))
  assert.equal(reasons.filter((reason) => reason === 'Ready').length, 3)
  assert.equal(reasons.filter((reason) => reason === 'QuotaExceeded').length, 5)
})

test('a place that our own deletion frees is for the oldest: woken at once, and nobody is quicker', async () => {
  const { removeHolder, tenantsWoken, lookAtTenant, first, second, reasons, plane } = await withLine()
  await removeHolder()
  assert.equal(tenantsWoken, ['team/first'])
  assert.equal(await lookAtTenant(second), { afterMs: MINUTE_MS })
  await lookAtTenant(first)
  assert.equal(reasons(), ['Ready', 'QuotaExceeded'])
  assert.is(plane.count('createTenant'), 2)
})

test('one who has just come waits behind those who did already', async () => {
  const harness = await withLine()
  await harness.removeHolder()
  const late = applied(harness, 'late', 3)
  await harness.lookAtTenant(late)
  assert.is(harness.tenantReason(late), 'QuotaExceeded')
})

test('of two who were applied in one second the first by name is the older', async () => {
  const harness = makeHarness({ tenantQuota: 0 })
  const [b, a] = [applied(harness, 'b', 0), applied(harness, 'a', 0)]
  for (const tenant of [b, a]) await harness.lookAtTenant(tenant)
  const more = harness.start({ tenantQuota: 1 })
  await more.lookAtTenant(b)
  await more.lookAtTenant(a)
  assert.equal(
    [a, b].map((tenant) => harness.tenantReason(tenant)),
    ['Ready', 'QuotaExceeded'],
  )
})

test('two places are for two, in whatever order they come', async () => {
  const harness = makeHarness({ tenantQuota: 2 })
  const held = ['one', 'two'].map((name) => harness.plane.makeTenant({ name, ...CELLS }))
  const [a, b, c] = ['a', 'b', 'c'].map((name, i) => applied(harness, name, i)) as [RaiTenant, RaiTenant, RaiTenant]
  for (const tenant of [a, b, c]) await harness.lookAtTenant(tenant)
  for (const { id } of held) harness.plane.tenantsHeld.delete(id)
  await harness.clock.advance(MINUTE_MS)
  await harness.lookAtTenant(c)
  assert.equal(harness.tenantsWoken, ['team/a', 'team/b'])
  await harness.lookAtTenant(b)
  await harness.lookAtTenant(a)
  assert.equal(
    [a, b, c].map((tenant) => harness.tenantReason(tenant)),
    ['Ready', 'Ready', 'QuotaExceeded'],
  )
})

test('a place that somebody else frees is seen by the next list, and the oldest is woken by whoever asked for that', async () => {
  const { clock, plane, tenantsWoken, lookAtTenant, first, second, reasons } = await withLine()
  plane.tenantsHeld.clear()
  await clock.advance(MINUTE_MS)
  await lookAtTenant(second)
  assert.equal([reasons(), tenantsWoken], [['QuotaExceeded', 'QuotaExceeded'], ['team/first']])
  await lookAtTenant(first)
  assert.equal(reasons(), ['Ready', 'QuotaExceeded'])
})

type Line = Awaited<ReturnType<typeof withLine>>

/** What becomes of the oldest, by whether the next one need be told that the place is his now. */
const GONE: readonly (readonly [title: string, act: (line: Line) => Promise<unknown>, isTold: boolean])[] = [
  [
    'was deleted',
    async ({ tenants, tenantNow, first, lookAtTenant }) => {
      await tenants.delete(tenantNow(first)!)
      await lookAtTenant(first)
    },
    false,
  ],
  ['is being deleted', async ({ tenants, tenantNow, first }) => tenants.delete(tenantNow(first)!), false],
  ['was forced away', async ({ tenants, first }) => tenants.vanish(first), false],
  [
    'is paused',
    async ({ tenants, tenantNow, first }) => {
      const now = tenantNow(first)!
      const annotations = { [REQUEST_ANNOTATIONS.paused]: 'true' }
      return tenants.apply({ ...now, metadata: { ...now.metadata, annotations } })
    },
    false,
  ],
  [
    'was made again under another name',
    async (line) => {
      line.tenants.vanish(line.first)
      return applied(line, 'another', 9)
    },
    false,
  ],
  [
    'asks for something that cannot be',
    async ({ tenants, tenantNow, first, lookAtTenant }) => {
      const now = tenantNow(first)!
      tenants.apply({ ...now, status: { ...now.status, organization: 'other' } })
      return lookAtTenant(first)
    },
    true,
  ],
  [
    'cannot be written to',
    async ({ records, first, lookAtTenant }) => {
      records.refusal = (verb) => (verb === 'create' ? away : undefined)
      await lookAtTenant(first)
      records.refusal = () => undefined
    },
    true,
  ],
  [
    'is refused for another reason',
    async ({ plane, first, lookAtTenant }) => {
      plane.createFault = { outcome: 'rejected', failure: refused }
      return lookAtTenant(first)
    },
    true,
  ],
]

for (const [title, act, isTold] of GONE) {
  test(`a free place is not kept for one that ${title}`, async () => {
    const line = await withLine()
    await line.removeHolder()
    line.tenantsWoken.length = 0
    await act(line)
    if (isTold) assert.equal(line.tenantsWoken, ['team/second'], 'the next one is woken')
    await line.clock.advance(MINUTE_MS)
    await line.lookAtTenant(line.second)
    assert.is(line.reasons()[1], 'Ready')
  })
}

for (const [title, fault] of [
  ['was carried out', lost],
  ['may yet be carried out', vain],
] as const) {
  test(`a create whose answer is lost keeps its place while it ${title}`, async () => {
    const harness = makeHarness({ tenantQuota: 1 })
    const [first, second] = [applied(harness, 'first', 0), applied(harness, 'second', 1)]
    harness.plane.createFault = fault
    await harness.lookAtTenant(first)
    await harness.lookAtTenant(second)
    assert.is(harness.tenantReason(second), 'QuotaExceeded')
    const another = harness.start()
    await another.lookAtTenant(second)
    assert.is(harness.tenantReason(second), 'QuotaExceeded', 'nor does another process give it away')
    assert.is(harness.plane.count('createTenant'), 1)
  })
}

test('a create that was given up leaves its place to the older one, which is its own resource', async () => {
  const harness = makeHarness({ tenantQuota: 1 })
  const [first, second] = [applied(harness, 'first', 0), applied(harness, 'second', 1)]
  harness.plane.createFault = vain
  await harness.lookAtTenant(first)
  await harness.lookAtTenant(second)
  await harness.lookAtTenant(first)
  await harness.clock.advance(QUARANTINE_MS)
  await harness.lookAtTenant(first)
  await harness.lookAtTenant(first)
  assert.equal(
    [first, second].map((tenant) => harness.tenantReason(tenant)),
    ['Ready', 'QuotaExceeded'],
  )
})

test('a create that was never sent gives its place back', async () => {
  const harness = makeHarness({ tenantQuota: 1 })
  const [first, second] = [applied(harness, 'first', 0), applied(harness, 'second', 1)]
  harness.plane.createFault = { outcome: 'notSent', failure: new Failure('RateLimited', 'retry', 'fewer requests') }
  await harness.lookAtTenant(first)
  await harness.lookAtTenant(second)
  assert.equal(
    [first, second].map((tenant) => harness.tenantReason(tenant)),
    ['RateLimited', 'Ready'],
  )
})

test('one that the control plane refuses, although there seemed to be a place, waits and is not woken by its own end', async () => {
  const harness = makeHarness({ tenantQuota: 1 })
  const tenant = applied(harness, 'acme', 0)
  harness.plane.createFault = { outcome: 'rejected', failure: refused }
  const { create } = harness.plane.tenants
  harness.plane.tenants.create = async (...args) => {
    harness.plane.makeTenant({ name: 'another', ...CELLS })
    return create(...args)
  }
  assert.equal(await harness.lookAtTenant(tenant), { afterMs: MINUTE_MS })
  assert.is(harness.tenantReason(tenant), 'QuotaExceeded')
  assert.equal(harness.tenantsWoken, [])
  harness.plane.tenantsHeld.clear()
  await harness.clock.advance(MINUTE_MS)
  await harness.lookAtTenant(tenant)
  assert.is(harness.tenantReason(tenant), 'Ready')
})

test('a tenant that is made and deleted before any list shows it leaves its place', async () => {
  const { holder, tenants, tenantNow, lookAtTenant, plane, first, removeHolder, reasons } = await withLine()
  await removeHolder()
  await lookAtTenant(first)
  await tenants.delete(tenantNow(first)!)
  await lookAtTenant(tenantNow(first)!)
  assert.equal([tenantNow(holder), tenantNow(first), plane.tenantsHeld.size], [undefined, undefined, 0])
  const late = tenants.apply(tenantOf({ metadata: { name: 'second' } }))
  await lookAtTenant(late)
  assert.is(reasons()[1], 'Ready')
})

test('a process that has just started knows from the status who waits', async () => {
  const { plane, clock, start, first, second, reasons } = await withLine()
  plane.tenantsHeld.clear()
  await clock.advance(MINUTE_MS)
  const { lookAtTenant, tenantsWoken } = start()
  await lookAtTenant(second)
  assert.equal([reasons()[1], tenantsWoken], ['QuotaExceeded', [keyOf(first)]])
  await lookAtTenant(first)
  assert.equal(reasons(), ['Ready', 'QuotaExceeded'])
})

test('nobody is woken while the organization is full', async () => {
  const { clock, lookAtTenant, first, second, tenantsWoken } = await withLine()
  for (let minutes = 0; minutes < 5; minutes++) {
    await clock.advance(MINUTE_MS)
    for (const tenant of [first, second]) await lookAtTenant(tenant)
  }
  assert.equal(tenantsWoken, [])
})

test.run()
