// Where the contract is silent, each variant is shown; a table row per setting, in both or all of its values.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Settings } from '../../src/simulator/settings.ts'
import { DEFAULT_SETTINGS, SETTINGS } from '../../src/simulator/settings.ts'
import { requestTokenBySecret } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { withSimulator } from './started.ts'

type Variant = readonly [changes: Partial<Settings>, rule: string, show: (sim: Started) => Promise<void>]

const CONFLICTS = [400, 403, 409, 422] as const

const listedNames = async (sim: Started, query = '') =>
  (await sim.call('GET', `/tenants${query}`)).document.items.map((one) => one.name)

async function makeTenants(sim: Started, ...names: readonly string[]): Promise<void> {
  for (const name of names) await sim.newTenant(name)
}

/** The first page of two tenants, and what its `next` says. */
async function nextHref(sim: Started): Promise<string> {
  await makeTenants(sim, 'a', 'b')
  const { items, _links: links } = (await sim.call('GET', '/tenants?limit=1')).document
  return links.next?.href.replace(items[0]?.id ?? '', 'ID') ?? ''
}

/** An application as it is created, read and listed. */
async function threeWays(sim: Started) {
  const tenant = await sim.newTenant('acme')
  const created = await sim.newApplication(tenant)
  const path = `/tenants/${tenant.id}/applications`
  const single = (await sim.call('GET', `${path}/${created.id}`)).document
  const listed = (await sim.call('GET', path)).document.items[0]
  return { created, single, listed }
}

async function linksOf(sim: Started): Promise<unknown> {
  const { created, single, listed } = await threeWays(sim)
  return [created, single, listed].map((one) => one?.['_links'] !== undefined)
}

