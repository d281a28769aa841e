// The output Secret: what it holds, whose it is, and that it can be read back.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SECRET_FIELDS } from '../../src/api/names.ts'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import type { Credential } from '../../src/domain/external.ts'
import { ownershipOf } from '../../src/domain/secret.ts'
import { modulusBitsOf, readDelivery } from '../../src/domain/secret-content.ts'
import { overlaid, releasedSecret, renderSecret, secretMatches } from '../../src/domain/secret-rendering.ts'
import type { Delivery, DesiredSecret, ObservedSecret } from '../../src/domain/secret.ts'
import { Redacted } from '../../src/redacted.ts'
import { applicationOf } from '../doubles/resources.ts'

const test = suite('output secret')

const PROOFS: Record<string, Credential['proof']> = {
  ClientSecret: { type: 'ClientSecret', clientSecret: new Redacted('s3cret') },
  EC: { type: 'EC', kid: 'k1', privateKeyPem: new Redacted('PEM'), privateKeyJwk: new Redacted('{"kty":"EC"}') },
  RSA: {
    type: 'RSA',
    kid: 'k2',
    privateKeyPem: new Redacted('PEM'),
    privateKeyJwk: new Redacted('{"kty":"RSA","n":"AQAB"}'),
  },
}

function deliveryWith(proof: Credential['proof']): Delivery {
  return {
    tenantId: 't-1',
    application: { id: 'a-1', clientId: 'c-1', authServer: 'aus1', cell: 'eu-1', scopes: ['w', 'r'] },
    credential: { clientId: 'c-1', proof },
    tokenUrl: 'https://eu.id.resistant.ai/token',
    documentsApiUrl: 'https://api.documents.resistant.ai',
  }
}

function stored(secret: DesiredSecret, parts: Partial<ObservedSecret> = {}): ObservedSecret {
  const { owner, ...rest } = secret
  return { ...rest, uid: 's-1', resourceVersion: '7', immutable: false, controller: owner, ...parts }
}

function plain(secret: DesiredSecret): Record<string, string> {
  return Object.fromEntries(Object.entries(secret.data).map(([key, value]) => [key, value.reveal()]))
}

const withSecret = (secret: NonNullable<RaiTenantApplication['spec']['secret']>) => applicationOf({ spec: { secret } })

for (const [type, proof] of Object.entries(PROOFS)) {
  test(`what is delivered with ${type} can be read back`, () => {
    const application = applicationOf()
    const secret = stored(renderSecret(application, deliveryWith(proof)))
    const read = readDelivery(secret)
    assert.equal(read?.credential.proof.type, type)
    assert.ok(secretMatches(secret, renderSecret(application, read!)), 'and renders to the same Secret')
  })
}

for (const key of ['constructor', '__proto__', 'toString']) {
  test(`a field may stand under the key ${key}, and is missed where it is not there`, () => {
    const application = withSecret({ keys: { client_id: key } })
    const desired = renderSecret(application, deliveryWith(PROOFS['EC']!))
    assert.is(readDelivery(stored(desired))?.credential.clientId, 'c-1')
    const { [key]: _, ...data } = desired.data
    assert.is(readDelivery(stored({ ...desired, data })), undefined)
    assert.not(secretMatches(stored({ ...desired, data }), desired))
  })
}

test('a key credential comes as PEM, JWK and kid, a client secret as itself, never both', () => {
  const application = applicationOf()
  const keys = Object.keys(renderSecret(application, deliveryWith(PROOFS['EC']!)).data)
  const secret = Object.keys(renderSecret(application, deliveryWith(PROOFS['ClientSecret']!)).data)
  const others = SECRET_FIELDS.filter((field) => !/secret|key|kid/.test(field))
  assert.equal(keys.sort(), [...others, 'private_key.pem', 'private_key.jwk', 'kid'].sort())
  assert.equal(secret.sort(), [...others, 'client_secret'].sort())
})

test('scopes are written as the token endpoint wants them', () => {
  assert.is(plain(renderSecret(applicationOf(), deliveryWith(PROOFS['EC']!)))['scope'], 'r w')
})

test('fields stand under the keys that were asked for, and are read from there', () => {
  const application = withSecret({ type: 'Opaque', keys: { client_id: 'ID', client_secret: 'PASSWORD' } })
  const secret = renderSecret(application, deliveryWith(PROOFS['ClientSecret']!))
  assert.is(plain(secret)['ID'], 'c-1')
  assert.is(plain(secret)['PASSWORD'], 's3cret')
  assert.not('client_id' in secret.data)
  assert.is(readDelivery(stored(secret))?.credential.clientId, 'c-1')
})

test('what stands under old keys is read from there when others are asked for', () => {
  const before = stored(renderSecret(withSecret({ keys: { client_id: 'ID' } }), deliveryWith(PROOFS['EC']!)))
  const after = withSecret({ keys: { client_id: 'CLIENT' } })
  const desired = renderSecret(after, readDelivery(before)!)
  assert.is(plain(desired)['CLIENT'], 'c-1')
  assert.not('ID' in desired.data)
  assert.not(secretMatches(before, desired))
  const back = renderSecret(applicationOf(), readDelivery(before)!)
  assert.not('tenants.resistant.ai/keys' in overlaid(before, back).annotations)
})

