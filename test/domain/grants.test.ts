// Whom a tenant admits, and what those are told whom it does not.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import { grantOf } from '../../src/domain/grants.ts'
import type { NamespaceLabels } from '../../src/domain/grants.ts'
import { applicationOf, boundApplication, tenantOf } from '../doubles/resources.ts'

const test = suite('grants')

type Allowed = RaiTenant['spec']['allowedNamespaces']
const bySelector: Allowed = { from: 'Selector', selector: { matchLabels: { team: 'a' } } }

const rows: [title: string, namespace: string, allowed: Allowed | undefined, labels: NamespaceLabels, then: string][] =
  [
    ['its own namespace, where nothing is said', 'team', undefined, 'unread', 'admitted'],
    ['another namespace, where nothing is said', 'guest', undefined, { team: 'a' }, 'stop'],
    ['its own namespace', 'team', { from: 'Same' }, 'unread', 'admitted'],
    ['another namespace, with Same', 'guest', { from: 'Same' }, { team: 'a' }, 'stop'],
    ['another namespace, with All', 'guest', { from: 'All' }, 'unreadable', 'admitted'],
    ['a namespace whose labels match', 'guest', bySelector, { team: 'a' }, 'admitted'],
    ['a namespace whose labels do not match', 'guest', bySelector, { team: 'b' }, 'stop'],
    ['a namespace without labels', 'guest', bySelector, {}, 'stop'],
    ['any namespace, with an empty selector', 'guest', { from: 'Selector', selector: {} }, {}, 'admitted'],
    ['its own namespace, whatever its labels', 'team', bySelector, 'unreadable', 'admitted'],
    ['a namespace whose labels are being read', 'guest', bySelector, 'unread', 'unknown'],
    ['a namespace whose labels may not be read', 'guest', bySelector, 'unreadable', 'stop'],
    ['that, even with an empty selector', 'guest', { from: 'Selector', selector: {} }, 'unreadable', 'stop'],
  ]

for (const [title, namespace, allowedNamespaces, labels, then] of rows) {
  test(`an application of ${title}: ${then}`, () => {
    const tenant = tenantOf({ spec: allowedNamespaces ? { allowedNamespaces } : {} })
    assert.is(grantOf(applicationOf({ metadata: { namespace } }), tenant, labels).step, then)
  })
}

function message(allowedNamespaces: Allowed, labels: NamespaceLabels, application = guest): string {
  const grant = grantOf(application, tenantOf({ spec: { allowedNamespaces } }), labels)
  assert.is(grant.step === 'stop' && grant.report.reason, 'ReferenceNotPermitted')
  return grant.step === 'stop' ? grant.report.message : ''
}

const guest = applicationOf({ metadata: { namespace: 'guest' } })

test('the message says what keeps the application out, and what to do', () => {
  assert.match(message({ from: 'Same' }, 'unread'), 'does not admit namespace guest: set its spec.allowedNamespaces')
  assert.match(message(bySelector, {}), /labels of namespace guest do not match .* RaiTenant team\/acme: change either/)
  assert.match(message(bySelector, 'unreadable'), /may not read namespaces: let it list and watch them/)
})

test('one that is bound is told that it goes on working', () => {
  assert.not.match(message(bySelector, {}), 'goes on working')
  assert.match(
    message(bySelector, {}, boundApplication('a-1', { metadata: { namespace: 'guest' } })),
    'goes on working',
  )
})

test.run()
