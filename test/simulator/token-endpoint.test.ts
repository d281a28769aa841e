// The token endpoints give a token to whoever proves to be a client of theirs, in the words of RFC 6749 and RFC 7523.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { APPLICATION_SCOPE, newEcKey, oneRsaKey } from '../conformance/applications.ts'
import type { AnyDocument, Reply } from '../conformance/client.ts'
import { assertion, ASSERTION_TYPE, basic, requestToken, requestTokenBySecret, send } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { started } from './started.ts'

const tokens = suite<{ sim: Started; tenant: AnyDocument }>('simulator: token endpoints')

tokens.before(async (context) => {
  context.sim = await started()
  context.tenant = await context.sim.newTenant('base')
})
tokens.after(({ sim }) => sim.simulator.close())

type Changes = Parameters<typeof assertion>[4]

/** Asks at the organization's endpoint with an assertion that is changed. */
async function askWith(sim: Started, changes: Changes, form: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const { clientId, privateKey } = sim.organization
  const key = { pem: privateKey.pem.reveal(), kid: privateKey.kid }
  const client_assertion = await assertion(clientId, key, sim.simulator.tokenUrl, sim.clock.now(), changes)
  const usual = { scope: 'tenants.read', client_assertion_type: ASSERTION_TYPE, client_assertion }
  return requestToken(sim.simulator.tokenUrl, { ...usual, ...form })
}

function refused(reply: Reply, status: number, error: string): void {
  assert.equal([reply.status, reply.document.error], [status, error], reply.text)
  assert.is(reply.headers.get('cache-control'), 'no-store')
  assert.not.ok(reply.text.includes('access_token'))
}

tokens('a token comes with its type and its lifetime in seconds', async ({ sim }) => {
  const reply = await askWith(sim, {})
  assert.is(reply.status, 200)
  const { token_type, expires_in, access_token } = reply.document
  assert.equal([token_type, expires_in], ['Bearer', 3600])
  assert.type(access_token, 'string')
  assert.is(reply.headers.get('cache-control'), 'no-store')
})

tokens('an assertion says iss, sub, aud, iat, exp and jti, all as registered', async ({ sim }) => {
  const now = Math.floor(sim.clock.now() / 1000)
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { iss: 'another' },
    { iss: undefined },
    { sub: 'another' },
    { sub: undefined },
    { aud: sim.simulator.url },
    { aud: undefined },
    { iat: undefined },
    { iat: 'now' },
    { exp: undefined },
    { exp: now },
    { exp: now + 3601 },
    { jti: undefined },
    { jti: '' },
  ]
  for (const claims of wrong) refused(await askWith(sim, { claims }), 401, 'invalid_client')
  assert.is((await askWith(sim, { claims: { exp: now + 3600 } })).status, 200)
})

tokens('an assertion names the kid of a registered key and is signed with it', async ({ sim }) => {
  refused(await askWith(sim, { header: { kid: undefined } }), 401, 'invalid_client')
  refused(await askWith(sim, { header: { kid: 'another' } }), 401, 'invalid_client')
  const { clientId, privateKey } = sim.organization
  const stranger = { pem: newEcKey().pem, kid: privateKey.kid }
  const client_assertion = await assertion(clientId, stranger, sim.simulator.tokenUrl, sim.clock.now())
  refused(await askWith(sim, {}, { client_assertion }), 401, 'invalid_client')
  refused(await askWith(sim, {}, { client_assertion: 'no.jwt' }), 401, 'invalid_client')
  refused(await askWith(sim, {}, { client_assertion_type: 'jwt' }), 401, 'invalid_client')
})

tokens('a jti is accepted once by a client', async ({ sim }) => {
  const changes = { claims: { jti: 'once' } }
  assert.is((await askWith(sim, changes)).status, 200)
  refused(await askWith(sim, changes), 401, 'invalid_client')
})

tokens('a refused assertion does not use up its jti', async ({ sim }) => {
  refused(await askWith(sim, { claims: { jti: 'spared', aud: 'x' } }), 401, 'invalid_client')
  assert.is((await askWith(sim, { claims: { jti: 'spared' } })).status, 200)
})

