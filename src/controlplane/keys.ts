// Makes the key pairs with which applications prove who they are.
import type { KeyObject } from 'node:crypto'
import { createPrivateKey, generateKeyPair, generateKeyPairSync } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import type { KeyMaker, KeyReader } from '../controllers/ports.ts'
import type { KeyPair } from '../domain/external.ts'
import { Redacted } from '../redacted.ts'
import { ALGORITHMS } from './client-auth.ts'

const generate = promisify(generateKeyPair)

/**
 * Keys from OpenSSL's generator: EC on P-256, at once, since handing it to a thread takes longer than the 0.03 ms that it takes;
 * RSA with exponent 65537, on the thread pool, one at a time.
 */
export function keyMaker(): KeyMaker {
  let lastRsa: Promise<unknown> = Promise.resolve()

  function makeRsa(modulusLength: number): Promise<KeyPair> {
    const made = lastRsa.then(async () => keyPair('RSA', (await generate('rsa', { modulusLength })).privateKey))
    lastRsa = made.catch(() => undefined)
    return made
  }

  return {
    async make(kind) {
      if (kind.type === 'RSA') return makeRsa(kind.bits)
      return keyPair('EC', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    },
  }
}

async function keyPair(type: 'EC' | 'RSA', privateKey: KeyObject): Promise<KeyPair> {
  const jwk = privateKey.export({ format: 'jwk' })
  // RFC 7638: over the public members alone.
  const kid = await calculateJwkThumbprint(jwk)
  return {
    type,
    kid,
    privateKeyPem: new Redacted(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    privateKeyJwk: privateJwk(type, jwk, kid),
    publicKey: type === 'EC' ? { x: integer(jwk.x), y: integer(jwk.y) } : { n: integer(jwk.n), e: integer(jwk.e) },
  }
}

/** The key as it stands, with its JWK. */
export const readKey: KeyReader = (privateKeyPem, kid) => {
  const key = parsed(privateKeyPem)
  const type = key && typeOf(key)
  return type && { type, kid, privateKeyPem, privateKeyJwk: privateJwk(type, key.export({ format: 'jwk' }), kid) }
}

function parsed(pem: Redacted): KeyObject | undefined {
  try {
    return createPrivateKey(pem.reveal())
  } catch {
    return undefined
  }
}

function typeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): 'EC' | 'RSA' | undefined {
  if (asymmetricKeyType === 'rsa') return 'RSA'
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'EC' : undefined
}

function privateJwk(type: 'EC' | 'RSA', jwk: object, kid: string): Redacted {
  return new Redacted(JSON.stringify({ ...jwk, kid, alg: ALGORITHMS[type] }))
}

/** A number of a JWK (RFC 7518 section 6), base64url of its big-endian bytes. */
function integer(base64url: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(base64url ?? '', 'base64url').toString('hex')}`)
}
