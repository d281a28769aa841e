// The token endpoints: one of the organization, one of each cell. OAuth2 client credentials as RFC 6749 and RFC 7523 say.
import { randomBytes } from 'node:crypto'
import type { Answer } from './answers.ts'
import { jsonAnswer, oauthRefusal } from './answers.ts'
import { authenticateClient } from './client-authentication.ts'
import type { Lag } from './lag.ts'
import type { Client } from './state.ts'
import type { World } from './world.ts'

export type TokenRequest = {
  /** The id in the path. */
  readonly authServer: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  readonly body: string
  readonly lag?: Lag
}

/** Answers with an access token. Throws a {@link Refusal} in the words of RFC 6749 section 5.2. */
export async function answerTokenRequest(world: World, request: TokenRequest): Promise<Answer> {
  const form = readForm(request)
  const grantType = form.get('grant_type')
  if (grantType === undefined) throw oauthRefusal(400, 'invalid_request', 'grant_type is missing')
  if (grantType !== 'client_credentials') {
    throw oauthRefusal(400, 'unsupported_grant_type', 'grant_type must be client_credentials')
  }
  const client = await authenticateClient(world, request, form)
  const scopes = readScopes(world, client, form.get('scope'))
  return issueToken(world, client, scopes, request.lag?.tokenLifeMs)
}

function issueToken(world: World, client: Client, scopes: readonly string[], lifeMs = Infinity): Answer {
  const { secretPrefix, tokenLifetimeMs } = world.settings
  const accessToken = secretPrefix + randomBytes(32).toString('base64url')
  const now = world.clock.now()
  world.grants.set(accessToken, { client, scopes }, now + Math.min(lifeMs, tokenLifetimeMs), now)
  const answer = {
    token_type: 'Bearer',
    expires_in: Math.floor(tokenLifetimeMs / 1000),
    access_token: accessToken,
    scope: scopes.join(' '),
  }
  return jsonAnswer(200, answer, { 'Cache-Control': 'no-store' })
}

/** The parameters of a form. RFC 6749 section 3.2: none may come twice, and one without a value counts as left out. */
function readForm({ contentType, body }: TokenRequest): ReadonlyMap<string, string> {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/x-www-form-urlencoded') {
    throw oauthRefusal(400, 'invalid_request', 'the content type must be application/x-www-form-urlencoded')
  }
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (form.has(name)) throw oauthRefusal(400, 'invalid_request', `${name} is given twice`)
    if (value !== '') form.set(name, value)
  }
  return form
}

/** Scopes that this client may ask for now. */
function allowedScopes(world: World, client: Client): readonly string[] {
  return client.application?.scopes ?? world.settings.organizationScopes
}

function readScopes(world: World, client: Client, asked: string | undefined): readonly string[] {
  const scopes = [...new Set(asked?.split(' ').filter((scope) => scope !== ''))]
  if (scopes.length === 0) throw oauthRefusal(400, 'invalid_scope', 'scope is missing')
  const allowed = allowedScopes(world, client)
  if (scopes.some((scope) => !allowed.includes(scope))) {
    throw oauthRefusal(400, 'invalid_scope', 'the client may not ask for one of these scopes')
  }
  return scopes
}
