// An application that is found again by its Secret alone: bound only when its credential works, and never deleted unconfirmed.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { SECOND_LOOK_MS } from '../../src/domain/gone.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { applicationOf, boundApplication, heldBy } from '../doubles/resources.ts'
import { messageOf, withTenant } from './harness.ts'
import { ALL_MODES, away, down, follow, HOUR_MS } from './scenarios.ts'
import type { Mode } from './scenarios.ts'

const test = suite('relinking')

const CONFIRM = 'tenants.resistant.ai/confirm'

/** An application that was made and retained, its journal swept, and a resource that is applied again under its name. */
async function withReleased(mode: Mode = 'EC', isSwept = true) {
  const harness = withTenant()
  const { applications, applicationNow, lookAtApplication, secrets, plane, tenantId } = harness
  const spec = { auth: { type: mode } }
  const former = applications.apply(applicationOf({ spec: { ...spec, deletionPolicy: 'Retain' } }))
  await lookAtApplication(former)
  await applications.delete(applicationNow(former)!)
  await lookAtApplication(former)
  assert.is(applicationNow(former), undefined)
  if (isSwept) await follow(harness.clock, () => harness.sweep(tenantId), HOUR_MS)
  const released = secrets.held.get('team/web')!
  assert.is(released.controller, undefined)
  const application = applications.apply(applicationOf({ spec }))
  return {
    ...harness,
    application,
    released,
    id: plane.idsIn(tenantId)[0]!,
    now: () => applicationNow(application),
    look: () => lookAtApplication(application),
    secret: () => secrets.held.get('team/web')!,
    put: (parts: Partial<ObservedSecret>) => secrets.held.set('team/web', { ...released, ...parts }),
    posts: () => plane.count('createTenantApplication'),
    annotate: (annotations: Readonly<Record<string, string>>) => {
      const held = applicationNow(application)!
      applications.apply({ ...held, metadata: { ...held.metadata, annotations } })
    },
  }
}

for (const mode of ALL_MODES) {
  test(`${mode}: a released Secret is proven and held again, and its application is Relinked`, async () => {
    const { application, applicationReason, look, now, id, secret, released, posts, plane } = await withReleased(mode)
    assert.is(await look(), 'done')
    assert.is(applicationReason(application), 'Ready')
    assert.equal([now()!.status.applicationId, now()!.status.provenance], [id, 'Relinked'])
    assert.is(heldBy(secret()), application.metadata.uid)
    assert.is(secret().uid, released.uid)
    assert.ok(plane.count('token') > 1)
    assert.is(posts(), 1)
  })
}

test('what was relinked is not deleted, whatever the policy says, before a person confirms it', async () => {
  const { applications, look, now, plane, tenantId, id, secret } = await withReleased()
  await look()
  const held = now()!
  applications.apply({ ...held, spec: { ...held.spec, deletionPolicy: 'Delete' } })
  await look()
  await applications.delete(now()!)
  await look()
  assert.is(now(), undefined)
  assert.equal(plane.idsIn(tenantId), [id])
  assert.is(secret().controller, undefined)
})

test('confirmed, it is as one that we made', async () => {
  const { application, applicationReason, applications, look, now, plane, tenantId, id, annotate } =
    await withReleased()
  await look()
  annotate({ [CONFIRM]: id })
  await look()
  assert.is(now()!.status.provenance, 'Created')
  assert.is(applicationReason(application), 'Ready')
  await applications.delete(now()!)
  await look()
  assert.is(now(), undefined)
  assert.equal(plane.idsIn(tenantId), [])
})

test('it can be confirmed while it is being deleted', async () => {
  const { applications, look, now, plane, tenantId, id, annotate } = await withReleased()
  await look()
  annotate({ [CONFIRM]: id })
  await applications.delete(now()!)
  assert.equal(await look(), { afterMs: 0 })
  await look()
  assert.is(now(), undefined)
  assert.equal(plane.idsIn(tenantId), [])
})

test('a wrong id confirms nothing: told, and a deletion waits for the right one', async () => {
  const { application, applicationReason, applications, look, now, plane, tenantId, id, annotate } =
    await withReleased()
  await look()
  annotate({ [CONFIRM]: 'a-wrong' })
  assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'InvalidSpec')
  assert.is(now()!.status.provenance, 'Relinked')
  await applications.delete(now()!)
  await look()
  assert.ok(now())
  assert.equal(plane.idsIn(tenantId), [id])
})

/** Its Secret is held again, and the process ended before any status told so. */
async function withHeldAgain() {
  const released = await withReleased()
  const { applications, look, now, secret, application } = released
  applications.beforeWrite = (verb) => {
    if (verb === 'patchStatus') throw away
  }
  await look()
  applications.beforeWrite = () => {}
  assert.is(heldBy(secret()), application.metadata.uid)
  assert.is(now()!.status.applicationId, undefined)
  await applications.delete(now()!)
  return released
}

test('a credential that is held again, and has no status yet, outlives a deletion: it is the only one', async () => {
  const { look, now, secret, plane, tenantId, id } = await withHeldAgain()
  await look()
  assert.is(now(), undefined)
  assert.is(heldBy(secret()), undefined)
  assert.equal(plane.idsIn(tenantId), [id])
})

