// The table of the conformance suite: operation × documented answer, each with the rule it shows and how.
import * as assert from 'uvu/assert'
import { applicationRequest, APPLICATION_SCOPE, BY_SECRET, newEcKey, oneRsaKey } from './applications.ts'
import type { Reply } from './client.ts'
import { requestTokenByKey, requestTokenBySecret, tokenUrlOf } from './client.ts'
import type { Session } from './session.ts'

export type Row = {
  readonly operation: string
  readonly answer: number
  readonly rule: string
  /** Why a real service is spared it. */
  readonly simulatorOnly?: string
  readonly show: (session: Session) => Promise<void>
}

/** Where the contract does not say which status refuses it: these are to be expected. */
const REFUSALS = [400, 403, 409, 422]

const UNKNOWN = 'unknown0id'

type Ordinary = {
  readonly method: string
  readonly path: (session: Session) => Promise<string>
  readonly body?: object
}

const tenants = async () => '/tenants'
const tenant = async (session: Session) => `/tenants/${(await session.sharedTenant()).id}`
const applications = async (session: Session) => `${await tenant(session)}/applications`
const application = async (session: Session) => {
  const { id } = await session.newApplication()
  return `${await applications(session)}/${id}`
}

/** An ordinary call of each operation, and the scope of a token that must not be enough for it. */
const ORDINARY: Readonly<Record<string, Ordinary & { readonly wrongScope: string; readonly inside?: string }>> = {
  createTenant: { method: 'POST', path: tenants, body: { name: 'neverprovisioned' }, wrongScope: 'tenants.read' },
  getTenants: { method: 'GET', path: tenants, wrongScope: 'tenants.applications.read' },
  getTenant: { method: 'GET', path: tenant, wrongScope: 'tenants.applications.read', inside: '' },
  deleteTenant: { method: 'DELETE', path: tenant, wrongScope: 'tenants.read', inside: '' },
  createTenantApplication: {
    method: 'POST',
    path: applications,
    body: applicationRequest(BY_SECRET),
    wrongScope: 'tenants.applications.read',
    inside: '/applications',
  },
  getTenantApplications: { method: 'GET', path: applications, wrongScope: 'tenants.read', inside: '/applications' },
  getTenantApplication: {
    method: 'GET',
    path: application,
    wrongScope: 'tenants.read',
    inside: `/applications/${UNKNOWN}`,
  },
  deleteTenantApplication: {
    method: 'DELETE',
    path: application,
    wrongScope: 'tenants.applications.read',
    inside: `/applications/${UNKNOWN}`,
  },
}

function refused(reply: Reply, ...statuses: readonly number[]): void {
  assert.ok(statuses.includes(reply.status), `status ${reply.status} instead of ${statuses.join(' or ')}`)
  assert.type(reply.document.message, 'string')
  assert.ok(reply.document.message.length <= 512, 'a message has at most 512 characters')
}

/** What every operation answers to a call that it would otherwise carry out. */
function ordinaryRows(operation: string): Row[] {
  const { method, path, body, wrongScope, inside } = ORDINARY[operation]!
  const call = async (session: Session, options: object = {}) =>
    session.call(method, await path(session), { ...(body && { body }), ...options })
  const rows: Row[] = [
    {
      operation,
      answer: 401,
      rule: 'a call without a token, or with one that was never issued, is refused',
      async show(session) {
        refused(await call(session, { token: '' }), 401)
        refused(await call(session, { token: 'never-issued' }), 401)
      },
    },
    {
      operation,
      answer: 403,
      rule: `a token with the scope ${wrongScope} alone is not enough`,
      show: async (session) => refused(await call(session, { scope: wrongScope }), 403),
    },
    {
      operation,
      answer: 429,
      rule: 'a call beyond the rate limit is answered without a body',
      simulatorOnly: 'the limit is undocumented, and reaching it would disturb others',
      async show(session) {
        const target = await path(session)
        session.target.simulator?.faults.add({ kind: 'status', op: operation, status: 429 })
        const reply = await session.call(method, target, { ...(body && { body }) })
        assert.is(reply.status, 429)
        assert.is(reply.text, '')
      },
    },
  ]
  if (inside !== undefined) {
    rows.push({
      operation,
      answer: 404,
      rule: 'an id that does not exist is not found',
      async show(session) {
        refused(await session.call(method, `/tenants/${UNKNOWN}${inside}`, { ...(body && { body }) }), 404)
        if (inside.endsWith(UNKNOWN)) refused(await session.call(method, `${await tenant(session)}${inside}`), 404)
      },
    })
  }
  if (method === 'POST') {
    rows.push({
      operation,
      answer: 415,
      rule: 'a body that is not declared as JSON is refused',
      show: async (session) => refused(await call(session, { contentType: 'text/plain' }), 415),
    })
  }
  return rows
}

