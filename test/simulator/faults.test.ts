// Faults meet the calls they are meant for, as often as asked, and do to them what their kind says.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestTokenBySecret } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { armed, fails, started, tenantNames as names } from './started.ts'

const faults = suite<{ sim: Started }>('simulator: faults')

faults.before.each(async (context) => {
  context.sim = await started()
})
faults.after.each(({ sim }) => sim.simulator.close())

faults('a status is answered with its headers and body, and nothing has happened', async ({ sim }) => {
  const headers = { 'Retry-After': '7', 'Content-Type': 'text/html' }
  sim.simulator.faults.add({ kind: 'status', op: 'createTenant', status: 503, headers, body: '<busy>' })
  const reply = await sim.call('POST', '/tenants', { name: 'a' })
  assert.equal([reply.status, reply.text], [503, '<busy>'])
  assert.equal([reply.headers.get('retry-after'), reply.headers.get('content-type')], ['7', 'text/html'])
  assert.equal(names(sim), [])
})

faults('a status after the effect hides that it has happened', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'status', status: 502, when: 'after' })
  const reply = await sim.call('POST', '/tenants', { name: 'a' })
  assert.equal([reply.status, reply.text], [502, ''])
  assert.equal(names(sim), ['a'])
})

faults('a connection closed before the effect has none', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'close' })
  assert.ok(await fails(sim.call('POST', '/tenants', { name: 'a' })))
  assert.equal(names(sim), [])
  assert.is((await sim.call('POST', '/tenants', { name: 'a' })).status, 201)
})

faults('a connection closed after the effect loses only the answer', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'close', when: 'after' })
  assert.ok(await fails(sim.call('POST', '/tenants', { name: 'a' })))
  assert.equal(names(sim), ['a'])
})

faults('a delay before the effect holds both back', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'delay', op: 'createTenant', seconds: 5 })
  const reply = sim.call('POST', '/tenants', { name: 'a' })
  await armed(sim, 1)
  await sim.clock.advance(4999)
  assert.equal(names(sim), [])
  await sim.clock.advance(1)
  assert.is((await reply).status, 201)
})

faults('a delay after the effect holds back the answer', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'delay', op: 'createTenant', seconds: 5, when: 'after' })
  const reply = sim.call('POST', '/tenants', { name: 'a' })
  await armed(sim, 1)
  assert.equal(names(sim), ['a'])
  await sim.clock.advance(5000)
  assert.is((await reply).status, 201)
})

faults('closing the simulator ends a delay', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'delay', seconds: 5 })
  const reply = fails(sim.call('GET', '/tenants'))
  await armed(sim, 1)
  await sim.simulator.close()
  assert.ok(await reply)
})

faults('a fault acts once unless it has a count, and forever with -1', async ({ sim }) => {
  const statuses = async (calls: number) => {
    const seen: number[] = []
    for (let n = 0; n < calls; n++) seen.push((await sim.call('GET', '/tenants')).status)
    return seen
  }
  sim.simulator.faults.add({ kind: 'status', status: 500 })
  assert.equal(await statuses(2), [500, 200])
  sim.simulator.faults.add({ kind: 'status', status: 501, count: 2 })
  assert.equal(await statuses(3), [501, 501, 200])
  const id = sim.simulator.faults.add({ kind: 'status', status: 502, count: -1 })
  assert.equal(await statuses(3), [502, 502, 502])
  sim.simulator.faults.clear(id)
  assert.equal(await statuses(1), [200])
})

faults('a fault lets calls pass first', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'status', status: 500, op: 'getTenants', after: 2 })
  const seen: number[] = []
  for (let n = 0; n < 4; n++) seen.push((await sim.call('GET', '/tenants')).status)
  assert.equal(seen, [200, 200, 500, 200])
})