test('name, type, labels and annotations are as asked for; the claim cannot be overridden', () => {
  const application = withSecret({
    name: 'creds',
    type: 'example.com/creds',
    labels: { team: 'a' },
    annotations: { note: 'b', 'tenants.resistant.ai/claim': 'other/one' },
  })
  const secret = renderSecret(application, deliveryWith(PROOFS['EC']!))
  assert.is(secret.name, 'creds')
  assert.is(secret.type, 'example.com/creds')
  assert.equal(secret.labels, { team: 'a' })
  assert.equal(secret.annotations, {
    note: 'b',
    'tenants.resistant.ai/claim': 'team/web',
    'tenants.resistant.ai/application-id': 'a-1',
    'tenants.resistant.ai/metadata': '{"labels":["team"],"annotations":["note","tenants.resistant.ai/claim"]}',
  })
  assert.is(secret.owner?.uid, application.metadata.uid)
})

test('labels and annotations of the resource are never copied', () => {
  const application = applicationOf({ metadata: { annotations: { 'tenants.resistant.ai/rotate': '1' } } })
  const { labels, annotations } = renderSecret(application, deliveryWith(PROOFS['EC']!))
  assert.equal(labels, {})
  assert.not('tenants.resistant.ai/rotate' in annotations)
})

const CLAIM = 'tenants.resistant.ai/claim'
const HELD_BY = 'tenants.resistant.ai/held-by'
const owned = applicationOf()
const claimed = stored(renderSecret(owned, deliveryWith(PROOFS['EC']!)))
const unowned = { ...claimed, controller: undefined }
const owner = claimed.controller!
const heldBy = (uid: string) => ({ ...claimed.annotations, [HELD_BY]: uid })

const ownerships: [title: string, secret: ObservedSecret | undefined, ownership: ReturnType<typeof ownershipOf>][] = [
  ['no Secret', undefined, 'free'],
  ['one whose controller is the resource', claimed, 'ours'],
  ['one whose controller is the resource, without a claim', { ...claimed, annotations: {} }, 'ours'],
  [
    'one whose controller had the name before, claim or not',
    { ...claimed, controller: { ...owner, uid: 'another' } },
    'foreign',
  ],
  ['one that somebody else controls', { ...claimed, controller: { ...owner, kind: 'Job', uid: 'job' } }, 'foreign'],
  ['one without a controller that claims to be this resource’s', unowned, 'released'],
  ['one that this resource holds without', { ...unowned, annotations: heldBy(owned.metadata.uid) }, 'ours'],
  ['one that one of its name before held', { ...unowned, annotations: heldBy('another') }, 'released'],
  ['one that is held without a claim', { ...unowned, annotations: { [HELD_BY]: owned.metadata.uid } }, 'foreign'],
  ['one without a controller or a claim', { ...unowned, annotations: {} }, 'foreign'],
  ['one that claims to be another’s', { ...unowned, annotations: { [CLAIM]: 'team/other' } }, 'foreign'],
  ['one that claims to be another namespace’s', { ...unowned, annotations: { [CLAIM]: 'other/web' } }, 'foreign'],
  ['one with an empty claim', { ...unowned, annotations: { [CLAIM]: '' } }, 'foreign'],
]

for (const [title, secret, ownership] of ownerships) {
  test(`${title} is ${ownership}`, () => assert.is(ownershipOf(secret, owned), ownership))
}

test('a Secret tells the journal of the attempt that made its application, where that is known', () => {
  const attempt = 'journal-uid-1'
  const { annotations } = renderSecret(owned, { ...deliveryWith(PROOFS['EC']!), attempt })
  assert.is(annotations['tenants.resistant.ai/attempt'], attempt)
  assert.not('tenants.resistant.ai/attempt' in claimed.annotations)
})

test('a Secret with a part of the credential missing holds no delivery', () => {
  const application = applicationOf()
  for (const type of ['EC', 'ClientSecret']) {
    const whole = stored(renderSecret(application, deliveryWith(PROOFS[type]!)))
    for (const key of Object.keys(whole.data)) {
      if (key === 'token_url') continue
      const data = Object.fromEntries(Object.entries(whole.data).filter(([other]) => other !== key))
      assert.is(readDelivery({ ...whole, data }), undefined, `${type} without ${key}`)
    }
  }
})

test('a Secret whose annotation and data name different applications holds no delivery', () => {
  const application = applicationOf()
  const secret = stored(renderSecret(application, deliveryWith(PROOFS['EC']!)))
  const annotations = { ...secret.annotations, 'tenants.resistant.ai/application-id': 'a-2' }
  assert.is(readDelivery({ ...secret, annotations }), undefined)
})

