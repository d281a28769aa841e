// The control plane is away for a day, or asks for fewer requests for an hour: nothing is lost, all is told, and nobody comes in step.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { conditionOf } from './applied.ts'
import { PASS } from './calls.ts'
import { beyondBudget, Fleet, mostInASecond, RATE, since } from './fleet.ts'
import { KeyPool } from './key-pool.ts'

const test = suite('outages of the control plane')
const pool = await KeyPool.make({ rsa: false })

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const BACK_MS = 10 * MINUTE_MS

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/** A fleet at rest. Of its applications each tenth has a key. */
async function fleetOf(tenants: number, applications: number, specOf: (index: number) => object): Promise<Fleet> {
  const fleet = new Fleet(pool, tenants)
  for (const name of names('t', tenants)) fleet.applyTenant(name)
  for (const [i, name] of names('a', applications).entries()) {
    const auth = { type: i % 10 === 0 ? 'EC' : 'ClientSecret' }
    fleet.applyApplication(name, `t${i % tenants}`, { auth, ...specOf(i) })
  }
  assert.ok(await fleet.until(() => fleet.isAtRest(), HOUR_MS))
  await fleet.world.run(5 * MINUTE_MS)
  return fleet
}

/** Names of those whose condition is True, and of those that say this reason in `Synced`. */
function told(
  fleet: Fleet,
  reason: string,
): { readonly ready: readonly string[]; readonly because: readonly string[] } {
  const all = fleet.all()
  const named = (resources: typeof all) => resources.map(({ metadata }) => metadata.name).sort()
  return {
    ready: named(all.filter((one) => conditionOf(one, 'Ready')?.status === 'True')),
    because: named(all.filter((one) => conditionOf(one, 'Synced')?.reason === reason)),
  }
}

const ROTATING = names('a', 30)
const DELETED = ['a98', 'a99', 't9']

test('a day without the control plane: what works stays Ready, and what is due or asked for is done soon after', async () => {
  // Due between 22.5 and 25 hours after it was made.
  const spec = { rotation: { every: '25h' }, overlap: '2h' }
  const fleet = await fleetOf(10, 100, (i) => (i < ROTATING.length ? spec : {}))
  const { world } = fleet
  await world.run(HOUR_MS)
  const active = (name: string) => world.api.get(`RaiTenantApplication/team/${name}`)?.status.applicationId
  const before = new Map(ROTATING.map((name) => [name, active(name)]))
  const inDeleted = names('a', 100).filter((name) => name.endsWith('9'))

  fleet.fate = { fate: 'refuse' }
  await world.run(12 * HOUR_MS)
  fleet.applyApplication('early', 't0', {})
  world.api.delete('RaiTenantApplication/team/a99')
  await world.run(11 * HOUR_MS)
  fleet.applyTenant('late')
  fleet.applyApplication('inlate', 'late', {})
  world.api.delete('RaiTenantApplication/team/a98')
  world.api.delete('RaiTenant/team/t9')
  const lastHour = world.time.elapsedMs
  await world.run(HOUR_MS)

  const { ready, because } = told(fleet, 'ControlPlaneUnavailable')
  const going = new Set([...DELETED, ...inDeleted])
  const standing = [...names('t', 10), ...names('a', 100)].filter((name) => !going.has(name))
  assert.equal(ready, standing.sort(), 'nothing that works turns red')
  const hindered = new Set([...ROTATING, 'early', 'late', 'a98', ...inDeleted])
  assert.equal(because, [...hindered].sort(), 'each that has something to do says why it is not done')
  assert.equal(await fleet.silentSecrets(), [])
  const retries = since(fleet.looks, lastHour)
  assert.ok(retries.length > 20 * hindered.size, `tried again ${retries.length} times in an hour`)
  assert.ok(mostInASecond(retries) < hindered.size / 3, `${mostInASecond(retries)} of them in one second`)

  const endedAt = world.time.elapsedMs
  fleet.fate = PASS
  const isBack = () =>
    fleet.isAtRest() &&
    fleet.all().every(({ metadata }) => !going.has(metadata.name)) &&
    ROTATING.every((name) => going.has(name) || active(name) !== before.get(name))
  assert.ok((await fleet.until(isBack, BACK_MS)) !== undefined, 'back within ten minutes')
  assert.ok(mostInASecond(since(fleet.calls, endedAt)) <= RATE + 1, 'they do not come all at once')
  assert.is(beyondBudget(fleet.calls), 0)

  await world.run(3 * HOUR_MS)
  assert.equal(await fleet.faults(), [])
  await world.end()
})

for (const [title, headers] of [
  ['that does not say for how long', {}],
  ['for half a minute each time', { 'Retry-After': '30' }],
] as const) {
  test(`an hour of 429s ${title}: one call after each pause, and pauses of different length`, async () => {
    const fleet = await fleetOf(5, 30, () => ({ overlap: '5m' }))
    const { world } = fleet
    const storm = world.faults.add({ kind: 'status', status: 429, path: '^/v0', count: -1, headers })
    for (const name of names('a', 30)) fleet.request(name, { 'tenants.resistant.ai/rotate': 'now' })
    fleet.applyTenant('late')
    world.api.delete('RaiTenant/team/t4')
    const beganAt = world.time.elapsedMs
    await world.run(HOUR_MS)

    const { ready, because } = told(fleet, 'RateLimited')
    const going = ['t4', ...names('a', 30).filter((_, i) => i % 5 === 4)]
    const standing = [...names('t', 5), ...names('a', 30)].filter((name) => !going.includes(name))
    assert.equal(ready, standing.sort(), 'nothing that works turns red')
    assert.equal(because, [...names('a', 30), 'late'].sort())

    const calls = since(fleet.calls, beganAt)
    const late = since(calls, beganAt + 10 * MINUTE_MS)
    const gaps = late.slice(1).map((at, i) => at - late[i]!)
    assert.ok(mostInASecond(late) === 1, `${mostInASecond(late)} in one second`)
    assert.ok(Math.max(...gaps) - Math.min(...gaps) > 5_000, 'by chance')

    const endedAt = world.time.elapsedMs
    world.faults.clear(storm)
    const isBack = () => fleet.isAtRest() && world.api.get('RaiTenant/team/t4') === undefined
    const tookMs = await fleet.until(isBack, BACK_MS)
    assert.ok(tookMs !== undefined, 'back within ten minutes')
    assert.ok(mostInASecond(since(fleet.calls, endedAt)) <= RATE + 1, 'they do not come all at once')
    assert.is(beyondBudget(fleet.calls), 0)

    await world.run(HOUR_MS)
    assert.equal(await fleet.faults(), [])
    await world.end()
  })
}

test.run()
