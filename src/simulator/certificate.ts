// A certificate authority and a server certificate, for TLS on a laptop or in a test cluster (RFC 5280).
import type { KeyObject } from 'node:crypto'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { bits, boolean, integer, octets, oid, sequence, setOf, tagged, text, utcTime } from './der.ts'

/** In PEM. The authority's key is not kept: it signs this one certificate. */
export type ServerCertificate = { readonly ca: string; readonly cert: string; readonly key: string }

const VALID_MS = 365 * 86_400_000
/** How far another machine's clock may be behind. */
const SKEW_MS = 3_600_000

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const CA_NAME = 'rai-operator simulator CA'

/** A new certificate for these host names and IP addresses, valid for a year from `now`. */
export function makeServerCertificate(hosts: readonly string[], now: number): ServerCertificate {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = (subject: string, key: KeyObject, extensions: readonly Buffer[]) =>
    certificate({ subject, key, extensions, now, signer: ca.privateKey })
  return {
    ca: signed(CA_NAME, ca.publicKey, [
      extension('2.5.29.19', sequence(boolean(true)), 'critical'), // basicConstraints: a CA
      extension('2.5.29.15', bits(Buffer.from([0b0000_0110]), 1), 'critical'), // keyUsage: keyCertSign, cRLSign
      extension('2.5.29.14', octets(keyId(ca.publicKey))), // subjectKeyIdentifier
    ]),
    cert: signed('rai-operator simulator', server.publicKey, [
      extension('2.5.29.19', sequence(), 'critical'), // basicConstraints: not a CA
      extension('2.5.29.15', bits(Buffer.from([0b1000_0000]), 7), 'critical'), // keyUsage: digitalSignature
      extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
      extension('2.5.29.17', sequence(...hosts.map(generalName))), // subjectAltName
      extension('2.5.29.35', sequence(tagged(0, keyId(ca.publicKey), true))), // authorityKeyIdentifier
    ]),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

type Content = {
  readonly subject: string
  readonly key: KeyObject
  readonly extensions: readonly Buffer[]
  readonly now: number
  readonly signer: KeyObject
}

function certificate({ subject, key, extensions, now, signer }: Content): string {
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])), // serial number: first byte set, so no leading zeros
    ECDSA_WITH_SHA256,
    commonName(CA_NAME),
    sequence(utcTime(new Date(now - SKEW_MS)), utcTime(new Date(now + VALID_MS))),
    commonName(subject),
    key.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  )
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, bits(sign('sha256', toBeSigned, signer)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))
}

function commonName(name: string): Buffer {
  return sequence(setOf(sequence(oid('2.5.4.3'), text(name))))
}

function generalName(host: string): Buffer {
  const version = isIP(host)
  if (version === 0) return tagged(2, Buffer.from(host, 'ascii'), true)
  return tagged(7, version === 4 ? Buffer.from(host.split('.').map(Number)) : ipv6(host), true)
}

function ipv6(address: string): Buffer {
  // URL writes an address in its shortest form, without an embedded IPv4 part.
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = [], tail = []] = shortest.split('::').map((half) => half.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** RFC 5280 section 4.2.1.2, method 1, over the whole public key: any hash that is the same in both places serves. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}
