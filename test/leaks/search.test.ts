// The search for secrets finds those that are planted, in every form in which they could get out, and nothing else.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyMaker } from '../../src/controlplane/keys.ts'
import { CANARY, leaksIn } from './search.ts'
import type { Known } from './search.ts'

const test = suite('search for leaks')
const keys = keyMaker()
const [ec, rsa] = await Promise.all([keys.make({ type: 'EC' }), keys.make({ type: 'RSA', bits: 2048 })])

/** With every kind of character that some encoding alters. */
const SECRET = `Qv7"k\\2 %+&=:/?~ü${'pZ8wLr3mXd'.repeat(3)}<'>`
const KNOWN: readonly Known[] = [
  { kind: 'the secret', value: SECRET },
  { kind: 'the EC key', value: ec.privateKeyPem.reveal() },
  { kind: 'the EC key as JWK', value: ec.privateKeyJwk.reveal() },
  { kind: 'the RSA key', value: rsa.privateKeyPem.reveal() },
  { kind: 'the RSA key as JWK', value: rsa.privateKeyJwk.reveal() },
]

const base64 = (text: string) => Buffer.from(text).toString('base64')
const FORMS: readonly [form: string, of: (text: string) => string][] = [
  ['as it is', (text) => text],
  ['in JSON', (text) => JSON.stringify({ text })],
  ['in JSON in JSON', (text) => JSON.stringify(JSON.stringify({ text }))],
  ['in a form', (text) => new URLSearchParams({ text }).toString()],
  ['in a URL', (text) => encodeURIComponent(text)],
  ['in hexadecimal digits', (text) => Buffer.from(text).toString('hex')],
  ['as data of a Secret', base64],
  ['in a header of HTTP Basic', (text) => base64(`some-client:${text}`)],
  ['in the next one, which begins a byte later', (text) => base64(`some-client1:${text}`)],
  ['in the last one', (text) => base64(`some-client12:${text}`)],
  ['in a header of HTTP Basic, form-encoded', (text) => base64(`client:${new URLSearchParams({ text }).toString()}`)],
  ['in base64 of a URL', (text) => Buffer.from(`?${text}`).toString('base64url')],
]

/** What is told of a text that may be read by anybody. */
const told = (text: string, known = KNOWN) => leaksIn([{ where: 'the log', text: `first\nso: ${text}.` }], known)

for (const { kind, value } of KNOWN) {
  for (const [form, of] of FORMS) {
    test(`${kind} is found ${form}`, () => {
      assert.ok(told(of(value)).includes(`${kind} in the log, line 2`), told(of(value)).join())
    })
  }
}

test('31 characters of a secret are enough, wherever they stand in it', () => {
  const enough = 31
  for (let at = 0; at + enough <= SECRET.length; at++) {
    assert.equal(told(SECRET.slice(at, at + enough)), ['the secret in the log, line 2'], String(at))
  }
})

test('the body of a private key is found in any of its lines', () => {
  for (const { kind, value } of KNOWN.filter((known) => known.value.startsWith('-----'))) {
    for (const line of value
      .split('\n')
      .slice(1, -2)
      .filter(({ length }) => length > 30)) {
      assert.ok(told(line).includes(`${kind} in the log, line 2`), kind)
    }
  }
})

const UNKNOWN: readonly [what: string, text: string, kind: string][] = [
  ['what begins as the run’s secrets do', `${CANARY}x`, 'a client secret or a token of the control plane'],
  ['a key in PEM', '-----BEGIN PRIVATE KEY-----', 'a private key'],
  ['an EC key without its armour', ec.privateKeyPem.reveal().split('\n')[1]!, 'a private key'],
  ['an RSA key without its armour', rsa.privateKeyPem.reveal().split('\n')[1]!, 'a private key'],
  ['a JWK', ec.privateKeyJwk.reveal(), 'a private key as JWK'],
]

for (const [what, text, kind] of UNKNOWN) {
  test(`${what} is found without being known, also in base64`, () => {
    assert.equal(told(text, []), [`${kind} in the log, line 2`])
    if (kind !== 'a private key as JWK') assert.equal(told(base64(`id:${text}`), []), [`${kind} in the log, line 2`])
  })
}

test('an assertion or a token that somebody signed is found by its shape', () => {
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  const token = [part({ alg: 'ES256', kid: 'k' }), part({ sub: 'client' }), 'x'.repeat(86)].join('.')
  assert.equal(told(token, []), ['a signed token in the log, line 2'])
})

test('what is public of a key, and less than a stretch of a secret, are no leaks', () => {
  const { x, y, n, e, kid } = { ...JSON.parse(ec.privateKeyJwk.reveal()), ...JSON.parse(rsa.privateKeyJwk.reveal()) }
  assert.equal(told(JSON.stringify({ x, y, n, e, kid, alg: 'RS256' })), [])
  assert.equal(told(SECRET.slice(3, 18)), [])
})

test('nothing of the secret is in what is told', () => {
  const lines = told(KNOWN.map(({ value }) => value).join('\n'))
  assert.ok(lines.length >= KNOWN.length)
  assert.equal(leaksIn([{ where: 'what is told', text: lines.join('\n') }], KNOWN), [])
})

test('each text tells each kind once, where it first stands', () => {
  const texts = ['a', 'b'].map((where) => ({ where, text: `${SECRET}\n${SECRET}` }))
  assert.equal(leaksIn(texts, KNOWN), ['the secret in a, line 1', 'the secret in b, line 1'])
})

test('a secret that is too short to be told from other text is refused', () => {
  assert.throws(() => leaksIn([], [{ kind: 'the password', value: 'hunter2' }]), 'the password is too short')
})

test.run()
