// Requests for applications with each kind of credential, and the keys that go with them.
import type { KeyObject } from 'node:crypto'
import { generateKeyPair, generateKeyPairSync } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyPair } from './client.ts'

export const APPLICATION_SCOPE = 'documents.submissions.read'

/** A key pair, and what an ApplicationCreateRequest says of it: its numbers are bigints. */
export type RegisteredKey = KeyPair & { readonly authMethod: Readonly<Record<string, string | bigint>> }

export const BY_SECRET = { type: 'CLIENT_SECRET' }

/** An ApplicationCreateRequest. */
export function applicationRequest(auth_method: object): Readonly<Record<string, unknown>> {
  return { cell: 'eu-1', scopes: [APPLICATION_SCOPE], auth_method }
}

/** JSON in which bigints are written as integers. */
export function integerJson(value: unknown): string {
  const marked = JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `integer:${one}` : one))
  return marked.replaceAll(/"integer:([0-9]+)"/g, '$1')
}

export function newEcKey(kid = 'ec-key'): RegisteredKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  return { pem: pemOf(privateKey), kid, authMethod: { type: 'EC', alg: 'ES256', kid, x: number(x), y: number(y) } }
}

let rsaKey: Promise<RegisteredKey> | undefined

/** The same key each time: to make one of 3072 bits takes most of a second. */
export function oneRsaKey(): Promise<RegisteredKey> {
  rsaKey ??= newRsaKey(3072)
  return rsaKey
}

export async function newRsaKey(modulusLength: number, kid = 'rsa-key'): Promise<RegisteredKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength })
  const { n, e } = publicKey.export({ format: 'jwk' })
  return { pem: pemOf(privateKey), kid, authMethod: { type: 'RSA', alg: 'RS256', kid, e: number(e), n: number(n) } }
}

function number(base64url: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(base64url ?? '', 'base64url').toString('hex')}`)
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
