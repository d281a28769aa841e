// Key pairs, checked by other code than the one that made them.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { calculateJwkThumbprint, importJWK } from 'jose'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyMaker, readKey } from '../../src/controlplane/keys.ts'
import type { KeyPair } from '../../src/domain/external.ts'
import { Redacted } from '../../src/redacted.ts'

const base64url = (value: bigint, bytes: number) =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex').toString('base64url')

/** The public key, from its numbers alone: what the control plane is given. */
function publicKeyOf({ publicKey }: KeyPair) {
  const jwk =
    'x' in publicKey
      ? { kty: 'EC', crv: 'P-256', x: base64url(publicKey.x, 32), y: base64url(publicKey.y, 32) }
      : { kty: 'RSA', n: base64url(publicKey.n, 256), e: 'AQAB' }
  return { jwk, key: createPublicKey({ key: jwk, format: 'jwk' }) }
}

const keys = suite('keys')

for (const kind of [{ type: 'EC' }, { type: 'RSA', bits: 2048 }] as const) {
  keys(`all parts of a key pair belong together: ${kind.type}`, async () => {
    const pair = await keyMaker().make(kind)
    const { jwk, key } = publicKeyOf(pair)
    assert.is(pair.type, kind.type)
    assert.is(pair.kid, await calculateJwkThumbprint(jwk))

    const pem = pair.privateKeyPem.reveal()
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/)
    const data = Buffer.from('signed')
    assert.ok(verify('sha256', data, key, sign('sha256', data, createPrivateKey(pem))))

    const privateJwk = JSON.parse(pair.privateKeyJwk.reveal()) as Record<string, string>
    assert.is(privateJwk['kid'], pair.kid)
    assert.is(privateJwk['alg'], kind.type === 'EC' ? 'ES256' : 'RS256')
    assert.type(privateJwk['d'], 'string')
    await importJWK(privateJwk)
    if ('n' in pair.publicKey) {
      assert.is(pair.publicKey.n.toString(2).length, 2048)
      assert.is(pair.publicKey.e, 65_537n)
    }
  })
}

for (const kind of [{ type: 'EC' }, { type: 'RSA', bits: 2048 }] as const) {
  keys(`a key that others made is read, whatever its id: ${kind.type}`, async () => {
    const { privateKeyPem, privateKeyJwk } = await keyMaker().make(kind)
    const read = readKey(privateKeyPem, 'theirs')!
    assert.equal([read.type, read.kid, read.privateKeyPem.reveal()], [kind.type, 'theirs', privateKeyPem.reveal()])
    const jwk = JSON.parse(privateKeyJwk.reveal()) as object
    assert.equal(JSON.parse(read.privateKeyJwk.reveal()), { ...jwk, kid: 'theirs' })
  })
}

keys('a key in the older formats is read, too, and stays as it is', () => {
  for (const [type, pem] of [
    ['EC', ec('P-256').export({ type: 'sec1', format: 'pem' })],
    ['RSA', rsa().export({ type: 'pkcs1', format: 'pem' })],
  ] as const) {
    const read = readKey(new Redacted(pem.toString()), 'k')
    assert.equal([read?.type, read?.privateKeyPem.reveal()], [type, pem.toString()])
  }
})

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const

const unreadable: [title: string, pem: () => string | Buffer][] = [
  ['text', () => 'none'],
  ['nothing', () => ''],
  ['a public key', () => createPublicKey(ec('P-256')).export({ type: 'spki', format: 'pem' })],
  ['a key on another curve', () => ec('P-384').export(pkcs8)],
  ['a key of another kind', () => generateKeyPairSync('ed25519').privateKey.export(pkcs8)],
  ['an encrypted key', () => ec('P-256').export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' })],
]

for (const [title, pem] of unreadable) {
  keys(`${title} is no key`, () => assert.is(readKey(new Redacted(pem().toString()), 'k'), undefined))
}

keys('no two key pairs are the same', async () => {
  const maker = keyMaker()
  const pairs = await Promise.all(Array.from({ length: 8 }, () => maker.make({ type: 'EC' })))
  assert.is(new Set(pairs.map(({ kid }) => kid)).size, 8)
})

keys('an EC key does not wait for RSA keys, which are made one at a time', async () => {
  const maker = keyMaker()
  const made: string[] = []
  const note = (name: string) => () => made.push(name)
  await Promise.all([
    maker.make({ type: 'RSA', bits: 2048 }).then(note('first RSA')),
    maker.make({ type: 'RSA', bits: 512 }).then(note('second RSA')),
    maker.make({ type: 'EC' }).then(note('EC')),
  ])
  assert.equal(made, ['EC', 'first RSA', 'second RSA'])
})

keys('an RSA key that cannot be made does not keep the next one from it', async () => {
  const maker = keyMaker()
  const [impossible, possible] = await Promise.allSettled([
    maker.make({ type: 'RSA', bits: 0 }),
    maker.make({ type: 'RSA', bits: 512 }),
  ])
  assert.is(impossible.status, 'rejected')
  assert.is(possible.status, 'fulfilled')
})

keys.run()
