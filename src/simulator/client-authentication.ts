// Proves who asks for a token: private_key_jwt (RFC 7523) or HTTP Basic with form-encoded parts (RFC 6749 section 2.3.1).
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { oauthRefusal } from './answers.ts'
import type { Client } from './state.ts'
import type { TokenRequest } from './token-endpoint.ts'
import type { World } from './world.ts'
import { tokenUrl } from './world.ts'

type Form = ReadonlyMap<string, string>

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** How far ahead an assertion may expire (contract, "Authentication"). */
const MAX_ASSERTION_MS = 3_600_000

/**
 * The client that sent the request, whose credential belongs to this very endpoint. Throws a {@link Refusal}:
 * `invalid_request` when the method cannot be told, `invalid_client` (401) for everything that is not proven.
 */
export async function authenticateClient(world: World, request: TokenRequest, form: Form): Promise<Client> {
  const byAssertion = form.has('client_assertion') || form.has('client_assertion_type')
  if (byAssertion && request.authorization !== undefined) {
    throw oauthRefusal(400, 'invalid_request', 'there are two ways of authentication in one request')
  }
  const client = byAssertion
    ? await verifyAssertion(world, request.authServer, form)
    : verifySecret(world, request.authorization)
  if (client.authServer !== request.authServer) throw invalidClient('the client belongs to another token endpoint')
  if (form.has('client_id') && form.get('client_id') !== client.id) {
    throw invalidClient('client_id is not the client that authenticated')
  }
  const { known } = client.application ?? {}
  if (known && known.acceptedAt > world.clock.monotonic()) throw invalidClient('there is no such client')
  return client
}

/** The client id that a request claims, proven or not: for matching faults and for the log. */
export function claimedClientId(authorization: string | undefined, body: string): string | undefined {
  if (authorization !== undefined) return readBasic(authorization)?.id
  try {
    return decodeJwt(new URLSearchParams(body).get('client_assertion') ?? '').sub
  } catch {
    return undefined
  }
}

function verifySecret(world: World, authorization: string | undefined): Client {
  if (authorization === undefined) throw invalidClient('the client did not authenticate')
  const basic = readBasic(authorization)
  if (!basic) throw invalidClient('the Authorization header is not HTTP Basic with form-encoded id and secret')
  const client = world.state.client(basic.id)
  const matches = client?.credentials.some(
    (credential) => credential.type === 'CLIENT_SECRET' && credential.secret.reveal() === basic.secret,
  )
  if (!client || !matches) throw invalidClient('there is no such client with this secret')
  return client
}

function readBasic(authorization: string): { id: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const parts = encoded && /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'))
  if (!parts) return undefined
  try {
    return { id: formDecode(parts[1] ?? ''), secret: formDecode(parts[2] ?? '') }
  } catch {
    return undefined
  }
}

/** What may stand unescaped: the form encoding's own characters, and those that encodeURIComponent leaves alone. */
const FORM_ENCODED = /^[A-Za-z0-9*._~!'()+%-]*$/

/** One value of a form. Throws `URIError` on what no encoder makes, so that a secret sent as it is gets refused. */
function formDecode(value: string): string {
  if (!FORM_ENCODED.test(value)) throw new URIError('not form-encoded')
  return decodeURIComponent(value.replaceAll('+', ' '))
}

async function verifyAssertion(world: World, authServer: string, form: Form): Promise<Client> {
  const assertion = form.get('client_assertion') ?? ''
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw invalidClient(`client_assertion_type must be ${ASSERTION_TYPE}`)
  }
  const { client, alg, key } = findKey(world, assertion)
  const { exp, jti } = await verifyClaims(world, assertion, {
    key,
    algorithms: [alg],
    issuer: client.id,
    subject: client.id,
    audience: tokenUrl(world, authServer),
  })
  const now = world.clock.now()
  // A delete may have come in while the signature was being checked.
  if (world.state.client(client.id) !== client) throw invalidClient('there is no such client')
  if (exp * 1000 > now + MAX_ASSERTION_MS) throw invalidClient('exp is more than 60 minutes ahead')
  const name = `${client.id} ${jti}`
  if (world.assertions.get(name, now)) throw invalidClient('jti was used before')
  world.assertions.set(name, true, exp * 1000, now)
  return client
}

/** The registered key that the assertion names, by what it claims: nothing is proven yet. */
function findKey(world: World, assertion: string) {
  const { kid, sub } = readUnverified(assertion)
  if (kid === undefined) throw invalidClient('the header of client_assertion has no kid')
  const client = world.state.client(sub ?? '')
  const credential = client?.credentials.find((one) => one.type !== 'CLIENT_SECRET' && one.kid === kid)
  if (!client || !credential || credential.type === 'CLIENT_SECRET') {
    throw invalidClient('there is no such client with a key of this kid')
  }
  return { client, alg: credential.alg, key: credential.key }
}

function readUnverified(assertion: string): { kid: string | undefined; sub: string | undefined } {
  try {
    return { kid: decodeProtectedHeader(assertion).kid, sub: decodeJwt(assertion).sub }
  } catch {
    throw invalidClient('client_assertion is not a JWT')
  }
}

type Expected = {
  readonly key: Parameters<typeof jwtVerify>[1]
  readonly algorithms: string[]
  readonly issuer: string
  readonly subject: string
  readonly audience: string
}

async function verifyClaims(world: World, assertion: string, { key, ...expected }: Expected) {
  const options = { ...expected, currentDate: new Date(world.clock.now()), requiredClaims: ['iat'] }
  const claims = await jwtVerify(assertion, key, options).then(
    (verified) => verified.payload,
    (error: unknown) => {
      // jose's messages name the claim that failed, never its value.
      throw invalidClient(error instanceof Error ? `client_assertion: ${error.message}` : 'client_assertion is refused')
    },
  )
  const { exp, jti } = claims
  if (exp === undefined) throw invalidClient('exp is missing')
  if (typeof jti !== 'string' || jti === '') throw invalidClient('jti must be a string')
  return { exp, jti }
}

function invalidClient(description: string) {
  return oauthRefusal(401, 'invalid_client', description)
}
