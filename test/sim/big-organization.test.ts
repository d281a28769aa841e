// An organization of 1,000 tenants and 5,000 applications: everything is made exactly once, and a sweep costs reads alone.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applyFleet, unready } from './applied-fleet.ts'
import { KeyPool } from './key-pool.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

const test = suite('a big organization')
const MINUTE_MS = 60_000
const TENANTS = 1_000
const OF_EACH = 5
/** Fast, but so that no more than some thousand journals stand at a time. */
const PACE = { 'requests-per-second': 50, burst: 100 }
/** All calls at this pace, and as long again. */
const MOST_MINUTES = 20
/** Longer than the journals of what ended well stand. */
const REST_MS = 5 * MINUTE_MS
/** The first sweep comes after a tenth of the interval, a day in simulations, ± 20 %; the second much later. */
const FIRST_SWEEP_MS = 3 * 60 * MINUTE_MS
const PAGE_LIMIT = 100

const world = new World({
  pool: await KeyPool.make({ rsa: false }),
  random: seeded(1),
  settings: { quota: TENANTS },
})
world.startOperator('p1', { 'tenant-quota': TENANTS, ...PACE })
applyFleet(world, { tenants: TENANTS, applications: OF_EACH, spec: () => ({ auth: { type: 'ClientSecret' } }) })
for (let minutes = 0; minutes < MOST_MINUTES && unready(world).length > 0; minutes++) await world.run(MINUTE_MS)
await world.run(REST_MS)

test('every tenant and every application is made, by one POST each', () => {
  assert.equal(unready(world), [])
  assert.equal(world.ledger.violations, [])
  const { tenants, applications } = world.person.look()
  assert.equal([tenants.length, applications.length], [TENANTS, TENANTS * OF_EACH])
  const posts = (operation: string) => world.ledger.mutations.filter((one) => one.operation === operation).length
  assert.equal([posts('createTenant'), posts('createTenantApplication')], [TENANTS, TENANTS * OF_EACH])
})

test('a sweep reads pages of tenants and one list of each tenant, and writes nothing, neither in the cluster nor outside', async () => {
  const written: string[] = []
  world.api.observe(({ object }) => void written.push(`${object.kind} ${object.metadata.name}`))
  const since = world.trace.length
  await world.run(FIRST_SWEEP_MS)
  const calls = world.trace.slice(since).flatMap((line) => (line.startsWith('p1 plane ') ? [line.split(' ')[2]!] : []))
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(calls, (call) => call)).map(([call, all = []]) => [call, all.length]),
  )
  assert.equal(counts, { getTenants: TENANTS / PAGE_LIMIT, getTenantApplications: TENANTS })
  assert.equal(written, [])
  assert.equal([unready(world), world.ledger.violations], [[], []])
  await world.end()
})

test.run()
