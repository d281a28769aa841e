// Applications that exist already, their credential in a Secret: taken over once that is proven, and until then nothing is made.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import type { KeyPair } from '../../src/domain/external.ts'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { applicationOf, boundApplication, heldBy } from '../doubles/resources.ts'
import { messageOf, withTenant } from './harness.ts'
import { ALL_MODES, away, DAY_MS, down, MINUTE_MS } from './scenarios.ts'
import type { Mode } from './scenarios.ts'

const test = suite('adoption of applications')

const SCOPES = ['documents.submissions.read', 'documents.submissions.write'] as const

type Spec = Partial<RaiTenantApplication['spec']>

const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' }

/** What a person puts into a Secret, and no more. */
function handwritten(data: Readonly<Record<string, string>>): ObservedSecret {
  const values = Object.entries(data).map(([key, value]) => [key, new Redacted(value)] as const)
  return {
    namespace: 'team',
    name: 'web',
    uid: 'secret-by-hand',
    resourceVersion: '0',
    type: 'Opaque',
    immutable: false,
    labels: { team: 'billing' },
    annotations: { note: 'by hand' },
    controller: undefined,
    data: Object.fromEntries(values),
  }
}

const pairOf = (type: 'EC' | 'RSA', kid: string): KeyPair => ({
  type,
  kid,
  privateKeyPem: new Redacted(type),
  privateKeyJwk: new Redacted('{}'),
  publicKey: { x: 1n, y: 2n },
})

/** An application that a person made by hand, its credential in a Secret, and a resource that is to take it over. */
function adopting(mode: Mode = 'EC', spec: Spec = {}) {
  const harness = withTenant()
  const { plane, tenantId, secrets, applications } = harness
  const auth = mode === 'ClientSecret' ? { type: mode } : pairOf(mode, 'kid-by-hand')
  const { application: external } = plane.makeApplication(tenantId, { cell: 'eu-1', scopes: SCOPES, auth })
  const proof: Readonly<Record<string, string>> =
    mode === 'ClientSecret'
      ? { client_secret: `secret-${external.id}` }
      : { 'private_key.pem': mode, kid: 'kid-by-hand' }
  const put = (data: Readonly<Record<string, string>>, parts: Partial<ObservedSecret> = {}) =>
    void secrets.held.set('team/web', { ...handwritten(data), ...parts })
  const credential = { client_id: external.clientId, ...proof }
  put(credential)
  const application = applications.apply(
    applicationOf({ spec: { auth: { type: mode }, adopt: { applicationId: external.id }, ...spec } }),
  )
  return {
    ...harness,
    application,
    id: external.id,
    credential,
    put,
    look: () => harness.lookAtApplication(application),
    now: () => harness.applicationNow(application),
    status: () => harness.applicationNow(application)!.status,
    reason: () => harness.applicationReason(application),
    secret: () => secrets.held.get('team/web')!,
    value: (key: string) => secrets.held.get('team/web')?.data[key]?.reveal(),
    posts: () => plane.count('createTenantApplication'),
    respec: (more: Spec) => {
      const held = harness.applicationNow(application)!
      return applications.apply({ ...held, spec: { ...held.spec, ...more } })
    },
    remove: () => applications.delete(harness.applicationNow(application)!),
  }
}

type Adopting = ReturnType<typeof adopting>

for (const mode of ALL_MODES) {
  test(`${mode}: the credential is proven, the Secret held and completed, the application Adopted`, async () => {
    const { application, look, reason, status, secret, value, credential, id, posts, tenantId, plane } = adopting(mode)
    assert.is(await look(), 'done')
    assert.is(reason(), 'Ready')
    assert.equal([status().applicationId, status().provenance, status().tenantId], [id, 'Adopted', tenantId])
    assert.is(heldBy(secret()), application.metadata.uid)
    assert.is(secret().uid, 'secret-by-hand')
    for (const [key, text] of Object.entries(credential)) assert.is(value(key), text)
    for (const key of ['token_url', 'auth_server', 'documents_api_url']) assert.ok(value(key), key)
    assert.equal(
      [value('scope'), value('cell'), value('tenant_id'), value('application_id')],
      [SCOPES.join(' '), 'eu-1', tenantId, id],
    )
    assert.is(value('private_key.jwk') !== undefined, mode !== 'ClientSecret')
    assert.equal([posts(), plane.idsIn(tenantId)], [0, [id]])
  })
}

test('what others keep in the Secret stays: labels, annotations and values of their own', async () => {
  const { look, put, credential, secret, value } = adopting()
  put({ ...credential, endpoint: 'https://example.com' })
  await look()
  assert.is(secret().labels['team'], 'billing')
  assert.is(secret().annotations['note'], 'by hand')
  assert.is(value('endpoint'), 'https://example.com')
})