faults('a fault meets only what it matches', async ({ sim }) => {
  const [a, b] = [await sim.newTenant('a'), await sim.newTenant('b')]
  const application = await sim.newApplication(b)
  const { clientId, clientSecret } = sim.organization
  const calls = {
    listTenants: () => sim.call('GET', '/tenants'),
    createTenant: () => sim.call('POST', '/tenants', { name: 'c' }),
    readA: () => sim.call('GET', `/tenants/${a.id}`),
    readB: () => sim.call('GET', `/tenants/${b.id}`),
    listB: () => sim.call('GET', `/tenants/${b.id}/applications`),
    organization: () => requestTokenBySecret(sim.simulator.tokenUrl, clientId, clientSecret.reveal(), 'tenants.read'),
    application: () =>
      requestTokenBySecret(
        application.auth_server,
        application.client_id,
        application.credentials.client_secret,
        'documents.submissions.read',
      ),
  }
  const everyone = Object.keys(calls)
  const rows: readonly (readonly [match: object, met: readonly string[]])[] = [
    [{}, everyone],
    [{ op: 'any' }, everyone],
    [{ op: 'getTenant' }, ['readA', 'readB']],
    [{ op: 'token' }, ['organization', 'application']],
    [{ op: 'organizationToken' }, ['organization']],
    [{ op: 'applicationToken' }, ['application']],
    [{ method: 'POST' }, ['createTenant', 'organization', 'application']],
    [{ path: '/applications$' }, ['listB']],
    [{ tenant: 'b' }, ['readB', 'listB', 'application']],
    [{ tenant: 'c' }, ['createTenant']],
    [{ client: application.client_id }, ['application']],
    [{ client: clientId, op: 'token' }, ['organization']],
    [{ tenant: 'b', op: 'getTenant' }, ['readB']],
  ]
  for (const [match, met] of rows) {
    sim.simulator.faults.clear()
    sim.simulator.faults.add({ kind: 'status', status: 599, count: -1, ...match })
    const seen: string[] = []
    for (const [name, call] of Object.entries(calls)) if ((await call()).status === 599) seen.push(name)
    assert.equal(seen, met, JSON.stringify(match))
    sim.simulator.faults.clear()
    if (sim.simulator.person.look().tenants.some((one) => one.name === 'c')) sim.simulator.person.deleteTenant('c')
  }
})

faults('several faults act on one call, the first one outermost', async ({ sim }) => {
  const delay = { kind: 'delay', seconds: 1 }
  sim.simulator.faults.add(delay)
  sim.simulator.faults.add({ ...delay, when: 'after' })
  sim.simulator.faults.add({ kind: 'status', status: 503, when: 'after' })
  const reply = sim.call('POST', '/tenants', { name: 'a' })
  await armed(sim, 1)
  assert.equal(names(sim), [])
  await sim.clock.advance(1000)
  await armed(sim, 1)
  assert.equal(names(sim), ['a'])
  await sim.clock.advance(1000)
  assert.is((await reply).status, 503)
})

faults('a fault can be asked for and removed by the admin API', async ({ sim }) => {
  const added = await sim.admin('POST', '/fault', { kind: 'status', status: 500, op: 'getTenants', count: 2 })
  assert.equal([added.status, added.document], [201, { id: 1 }])
  await sim.call('GET', '/tenants')
  const fault = { kind: 'status', status: 500, op: 'getTenants', count: 2 }
  assert.equal((await sim.admin('GET', '/fault')).document, [{ id: 1, left: 1, hits: 1, fault }])
  assert.is((await sim.admin('DELETE', '/fault/1')).status, 204)
  assert.is((await sim.call('GET', '/tenants')).status, 200)
  await sim.admin('POST', '/fault', { kind: 'close' })
  assert.is((await sim.admin('DELETE', '/fault')).status, 204)
  assert.equal((await sim.admin('GET', '/fault')).document, [])
})

faults('a fault that makes no sense is refused', async ({ sim }) => {
  const wrong = [
    {},
    { kind: 'explode' },
    { kind: 'constructor' },
    { kind: 'status' },
    { kind: 'status', status: 'x' },
    { kind: 'delay' },
    { kind: 'delay', seconds: -1 },
    { kind: 'close', when: 'later' },
    { kind: 'close', seconds: 1 },
    { kind: 'close', path: '(' },
    { kind: 'close', count: -2 },
    'close',
    { kind: 'stall', seconds: 1 },
    { kind: 'cut', bytes: -1 },
    { kind: 'invalid', as: 'odd' },
    { kind: 'invalid', set: { id: 1 } },
    { kind: 'invalid', without: ['id'] },
    { kind: 'oversized', bytes: 0 },
    { kind: 'twice', answer: 'third' },
    { kind: 'late' },
    { kind: 'late', seconds: 1, answer: 99 },
    { kind: 'redirect' },
    { kind: 'redirect', location: '/', status: 304 },
    { kind: 'lateVisibility' },
    { kind: 'lateAcceptance', seconds: -1 },
    { kind: 'shortTokens' },
  ]
  for (const fault of wrong) assert.is((await sim.admin('POST', '/fault', fault)).status, 400, JSON.stringify(fault))
  assert.equal(sim.simulator.faults.list(), [])
})

faults.run()
