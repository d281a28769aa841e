// Applications in tenants of other namespaces: who is let in, and what becomes of those whose grant is withdrawn.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import { applicationOf } from '../doubles/resources.ts'
import { Failure } from '../../src/errors.ts'
import { messageOf, withTenant } from './harness.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './scenarios.ts'

const test = suite('grants')

type Allowed = RaiTenant['spec']['allowedNamespaces']

const bySelector: Allowed = { from: 'Selector', selector: { matchLabels: { team: 'a' } } }

/** An application of the namespace `guest` that refers to a Ready tenant of the namespace `team`. */
async function withGuest(allowed: Allowed, parts: Parameters<typeof applicationOf>[0] = {}) {
  const harness = withTenant()
  const { applications, tenants, clock } = harness
  const grant = (allowedNamespaces: Allowed) => {
    const tenant = tenants.get('team/acme')!
    tenants.apply({ ...tenant, metadata: { ...tenant.metadata }, spec: { ...tenant.spec, allowedNamespaces } })
    return harness.lookAtTenant(tenant)
  }
  const application = applications.apply(
    applicationOf({
      ...parts,
      metadata: { namespace: 'guest', ...parts.metadata },
      spec: { tenantRef: { name: 'acme', namespace: 'team' }, ...parts.spec },
    }),
  )
  await grant(allowed)
  await clock.advance(2_000)
  return {
    ...harness,
    application,
    grant,
    look: () => harness.lookAtApplication(application),
    now: () => applications.get('guest/web')!,
    reason: () => harness.applicationReason(application),
    posts: () => harness.plane.count('createTenantApplication'),
  }
}

test('a tenant that goes by labels lets in who has them, once they are read', async () => {
  const { look, reason, namespaces, posts, now } = await withGuest(bySelector)
  assert.equal(await look(), { afterMs: 1_000 })
  assert.is(now().status.conditions, undefined, 'no news yet')
  namespaces.held.set('guest', { team: 'b' })
  assert.is(await look(), 'done')
  assert.equal([reason(), posts()], ['ReferenceNotPermitted', 0])
  namespaces.held.set('guest', { team: 'a' })
  await look()
  assert.equal([reason(), posts()], ['Ready', 1])
})

test('labels that may not be read let in nobody, and the message says what to do', async () => {
  const { look, reason, namespaces, posts, now } = await withGuest(bySelector)
  namespaces.held.set('guest', 'unreadable')
  assert.is(await look(), 'done')
  assert.equal([reason(), posts()], ['ReferenceNotPermitted', 0])
  assert.match(messageOf(now()), 'may not read namespaces')
  namespaces.held.set('guest', { team: 'a' })
  await look()
  assert.is(reason(), 'Ready')
})

test('a grant that was withdrawn a moment ago, as only the API server knows, makes nothing', async () => {
  const { look, tenants, grant, posts } = await withGuest({ from: 'All' })
  tenants.fallBehind()
  await grant({ from: 'Same' })
  assert.is(await look(), 'backOff')
  assert.is(posts(), 0)
})

const ROTATE = 'tenants.resistant.ai/rotate'

/** A guest whose credential works, was rotated a moment ago, and whose grant is then withdrawn. */
async function withWithdrawn(parts: Parameters<typeof applicationOf>[0] = {}) {
  const made = await withGuest({ from: 'All' }, { ...parts, spec: { overlap: '1h', ...parts.spec } })
  const { applications, grant, look, now } = made
  await look()
  const annotate = (annotations: Readonly<Record<string, string>>) =>
    void applications.apply({ ...now(), metadata: { ...now().metadata, annotations } })
  annotate({ [ROTATE]: 'one' })
  await look()
  assert.is(made.posts(), 2)
  await grant({ from: 'Same' })
  const condition = (type: string) => now().status.conditions?.find((one) => one.type === type)
  return {
    ...made,
    annotate,
    ids: () => made.plane.idsIn(made.tenantId),
    bound: () => now().status.applicationId!,
    told: () => [condition('Ready')?.status, condition('Synced')?.status, condition('Synced')?.reason],
  }
}

const TOLD = ['True', 'False', 'ReferenceNotPermitted']

