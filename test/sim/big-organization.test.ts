// An organization of 1,000 tenants and 5,000 applications: everything is made exactly once, a sweep reads it once, and nothing is written.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PASS } from './calls.ts'
import { KeyPool } from './key-pool.ts'
import { applyMany, unready } from './many-tenants.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

const test = suite('a big organization')
const MINUTE_MS = 60_000
const TENANTS = 1_000
const APPLICATIONS = 5 * TENANTS
/** The setting's default, which the simulator allows. */
const PAGE_LIMIT = 100
/** Fast, but so that no more than some thousand journals stand at a time. */
const FLAGS = { 'tenant-quota': TENANTS, 'requests-per-second': 50, burst: 100, 'sweep-interval': '24h' }
/** All creates at this pace, and as long again. */
const MOST_MINUTES = 20
/** Longer than the journals of what ended well stand. */
const REST_MS = 5 * MINUTE_MS
/** The first sweep comes after a tenth of the interval, more or less: long after all is made. */
const FIRST_SWEEP_MS = 180 * MINUTE_MS

/** How often each call was made, by what it is. */
const calls = new Map<string, number>()
const world = new World({
  pool: await KeyPool.make({ rsa: false }),
  random: seeded(1),
  settings: { quota: TENANTS },
})
world.judge = ({ kind, label, isMutation }) => {
  const call = `${isMutation ? 'changes' : 'reads'} ${kind} ${label}`
  calls.set(call, (calls.get(call) ?? 0) + 1)
  return PASS
}
world.startOperator('p1', FLAGS)
applyMany(world, {
  tenants: TENANTS,
  applications: APPLICATIONS / TENANTS,
  spec: () => ({ auth: { type: 'ClientSecret' } }),
})
for (let minutes = 0; minutes < MOST_MINUTES && unready(world).length > 0; minutes++) await world.run(MINUTE_MS)
await world.run(REST_MS)

const count = (call: string) => calls.get(call) ?? 0
/** Those that begin so, in the order of their names. */
const callsLike = (start: string) =>
  [...calls].filter(([call]) => call.startsWith(start)).sort(([a], [b]) => (a < b ? -1 : 1))

test('every tenant and every application is made, by one POST each', () => {
  assert.equal(unready(world), [])
  assert.equal(world.ledger.violations, [])
  const { tenants, applications } = world.person.look()
  assert.equal([tenants.length, applications.length], [TENANTS, APPLICATIONS])
  assert.equal(callsLike('changes plane'), [
    ['changes plane createTenant', TENANTS],
    ['changes plane createTenantApplication CLIENT_SECRET', APPLICATIONS],
  ])
})

test('a sweep lists all tenants once and the applications of each once, and writes nothing, neither in the cluster nor outside', async () => {
  const written: string[] = []
  world.api.observe(({ object }) => void written.push(`${object.kind} ${object.metadata.name}`))
  calls.clear()
  assert.ok(await world.run(FIRST_SWEEP_MS, () => count('reads plane getTenantApplications') === TENANTS))
  await world.run(REST_MS)
  assert.equal(callsLike('reads plane'), [
    ['reads plane getTenantApplications', TENANTS],
    ['reads plane getTenants', TENANTS / PAGE_LIMIT],
  ])
  assert.equal(callsLike('changes'), [])
  assert.equal(written, [])
})

test.after(() => world.end())
test.run()
