// An organization of 1,000 tenants and 5,000 applications: everything is made exactly once, and at rest nothing is written.
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

test('at rest nothing is written, neither in the cluster nor outside', async () => {
  const written: string[] = []
  world.api.observe(({ object }) => void written.push(`${object.kind} ${object.metadata.name}`))
  world.ledger.mutations.length = 0
  await world.run(60 * MINUTE_MS)
  assert.equal(written, [])
  assert.equal(
    world.ledger.mutations.filter(({ operation }) => operation !== 'organizationToken'),
    [],
  )
  await world.end()
})

test.run()
