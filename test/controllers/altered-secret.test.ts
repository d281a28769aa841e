// Secrets that somebody wrote to: what can be derived is written again, what proves the client is tried, and never trusted.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { API_VERSION, APPLICATION_KIND, SECRET_ANNOTATIONS } from '../../src/api/names.ts'
import { SECOND_LOOK_MS } from '../../src/domain/gone.ts'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { heldBy } from '../doubles/resources.ts'
import { withApplication } from './rotating.ts'
import { ALL_MODES, down, HOUR_MS } from './scenarios.ts'
import type { Mode } from './scenarios.ts'

const test = suite('altered Secrets')

/** An application of an hour ago, at rest, whose Secret a person writes to. */
async function withOldApplication(mode: Mode = 'EC', parts: Parameters<typeof withApplication>[0] = {}) {
  const application = await withApplication(parts, mode)
  await application.clock.advance(HOUR_MS)
  let writes = 0
  const alter = (change: (secret: ObservedSecret) => Partial<ObservedSecret>) => {
    const { held } = application.secrets
    const secret = held.get('team/web')!
    held.set('team/web', { ...secret, resourceVersion: `person-${++writes}`, ...change(secret) })
  }
  const set = (values: Readonly<Record<string, string>>) => {
    const redacted = Object.entries(values).map(([key, value]) => [key, new Redacted(value)] as const)
    alter(({ data }) => ({ data: { ...data, ...Object.fromEntries(redacted) } }))
  }
  const without = (...keys: string[]) => {
    alter(({ data }) => ({ data: Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key))) }))
  }
  const notice = async () => {
    await application.sweepSecrets()
    return application.look()
  }
  return { ...application, alter, set, without, notice }
}

type Altered = Awaited<ReturnType<typeof withOldApplication>>

test('a Secret that nobody wrote to is compared by its version alone', async () => {
  const { sweepSecrets, woken, plane } = await withOldApplication()
  const calls = plane.calls.length
  await sweepSecrets()
  assert.equal([woken, plane.calls.length - calls], [[], 0])
})

test('a Secret with an owner that is to have none, as an earlier version wrote it, loses it to the sweep, and nothing is made', async () => {
  const { application, secrets, secret, notice, woken, reason, posts } = await withOldApplication('EC', {
    spec: { deletionPolicy: 'Retain' },
  })
  const { namespace, name, uid } = application.metadata
  const { [SECRET_ANNOTATIONS.heldBy]: _, ...annotations } = secret()!.annotations
  const controller = { apiVersion: API_VERSION, kind: APPLICATION_KIND, name, uid }
  secrets.held.set('team/web', { ...secret()!, annotations, controller })
  await notice()
  assert.is(heldBy(secret()!), uid)
  assert.equal([woken, reason(), posts()], [[`${namespace}/${name}`], 'Ready', 1])
  await notice()
  assert.is(woken.length, 1)
})

const derived: [title: string, alter: (application: Altered) => void][] = [
  ['the token URL', ({ set }) => set({ token_url: 'https://evil.example.com/token' })],
  ['the Documents API', ({ set }) => set({ documents_api_url: 'https://evil.example.com' })],
  ['the client id', ({ set }) => set({ client_id: 'somebody-else' })],
  ['the application’s id', ({ set }) => set({ application_id: 'a-99' })],
  ['the tenant’s id', ({ set }) => set({ tenant_id: 't-99' })],
  ['the cell and the scope', ({ set }) => set({ cell: 'us-1', scope: 'everything' })],
  ['all of them taken away', ({ without }) => without('token_url', 'client_id', 'application_id', 'cell', 'scope')],
  ['all annotations', ({ alter }) => alter(() => ({ annotations: { 'tenants.resistant.ai/claim': 'team/web' } }))],
]

for (const [title, alter] of derived) {
  for (const mode of ALL_MODES) {
    test(`${title}, with ${mode}: written as it was, without another application`, async () => {
      const application = await withOldApplication(mode)
      const before = application.secret()!
      alter(application)
      await application.notice()
      const { data, annotations, resourceVersion } = application.secret()!
      const shown = (secret: ObservedSecret['data']) =>
        Object.entries(secret)
          .map(([key, value]) => `${key}=${value.reveal()}`)
          .sort()
      assert.equal(
        [shown(data), annotations['tenants.resistant.ai/application-id']],
        [shown(before.data), application.first],
      )
      assert.equal([application.reason(), application.posts()], ['Ready', 1])
      assert.is(application.status().secret?.resourceVersion, resourceVersion)
    })
  }
}