test('… and goes with its resource once its application is gone, which two absences 30 s apart show', async () => {
  const { look, now, secrets, plane, tenantId, clock } = await withHeldAgain()
  plane.applicationsHeld.set(tenantId, [])
  assert.equal(await look(), { afterMs: SECOND_LOOK_MS })
  assert.ok(now())
  await clock.advance(SECOND_LOOK_MS)
  assert.is(await look(), 'done')
  assert.is(now(), undefined)
  assert.is(secrets.held.get('team/web'), undefined)
})

test('… and the resource stays while nobody can say whether it stands', async () => {
  const { look, now, plane, tenantId, secret } = await withHeldAgain()
  plane.outage = down
  await look()
  assert.ok(now())
  plane.outage = undefined
  await look()
  assert.is(now(), undefined)
  assert.is(heldBy(secret()), undefined)
  assert.is(plane.idsIn(tenantId).length, 1)
})

type Released = Awaited<ReturnType<typeof withReleased>>

const refusals: [title: string, spoil: (released: Released) => void, reason: string, message: string][] = [
  [
    'names an application that is not in the tenant',
    ({ plane, tenantId }) => void plane.applicationsHeld.set(tenantId, []),
    'SecretConflict',
    'which is not in tenant',
  ],
  [
    'names an application of another resource',
    ({ applications, id }) => void applications.apply(boundApplication(id, { metadata: { name: 'other' } })),
    'AlreadyClaimed',
    'team/other',
  ],
  [
    'is of another tenant',
    ({ put, released }) => {
      const { client_id } = released.data
      put({ data: { ...released.data, tenant_id: client_id! } })
    },
    'SecretConflict',
    'which is not in tenant',
  ],
  [
    'names an application that is not its credential’s',
    ({ put, released, plane, tenantId }) => {
      const auth = { type: 'ClientSecret' as const }
      const { id } = plane.makeApplication(tenantId, { cell: 'eu-1', scopes: [], auth }).application
      put({
        annotations: { ...released.annotations, 'tenants.resistant.ai/application-id': id },
        data: { ...released.data, application_id: new Redacted(id) },
      })
    },
    'SecretConflict',
    "another client's credential",
  ],
  [
    'names what commands a terminal',
    ({ put, released }) =>
      put({
        annotations: { ...released.annotations, 'tenants.resistant.ai/application-id': '\u001b[2J' },
        data: { ...released.data, application_id: new Redacted('\u001b[2J'), tenant_id: new Redacted('other') },
      }),
    'SecretConflict',
    'names application ?[2J,',
  ],
  [
    'holds no whole credential',
    ({ put, released }) => {
      const { kid: _, ...data } = released.data
      put({ data })
    },
    'SecretConflict',
    'holds no whole credential',
  ],
  [
    'names no token endpoint',
    ({ put, released }) => {
      const { token_url: _, ...data } = released.data
      put({ data })
    },
    'Rejected',
    'token-hosts',
  ],
  [
    'is claimed by the annotation of another',
    ({ put }) => put({ annotations: { 'tenants.resistant.ai/claim': 'team/other' } }),
    'SecretConflict',
    'is not this application',
  ],
  [
    'has an owner already',
    ({ put }) => put({ controller: { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' } }),
    'SecretConflict',
    'is not this application',
  ],
]

for (const [title, spoil, reason, message] of refusals) {
  test(`a Secret that ${title} relinks nothing, stays as it is, and nothing is made instead`, async () => {
    const released = await withReleased()
    spoil(released)
    const before = released.secret()
    await released.look()
    assert.is(released.applicationReason(released.application), reason)
    assert.match(messageOf(released.now()), message)
    assert.is(released.now()!.status.applicationId, undefined)
    assert.is(released.secret(), before)
    assert.is(released.posts(), 1)
  })
}

for (const [title, failure] of [
  ['that is refused', new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')],
  ['of which nothing definite is known', down],
] as const) {
  test(`a credential ${title} relinks nothing`, async () => {
    const { application, applicationReason, look, now, secret, plane, posts } = await withReleased()
    plane.proofFailure = failure
    const before = secret()
    assert.equal(await look(), { code: failure.code, disposition: failure.disposition })
    assert.is(applicationReason(application), failure.code)
    assert.is(now()!.status.applicationId, undefined)
    assert.is(secret(), before)
    plane.proofFailure = undefined
    assert.is(await look(), 'done')
    assert.is(applicationReason(application), 'Ready')
    assert.is(posts(), 1)
  })
}

test('the journal of the one before, which had the same name, does not hold it back', async () => {
  const { look, now, id, posts } = await withReleased('EC', false)
  assert.is(await look(), 'done')
  assert.equal([now()!.status.applicationId, now()!.status.provenance, posts()], [id, 'Relinked', 1])
})

test('an own Secret without a status is proven like a released one', async () => {
  const { look, now, applications, id, records } = await withReleased()
  await look()
  for (const name of records.held.keys()) if (name.startsWith('journal-')) records.remove(name)
  applications.apply({ ...now()!, status: { observedGeneration: -1 } })
  assert.is(await look(), 'done')
  assert.equal([now()!.status.applicationId, now()!.status.provenance], [id, 'Relinked'])
})

test.run()
