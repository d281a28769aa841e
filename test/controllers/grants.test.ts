// Applications in tenants of other namespaces: who is let in, and what becomes of those whose grant is withdrawn.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import { applicationOf } from '../doubles/resources.ts'
import { messageOf, withTenant } from './harness.ts'

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

test.run()
