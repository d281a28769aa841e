// How clients prove who they are, checked by other code than the one that made it.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { jwtVerify } from 'jose'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tokenRequest } from '../../src/controlplane/client-auth.ts'
import { Redacted } from '../../src/redacted.ts'
import { ecPem, rsaPem } from './private-keys.ts'

const URL_OF_TOKENS = 'https://id.example.com/oauth2/x/v1/token'
const NOW = Date.UTC(2026, 0, 1)

const secret = (clientId: string, clientSecret: string) =>
  ({ clientId, proof: { type: 'ClientSecret', clientSecret: new Redacted(clientSecret) } }) as const
const key = (type: 'EC' | 'RSA', pem: string) =>
  ({ clientId: 'abc', proof: { type, kid: 'k1', privateKeyPem: new Redacted(pem) } }) as const

const clientAuth = suite('client authentication')

const SECRETS: readonly (readonly [id: string, secret: string, encoded: string])[] = [
  ['abc', 'plain', 'abc:plain'],
  ['a:b', 'p:q', 'a%3Ab:p%3Aq'],
  ['abc', 'a b+c%d&e=f', 'abc:a+b%2Bc%25d%26e%3Df'],
  ['abc', '~!@#$^*()"<>', 'abc:%7E%21%40%23%24%5E*%28%29%22%3C%3E'],
]

for (const [id, value, encoded] of SECRETS) {
  clientAuth(`id ${id} and secret ${value} are form-encoded before they are joined`, async () => {
    const { headers } = await tokenRequest(secret(id, value), URL_OF_TOKENS, ['r'], NOW)
    const [scheme, sent = ''] = headers['Authorization']?.split(' ') ?? []
    assert.is(scheme, 'Basic')
    assert.is(Buffer.from(sent, 'base64').toString(), encoded)
  })
}

clientAuth('a secret stands in the header alone', async () => {
  const { headers, body } = await tokenRequest(secret('abc', 's3cr3t'), URL_OF_TOKENS, ['read', 'write'], NOW)
  assert.is(headers['Content-Type'], 'application/x-www-form-urlencoded')
  assert.is(body, 'grant_type=client_credentials&scope=read+write')
})

for (const [type, alg, pem] of [
  ['EC', 'ES256', ecPem()],
  ['RSA', 'RS256', rsaPem()],
] as const) {
  clientAuth(`an assertion is signed by ${alg} and says what RFC 7523 asks for`, async () => {
    const { headers, body } = await tokenRequest(key(type, pem), URL_OF_TOKENS, ['read'], NOW)
    assert.not(headers['Authorization'])
    const form = new URLSearchParams(body)
    assert.is(form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    assert.is(form.get('scope'), 'read')
    const verified = await jwtVerify(form.get('client_assertion') ?? '', createPublicKey(createPrivateKey(pem)), {
      issuer: 'abc',
      subject: 'abc',
      audience: URL_OF_TOKENS,
      algorithms: [alg],
      currentDate: new Date(NOW),
    })
    assert.equal(verified.protectedHeader, { alg, kid: 'k1' })
    assert.is(verified.payload.iat, NOW / 1000)
    assert.is(verified.payload.exp, NOW / 1000 + 300)
    assert.match(String(verified.payload.jti), /^[0-9a-f-]{36}$/)
  })
}

clientAuth('no two assertions have the same jti', async () => {
  const pem = ecPem()
  const bodies = await Promise.all(
    Array.from({ length: 20 }, async () => (await tokenRequest(key('EC', pem), URL_OF_TOKENS, ['r'], NOW)).body),
  )
  const ids = bodies.map((body) => {
    const [, claims = ''] = new URLSearchParams(body).get('client_assertion')?.split('.') ?? []
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { jti: string }).jti
  })
  assert.is(new Set(ids).size, 20)
})

clientAuth.run()