test('the credential is read from the keys that the resource names, and completed under them', async () => {
  const keys = { client_id: 'ID', client_secret: 'PASSWORD', token_url: 'URL' }
  const { look, put, credential, value, reason } = adopting('ClientSecret', { secret: { type: 'Opaque', keys } })
  const { client_id: ID = '', client_secret: PASSWORD = '' } = credential as Record<string, string>
  put({ ID, PASSWORD })
  await look()
  assert.is(reason(), 'Ready')
  assert.equal([value('ID'), value('PASSWORD'), value('client_id')], [ID, PASSWORD, undefined])
  assert.ok(value('URL'))
})

const refusals: [
  title: string,
  spoil: (adopting: Adopting) => void,
  reason: string,
  message: string,
  afterMs?: number,
][] = [
  [
    'there is no Secret',
    ({ secrets }) => void secrets.held.delete('team/web'),
    'SecretMissing',
    'client_id, private_key.pem, kid',
    30_000,
  ],
  [
    'the Secret lacks a part',
    ({ put, credential }) => put({ ...credential, kid: '' }),
    'SecretMissing',
    'put kid there',
    30_000,
  ],
  ['the Secret is empty', ({ put }) => put({}), 'SecretMissing', 'client_id, private_key.pem, kid', 30_000],
  [
    'the Secret has another owner',
    ({ put, credential }) => put(credential, { controller: OWNER }),
    'SecretConflict',
    'is not this application',
    30_000,
  ],
  [
    'the Secret holds another client’s',
    ({ put, credential }) => put({ ...credential, client_id: 'other' }),
    'SecretConflict',
    'another client',
    30_000,
  ],
  [
    'the key is none',
    ({ put, credential }) => put({ ...credential, 'private_key.pem': 'x' }),
    'SecretConflict',
    'cannot be used',
    30_000,
  ],
  [
    'the Secret holds the other kind',
    ({ put, credential: { client_id } }) => put({ client_id, client_secret: 's' }),
    'InvalidSpec',
    'spec.auth',
  ],
  [
    'the key is of another type',
    ({ put, credential }) => put({ ...credential, 'private_key.pem': 'RSA' }),
    'InvalidSpec',
    'spec.auth',
  ],
  [
    'the Secret has another type',
    ({ put, credential }) => put(credential, { type: 'example.com/x' }),
    'InvalidSpec',
    'spec.secret.type',
  ],
  [
    'the application lives elsewhere',
    ({ respec }) => void respec({ cell: 'us-1', scopes: ['documents.submissions.read'] }),
    'InvalidSpec',
    'spec.cell, spec.scopes',
  ],
  [
    'the tenant has no such application',
    ({ plane, tenantId }) => void plane.applicationsHeld.set(tenantId, []),
    'ExternalNotFound',
    'has no application',
    MINUTE_MS,
  ],
  [
    'another resource holds it',
    ({ applications, id }) => void applications.apply(boundApplication(id, { metadata: { name: 'other' } })),
    'AlreadyClaimed',
    'team/other',
    MINUTE_MS,
  ],
  [
    'another resource is to retire it',
    ({ applications, id }) =>
      void applications.apply(
        boundApplication('a-x', {
          metadata: { name: 'other' },
          status: {
            credentials: [{ applicationId: id, clientId: 'c', state: 'Retiring', issuedAt: '2026-01-01T00:00:00Z' }],
          },
        }),
      ),
    'AlreadyClaimed',
    'team/other',
    MINUTE_MS,
  ],
  [
    'an older resource is to take it over',
    ({ applications, id }) =>
      void applications.apply(
        applicationOf({
          metadata: { name: 'older', creationTimestamp: '2020-01-01T00:00:00Z' },
          spec: { adopt: { applicationId: id } },
        }),
      ),
    'AlreadyClaimed',
    'team/older',
    MINUTE_MS,
  ],
  [
    'the credential is refused',
    ({ plane }) => void (plane.proofFailure = new Failure('CredentialRejected', 'stall', 'refused')),
    'CredentialRejected',
    'put one there that works',
    MINUTE_MS,
  ],
]

for (const [title, spoil, reason, message, afterMs] of refusals) {
  test(`where ${title} nothing is taken over, written or made: ${reason}`, async () => {
    const adoption = adopting()
    spoil(adoption)
    const before = adoption.secrets.held.get('team/web')
    assert.equal(await adoption.look(), afterMs === undefined ? 'done' : { afterMs })
    assert.is(adoption.reason(), reason)
    assert.match(messageOf(adoption.now()), message)
    assert.equal([adoption.status().applicationId, adoption.posts()], [undefined, 0])
    assert.is(adoption.secrets.held.get('team/web'), before)
    assert.is(adoption.now()!.metadata.finalizers, undefined)
  })
}

test('a younger resource that is to take it over does not keep an older one from it', async () => {
  const { applications, id, look, reason, lookAtApplication, applicationReason } = adopting()
  const younger = applications.apply(
    applicationOf({
      metadata: { name: 'younger', creationTimestamp: '2030-01-01T00:00:00Z' },
      spec: { adopt: { applicationId: id }, secret: { type: 'Opaque', name: 'web' } },
    }),
  )
  await lookAtApplication(younger)
  await look()
  await lookAtApplication(younger)
  assert.equal([reason(), applicationReason(younger)], ['Ready', 'AlreadyClaimed'])
})

