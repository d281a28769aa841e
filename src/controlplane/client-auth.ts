// How a client proves who it is to a token endpoint: private_key_jwt (RFC 7523) or HTTP Basic (RFC 6749 section 2.3.1).
import { createPrivateKey, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import type { Redacted } from '../redacted.ts'

/** A client id and what goes with it: the organization's or an application's. */
export type ClientCredential = {
  readonly clientId: string
  readonly proof:
    | { readonly type: 'ClientSecret'; readonly clientSecret: Redacted }
    | { readonly type: 'EC' | 'RSA'; readonly kid: string; readonly privateKeyPem: Redacted }
}

export type TokenRequest = { readonly headers: Readonly<Record<string, string>>; readonly body: string }

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Of the 60 minutes that the contract allows: as much as two clocks may differ. */
const ASSERTION_S = 300

export const ALGORITHMS = { EC: 'ES256', RSA: 'RS256' } as const

/**
 * A request for a token with these scopes, good for one attempt: an assertion is accepted once. `now` in milliseconds
 * since the epoch. Rejects when the private key cannot be used.
 */
export async function tokenRequest(
  credential: ClientCredential,
  tokenUrl: string,
  scopes: readonly string[],
  now: number,
): Promise<TokenRequest> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: scopes.join(' ') })
  const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const { clientId, proof } = credential
  if (proof.type === 'ClientSecret') {
    headers['Authorization'] = basic(clientId, proof.clientSecret.reveal())
  } else {
    form.set('client_assertion_type', ASSERTION_TYPE)
    form.set('client_assertion', await assertion(clientId, proof, tokenUrl, now))
  }
  return { headers, body: form.toString() }
}

function basic(clientId: string, clientSecret: string): string {
  return `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`
}

function formEncoded(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}

function assertion(
  clientId: string,
  { type, kid, privateKeyPem }: Exclude<ClientCredential['proof'], { type: 'ClientSecret' }>,
  tokenUrl: string,
  now: number,
): Promise<string> {
  const issuedAtS = Math.floor(now / 1000)
  return new SignJWT({ iss: clientId, sub: clientId, aud: tokenUrl, jti: randomUUID() })
    .setProtectedHeader({ alg: ALGORITHMS[type], kid })
    .setIssuedAt(issuedAtS)
    .setExpirationTime(issuedAtS + ASSERTION_S)
    .sign(createPrivateKey(privateKeyPem.reveal()))
}
