// What was made and is not yet known everywhere.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { APPLICATION_SCOPE, newEcKey } from '../conformance/applications.ts'
import type { AnyDocument } from '../conformance/client.ts'
import { requestTokenByKey, requestTokenBySecret } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { started, tenantNames } from './started.ts'

const knowledge = suite<{ sim: Started }>('simulator: faults in knowledge')

knowledge.before.each(async (context) => {
  context.sim = await started()
})
knowledge.after.each(({ sim }) => sim.simulator.close())

const listed = async (sim: Started, path: string) => (await sim.call('GET', path)).document.items.map((item) => item.id)
const status = async (sim: Started, path: string) => (await sim.call('GET', path)).status

/** Makes something that is late, and shows when a list and a read find it. */
async function showLate(sim: Started, list: string, make: () => Promise<AnyDocument>): Promise<void> {
  for (const [single, readAtOnce] of [
    [false, 200],
    [true, 404],
  ] as const) {
    sim.simulator.faults.add({ kind: 'lateVisibility', seconds: 5, single })
    const { id } = await make()
    await sim.clock.advance(4999)
    assert.equal([(await listed(sim, list)).includes(id), await status(sim, `${list}/${id}`)], [false, readAtOnce])
    await sim.clock.advance(1)
    assert.equal([(await listed(sim, list)).includes(id), await status(sim, `${list}/${id}`)], [true, 200])
  }
}

knowledge('a tenant can be missing from lists for a while, and from reads', async ({ sim }) => {
  let count = 0
  await showLate(sim, '/tenants', () => sim.newTenant(`a${++count}`))
})

knowledge('an application can be missing from lists for a while, and from reads', async ({ sim }) => {
  const tenant = await sim.newTenant('a')
  await showLate(sim, `/tenants/${tenant.id}/applications`, () => sim.newApplication(tenant))
})

knowledge('pages have no gap where a tenant is missing', async ({ sim }) => {
  await sim.newTenant('a')
  sim.simulator.faults.add({ kind: 'lateVisibility', seconds: 5 })
  await sim.newTenant('b')
  const { id } = await sim.newTenant('c')
  const { _links } = (await sim.call('GET', '/tenants?limit=1')).document
  assert.equal(await listed(sim, _links.next?.href ?? ''), [id])
})

knowledge(
  'what is not visible exists: its name is taken, it holds applications, it can be deleted',
  async ({ sim }) => {
    sim.simulator.faults.add({ kind: 'lateVisibility', seconds: 5, single: true })
    const tenant = await sim.newTenant('a')
    assert.equal(tenantNames(sim), ['a'])
    assert.is((await sim.call('POST', '/tenants', { name: 'a' })).status, 400)
    const application = await sim.newApplication(tenant)
    sim.simulator.person.deleteApplication('a', application.id)
    assert.is((await sim.call('DELETE', `/tenants/${tenant.id}`)).status, 204)
  },
)

knowledge('a person deletes what is not visible', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'lateVisibility', seconds: 5, single: true })
  await sim.newTenant('a')
  sim.simulator.person.deleteTenant('a')
  assert.equal(tenantNames(sim), [])
})

knowledge('only creates are late, whatever else is called before', async ({ sim }) => {
  const id = sim.simulator.faults.add({ kind: 'lateVisibility', seconds: 5 })
  await sim.token()
  await sim.call('GET', '/tenants')
  assert.is(sim.simulator.faults.list().find((fault) => fault.id === id)?.left, 1)
  await sim.newTenant('a')
  assert.is(sim.simulator.faults.list().find((fault) => fault.id === id)?.left, 0)
})

knowledge('an application can be refused a token for a while, with a secret or a key', async ({ sim }) => {
  const tenant = await sim.newTenant('a')
  const key = newEcKey()
  sim.simulator.faults.add({ kind: 'lateAcceptance', seconds: 5, count: 2 })
  const [bySecret, byKey] = [await sim.newApplication(tenant), await sim.newApplication(tenant, key.authMethod)]
  const ask = async () => [
    await requestTokenBySecret(
      bySecret.auth_server,
      bySecret.client_id,
      bySecret.credentials.client_secret,
      APPLICATION_SCOPE,
    ),
    await requestTokenByKey(byKey.auth_server, byKey.client_id, key, APPLICATION_SCOPE, sim.clock.now()),
  ]
  await sim.clock.advance(4999)
  assert.equal(
    (await ask()).map((reply) => [reply.status, reply.document.error]),
    [
      [401, 'invalid_client'],
      [401, 'invalid_client'],
    ],
  )
  await sim.clock.advance(1)
  assert.equal(
    (await ask()).map((reply) => reply.status),
    [200, 200],
  )
})

knowledge('a token can stop working early, and others go on', async ({ sim }) => {
  const { clientId, clientSecret } = sim.organization
  const ask = () => requestTokenBySecret(sim.simulator.tokenUrl, clientId, clientSecret.reveal(), 'tenants.read')
  sim.simulator.faults.add({ kind: 'shortTokens', seconds: 5 })
  const [short, usual] = [(await ask()).document, (await ask()).document]
  assert.equal([short.expires_in, usual.expires_in], [3600, 3600])
  const works = async ({ access_token }: AnyDocument) =>
    (await sim.call('GET', '/tenants', undefined, { Authorization: `Bearer ${access_token}` })).status
  await sim.clock.advance(4999)
  assert.is(await works(short), 200)
  await sim.clock.advance(1)
  assert.equal([await works(short), await works(usual)], [401, 200])
})

knowledge('what is late can also be made twice, lost, or made late', async ({ sim }) => {
  const tenant = await sim.newTenant('a')
  const list = `/tenants/${tenant.id}/applications`
  const exist = () => sim.simulator.person.look().applications.length
  sim.simulator.faults.add({ kind: 'lateVisibility', seconds: 5 })
  sim.simulator.faults.add({ kind: 'twice' })
  sim.simulator.faults.add({ kind: 'status', status: 502, when: 'after' })
  await sim.call('POST', list, { cell: 'eu-1', scopes: [APPLICATION_SCOPE], auth_method: { type: 'CLIENT_SECRET' } })
  assert.equal([exist(), await listed(sim, list)], [2, []])
  await sim.clock.advance(5000)
  assert.is((await listed(sim, list)).length, 2)
})

knowledge.run()