test('while nothing definite is known of the credential, nothing is taken over', async () => {
  const { look, reason, status, plane, secret } = adopting()
  plane.proofFailure = down
  assert.equal(await look(), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.equal(
    [reason(), status().applicationId, secret().controller],
    ['ControlPlaneUnavailable', undefined, undefined],
  )
})

test('a Secret that comes after the resource is taken over by itself', async () => {
  const { look, secrets, put, credential, clock, reason } = adopting()
  secrets.held.clear()
  await look()
  put(credential)
  await clock.advance(30_000)
  assert.is(await look(), 'done')
  assert.is(reason(), 'Ready')
})

/** The process dies between Secret and status. */
async function interrupted(mode: Mode = 'EC', spec: Spec = {}) {
  const adoption = adopting(mode, spec)
  adoption.applications.beforeWrite = (verb) => {
    if (verb === 'patchStatus') throw away
  }
  await adoption.look()
  adoption.applications.beforeWrite = () => {}
  assert.equal(
    [adoption.status().applicationId, heldBy(adoption.secret())],
    [undefined, adoption.application.metadata.uid],
  )
  return adoption
}

for (const mode of ALL_MODES) {
  test(`${mode}: a crash between Secret and status leaves it to be adopted all the same`, async () => {
    const { look, status, reason, id, posts, respec } = await interrupted(mode)
    respec({ secret: { type: 'Opaque', keys: { client_id: 'ID' } } })
    assert.is(await look(), 'done')
    assert.equal([reason(), status().applicationId, status().provenance, posts()], ['Ready', id, 'Adopted', 0])
  })
}

test('deleted in between, the Secret and the application stay', async () => {
  const { look, remove, now, secret, plane, tenantId, id } = await interrupted()
  await remove()
  await look()
  assert.equal(
    [now(), secret().controller, heldBy(secret()), plane.idsIn(tenantId)],
    [undefined, undefined, undefined, [id]],
  )
})

test('deleted before it was taken over, nothing is touched', async () => {
  const adoption = adopting()
  adoption.put({})
  await adoption.look()
  const before = adoption.secret()
  await adoption.remove()
  assert.equal([adoption.now(), adoption.secret()], [undefined, before])
})

for (const [title, deletionPolicy, remains] of [
  ['nothing written', undefined, true],
  ['Retain written', 'Retain', true],
  ['Delete written', 'Delete', false],
] as const) {
  test(`deleted with ${title}, what was taken over ${remains ? 'stays with its Secret' : 'goes'}`, async () => {
    const { look, remove, now, secret, plane, tenantId, id } = adopting('EC', deletionPolicy && { deletionPolicy })
    await look()
    await remove()
    await look()
    assert.is(now(), undefined)
    assert.equal(plane.idsIn(tenantId), remains ? [id] : [])
    assert.is(secret().controller === undefined, remains)
  })

  test(`replaced with ${title}, it ${remains ? 'stays outside' : 'retires after the overlap'}, and the new one is our own`, async () => {
    const { look, respec, status, plane, tenantId, id, clock, posts } = adopting(
      'EC',
      deletionPolicy && { deletionPolicy },
    )
    await look()
    respec({ cell: 'us-1' })
    await look()
    assert.equal([posts(), status().provenance, status().applicationId === id], [1, 'Created', false])
    await clock.advance(DAY_MS)
    await look()
    await look()
    assert.is(plane.idsIn(tenantId).includes(id), remains)
    assert.ok(plane.idsIn(tenantId).includes(status().applicationId!))
  })
}

test('taking spec.adopt off once it is bound changes nothing', async () => {
  const { look, now, applications, status, id, reason, posts } = adopting()
  await look()
  const { adopt: _, ...spec } = now()!.spec
  applications.apply({ ...now()!, spec })
  await look()
  assert.equal([reason(), status().applicationId, status().provenance, posts()], ['Ready', id, 'Adopted', 0])
})

test('taking it off before that leaves a Secret that is somebody else’s', async () => {
  const { look, now, applications, put, credential, reason, posts } = adopting()
  put({})
  await look()
  const { adopt: _, ...spec } = now()!.spec
  applications.apply({ ...now()!, spec })
  put(credential)
  await look()
  assert.equal([reason(), posts()], ['SecretConflict', 0])
})

test('a status that is lost after a replacement binds what the Secret holds by now, not what was adopted', async () => {
  const { look, respec, status, now, applications, records, plane, tenantId, id } = adopting()
  await look()
  respec({ cell: 'us-1' })
  await look()
  const { applicationId } = status()
  for (const name of records.held.keys()) if (name.startsWith('journal-')) records.remove(name)
  applications.apply({ ...now()!, status: { observedGeneration: -1 } })
  await look()
  assert.equal([status().applicationId, status().provenance], [applicationId, 'Relinked'])
  assert.ok(plane.idsIn(tenantId).includes(id))
})

test.run()