test('what others added to the Secret is let be; what was changed does not match', () => {
  const desired = renderSecret(applicationOf(), deliveryWith(PROOFS['EC']!))
  const secret = stored(desired)
  assert.ok(secretMatches({ ...secret, labels: { added: 'x' } }, desired))
  assert.not(secretMatches({ ...secret, data: { ...secret.data, cell: new Redacted('us-1') } }, desired))
  assert.not(secretMatches({ ...secret, annotations: {} }, desired))
})

test('what others put on the Secret survives our next write', () => {
  const desired = renderSecret(applicationOf(), deliveryWith(PROOFS['EC']!))
  const theirs = new Redacted('x')
  const standing = stored(desired, { labels: { theirs: 'x' }, data: { ...desired.data, theirs } })
  const { labels, annotations, data } = overlaid(standing, desired)
  assert.equal(labels, { theirs: 'x' })
  assert.is(annotations['tenants.resistant.ai/application-id'], 'a-1')
  assert.equal(data, { ...desired.data, theirs })
})

test('no credential is left under a key that a field had before', () => {
  const [before, after] = [withSecret({ keys: { client_secret: 'PASSWORD' } }), applicationOf()]
  const standing = stored(renderSecret(before, deliveryWith(PROOFS['ClientSecret']!)))
  assert.ok('PASSWORD' in standing.data)
  for (const proof of [PROOFS['ClientSecret']!, PROOFS['EC']!]) {
    const desired = renderSecret(after, deliveryWith(proof))
    assert.equal(overlaid(standing, desired).data, desired.data)
  }
})

test('labels and annotations that are asked for no more are taken off, and those of others stay', () => {
  const delivery = deliveryWith(PROOFS['EC']!)
  const asked = withSecret({ labels: { team: 'a', app: 'web' }, annotations: { note: 'x' } })
  const written = stored(renderSecret(asked, delivery))
  const before = {
    ...written,
    labels: { ...written.labels, theirs: 'x' },
    annotations: { ...written.annotations, theirs: 'y' },
  }
  const fewer = renderSecret(withSecret({ labels: { team: 'a' } }), delivery)
  assert.not(secretMatches(before, fewer))
  const after = overlaid(before, fewer)
  assert.equal(after.labels, { theirs: 'x', team: 'a' })
  assert.not('note' in after.annotations)
  assert.is(after.annotations['theirs'], 'y')
  assert.ok(secretMatches(stored(after), fewer))

  const none = renderSecret(applicationOf(), delivery)
  assert.not(secretMatches(stored(after), none))
  const bare = overlaid(stored(after), none)
  assert.equal(bare.labels, { theirs: 'x' })
  assert.equal(Object.keys(bare.annotations).toSorted(), [
    'tenants.resistant.ai/application-id',
    'tenants.resistant.ai/claim',
    'theirs',
  ])
})

for (const made of ['', 'no JSON', '[]', '{"labels":"team"}', '{"annotations":[1]}']) {
  test(`nothing is taken off on the word of ${JSON.stringify(made)}`, () => {
    const desired = renderSecret(applicationOf(), deliveryWith(PROOFS['EC']!))
    const annotations = { ...desired.annotations, theirs: 'y', 'tenants.resistant.ai/metadata': made }
    const after = overlaid(stored(desired, { labels: { team: 'a' }, annotations }), desired)
    assert.equal(after.labels, { team: 'a' })
    assert.equal(after.annotations, { ...desired.annotations, theirs: 'y' })
  })
}

test('the attempt that made a credential is read back with it', () => {
  const delivery = { ...deliveryWith(PROOFS['EC']!), attempt: 'journal-1' }
  assert.is(readDelivery(stored(renderSecret(applicationOf(), delivery)))?.attempt, 'journal-1')
  assert.is(readDelivery(stored(renderSecret(applicationOf(), deliveryWith(PROOFS['EC']!))))?.attempt, undefined)
})

test('a released Secret keeps everything but its owner', () => {
  const secret = stored(renderSecret(applicationOf(), deliveryWith(PROOFS['EC']!)))
  const released = releasedSecret(secret)
  assert.is(released.owner, undefined)
  assert.equal(released.data, secret.data)
  assert.equal(released.annotations, secret.annotations)
})

test('the length of an RSA key is read from its modulus', () => {
  const n = Buffer.alloc(384, 0xff).toString('base64url')
  const jwk = new Redacted(JSON.stringify({ kty: 'RSA', n }))
  assert.is(modulusBitsOf({ type: 'RSA', kid: 'k', privateKeyPem: jwk, privateKeyJwk: jwk }), 3072)
  assert.is(modulusBitsOf(PROOFS['EC']!), undefined)
})

test('no way of printing a rendered Secret shows a credential', () => {
  const secret = renderSecret(applicationOf(), deliveryWith(PROOFS['ClientSecret']!))
  assert.not.match(JSON.stringify(secret), 's3cret')
})

test.run()
