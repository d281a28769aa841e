// The breaker: a view of the organization in which too much is missing at once changes nothing outside.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { OrganizationView } from '../../src/controllers/organization-view.ts'
import { isDoubtful, mustBeListed } from '../../src/domain/external-view.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { boundTenant, tenantOf } from '../doubles/resources.ts'
import { makeHarness, messageOf } from './harness.ts'
import type { ProcessSettings } from './process.ts'
import { MINUTE_MS } from './scenarios.ts'

const test = suite('breaker')

const doubts: [known: number, missing: number, doubtful: boolean][] = [
  [0, 0, false],
  [1, 0, false],
  [1, 1, true],
  [2, 1, false],
  [4, 3, false],
  [4, 4, true],
  [5, 1, false],
  [5, 2, true],
  [10, 2, false],
  [10, 3, true],
  [100, 20, false],
  [100, 21, true],
]

for (const [known, missing, doubtful] of doubts) {
  test(`${missing} missing of ${known} known tenants: ${doubtful ? 'doubted' : 'believed'}`, () => {
    assert.is(isDoubtful(known, missing), doubtful)
  })
}

const LISTED_AT = Date.parse('2026-01-01T01:00:00Z')
const lists: [createdAt: string | undefined, must: boolean][] = [
  ['2026-01-01T00:58:59Z', true],
  ['2026-01-01T00:59:01Z', false],
  ['2026-01-01T01:00:01Z', false],
  [undefined, true],
  ['once', true],
]

for (const [createdAt, must] of lists) {
  test(`a list of 01:00 ${must ? 'must' : 'need not'} show a tenant made at ${createdAt}`, () => {
    assert.is(mustBeListed(createdAt, LISTED_AT), must)
  })
}

/** Bound tenants of an hour ago, all there. */
async function withFleet(count: number, settings: ProcessSettings = {}) {
  const harness = makeHarness({ isGuarded: true, ...settings })
  const { plane, tenants, clock } = harness
  const ids = Array.from({ length: count }, (_, i) => plane.makeTenant({ name: `t${i}`, cells: ['eu-1'] }).id)
  await clock.advance(60 * MINUTE_MS)
  ids.forEach((id, i) => {
    const { metadata } = tenantOf({ metadata: { name: `t${i}` } })
    tenants.apply(boundTenant(id, { metadata, status: { createdAt: plane.tenantsHeld.get(id)!.createdAt } }))
  })
  const lose = (...which: number[]) => {
    const lost = which.map((i) => [ids[i]!, plane.tenantsHeld.get(ids[i]!)!] as const)
    for (const [id] of lost) plane.tenantsHeld.delete(id)
    return () => lost.forEach(([id, tenant]) => plane.tenantsHeld.set(id, tenant))
  }
  const tenant = (i: number) => tenants.get(`team/t${i}`)!
  const reason = (i: number) => harness.tenantReason(tenant(i))
  const look = (i: number) => harness.lookAtTenant(tenant(i))
  return { ...harness, ids, lose, tenant, reason, look }
}

test('too many missing at once: everybody is told, what is Ready stays so, nothing is written outside, the log says how to go on', async () => {
  const {
    lose,
    sweepOrganization,
    woken,
    look,
    reason,
    tenant,
    plane,
    tenants,
    lookAtTenant,
    tenantReason,
    ids,
    logger,
  } = await withFleet(10)
  lose(0, 1, 2)
  await sweepOrganization()
  assert.ok(woken.includes('all'))
  for (const i of [0, 9]) {
    await look(i)
    assert.is(reason(i), 'ExternalViewSuspect')
    assert.is(tenant(i).status.conditions!.find(({ type }) => type === 'Ready')!.status, 'True')
  }
  assert.match(messageOf(tenant(9)), /its log says how to go on/)
  const missing = ids.slice(0, 3).sort()
  const told = logger.lines.find(({ message }) => message === 'too many tenants are missing')!
  assert.equal(
    [told.level, told.fields['tenantIds'], told.fields['digest']],
    ['error', missing, `digest of ${missing.join(' ')}`],
  )

  const wanted = tenants.apply(tenantOf({ metadata: { name: 'another' } }))
  await lookAtTenant(wanted)
  assert.equal([tenantReason(wanted), plane.count('createTenant')], ['ExternalViewSuspect', 0])
})

test('a pass that is under way when it trips changes nothing any more', async () => {
  const { lose, sweepOrganization, look, tenant, tenants, reason, plane } = await withFleet(10)
  await tenants.delete(tenant(9))
  const { list } = plane.applications
  plane.applications.list = async (...args) => {
    plane.applications.list = list
    lose(0, 1, 2)
    await sweepOrganization()
    return list(...args)
  }
  await look(9)
  assert.equal([reason(9), plane.count('deleteTenant')], ['ExternalViewSuspect', 0])
})

test('two complete sweeps that show them again end it, one does not', async () => {
  const { lose, sweepOrganization, look, reason, woken } = await withFleet(10)
  const restore = lose(0, 1, 2)
  await sweepOrganization()
  restore()
  await sweepOrganization()
  await look(5)
  assert.is(reason(5), 'ExternalViewSuspect')
  woken.length = 0
  await sweepOrganization()
  assert.equal(woken, ['all'])
  await look(5)
  assert.is(reason(5), 'Ready')
})