const VARIANTS: readonly Variant[] = [
  [
    { cells: ['eu-1', 'xx-9'] },
    'a cell that was added has a token endpoint of its own',
    async (sim) => {
      const tenant = await sim.newTenant('acme')
      const request = { cell: 'xx-9', scopes: ['documents.submissions.read'], auth_method: { type: 'CLIENT_SECRET' } }
      const { document } = await sim.call('POST', `/tenants/${tenant.id}/applications`, request)
      const { auth_server, client_id, credentials } = document
      const reply = await requestTokenBySecret(
        auth_server,
        client_id,
        credentials.client_secret,
        request.scopes[0] ?? '',
      )
      assert.is(reply.status, 200)
    },
  ],
  [
    { quota: 2 },
    'the quota is the number of tenants that may exist at a time',
    async (sim) => {
      await makeTenants(sim, 'a', 'b')
      assert.is((await sim.call('POST', '/tenants', { name: 'c' })).status, 400)
      sim.simulator.person.deleteTenant('a')
      assert.is((await sim.call('POST', '/tenants', { name: 'c' })).status, 201)
    },
  ],
  [
    { tokenLifetimeMs: 2500 },
    'expires_in is whole seconds',
    async ({ simulator, organization }) => {
      const { clientId, clientSecret } = organization
      const reply = await requestTokenBySecret(simulator.tokenUrl, clientId, clientSecret.reveal(), 'tenants.read')
      assert.is(reply.document.expires_in, 2)
    },
  ],
  [
    {
      organizationScopes: ['tenants.read', 'tenants.write', 'tenants.applications.read', 'tenants.applications.write'],
    },
    'a scope that the organization does not have is refused',
    async ({ simulator, organization }) => {
      const { clientId, clientSecret } = organization
      const secret = clientSecret.reveal()
      const reply = await requestTokenBySecret(simulator.tokenUrl, clientId, secret, 'organization.read')
      assert.equal([reply.status, reply.document.error], [400, 'invalid_scope'])
    },
  ],
  ...CONFLICTS.flatMap((status): Variant[] => [
    [
      { duplicateNameStatus: status },
      'a name that is taken',
      async (sim) => {
        await makeTenants(sim, 'a')
        assert.is((await sim.call('POST', '/tenants', { name: 'a' })).status, status)
      },
    ],
    [
      { nonEmptyDeleteStatus: status },
      'a delete of a tenant that has applications',
      async (sim) => {
        const tenant = await sim.newTenant('a')
        await sim.newApplication(tenant)
        assert.is((await sim.call('DELETE', `/tenants/${tenant.id}`)).status, status)
      },
    ],
    [
      { overQuotaStatus: status, quota: 0 },
      'a create over quota',
      async (sim) => assert.is((await sim.call('POST', '/tenants', { name: 'a' })).status, status),
    ],
  ]),
  ...([401, 403] as const).map((status): Variant => [
    { foreignTokenStatus: status },
    "an application's token on the management API",
    async (sim) => {
      const { auth_server, client_id, credentials, scopes } = await sim.newApplication(await sim.newTenant('a'))
      const reply = await requestTokenBySecret(auth_server, client_id, credentials.client_secret, scopes[0] ?? '')
      const Authorization = `Bearer ${reply.document.access_token}`
      assert.is((await sim.call('GET', '/tenants', undefined, { Authorization })).status, status)
    },
  ]),
  [
    { maxLimit: 2 },
    'a larger limit is refused, the largest is not',
    async (sim) => {
      assert.is((await sim.call('GET', '/tenants?limit=3')).status, 400)
      assert.is((await sim.call('GET', '/tenants?limit=2')).status, 200)
    },
  ],
  [
    { maxLimit: 2, overLimit: 'clamp' },
    'a larger limit is cut, and next goes on with the largest',
    async (sim) => {
      await makeTenants(sim, 'a', 'b', 'c')
      const { items, _links: links } = (await sim.call('GET', '/tenants?limit=3')).document
      assert.is(items.length, 2)
      assert.match(links.next?.href ?? '', /limit=2/)
    },
  ],
  ...(['continue', 'reject'] as const).map((afterDeleted): Variant => [
    { afterDeleted },
    'a page after a tenant that was deleted meanwhile',
    async (sim) => {
      await makeTenants(sim, 'a', 'b', 'c')
      const { items } = (await sim.call('GET', '/tenants?limit=2')).document
      sim.simulator.person.deleteTenant('b')
      const reply = await sim.call('GET', `/tenants?after_id=${items[1]?.id}`)
      assert.is(reply.status, afterDeleted === 'continue' ? 200 : 400)
      if (reply.status === 200)
        assert.equal(
          reply.document.items.map((one) => one.name),
          ['c'],
        )
    },
  ]),
  ...(['oldest-first', 'newest-first', 'by-id'] as const).map((order): Variant => [
    { order },
    'tenants and applications are listed, and pages go on, in this order',
    async (sim) => {
      await makeTenants(sim, 'a', 'b', 'c', 'd')
      const { items } = (await sim.call('GET', '/tenants')).document
      const byId = [...items].sort((a, b) => (a.id < b.id ? -1 : 1)).map((one) => one.name)
      const names = { 'oldest-first': ['a', 'b', 'c', 'd'], 'newest-first': ['d', 'c', 'b', 'a'], 'by-id': byId }[order]
      assert.equal(
        items.map((one) => one.name),
        names,
      )
      assert.equal(await listedNames(sim, `?limit=3&after_id=${items[1]?.id}`), names.slice(2))
      const tenant = items[0]!
      const made = [await sim.newApplication(tenant), await sim.newApplication(tenant)].map((one) => one.id)
      const ids = { 'oldest-first': made, 'newest-first': made.toReversed(), 'by-id': made.toSorted() }[order]
      const list = await sim.call('GET', `/tenants/${tenant.id}/applications`)
      assert.equal(
        list.document.items.map((one) => one.id),
        ids,
      )
    },
  ]),
  [{ nextHref: 'base' }, 'next', async (sim) => assert.is(await nextHref(sim), '/tenants?limit=1&after_id=ID')],
  [{ nextHref: 'origin' }, 'next', async (sim) => assert.is(await nextHref(sim), '/v0/tenants?limit=1&after_id=ID')],
  [
    { nextHref: 'absolute' },
    'next',
    async (sim) => assert.is(await nextHref(sim), `${sim.simulator.url}/tenants?limit=1&after_id=ID`),
  ],
  [
    { nextParameters: 'after-first' },
    'next',
    async (sim) => assert.is(await nextHref(sim), '/tenants?after_id=ID&limit=1'),
  ],
  ...[true, false].map((tenantLinks): Variant => [
    { tenantLinks },
    'a tenant links to the user interface of each cell',
    async (sim) => {
      const { _links: links } = await sim.newTenant('acme')
      const expected = [{ href: 'acme.eu-1.documents.test', rel: 'eu-1' }]
      assert.equal(links?.['documents-ui'], tenantLinks ? expected : undefined)
    },
  ]),
  [{ applicationLinks: 'everywhere' }, 'links', async (sim) => assert.equal(await linksOf(sim), [true, true, true])],
  [{ applicationLinks: 'single' }, 'links', async (sim) => assert.equal(await linksOf(sim), [true, true, false])],
  [{ applicationLinks: 'never' }, 'links', async (sim) => assert.equal(await linksOf(sim), [false, false, false])],
  ...(['string', 'href'] as const).map((tokenUrlLink): Variant => [
    { tokenUrlLink },
    'the token URL of an application',
    async (sim) => {
      const { created } = await threeWays(sim)
      const { _links: links, auth_server: url } = created
      assert.equal(links.token_url, tokenUrlLink === 'string' ? url : { href: url })
    },
  ]),
  ...(['token-url', 'issuer', 'id'] as const).map((authServer): Variant => [
    { authServer },
    'the authorization server of an application',
    async (sim) => {
      const { created } = await threeWays(sim)
      const issuer = `${new URL(sim.simulator.url).origin}/oauth2/aus2un1hkrKhPjir4417`
      const expected = { 'token-url': `${issuer}/v1/token`, issuer, id: 'aus2un1hkrKhPjir4417' }[authServer]
      assert.is(created.auth_server, expected)
    },
  ]),
  ...[true, false].map((extraFields): Variant => [
    { extraFields },
    'answers with fields that the contract does not name',
    async (sim) => {
      const { created, single } = await threeWays(sim)
      const page = (await sim.call('GET', '/tenants')).document
      for (const one of [created, single, page, page.items[0]]) {
        assert.is(one?.['x_undocumented'] !== undefined, extraFields)
      }
    },
  ]),
  [
    { secretCharacters: 'url-safe' },
    'a secret without any character that needs an escape',
    async (sim) => assert.match((await threeWays(sim)).created.credentials.client_secret, /^[\w-]{48}$/),
  ],
  [
    { secretCharacters: 'printable' },
    'secrets together use every printable character',
    async (sim) => {
      const tenant = await sim.newTenant('acme')
      const secrets: string[] = []
      for (let n = 0; n < 40; n++) secrets.push((await sim.newApplication(tenant)).credentials.client_secret)
      assert.ok(new Set(secrets.join('')).size > 90)
    },
  ],
  [
    { secretPrefix: 'marked-' },
    'client secrets and access tokens begin with it, and work',
    async (sim) => {
      assert.match((await threeWays(sim)).created.credentials.client_secret, /^marked-.{48}$/)
      assert.match(await sim.token(), /^marked-/)
    },
  ],
  ...[true, false].map((retryAfter): Variant => [
    { requestsPerSecond: 0.5, burst: 2, retryAfter },
    'calls beyond the burst are refused without a body until time has passed',
    async (sim) => {
      const statuses = async () => [
        (await sim.call('GET', '/tenants')).status,
        (await sim.call('GET', '/tenants')).status,
      ]
      assert.equal(await statuses(), [200, 200])
      const refused = await sim.call('GET', '/tenants')
      assert.equal([refused.status, refused.text], [429, ''])
      assert.is(refused.headers.get('retry-after'), retryAfter ? '2' : null)
      await sim.clock.advance(2000)
      assert.equal(await statuses(), [200, 429])
    },
  ]),
]

