// The admin API shows what exists and every call made, without secrets, and plays a person.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { answerAdminRequest, isAdminPath } from '../../src/simulator/admin.ts'
import { Calls } from '../../src/simulator/calls.ts'
import { isLoopback } from '../../src/simulator/http-server.ts'
import { Person } from '../../src/simulator/person.ts'
import { DEFAULT_SETTINGS } from '../../src/simulator/settings.ts'
import { newWorld } from '../../src/simulator/world.ts'
import { applicationRequest, BY_SECRET, integerJson, newEcKey } from '../conformance/applications.ts'
import { basic, requestToken, requestTokenByKey, requestTokenBySecret } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { started } from './started.ts'

const NO_HEADERS = { authorization: undefined, contentType: undefined }

const admin = suite<{ sim: Started }>('simulator: admin API')

admin.before.each(async (context) => {
  context.sim = await started({ quota: 3 })
})
admin.after.each(({ sim }) => sim.simulator.close())

admin('the log has every call with its operation, path, status and client', async ({ sim }) => {
  const tenant = await sim.newTenant('acme')
  await sim.call('POST', '/tenants', { name: 'acme' })
  await sim.call('GET', '/tenants?limit=5&after_id=nobody')
  await sim.call('GET', `/tenants/${tenant.id}`, undefined, { Authorization: 'Bearer x' })
  await sim.call('GET', '/nothing')
  const client = sim.organization.clientId
  const at = new Date(sim.clock.now()).toISOString()
  const token = new URL(sim.simulator.tokenUrl).pathname
  const post = { at, method: 'POST', path: '/v0/tenants' }
  const get = { at, method: 'GET' }
  assert.equal((await sim.admin('GET', '/log')).document['entries'], [
    { seq: 1, at, op: 'organizationToken', method: 'POST', path: token, status: 200, runs: 1, client },
    { seq: 2, op: 'createTenant', ...post, status: 201, runs: 1, client },
    { seq: 3, op: 'createTenant', ...post, status: 400, runs: 0, client },
    {
      seq: 4,
      op: 'getTenants',
      ...get,
      path: '/v0/tenants',
      query: 'limit=5&after_id=nobody',
      status: 400,
      runs: 0,
      client,
    },
    { seq: 5, op: 'getTenant', ...get, path: `/v0/tenants/${tenant.id}`, status: 401, runs: 0 },
    { seq: 6, op: 'unknown', ...get, path: '/v0/nothing', status: 404, runs: 0, client },
  ])
})

admin('the log can be read from a mark on and by operation, counted and cleared', async ({ sim }) => {
  for (const name of ['a', 'b']) await sim.newTenant(name)
  await sim.call('GET', '/tenants')
  const seqs = async (query: string) => (await sim.admin('GET', `/log${query}`)).document['entries']
  const bare = (entries: unknown) =>
    Array.isArray(entries) ? entries.map((entry: { seq: number }) => entry.seq) : entries
  assert.equal(bare(await seqs('?since=3')), [3, 4])
  assert.equal(bare(await seqs('?op=createTenant')), [2, 3])
  assert.equal((await sim.admin('GET', '/counts')).document, { createTenant: 2, getTenants: 1, organizationToken: 1 })
  assert.is((await sim.admin('DELETE', '/log')).status, 204)
  await sim.call('GET', '/tenants')
  assert.equal(bare(await seqs('')), [5])
  assert.equal((await sim.admin('GET', '/counts')).document, { getTenants: 1 })
})

