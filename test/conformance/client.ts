// A plain client of the Tenant Management API and its token endpoints: sends whatever a test wants to try.
import { createPrivateKey, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { OrganizationCredential } from '../../src/simulator/organization.ts'

/** Whatever a document of the contract may hold: a test reads what it expects. */
export type AnyDocument = {
  readonly [field: string]: unknown
  readonly id: string
  readonly name: string
  readonly created: string
  readonly updated: string
  readonly cells: readonly string[]
  readonly client_id: string
  readonly auth_server: string
  readonly cell: string
  readonly scopes: readonly string[]
  readonly credentials: {
    readonly type: string
    readonly client_secret: string
    readonly alg: string
    readonly kid: string
  }
  readonly _links: {
    readonly next?: { readonly href: string }
    readonly token_url?: string | { readonly href: string }
    readonly 'documents-ui'?: readonly { readonly href: string; readonly rel: string }[]
  }
  readonly items: readonly AnyDocument[]
  readonly message: string
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly error: string
}

export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; reading it throws when there is none. */
  readonly document: AnyDocument
}

/** Scopes for everything that the operations do. */
export const ALL_SCOPES = 'tenants.read tenants.write tenants.applications.read tenants.applications.write'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Sends one request. A `body` that is not text goes as JSON. */
export async function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<Reply> {
  const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    ...(content !== undefined && { body: content }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    get document() {
      return JSON.parse(text)
    },
  }
}

/** The header of HTTP Basic as RFC 6749 section 2.3.1 wants it: both parts form-encoded. */
export function basic(id: string, secret: string): string {
  const encode = (value: string) => new URLSearchParams({ v: value }).toString().slice(2)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

export type KeyPair = { readonly pem: string; readonly kid: string }

/** An assertion for a token endpoint, with anything in it changed. Times are seconds since the epoch. */
export function assertion(
  clientId: string,
  { pem, kid }: KeyPair,
  audience: string,
  nowMs: number,
  changes: {
    readonly claims?: Readonly<Record<string, unknown>>
    readonly header?: Readonly<Record<string, unknown>>
  } = {},
): Promise<string> {
  const key = createPrivateKey(pem)
  const alg = key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256'
  const iat = Math.floor(nowMs / 1000)
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    iat,
    exp: iat + 300,
    jti: randomUUID(),
    ...changes.claims,
  }
  return new SignJWT(claims).setProtectedHeader({ alg, kid, ...changes.header }).sign(key)
}

/** Asks for a token with a form. `scope` and `grant_type` are as usual unless the form says otherwise. */
export function requestToken(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString()
  return send('POST', url, { ...type, ...headers }, body)
}

/** Asks for a token with a client secret. */
export function requestTokenBySecret(url: string, id: string, secret: string, scope: string): Promise<Reply> {
  return requestToken(url, { scope }, { Authorization: basic(id, secret) })
}

/** Asks for a token with an assertion. */
export async function requestTokenByKey(
  url: string,
  id: string,
  key: KeyPair,
  scope: string,
  nowMs: number,
): Promise<Reply> {
  const client_assertion = await assertion(id, key, url, nowMs)
  return requestToken(url, { scope, client_assertion_type: ASSERTION_TYPE, client_assertion })
}

/** Asks for a token of the organization, with whatever its credential has. */
export function requestOrganizationToken(
  url: string,
  { clientId, clientSecret, privateKey }: OrganizationCredential,
  scope: string,
  nowMs: number,
): Promise<Reply> {
  if (!privateKey) return requestTokenBySecret(url, clientId, clientSecret?.reveal() ?? '', scope)
  const key = { pem: privateKey.pem.reveal(), kid: privateKey.kid }
  return requestTokenByKey(url, clientId, key, scope, nowMs)
}

/** Where an application obtains tokens, however its document says so; undefined when it does not. */
export function tokenUrlOf({ _links, auth_server }: AnyDocument): string | undefined {
  const link = _links?.token_url
  return (
    (typeof link === 'string' ? link : link?.href) ?? (auth_server.startsWith('https://') ? auth_server : undefined)
  )
}
