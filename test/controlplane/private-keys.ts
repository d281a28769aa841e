// Private keys for tests: RSA once for all, since each costs a good part of a second.
import { generateKeyPairSync } from 'node:crypto'

let pem: string | undefined

/** PKCS 8 of a key of 2048 bits, the same each time. */
export function rsaPem(): string {
  pem ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  return pem
}

/** PKCS 8 of a new EC key. */
export function ecPem(namedCurve = 'P-256'): string {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