test('an application whose grant is withdrawn keeps what works and is told, and its replaced credential retires on time', async () => {
  const { look, told, ids, bound, clock, now } = await withWithdrawn()
  assert.equal(await look(), { afterMs: HOUR_MS })
  assert.equal([told(), ids().length], [TOLD, 2])
  assert.match(messageOf(now()), 'what works goes on working')
  await clock.advance(HOUR_MS)
  assert.equal(await look(), { afterMs: 0 })
  assert.is(await look(), 'done')
  assert.equal([told(), ids(), now().status.credentials?.length], [TOLD, [bound()], 1])
})

const withheld: [title: string, act: (guest: Awaited<ReturnType<typeof withWithdrawn>>) => unknown][] = [
  ['a request to rotate', ({ annotate }) => annotate({ [ROTATE]: 'two' })],
  ['the time of a rotation', ({ clock }) => clock.advance(30 * DAY_MS)],
  ['a lost Secret', ({ secrets }) => secrets.held.delete('guest/web')],
]

for (const [title, act] of withheld) {
  test(`${title} brings no new credential without a grant, and does with one`, async () => {
    const guest = await withWithdrawn({ spec: { rotation: { every: '720h' } } })
    await act(guest)
    for (let looks = 0; looks < 3; looks++) await guest.look()
    assert.equal([guest.told(), guest.posts()], [TOLD, 2])
    await guest.clock.advance(HOUR_MS)
    await guest.grant({ from: 'All' })
    for (let looks = 0; looks < 4; looks++) await guest.look()
    assert.equal([guest.told(), guest.posts()], [['True', 'True', 'Ready'], 3])
  })
}

/** Another generation, as of a spec that asks for more. */
function change({ applications, now }: Pick<Awaited<ReturnType<typeof withWithdrawn>>, 'applications' | 'now'>): void {
  const { metadata, spec } = now()
  applications.apply({
    ...now(),
    metadata: { ...metadata, generation: metadata.generation + 1 },
    spec: { ...spec, scopes: ['documents.submissions.read'] },
  })
}

test('a spec that asks for more without a grant is not followed, and what was replaced retires all the same', async () => {
  const guest = await withWithdrawn()
  const { look, told, ids, bound, clock, posts } = guest
  change(guest)
  await look()
  assert.equal(told(), ['False', 'False', 'ReferenceNotPermitted'])
  await clock.advance(HOUR_MS)
  await look()
  await look()
  assert.equal([posts(), ids()], [2, [bound()]])
})

test('… but not while the credential that took its place obtains no token', async () => {
  const guest = await withWithdrawn()
  const { look, ids, clock, plane, told } = guest
  change(guest)
  await look()
  await clock.advance(HOUR_MS)
  plane.proofFailure = new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')
  assert.equal(await look(), { afterMs: 5 * MINUTE_MS })
  assert.equal([told(), ids().length], [['False', 'False', 'ReferenceNotPermitted'], 2])
  plane.proofFailure = undefined
  await look()
  assert.is(ids().length, 1)
})

test('a bound application whose tenant’s resource has gone goes on working, and retires what was replaced', async () => {
  const { tenants, look, told, ids, clock } = await withWithdrawn()
  tenants.vanish(tenants.get('team/acme')!)
  await look()
  assert.equal(told(), ['True', 'False', 'TenantNotFound'])
  await clock.advance(HOUR_MS)
  await look()
  assert.is(ids().length, 1)
})

test('an application of another organization is left as it is, also when something is due', async () => {
  const { applications, look, told, ids, clock, now } = await withWithdrawn()
  applications.apply({ ...now(), status: { ...now().status, organization: 'other' } })
  await clock.advance(HOUR_MS)
  assert.is(await look(), 'done')
  assert.equal([told(), ids().length], [['True', 'False', 'WrongOrganization'], 2])
})

test('an application whose grant was withdrawn is deleted like any other', async () => {
  const { applications, look, ids, now } = await withWithdrawn()
  await look()
  await applications.delete(now())
  await look()
  assert.equal([ids(), applications.get('guest/web')], [[], undefined])
})

test.run()