function badRequest(operation: string, rule: string, requests: readonly object[]): Row {
  return {
    operation,
    answer: 400,
    rule,
    async show(session) {
      const { method, path } = ORDINARY[operation]!
      for (const body of requests) refused(await session.call(method, await path(session), { body }), 400)
    },
  }
}

const ecKey = newEcKey()

/** Rows of single operations. */
const SPECIAL: readonly Row[] = [
  {
    operation: 'createTenant',
    answer: 201,
    rule: 'a tenant has id, name, created, updated and cells, which are eu-1 unless asked otherwise, and a Location',
    async show(session) {
      const name = session.newName()
      const reply = await session.call('POST', '/tenants', { body: { name } })
      assert.is(reply.status, 201)
      const { document } = reply
      for (const field of ['id', 'created', 'updated']) assert.type(document[field], 'string')
      assert.is(document.name, name)
      assert.equal(document.cells, ['eu-1'])
      assert.ok(reply.headers.get('location')?.endsWith(document.id), 'Location names the tenant')
    },
  },
  badRequest('createTenant', 'a name that does not fit ^[a-z0-9]{1,61}$ is refused', [
    {},
    { name: '' },
    { name: 'With-Dash' },
    { name: 'a'.repeat(62) },
    { name: 7 },
  ]),
  badRequest('createTenant', 'a cell that is not in the enumeration is refused', [
    { name: 'neverprovisioned', cells: ['nowhere-9'] },
  ]),
  {
    operation: 'createTenant',
    answer: 400,
    rule: 'a name that is taken is refused, with a status that the contract leaves open',
    async show(session) {
      const { name } = await session.sharedTenant()
      refused(await session.call('POST', '/tenants', { body: { name } }), ...REFUSALS)
    },
  },
  {
    operation: 'getTenants',
    answer: 200,
    rule: 'pages lead through every tenant once, each next relative to the base URL, until there is no next',
    async show(session) {
      const made = [(await session.sharedTenant()).id, (await session.newTenant()).id]
      const seen: string[] = []
      let path: string | undefined = '/tenants?limit=1'
      while (path !== undefined) {
        const reply = await session.call('GET', path)
        assert.is(reply.status, 200)
        assert.ok(reply.document.items.length <= 1, 'limit is kept')
        seen.push(...reply.document.items.map((one) => one.id))
        const { _links: links } = reply.document
        path = links.next?.href
        assert.match(path ?? '/tenants?', /^\/tenants\?/)
      }
      assert.is(new Set(seen).size, seen.length)
      for (const id of made) assert.ok(seen.includes(id))
    },
  },
  {
    operation: 'getTenants',
    answer: 200,
    rule: 'a page holds at most 20 tenants unless a limit is given',
    async show(session) {
      const reply = await session.call('GET', '/tenants')
      assert.is(reply.status, 200)
      assert.ok(reply.document.items.length <= 20)
    },
  },
  {
    operation: 'getTenants',
    answer: 400,
    rule: 'a limit that is not an integer is refused',
    show: async (session) => refused(await session.call('GET', '/tenants?limit=many'), 400),
  },
  {
    operation: 'getTenant',
    answer: 200,
    rule: 'a tenant is shown as it was created',
    async show(session) {
      const { id, name, created, cells } = await session.sharedTenant()
      const reply = await session.call('GET', `/tenants/${id}`)
      assert.is(reply.status, 200)
      const { document } = reply
      assert.equal([document.id, document.name, document.created, document.cells], [id, name, created, cells])
    },
  },
  {
    operation: 'deleteTenant',
    answer: 204,
    rule: 'an empty tenant is deleted and then not found',
    async show(session) {
      const { id } = await session.newTenant()
      assert.is((await session.call('DELETE', `/tenants/${id}`)).status, 204)
      refused(await session.call('GET', `/tenants/${id}`), 404)
    },
  },
  {
    operation: 'deleteTenant',
    answer: 400,
    rule: 'a tenant that has applications stays, with a status that the contract leaves open',
    async show(session) {
      const { id } = await session.sharedTenant()
      await session.newApplication(id)
      refused(await session.call('DELETE', `/tenants/${id}`), ...REFUSALS)
      assert.is((await session.call('GET', `/tenants/${id}`)).status, 200)
    },
  },
  ...(['CLIENT_SECRET', 'RSA', 'EC'] as const).map((type): Row => ({
    operation: 'createTenantApplication',
    answer: 201,
    rule: `an application of type ${type} is shown with its credential, which obtains a token`,
    async show(session) {
      const key = type === 'RSA' ? await oneRsaKey() : ecKey
      const body = applicationRequest(type === 'CLIENT_SECRET' ? BY_SECRET : key.authMethod)
      const reply = await session.call('POST', await applications(session), { body })
      assert.is(reply.status, 201)
      const { document } = reply
      for (const field of ['id', 'client_id', 'auth_server']) assert.type(document[field], 'string')
      assert.equal([document.cell, document.scopes], [body['cell'], body['scopes']])
      assert.ok(reply.headers.get('location')?.endsWith(document.id), 'Location names the application')
      assert.is(document.credentials.type, type)
      const url = tokenUrlOf(document)
      assert.type(url, 'string')
      const ask = () =>
        type === 'CLIENT_SECRET'
          ? requestTokenBySecret(url!, document.client_id, document.credentials.client_secret, APPLICATION_SCOPE)
          : requestTokenByKey(url!, document.client_id, key, APPLICATION_SCOPE, Date.now())
      const token = await session.patiently(ask, ({ status }) => status === 200)
      assert.is(token.status, 200)
      assert.type(token.document.access_token, 'string')
    },
  })),
  badRequest('createTenantApplication', 'a field that is missing or has no such value is refused', [
    {},
    { ...applicationRequest(BY_SECRET), cell: 'nowhere-9' },
    { ...applicationRequest(BY_SECRET), scopes: ['tenants.read'] },
    applicationRequest({ type: 'PASSWORD' }),
    applicationRequest({ ...ecKey.authMethod, alg: 'RS256' }),
  ]),
  badRequest('createTenantApplication', 'coordinates of a key that are not JSON integers are refused', [
    applicationRequest({ ...ecKey.authMethod, x: String(ecKey.authMethod['x']) }),
  ]),
  {
    operation: 'getTenantApplications',
    answer: 200,
    rule: 'all applications of the tenant are listed, without credentials',
    async show(session) {
      const { id } = await session.sharedTenant()
      const made = [(await session.newApplication(id)).id, (await session.newApplication(id)).id]
      const list = () => session.call('GET', `/tenants/${id}/applications`)
      const listsAll = (reply: Reply) => made.every((one) => reply.document.items.some((item) => item.id === one))
      const reply = await session.patiently(list, listsAll)
      assert.is(reply.status, 200)
      assert.ok(listsAll(reply))
      assert.not.ok(reply.text.includes('credentials'))
    },
  },
  {
    operation: 'getTenantApplication',
    answer: 200,
    rule: 'an application is shown as it was created, without its credential',
    async show(session) {
      const { id, client_id, cell, scopes } = await session.newApplication()
      const reply = await session.call('GET', `${await applications(session)}/${id}`)
      assert.is(reply.status, 200)
      const { document } = reply
      assert.equal([document.id, document.client_id, document.cell, document.scopes], [id, client_id, cell, scopes])
      assert.is(document.credentials, undefined)
    },
  },
  {
    operation: 'deleteTenantApplication',
    answer: 204,
    rule: 'an application is deleted, then not found, and its credential obtains no token',
    async show(session) {
      const { id, client_id, credentials, ...rest } = await session.newApplication()
      const path = `${await applications(session)}/${id}`
      assert.is((await session.call('DELETE', path)).status, 204)
      refused(await session.call('GET', path), 404)
      const url = tokenUrlOf({ id, client_id, credentials, ...rest }) ?? ''
      const ask = () => requestTokenBySecret(url, client_id, credentials.client_secret, APPLICATION_SCOPE)
      assert.is((await session.patiently(ask, ({ status }) => status !== 200)).status, 401)
    },
  },
  {
    operation: 'getTenants',
    answer: 401,
    rule: 'a token of a tenant application does not work here',
    show: async (session) =>
      refused(await session.call('GET', '/tenants', { token: await session.applicationToken() }), 401, 403),
  },
]

/** Every row: what all operations have in common, then what each has of its own. */
export const ROWS: readonly Row[] = [...Object.keys(ORDINARY).flatMap(ordinaryRows), ...SPECIAL]

/** The statuses that the contract gives each operation (contract, "Operations"). */
export const DOCUMENTED: Readonly<Record<string, readonly number[]>> = {
  createTenant: [201, 400, 401, 403, 415, 429],
  getTenants: [200, 400, 401, 403, 429],
  getTenant: [200, 401, 403, 404, 429],
  deleteTenant: [204, 400, 401, 403, 404, 429],
  createTenantApplication: [201, 400, 401, 403, 404, 415, 429],
  getTenantApplications: [200, 401, 403, 404, 429],
  getTenantApplication: [200, 401, 403, 404, 429],
  deleteTenantApplication: [204, 401, 403, 404, 429],
}