admin('the log shows a call that is still open, one that was cut, and which faults met it', async ({ sim }) => {
  const { faults, log } = sim.simulator
  const last = () => log.entries().at(-1)
  faults.add({ kind: 'delay', seconds: 1 })
  const reply = sim.call('GET', '/tenants')
  while (sim.clock.armed < 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal([last()?.status, last()?.runs, last()?.faults], [null, 0, [1]])
  await sim.clock.advance(1000)
  await reply
  assert.equal([last()?.status, last()?.runs], [200, 1])
  faults.add({ kind: 'close', when: 'after' })
  await sim.call('POST', '/tenants', { name: 'a' }).catch(() => undefined)
  assert.equal([last()?.status, last()?.runs, last()?.faults], [0, 1, [2]])
})

admin('the log names the client that asks for a token, also in vain, if there is such a client', async ({ sim }) => {
  const application = await sim.newApplication(await sim.newTenant('a'), newEcKey().authMethod)
  const clientOfLast = () => sim.simulator.log.entries().at(-1)?.client
  const { auth_server, client_id } = application
  await requestTokenByKey(auth_server, client_id, newEcKey(), 'documents.submissions.read', sim.clock.now())
  assert.is(clientOfLast(), client_id)
  await requestTokenBySecret(auth_server, client_id, 'wrong', 'documents.submissions.read')
  assert.is(clientOfLast(), client_id)
  await requestTokenBySecret(auth_server, 'unknown', 'wrong', 'documents.submissions.read')
  assert.is(clientOfLast(), undefined)
  await requestToken(auth_server, {})
  assert.is(clientOfLast(), undefined)
})

admin('neither state nor log nor settings hold a token or a secret', async ({ sim }) => {
  const { client_id, credentials } = await sim.newApplication(await sim.newTenant('a'))
  const token = await sim.token()
  const secrets = [credentials.client_secret, sim.organization.clientSecret.reveal(), token, basic(client_id, 'x')]
  await sim.call('GET', `/tenants?access_token=${token}`)
  await sim.call('GET', `/nothing?access_token=${token}`)
  const shown = await Promise.all(['/state', '/counts', '/config', '/fault'].map((path) => sim.admin('GET', path)))
  const text = shown.map((reply) => reply.text).join('')
  for (const secret of secrets) assert.not.ok(text.includes(JSON.stringify(secret).slice(1, -1)))
  const log = (await sim.admin('GET', '/log')).text
  for (const secret of secrets) assert.not.ok(log.includes(JSON.stringify(secret).slice(1, -1)))
})

admin('the state has every tenant and application', async ({ sim }) => {
  const tenant = await sim.newTenant('acme')
  const application = await sim.newApplication(tenant, newEcKey('k').authMethod)
  const created = new Date(sim.clock.now()).toISOString()
  assert.equal((await sim.admin('GET', '/state')).document, {
    tenants: [{ id: tenant.id, name: 'acme', cells: ['eu-1'], created, applications: [application.id] }],
    applications: [
      {
        id: application.id,
        tenant_id: tenant.id,
        tenant: 'acme',
        client_id: application.client_id,
        cell: 'eu-1',
        scopes: application.scopes,
        auth: 'EC',
        kid: 'k',
        created,
      },
    ],
  })
})

admin('a person makes and deletes tenants and applications, by id or name, and is not in the log', async ({ sim }) => {
  const before = sim.simulator.log.entries().length
  const tenant = await sim.admin('POST', '/tenants', { name: 'acme' })
  assert.equal([tenant.status, tenant.document.name], [201, 'acme'])
  const key = newEcKey()
  const keyed = await sim.admin('POST', '/tenants/acme/applications', integerJson(applicationRequest(key.authMethod)))
  assert.is(keyed.status, 201)
  const made = await sim.admin('POST', `/tenants/${tenant.document.id}/applications`, applicationRequest(BY_SECRET))
  const { id, client_id, auth_server, credentials, scopes } = made.document
  assert.is((await sim.admin('DELETE', `/tenants/acme/applications/${keyed.document.id}`)).status, 204)
  assert.is((await sim.admin('DELETE', '/tenants/acme')).status, 400)
  assert.is(sim.simulator.log.entries().length, before)
  const reply = await requestTokenBySecret(auth_server, client_id, credentials.client_secret, scopes[0] ?? '')
  assert.is(reply.status, 200)
  assert.is((await sim.call('GET', `/tenants/${tenant.document.id}/applications/${id}`)).status, 200)
  assert.is((await sim.admin('DELETE', '/tenants/acme?force=true')).status, 204)
  assert.equal(sim.simulator.person.look(), { tenants: [], applications: [] })
})

admin('a person keeps to the same rules', async ({ sim }) => {
  assert.is((await sim.admin('POST', '/tenants', { name: 'A' })).status, 400)
  assert.is((await sim.admin('POST', '/tenants', '{')).status, 400)
  assert.is((await sim.admin('DELETE', '/tenants/none')).status, 404)
  assert.is((await sim.admin('POST', '/tenants/none/applications', applicationRequest(BY_SECRET))).status, 404)
})

admin('what a person is given stays as it was', async ({ sim }) => {
  const request = { name: 'acme' }
  sim.simulator.person.createTenant(request)
  assert.equal(request, { name: 'acme' })
})

admin(
  'the organization gets another credential beside its first, and loses either; tokens live on',
  async ({ sim }) => {
    const { status, document } = await sim.admin('POST', '/credentials')
    assert.is(status, 201)
    const asks = async (clientId: string, secret: string) =>
      (await requestTokenBySecret(sim.simulator.tokenUrl, clientId, secret, 'tenants.read')).status
    const { clientId, clientSecret } = sim.organization
    const added = String(document['client_secret'])
    const both = () => Promise.all([asks(clientId, clientSecret.reveal()), asks(document.client_id, added)])
    assert.equal(await both(), [200, 200])
    assert.is((await sim.admin('DELETE', `/credentials/${clientId}`)).status, 204)
    assert.equal(await both(), [401, 200])
    assert.is((await sim.call('GET', '/tenants')).status, 200)
    assert.is((await sim.admin('DELETE', `/credentials/${clientId}`)).status, 404)
    const { client_id } = await sim.newApplication(await sim.newTenant('acme'))
    assert.is((await sim.admin('DELETE', `/credentials/${client_id}`)).status, 404)
  },
)

admin('tokens can be made unknown, and new ones work', async ({ sim }) => {
  assert.is((await sim.admin('DELETE', '/tokens')).status, 204)
  assert.is((await sim.call('GET', '/tenants')).status, 401)
  const Authorization = `Bearer ${await sim.token()}`
  assert.is((await sim.call('GET', '/tenants', undefined, { Authorization })).status, 200)
  sim.simulator.revokeTokens()
  assert.is((await sim.call('GET', '/tenants', undefined, { Authorization })).status, 401)
})

admin('other machines are served when that was asked for', ({ sim }) => {
  const world = newWorld(sim.clock, DEFAULT_SETTINGS, 'http://simulator.test')
  const calls = new Calls(world, new AbortController().signal)
  const person = new Person(world)
  const request = { method: 'GET', path: '/admin/state', query: new URLSearchParams(), body: '', ...NO_HEADERS }
  const status = (remote: boolean, local: boolean) =>
    answerAdminRequest({ world, calls, person, remote }, { ...request, local }).status
  assert.equal(
    [status(false, true), status(true, true), status(true, false), status(false, false)],
    [200, 200, 200, 403],
  )
})

admin('a peer on a loopback address is on this machine', () => {
  const local = ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']
  const remote = ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::127', undefined]
  assert.ok(local.every(isLoopback))
  assert.not.ok(remote.some(isLoopback))
})

admin('it lists what it can do, and says so where it cannot', async ({ sim }) => {
  const list = await sim.admin('GET', '')
  for (const path of ['/state', '/log', '/counts', '/config', '/fault', '/tenants/{tenant}']) {
    assert.ok(list.text.includes(`/admin${path}`), path)
  }
  assert.match((await sim.admin('GET', '/unheard')).document.message, /GET \/admin/)
  assert.equal(['/admin', '/admin/x', '/administrator', '/v0'].map(isAdminPath), [true, true, false, false])
})

admin.run()
