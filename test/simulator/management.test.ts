// The management API refuses whatever the contract does not allow, and nothing has changed then.
import { get } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applicationRequest, BY_SECRET, integerJson, newEcKey, newRsaKey } from '../conformance/applications.ts'
import type { AnyDocument } from '../conformance/client.ts'
import { requestTokenBySecret, send } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { started, withSimulator } from './started.ts'

const management = suite<{ sim: Started; tenant: AnyDocument }>('simulator: management API')

management.before(async (context) => {
  context.sim = await started({ quota: 1000 })
  context.tenant = await context.sim.newTenant('base')
})
management.after(({ sim }) => sim.simulator.close())

/** Each body is refused with this status and a message; what exists stays as it is. */
async function refuses(sim: Started, status: number, path: string, bodies: readonly unknown[]): Promise<void> {
  const before = sim.simulator.person.look()
  for (const body of bodies) {
    const reply = await sim.call('POST', path, body)
    assert.is(reply.status, status, `${integerJson(body)}: ${reply.status} ${reply.text}`)
    assert.type(reply.document.message, 'string')
  }
  assert.equal(sim.simulator.person.look(), before)
}

management('a tenant name has 1 to 61 lower-case letters and digits', async ({ sim }) => {
  const bad = ['', 'A', 'a-b', 'a b', 'ä', 'a\n', 'a'.repeat(62), 7, null]
  await refuses(sim, 400, '/tenants', [{}, ...bad.map((name) => ({ name }))])
  for (const name of ['0', 'a'.repeat(61)]) assert.is((await sim.call('POST', '/tenants', { name })).status, 201)
})

management('a tenant name is taken by one tenant at a time', async ({ sim }) => {
  await refuses(sim, 400, '/tenants', [{ name: 'base' }])
  const { id } = await sim.newTenant('again')
  assert.is((await sim.call('DELETE', `/tenants/${id}`)).status, 204)
  assert.is.not((await sim.newTenant('again')).id, id)
})

management('a body is one JSON object without fields of its own', async ({ sim, tenant }) => {
  const bodies = ['', '{', '[]', 'null', '"x"', '{"name":"x"}{}']
  await refuses(sim, 400, '/tenants', [...bodies, { name: 'x', label: 'y' }, { name: 'x', cells: ['eu-1'], id: '1' }])
  const request = applicationRequest(BY_SECRET)
  const extra = [{ ...request, name: 'x' }, applicationRequest({ ...BY_SECRET, kid: 'k' })]
  await refuses(sim, 400, `/tenants/${tenant.id}/applications`, [...bodies, ...extra])
})

management('cells are a set of those that exist', async ({ sim }) => {
  const bad = [[], ['eu-1', 'eu-1'], ['eu-9'], 'eu-1', [1]]
  await refuses(
    sim,
    400,
    '/tenants',
    bad.map((cells) => ({ name: 'cells', cells })),
  )
  const made = await sim.call('POST', '/tenants', { name: 'cells', cells: ['us-1', 'eu-1'] })
  assert.equal(made.document.cells, ['us-1', 'eu-1'])
})

management('an application needs cell, scopes and auth_method, each from what the contract names', async (context) => {
  const { sim, tenant } = context
  const request = applicationRequest(BY_SECRET)
  await refuses(sim, 400, `/tenants/${tenant.id}/applications`, [
    { ...request, cell: undefined },
    { ...request, scopes: undefined },
    { ...request, auth_method: undefined },
    { ...request, cell: 'eu-9' },
    { ...request, scopes: [] },
    { ...request, scopes: ['documents.submissions.read', 'documents.submissions.read'] },
    { ...request, scopes: ['tenants.read'] },
    applicationRequest({}),
    applicationRequest({ type: 'client_secret' }),
  ])
})

