// The table of the conformance suite for the organization's token endpoint.
import * as assert from 'uvu/assert'
import type { Reply } from './client.ts'
import { ALL_SCOPES, assertion, ASSERTION_TYPE, requestToken, requestTokenBySecret } from './client.ts'
import type { Row } from './rows.ts'
import type { Session } from './session.ts'

const HOUR_S = 3600
const SLACK_S = 600

/** Asks with an assertion that is changed in one respect. Needs a credential with a key. */
async function askWith(session: Session, changes: Parameters<typeof assertion>[4]): Promise<Reply> {
  const { tokenUrl, organization } = session.target
  const key = { pem: organization.privateKey?.pem.reveal() ?? '', kid: organization.privateKey?.kid ?? '' }
  const client_assertion = await assertion(organization.clientId, key, tokenUrl, Date.now(), changes)
  return requestToken(tokenUrl, { scope: ALL_SCOPES, client_assertion_type: ASSERTION_TYPE, client_assertion })
}

function isToken(reply: Reply): void {
  assert.is(reply.status, 200)
  assert.type(reply.document.access_token, 'string')
  assert.match(reply.document.token_type, /^bearer$/i)
  assert.ok(reply.document.expires_in > 0)
}

function isRefused(reply: Reply, ...errors: readonly string[]): void {
  assert.ok(reply.status === 400 || reply.status === 401, `status ${reply.status} instead of 400 or 401`)
  assert.ok(errors.length === 0 || errors.includes(reply.document.error), reply.document.error)
  assert.is(reply.document['access_token'], undefined)
}

const row = (answer: number, rule: string, show: Row['show']): Row => ({
  operation: 'organization token',
  answer,
  rule,
  show,
})

/** With a client secret. */
export const SECRET_ROWS: readonly Row[] = [
  row(200, 'id and secret by HTTP Basic obtain a token', async ({ target }) => {
    const { clientId, clientSecret } = target.organization
    isToken(await requestTokenBySecret(target.tokenUrl, clientId, clientSecret?.reveal() ?? '', ALL_SCOPES))
  }),
  row(401, 'a wrong secret obtains none', async ({ target }) => {
    isRefused(await requestTokenBySecret(target.tokenUrl, target.organization.clientId, 'wrong', ALL_SCOPES))
  }),
]

/** With a private key. */
export const KEY_ROWS: readonly Row[] = [
  row(200, 'an assertion signed with the registered key obtains a token', async (session) =>
    isToken(await askWith(session, {})),
  ),
  row(200, 'an assertion may expire up to 60 minutes ahead', async (session) => {
    const now = Math.floor(Date.now() / 1000)
    isToken(await askWith(session, { claims: { exp: now + HOUR_S - SLACK_S } }))
  }),
  row(401, 'an assertion that expires later than in 60 minutes obtains none', async (session) => {
    const now = Math.floor(Date.now() / 1000)
    isRefused(await askWith(session, { claims: { exp: now + HOUR_S + SLACK_S } }))
  }),
  row(401, 'an assertion that has expired obtains none', async (session) => {
    const now = Math.floor(Date.now() / 1000)
    isRefused(await askWith(session, { claims: { iat: now - 2 * SLACK_S, exp: now - SLACK_S } }))
  }),
  row(401, 'an assertion for another audience obtains none', async (session) =>
    isRefused(await askWith(session, { claims: { aud: 'https://elsewhere.test/token' } })),
  ),
  row(401, 'an assertion of another issuer or subject obtains none', async (session) => {
    isRefused(await askWith(session, { claims: { iss: 'somebody' } }))
    isRefused(await askWith(session, { claims: { sub: 'somebody' } }))
  }),
  row(401, 'an assertion without the kid of a registered key obtains none', async (session) =>
    isRefused(await askWith(session, { header: { kid: 'unknown' } })),
  ),
  row(401, 'a jti obtains a token once', async (session) => {
    const claims = { jti: `once-${session.newName()}` }
    isToken(await askWith(session, { claims }))
    isRefused(await askWith(session, { claims }))
  }),
  row(400, 'a scope that is not one of the organization obtains none', async ({ target }) => {
    const { clientId, privateKey } = target.organization
    const key = { pem: privateKey?.pem.reveal() ?? '', kid: privateKey?.kid ?? '' }
    const client_assertion = await assertion(clientId, key, target.tokenUrl, Date.now())
    const form = { client_assertion_type: ASSERTION_TYPE, client_assertion }
    isRefused(await requestToken(target.tokenUrl, { ...form, scope: 'tenants.unheard' }), 'invalid_scope')
  }),
]
