// When an application is to be taken over, and who comes first.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { adoptsBefore, planAdoption } from '../../src/domain/adopted-application.ts'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { Redacted } from '../../src/redacted.ts'
import { applicationOf, boundApplication } from '../doubles/resources.ts'

const test = suite('adoption of applications, decided')

const ID = 'tenants.resistant.ai/application-id'
const CLAIM = 'tenants.resistant.ai/claim'
const RECORD = 'tenants.resistant.ai/record'
const adopt = { applicationId: 'a-1' }
const asking = applicationOf({ spec: { adopt } })

const secret: ObservedSecret = {
  namespace: 'team',
  name: 'web',
  uid: 's-1',
  resourceVersion: '1',
  type: 'Opaque',
  immutable: false,
  labels: {},
  annotations: {},
  controller: undefined,
  data: Object.fromEntries(['client_id', 'private_key.pem', 'kid'].map((key) => [key, new Redacted('x')])),
}
const ours = { apiVersion: 'v1', kind: 'RaiTenantApplication', name: 'web', uid: asking.metadata.uid }

type Row = [title: string, application: RaiTenantApplication, secret: ObservedSecret | undefined, step: string]

const rows: Row[] = [
  ['it is not asked for', applicationOf(), secret, 'none'],
  ['something is bound', boundApplication('a-2', { spec: { adopt } }), secret, 'none'],
  ['the credential stands there', asking, secret, 'adopt'],
  [
    'the Secret is ours, as after a crash',
    asking,
    { ...secret, controller: ours, annotations: { [ID]: 'a-1' } },
    'adopt',
  ],
  [
    'the Secret was ours and released',
    asking,
    { ...secret, annotations: { [CLAIM]: 'team/web', [ID]: 'a-1' } },
    'adopt',
  ],
  [
    'the Secret was another resource’s and released',
    asking,
    { ...secret, annotations: { [CLAIM]: 'team/b', [ID]: 'a-2' } },
    'adopt',
  ],
  [
    'our Secret holds what took its place',
    asking,
    { ...secret, controller: ours, annotations: { [ID]: 'a-2' } },
    'none',
  ],
  [
    'our released Secret holds what took its place',
    asking,
    { ...secret, annotations: { [CLAIM]: 'team/web', [ID]: 'a-2' } },
    'none',
  ],
  ['the Secret is somebody else’s', asking, { ...secret, controller: { ...ours, uid: 'x' } }, 'none'],
  ['the Secret is the operator’s own record', asking, { ...secret, labels: { [RECORD]: 'journal' } }, 'none'],
  ['there is no Secret', asking, undefined, 'stop'],
  ['the Secret holds nothing', asking, { ...secret, data: {} }, 'stop'],
]

for (const [title, application, observed, step] of rows) {
  test(`where ${title}: ${step}`, () => assert.is(planAdoption(application, observed)?.step ?? 'none', step))
}

const at = (second: number, parts: Parameters<typeof applicationOf>[0] = {}) =>
  applicationOf({
    ...parts,
    metadata: { name: `at${second}`, creationTimestamp: `2026-01-01T00:00:0${second}Z`, ...parts.metadata },
    spec: { adopt, ...parts.spec },
  })

const before: [title: string, other: RaiTenantApplication, isFirst: boolean][] = [
  ['an older one', at(1), true],
  ['a younger one', at(3), false],
  ['one of the same second whose name comes first', at(2, { metadata: { name: 'a' } }), true],
  ['one of the same second whose name comes last', at(2, { metadata: { name: 'z' } }), false],
  ['an older one for another application', at(1, { spec: { adopt: { applicationId: 'a-2' } } }), false],
  ['an older one that is being deleted', at(1, { metadata: { deletionTimestamp: '2026-01-02T00:00:00Z' } }), false],
  ['an older one that is bound to something else by now', at(1, { status: { applicationId: 'a-3' } }), false],
  [
    'an older one that adopts nothing',
    applicationOf({ metadata: { creationTimestamp: '2026-01-01T00:00:01Z' } }),
    false,
  ],
]

for (const [title, other, isFirst] of before) {
  test(`${title} ${isFirst ? 'comes first' : 'does not come first'}`, () =>
    assert.is(adoptsBefore(other, at(2)), isFirst))
}

test('a resource that adopts nothing has nobody before it', () => assert.not(adoptsBefore(at(1), applicationOf())))

test('no way of printing a plan shows a credential', () => {
  const data = { ...secret.data, 'private_key.pem': new Redacted('s3cret') }
  assert.not.match(JSON.stringify(planAdoption(asking, { ...secret, data })), 's3cret')
})

test.run()