management('n, e, x and y are JSON integers', async ({ sim, tenant }) => {
  const path = `/tenants/${tenant.id}/applications`
  const ec = newEcKey().authMethod
  const rsa = (await newRsaKey(2304)).authMethod
  const text = (method: object) => integerJson(applicationRequest(method))
  await refuses(sim, 400, path, [
    applicationRequest({ ...ec, x: String(ec['x']) }),
    applicationRequest({ ...ec, x: Buffer.from('x').toString('base64url') }),
    text({ ...ec, x: 1n }).replace('"x":1', '"x":1e76'),
    text({ ...ec, x: 1n }).replace('"x":1', '"x":1.0'),
    text({ ...ec, x: 1n }).replace('"x":1', '"x":-1'),
    text({ ...ec, x: 1n }).replace('"x":1', '"x":"1"'),
    text({ ...rsa, e: 1n }).replace('"e":1', '"e":65537.0'),
    applicationRequest({ ...rsa, e: 3n }),
    applicationRequest({ ...rsa, e: '65537' }),
    applicationRequest({ ...rsa, n: Buffer.from('n').toString('base64url') }),
  ])
  assert.is((await sim.call('POST', path, applicationRequest(ec))).status, 201)
  assert.is((await sim.call('POST', path, applicationRequest(rsa))).status, 201)
})

management('a modulus has more than 2048 bits', async ({ sim, tenant }) => {
  const path = `/tenants/${tenant.id}/applications`
  const small = applicationRequest((await newRsaKey(2048)).authMethod)
  await refuses(sim, 400, path, [small])
})

management('a point is on P-256', async ({ sim, tenant }) => {
  const ec = newEcKey().authMethod
  await refuses(sim, 400, `/tenants/${tenant.id}/applications`, [
    applicationRequest({ ...ec, y: BigInt(ec['y'] ?? 0) + 1n }),
    applicationRequest({ ...ec, x: 2n ** 256n }),
    applicationRequest({ ...ec, x: 0n, y: 0n }),
  ])
})

management('a key has a kid, and the algorithm of its type', async ({ sim, tenant }) => {
  const ec = newEcKey().authMethod
  await refuses(sim, 400, `/tenants/${tenant.id}/applications`, [
    applicationRequest({ ...ec, kid: undefined }),
    applicationRequest({ ...ec, kid: '' }),
    applicationRequest({ ...ec, alg: 'ES384' }),
    applicationRequest({ ...ec, alg: undefined }),
    applicationRequest({ ...ec, type: 'RSA' }),
  ])
})

management('a credential is shown once, in the answer to the create', async ({ sim, tenant }) => {
  const made = await sim.newApplication(tenant)
  const single = await sim.call('GET', `/tenants/${tenant.id}/applications/${made.id}`)
  const list = await sim.call('GET', `/tenants/${tenant.id}/applications`)
  assert.equal(Object.keys(made.credentials), ['type', 'client_secret'])
  assert.not.ok(single.text.includes('credentials'))
  assert.not.ok(list.text.includes('credentials'))
  const key = newEcKey('my-kid')
  assert.equal((await sim.newApplication(tenant, key.authMethod)).credentials, {
    type: 'EC',
    alg: 'ES256',
    kid: 'my-kid',
  })
})

management('an application is found in its own tenant only', async ({ sim, tenant }) => {
  const { id } = await sim.newApplication(tenant)
  const other = await sim.newTenant('other')
  for (const method of ['GET', 'DELETE']) {
    assert.is((await sim.call(method, `/tenants/${other.id}/applications/${id}`)).status, 404)
  }
  assert.is((await sim.call('GET', `/tenants/${tenant.id}/applications/${id}`)).status, 200)
})