test('annotations that are gone with keys that were renamed: the keys that are asked for are tried', async () => {
  const spec = { secret: { keys: { client_secret: 'PASSWORD', client_id: 'USER' } } }
  const { alter, notice, posts, reason, secret } = await withOldApplication('ClientSecret', { spec })
  alter(() => ({ annotations: {} }))
  await notice()
  assert.equal([reason(), posts(), Object.keys(secret()!.data).includes('USER')], ['Ready', 1, true])
})

const proofs: [mode: Mode, key: string][] = [
  ['ClientSecret', 'client_secret'],
  ['EC', 'kid'],
]

for (const [mode, key] of proofs) {
  test(`a ${key} that somebody altered is tried, and when it is refused another application is made`, async () => {
    const { set, notice, reason, first, credentials, status, written } = await withOldApplication(mode)
    set({ [key]: 'altered' })
    await notice()
    assert.is(reason(), 'Ready')
    assert.equal(credentials(), [`${first} Retiring`, `${status().applicationId} Active`])
    assert.is(written(), status().applicationId)
  })

  test(`a ${key} that is taken away is a lost credential`, async () => {
    const { without, notice, reason, posts } = await withOldApplication(mode)
    without(key)
    await notice()
    assert.equal([reason(), posts()], ['Ready', 2])
  })
}

test('while nobody can say whether an altered credential works, nothing is made; then it is tried again', async () => {
  const { set, notice, look, plane, reason, isReady, posts } = await withOldApplication('ClientSecret')
  set({ client_secret: 'altered' })
  plane.proofFailure = down
  await notice()
  assert.equal([reason(), posts()], ['ControlPlaneUnavailable', 1])
  plane.proofFailure = undefined
  await look()
  assert.equal([reason(), isReady(), posts()], ['Ready', 'True', 2])
})

test('a credential that is refused as it was written is never replaced while its application is there', async () => {
  const { annotate, look, plane, reason, posts } = await withOldApplication()
  const refused = plane.prover.prove
  plane.prover.prove = async (credential, ...rest) => refused({ ...credential, clientId: 'unknown' }, ...rest)
  annotate({ 'tenants.resistant.ai/reconcile': '1' })
  await look()
  assert.equal([reason(), posts()], ['CredentialRejected', 1])
})

test('… and is, once that is seen to be gone', async () => {
  const { annotate, look, plane, tenantId, first, clock, reason, posts } = await withOldApplication()
  annotate({ 'tenants.resistant.ai/reconcile': '1' })
  const others = plane.applicationsHeld.get(tenantId)!.filter(({ id }) => id !== first)
  plane.applicationsHeld.set(tenantId, others)
  await look()
  await clock.advance(30_000)
  await look()
  assert.equal([reason(), posts()], ['Ready', 2])
})

test('… even if it goes while its credential is refused already, which nobody needs to point at', async () => {
  const { annotate, look, plane, tenantId, first, clock, reason, posts } = await withOldApplication()
  plane.proofFailure = new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')
  annotate({ 'tenants.resistant.ai/reconcile': '1' })
  await look()
  const others = plane.applicationsHeld.get(tenantId)!.filter(({ id }) => id !== first)
  plane.applicationsHeld.set(tenantId, others)
  assert.equal(await look(), { afterMs: SECOND_LOOK_MS })
  assert.equal([reason(), posts()], ['CredentialRejected', 1])
  plane.proofFailure = undefined
  await clock.advance(SECOND_LOOK_MS)
  await look()
  assert.equal([reason(), posts()], ['Ready', 2])
})

test('a Secret that is gone is noticed by the sweep', async () => {
  const { secrets, notice, reason, posts, woken } = await withOldApplication()
  secrets.held.delete('team/web')
  await notice()
  assert.equal([reason(), posts(), woken], ['Ready', 2, ['team/web']])
})

test('a look that finds something else to do first is taken up by the next pass', async () => {
  const { annotate, look, clock, alter, sweepSecrets, status, secret, first, ids } = await withOldApplication()
  annotate({ 'tenants.resistant.ai/rotate': '1' })
  await look()
  await clock.advance(25 * HOUR_MS)
  alter(() => ({ labels: { mine: 'x' } }))
  await sweepSecrets()
  await look()
  assert.equal(ids().includes(first), false, 'the one before retired first')
  await look()
  assert.is(status().secret?.resourceVersion, secret()!.resourceVersion)
})

test('an application that is being deleted has no Secret that matters', async () => {
  const { remove, secrets, sweepSecrets, woken } = await withOldApplication()
  await remove()
  secrets.held.delete('team/web')
  await sweepSecrets()
  assert.equal(woken, [])
})

test.run()
