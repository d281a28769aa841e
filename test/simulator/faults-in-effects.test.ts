// Calls that take effect late, twice, or without ever being answered.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { settled } from '../doubles/manual-clock.ts'
import type { Started } from './started.ts'
import { armed, fails, started, tenantNames } from './started.ts'

const effects = suite<{ sim: Started }>('simulator: faults in effects')

effects.before.each(async (context) => {
  context.sim = await started()
})
effects.after.each(({ sim }) => sim.simulator.close())

const create = (sim: Started, headers = {}) => sim.call('POST', '/tenants', { name: 'a' }, headers)
const last = ({ simulator }: Started) => simulator.log.entries().at(-1)

/** A create whose client can go away. */
async function leaving(sim: Started) {
  const gone = new AbortController()
  const headers = { Authorization: `Bearer ${await sim.token()}`, 'Content-Type': 'application/json' }
  const options = { method: 'POST', headers, body: '{"name":"a"}', signal: gone.signal }
  const failed = fails(fetch(`${sim.simulator.url}/tenants`, options))
  while (last(sim)?.op !== 'createTenant') await settled()
  return { failed, leave: () => gone.abort() }
}

for (const [when, expected] of [
  ['before', []],
  ['after', ['a']],
] as const) {
  effects(`a call that stalls ${when} the effect is open until its client goes away`, async ({ sim }) => {
    sim.simulator.faults.add({ kind: 'stall', op: 'createTenant', when })
    const { failed, leave } = await leaving(sim)
    await sim.clock.advance(1_000_000)
    assert.equal([last(sim)?.status, tenantNames(sim)], [null, expected])
    leave()
    assert.ok(await failed)
    while (last(sim)?.status === null) await settled()
    assert.equal([last(sim)?.status, tenantNames(sim)], [0, expected])
  })
}

effects('closing the simulator ends a call that stalls', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'stall' })
  const failed = fails(create(sim))
  while (last(sim)?.op !== 'createTenant') await settled()
  await sim.simulator.close()
  assert.ok(await failed)
  assert.is(last(sim)?.status, 0)
})

effects('a late call takes effect so long after its connection was closed', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'late', seconds: 5 })
  assert.ok(await fails(create(sim)))
  await armed(sim, 1)
  await sim.clock.advance(4999)
  assert.equal([tenantNames(sim), last(sim)?.runs], [[], 0])
  await sim.clock.advance(1)
  assert.equal([tenantNames(sim), last(sim)?.runs, last(sim)?.status], [['a'], 1, 0])
})

effects('a late call can be answered first', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'late', seconds: 5, answer: 504 })
  const reply = await create(sim)
  assert.equal([reply.status, reply.text, tenantNames(sim)], [504, '', []])
  await sim.clock.advance(5000)
  assert.equal([tenantNames(sim), last(sim)?.status], [['a'], 504])
})

effects('closing the simulator ends the wait for a late effect', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'late', seconds: 5, answer: 502 })
  await create(sim)
  await sim.simulator.close()
  await sim.clock.advance(5000)
  assert.equal(tenantNames(sim), [])
})

effects('a call takes effect twice and is answered once, with the first answer or the second', async ({ sim }) => {
  const tenant = await sim.newTenant('a')
  const ids = () => sim.simulator.person.look().applications.map((one) => one.id)
  sim.simulator.faults.add({ kind: 'twice' })
  const first = await sim.newApplication(tenant)
  assert.equal([ids().indexOf(first.id), ids().length, last(sim)?.runs], [0, 2, 2])
  sim.simulator.faults.add({ kind: 'twice', answer: 'second' })
  const second = await sim.newApplication(tenant)
  assert.equal([ids().indexOf(second.id), ids().length, last(sim)?.runs], [3, 4, 2])
})

effects('what cannot happen twice is refused the second time', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'twice', answer: 'second' })
  assert.is((await create(sim)).status, 400)
  assert.equal([tenantNames(sim), last(sim)?.runs], [['a'], 1])
})

effects('a call can take effect late and twice, and have its answer delayed and cut', async ({ sim }) => {
  const tenant = await sim.newTenant('a')
  const count = () => sim.simulator.person.look().applications.length
  sim.simulator.faults.add({ kind: 'late', seconds: 5 })
  sim.simulator.faults.add({ kind: 'twice' })
  assert.ok(await fails(sim.newApplication(tenant)))
  await armed(sim, 1)
  await sim.clock.advance(5000)
  assert.is(count(), 2)
  sim.simulator.faults.add({ kind: 'delay', seconds: 5, when: 'after' })
  sim.simulator.faults.add({ kind: 'cut' })
  sim.simulator.faults.add({ kind: 'twice' })
  const failed = fails(sim.newApplication(tenant))
  await armed(sim, 1)
  assert.equal([count(), last(sim)?.status], [4, null])
  await sim.clock.advance(5000)
  assert.ok(await failed)
})

effects.run()