const settings = suite('simulator: settings')

for (const [changes, rule, show] of VARIANTS) {
  settings(`${JSON.stringify(changes).slice(1, -1)}: ${rule}`, () => withSimulator(changes, show))
}

settings('every setting has a variant in this table', () => {
  const shown = new Set(VARIANTS.flatMap(([changes]) => Object.keys(changes)))
  assert.equal(
    Object.keys(SETTINGS).filter((name) => !shown.has(name)),
    [],
  )
})

settings('a change is whole or not at all, and says which setting is wrong', () =>
  withSimulator({}, async (sim) => {
    const wrong = [{ quota: 5, order: 'up' }, { quota: -1 }, { quota: '5' }, { unheard: 1 }, [], 'quota', null]
    for (const changes of wrong) assert.is((await sim.admin('POST', '/config', changes)).status, 400)
    const reply = await sim.admin('POST', '/config', { quota: 5, order: 'up' })
    assert.match(reply.document.message, /^order takes/)
    assert.equal((await sim.admin('GET', '/config')).document, DEFAULT_SETTINGS)
  }),
)

settings('a change acts at once', () =>
  withSimulator({}, async (sim) => {
    assert.is((await sim.admin('POST', '/config', { quota: 0 })).document['quota'], 0)
    assert.is((await sim.call('POST', '/tenants', { name: 'a' })).status, 400)
  }),
)

settings.run()