management('a body is declared as JSON', async ({ sim }) => {
  for (const type of ['', 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
    const reply = await sim.call('POST', '/tenants', { name: 'typed' }, { 'Content-Type': type })
    assert.is(reply.status, 415, type)
  }
  const declared = { 'Content-Type': 'Application/JSON; charset=utf-8' }
  assert.is((await sim.call('POST', '/tenants', { name: 'typed' }, declared)).status, 201)
})

management('a page query knows limit and after_id, each once, and limit is positive', async ({ sim }) => {
  const queries = [
    'limit=0',
    'limit=-1',
    'limit=',
    'limit=1.5',
    'limit=1e2',
    'limit=1&limit=2',
    'after_id=none',
    'name=base',
  ]
  for (const query of queries) assert.is((await sim.call('GET', `/tenants?${query}`)).status, 400, query)
})

management('pages of any size lead through every tenant once', async ({ sim }) => {
  const all = (await sim.call('GET', '/tenants?limit=100')).document.items.map((one) => one.id)
  assert.ok(all.length > 3)
  for (const limit of [1, 2, all.length - 1, all.length]) {
    const seen: string[] = []
    let path: string | undefined = `/tenants?limit=${limit}`
    while (path !== undefined) {
      const { items, _links: links }: AnyDocument = (await sim.call('GET', path)).document
      assert.ok(items.length > 0 && items.length <= limit)
      seen.push(...items.map((one) => one.id))
      path = links.next?.href
    }
    assert.equal(seen, all)
  }
})

management('what the contract does not name is not found', async ({ sim, tenant }) => {
  for (const [method, path] of [
    ['PUT', '/tenants'],
    ['PATCH', `/tenants/${tenant.id}`],
    ['POST', `/tenants/${tenant.id}`],
    ['GET', '/tenants/'],
    ['GET', '/applications'],
    ['GET', ''],
  ] as const) {
    assert.is((await sim.call(method, path)).status, 404, `${method} ${path}`)
  }
})

management('a token works until it expires', () =>
  withSimulator({ tokenLifetimeMs: 60_000 }, async (sim) => {
    await sim.clock.advance(59_999)
    assert.is((await sim.call('GET', '/tenants')).status, 200)
    await sim.clock.advance(1)
    const late = await sim.call('GET', '/tenants')
    assert.is(late.status, 401)
    assert.match(late.headers.get('www-authenticate') ?? '', /^Bearer/)
  }),
)

management('only a bearer token that was issued is accepted', async ({ sim }) => {
  const token = await sim.token()
  for (const Authorization of ['', 'Bearer', `Basic ${token}`, `Bearer ${token}x`, token]) {
    assert.is((await send('GET', `${sim.simulator.url}/tenants`, { Authorization })).status, 401, Authorization)
  }
  const lower = await send('GET', `${sim.simulator.url}/tenants`, { Authorization: `bearer ${token}` })
  assert.is(lower.status, 200)
})

management('each operation needs its own scope, and no other', async ({ sim, tenant }) => {
  const { id } = await sim.newApplication(tenant)
  const application = `/tenants/${tenant.id}/applications/${id}`
  const needs = [
    ['GET', '/tenants', 'tenants.read'],
    ['GET', `/tenants/${tenant.id}`, 'tenants.read'],
    ['GET', `/tenants/${tenant.id}/applications`, 'tenants.applications.read'],
    ['GET', application, 'tenants.applications.read'],
    ['POST', '/tenants', 'tenants.write'],
    ['POST', `/tenants/${tenant.id}/applications`, 'tenants.applications.write'],
    ['DELETE', application, 'tenants.applications.write'],
    ['DELETE', '/tenants/none', 'tenants.write'],
  ] as const
  for (const [method, path, needed] of needs) {
    for (const scope of ['tenants.read', 'tenants.write', 'tenants.applications.read', 'tenants.applications.write']) {
      const headers = { Authorization: `Bearer ${await sim.token(scope)}` }
      const { status } = await sim.call(method, path, undefined, headers)
      assert.is(status === 403, scope !== needed, `${method} ${path} with ${scope}: ${status}`)
    }
  }
})

management("an application's token does not work here", async ({ sim, tenant }) => {
  const { client_id, credentials, auth_server } = await sim.newApplication(tenant)
  const scope = 'documents.submissions.read'
  const granted = await requestTokenBySecret(auth_server, client_id, credentials.client_secret, scope)
  const Authorization = `Bearer ${granted.document.access_token}`
  for (const path of ['/tenants', `/tenants/${tenant.id}/applications`]) {
    assert.is((await sim.call('GET', path, undefined, { Authorization })).status, 401)
  }
})

management('answers are dated by the clock of the simulator', async ({ sim }) => {
  await sim.clock.advance(1000)
  const now = new Date(sim.clock.now())
  const reply = await sim.call('POST', '/tenants', { name: 'dated' })
  assert.is(reply.headers.get('date'), now.toUTCString())
  assert.is(reply.document.created, now.toISOString())
  assert.is(reply.document.updated, reply.document.created)
})

management('a message has at most 512 characters', async ({ sim }) => {
  const reply = await sim.call('POST', '/tenants', { name: 'long', ['x'.repeat(2000)]: 1 })
  assert.is(reply.status, 400)
  assert.is(reply.document.message.length, 512)
})

management('a body that is far too long is refused', async ({ sim }) => {
  const reply = await sim.call('POST', '/tenants', `{"name":"${'x'.repeat(100_000)}"}`)
  assert.is(reply.status, 400)
})

management('a request target that is no path is refused', async ({ sim }) => {
  const { port } = new URL(sim.simulator.url)
  const status = await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '//[', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
  assert.is(status, 400)
})

management.run()