test('one that shows only some of them begins the count anew', async () => {
  const { lose, sweepOrganization, look, reason } = await withFleet(10)
  const restore = lose(0, 1, 2)
  await sweepOrganization()
  restore()
  await sweepOrganization()
  const again = lose(2)
  await sweepOrganization()
  again()
  await sweepOrganization()
  await look(5)
  assert.is(reason(5), 'ExternalViewSuspect')
  await sweepOrganization()
  await look(5)
  assert.is(reason(5), 'Ready')
})

test('the digest of that very absence lets it go on, and what is gone is told as gone', async () => {
  const { lose, sweepOrganization, look, reason, start, ids, tenant } = await withFleet(10)
  lose(0, 1, 2)
  await sweepOrganization()
  await look(0)
  assert.is(reason(0), 'ExternalViewSuspect')
  const accepted = `digest of ${ids.slice(0, 3).sort().join(' ')}`
  const accepting = start({ accepted })
  await accepting.sweepOrganization()
  await accepting.lookAtTenant(tenant(0))
  assert.is(reason(0), 'ExternalGone')

  lose(3)
  const later = start({ accepted })
  await later.sweepOrganization()
  await later.lookAtTenant(tenant(4))
  assert.is(reason(4), 'ExternalViewSuspect')
})

test('absences far apart are deletions, however many', async () => {
  const { lose, sweepOrganization, look, reason, clock } = await withFleet(10)
  for (const i of [0, 1, 2, 3]) {
    lose(i)
    await sweepOrganization()
    await look(i)
    await clock.advance(11 * MINUTE_MS)
  }
  assert.equal([0, 1, 2, 3, 4].map(reason), [...Array<string>(4).fill('ExternalGone'), 'Ready'])
})

test('what its own resource deletes is not missing', async () => {
  const { tenants, tenant, lose, sweepOrganization, look, reason } = await withFleet(5)
  for (const i of [0, 1, 2, 3]) await tenants.delete(tenant(i))
  lose(0, 1, 2, 3)
  await sweepOrganization()
  await look(4)
  assert.is(reason(4), 'Ready')
})

test('a status that somebody else wrote makes nobody doubt', async () => {
  const { tenants, sweepOrganization, look, reason } = await withFleet(5)
  for (const name of ['forged', 'planted']) {
    tenants.apply(
      boundTenant('another', { metadata: tenantOf({ metadata: { name } }).metadata, status: { seal: name } }),
    )
  }
  await sweepOrganization()
  await look(0)
  assert.is(reason(0), 'Ready')
})

test('a process that starts with a credential that shows nothing known changes nothing, from its first look on', async () => {
  const { lose, ids, start, tenant, tenants, plane, tenantReason } = await withFleet(6)
  lose(...ids.keys())
  const wrong = start({ client: 'of another organization' })
  const wanted = tenants.apply(tenantOf({ metadata: { name: 'another' } }))
  await wrong.lookAtTenant(wanted)
  await wrong.lookAtTenant(wanted)
  assert.equal([tenantReason(wanted), plane.count('createTenant')], ['ExternalViewSuspect', 0])
  await wrong.lookAtTenant(tenant(0))
  assert.is(tenantReason(tenant(0)), 'ExternalViewSuspect')
})

test('one list that shows a known tenant is asked for before the first change, and none after it', async () => {
  const { tenants, start, tenant, plane } = await withFleet(6)
  const another = start({ client: 'renewed' })
  const before = plane.count('getTenants')
  for (const i of [0, 1]) {
    await tenants.delete(tenant(i))
    await another.lookAtTenant(tenant(i))
  }
  assert.equal([plane.count('getTenants') - before, plane.count('deleteTenant')], [1, 2])
})

test('where nothing is known yet, nothing is asked for before', async () => {
  const { tenants, lookAtTenant, plane, tenantReason } = makeHarness({ isGuarded: true })
  const first = tenants.apply(tenantOf())
  await lookAtTenant(first)
  assert.equal([tenantReason(first), plane.count('getTenants')], ['Ready', 1])
})

test('while nothing is known yet, all tenants are looked at once a second, however many changes are made', async () => {
  const clock = new ManualClock()
  let looks = 0
  let lists = 0
  const tenants = [boundTenant('t-1', { status: { createdAt: new Date(clock.now()).toISOString() } })]
  const view = new OrganizationView({
    view: { get: () => undefined, all: () => (looks++, tenants) },
    isGenuine: () => true,
    client: () => 'operator',
    accepted: undefined,
    list: () => Promise.resolve(lists++),
    digest: (text) => text,
    wakeAll: () => undefined,
    clock,
    logger: new RecordedLog(),
  })
  const { signal } = new AbortController()
  const admitAHundred = async () => {
    for (let i = 0; i < 100; i++) await view.admit(signal)
  }
  await admitAHundred()
  await clock.advance(1_000)
  await admitAHundred()
  assert.equal([looks, lists], [2, 0])
  await clock.advance(MINUTE_MS)
  await view.admit(signal)
  assert.is(lists, 1)
})

test('a resource that is let go needs no view of the organization', async () => {
  const { lose, sweepOrganization, tenants, tenant, look } = await withFleet(10)
  lose(0, 1, 2)
  await sweepOrganization()
  const { metadata } = tenant(9)
  const annotations = { 'tenants.resistant.ai/abandon': 'true' }
  tenants.apply({ ...tenant(9), metadata: { ...metadata, annotations } })
  await tenants.delete(tenant(9))
  await look(9)
  assert.is(tenants.get('team/t9'), undefined)
})

test.run()