tokens('id and secret are form-encoded in HTTP Basic', async ({ sim, tenant }) => {
  for (let n = 0; n < 20; n++) {
    const { client_id, credentials, auth_server } = await sim.newApplication(tenant)
    const ask = (Authorization: string) => requestToken(auth_server, { scope: APPLICATION_SCOPE }, { Authorization })
    const secret = credentials.client_secret
    assert.match(secret, /^[\x20-\x7e]{48}$/)
    assert.is((await ask(basic(client_id, secret))).status, 200)
    const raw = `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}`
    if (/[^\w.~!'()*-]/.test(secret)) refused(await ask(raw), 401, 'invalid_client')
  }
})

tokens('a wrong secret, an unknown client and none at all are told apart by nothing but words', async ({ sim }) => {
  const { clientId } = sim.organization
  const ask = (headers: Record<string, string>) =>
    requestToken(sim.simulator.tokenUrl, { scope: 'tenants.read' }, headers)
  const headers = [
    { Authorization: basic(clientId, 'wrong') },
    { Authorization: basic('unknown', 'wrong') },
    { Authorization: 'Basic not base64' },
    { Authorization: `Bearer ${await sim.token()}` },
    {},
  ]
  for (const one of headers) {
    const reply = await ask(one)
    refused(reply, 401, 'invalid_client')
    assert.match(reply.headers.get('www-authenticate') ?? '', /^Basic/)
  }
})

tokens('a client authenticates in one way, not in the body', async ({ sim }) => {
  const { clientId, clientSecret } = sim.organization
  const form = { client_id: clientId, client_secret: clientSecret.reveal(), scope: 'tenants.read' }
  refused(await requestToken(sim.simulator.tokenUrl, form), 401, 'invalid_client')
  const headers = { Authorization: basic(clientId, clientSecret.reveal()) }
  const both = { client_assertion_type: ASSERTION_TYPE, client_assertion: 'x', scope: 'tenants.read' }
  refused(await requestToken(sim.simulator.tokenUrl, both, headers), 400, 'invalid_request')
  refused(await askWith(sim, {}, { client_id: 'another' }), 401, 'invalid_client')
  assert.is((await askWith(sim, {}, { client_id: clientId })).status, 200)
})

tokens('grant_type is client_credentials', async ({ sim }) => {
  refused(await askWith(sim, {}, { grant_type: '' }), 400, 'invalid_request')
  refused(await askWith(sim, {}, { grant_type: 'password' }), 400, 'unsupported_grant_type')
})

tokens('a scope is asked for, and the client may have it', async ({ sim }) => {
  refused(await askWith(sim, {}, { scope: '' }), 400, 'invalid_scope')
  refused(await askWith(sim, {}, { scope: 'tenants.read tenants.everything' }), 400, 'invalid_scope')
  refused(await askWith(sim, {}, { scope: APPLICATION_SCOPE }), 400, 'invalid_scope')
  assert.is((await askWith(sim, {}, { scope: 'organization.read tenants.write' })).status, 200)
})

tokens('a request is a form with each parameter once', async ({ sim }) => {
  const url = sim.simulator.tokenUrl
  const { clientId, clientSecret } = sim.organization
  const Authorization = basic(clientId, clientSecret.reveal())
  const form = 'grant_type=client_credentials&scope=tenants.read'
  const ask = (type: string, body: string) => send('POST', url, { Authorization, 'Content-Type': type }, body)
  refused(await ask('application/json', form), 400, 'invalid_request')
  refused(await ask('application/x-www-form-urlencoded', `${form}&scope=tenants.write`), 400, 'invalid_request')
  assert.is((await ask('application/x-www-form-urlencoded; charset=utf-8', form)).status, 200)
  assert.is((await send('GET', url, { Authorization })).status, 404)
})

tokens('an application obtains tokens for its own scopes at the endpoint of its cell only', async ({ sim, tenant }) => {
  const elsewhere = await sim.call('POST', `/tenants/${tenant.id}/applications`, {
    cell: 'us-1',
    scopes: [APPLICATION_SCOPE],
    auth_method: { type: 'CLIENT_SECRET' },
  })
  const here = await sim.newApplication(tenant)
  const { client_id, credentials, auth_server } = elsewhere.document
  assert.is.not(auth_server, here.auth_server)
  const ask = (url: string, scope: string) => requestTokenBySecret(url, client_id, credentials.client_secret, scope)
  assert.is((await ask(auth_server, APPLICATION_SCOPE)).status, 200)
  refused(await ask(auth_server, 'documents.submissions.write'), 400, 'invalid_scope')
  refused(await ask(auth_server, 'tenants.read'), 400, 'invalid_scope')
  refused(await ask(here.auth_server, APPLICATION_SCOPE), 401, 'invalid_client')
  refused(await ask(sim.simulator.tokenUrl, 'tenants.read'), 401, 'invalid_client')
  const unknown = auth_server.replace(/oauth2\/\w+/, 'oauth2/ausUnknown')
  assert.is((await ask(unknown, APPLICATION_SCOPE)).status, 404)
})

tokens('a key of an application obtains tokens, with the algorithm it was registered for', async ({ sim, tenant }) => {
  for (const key of [newEcKey(), await oneRsaKey()]) {
    const { client_id, auth_server } = await sim.newApplication(tenant, key.authMethod)
    const ask = async (changes: Changes) =>
      requestToken(auth_server, {
        scope: APPLICATION_SCOPE,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await assertion(client_id, key, auth_server, sim.clock.now(), changes),
      })
    assert.is((await ask({})).status, 200)
    refused(await ask({ claims: { aud: sim.simulator.tokenUrl } }), 401, 'invalid_client')
    const alg = key.kid === 'rsa-key' ? 'PS256' : undefined
    if (alg) refused(await ask({ header: { alg } }), 401, 'invalid_client')
  }
})

tokens('a deleted application obtains no tokens', async ({ sim, tenant }) => {
  const { id, client_id, credentials, auth_server } = await sim.newApplication(tenant)
  assert.is((await sim.call('DELETE', `/tenants/${tenant.id}/applications/${id}`)).status, 204)
  const reply = await requestTokenBySecret(auth_server, client_id, credentials.client_secret, APPLICATION_SCOPE)
  refused(reply, 401, 'invalid_client')
})

tokens.run()
