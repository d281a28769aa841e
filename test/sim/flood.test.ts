// One namespace applies thousands of resources at once: others wait for their new ones hardly longer than without it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { median } from '../bench/statistics.ts'
import { KeyPool } from './key-pool.ts'
import { isReady } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

const test = suite('flood')
const FLOOD = 5_000
const FLOODED_TENANTS = 100
const SAMPLES = 25
/** How long each call is under way. */
const SLOW_MS = { kube: 5, plane: 100, token: 100 }
const PATIENCE_MS = 60_000

const world = new World({
  pool: (await KeyPool.make({ rsa: false })).endless,
  random: seeded(1),
  settings: { quota: FLOODED_TENANTS + 1 },
})
/** Calls that have been under way. */
const arrived = new Set<number>()
world.judge = ({ kind, origin }) => {
  if (arrived.delete(origin)) return { fate: 'pass' }
  arrived.add(origin)
  return { fate: 'slow', afterMs: SLOW_MS[kind] }
}
/** The settings' defaults: of so few calls a flood leaves nothing over. */
const PACE = { 'requests-per-second': 10, burst: 15, workers: 8 }
world.startOperator('p1', { ...PACE, 'tenant-quota': FLOODED_TENANTS + 1, 'sweep-interval': '24h' })
world.api.create({ kind: 'Namespace', metadata: { name: 'flood' } })

function apply(namespace: string, name: string, tenant: string): () => boolean {
  world.api.create({
    kind: 'RaiTenantApplication',
    metadata: { namespace, name },
    spec: {
      tenantRef: { name: tenant },
      cell: 'eu-1',
      scopes: ['documents.submissions.read'],
      auth: { type: 'EC' },
    },
  })
  return () => isReady(world.api.get(`RaiTenantApplication/${namespace}/${name}`))
}

/** From apply to Ready, of one application after the other, in virtual milliseconds. */
async function delays(label: string): Promise<number[]> {
  const all: number[] = []
  for (let index = 0; index < SAMPLES; index++) {
    const appliedAt = world.time.elapsedMs
    assert.ok(await world.run(PATIENCE_MS, apply('team', `${label}-${index}`, 'quiet')))
    all.push(world.time.elapsedMs - appliedAt)
    await world.run(1_000 + 37 * index)
  }
  return all
}

test('5,000 resources of one namespace have new ones of another take at most twice as long, and three times at the worst', async () => {
  world.api.create({ kind: 'RaiTenant', metadata: { namespace: 'team', name: 'quiet' }, spec: {} })
  await world.run(PATIENCE_MS)
  const before = await delays('before')
  for (let tenant = 0; tenant < FLOODED_TENANTS; tenant++) {
    world.api.create({ kind: 'RaiTenant', metadata: { namespace: 'flood', name: `t${tenant}` }, spec: {} })
  }
  for (let index = 0; index < FLOOD; index++) apply('flood', `f${index}`, `t${index % FLOODED_TENANTS}`)
  await world.run(PATIENCE_MS)
  const during = await delays('during')
  const waiting = Array.from(world.api.stored('RaiTenantApplication')).filter((resource) => !isReady(resource)).length
  assert.ok(waiting > FLOOD / 2, 'the flood lasts')
  // Without it two calls follow each other; with it each may wait for a permit that somebody else has.
  assert.ok(median(during) <= 2 * median(before), `${median(during)} ms instead of ${median(before)}`)
  assert.ok(Math.max(...during) <= 3 * median(before), `up to ${Math.max(...during)} ms`)
})

test.after(() => world.end())
test.run()
