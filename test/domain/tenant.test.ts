// What should happen to a tenant: each rule once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type { ExternalTenant } from '../../src/domain/external.ts'
import {
  claimantOf,
  deletionPolicyOf,
  effectiveName,
  isPaused,
  obstacleOf,
  namesakeOf,
  planDrain,
  tenantExists,
  wrongRecord,
} from '../../src/domain/tenant.ts'
import { boundApplication, boundTenant, condition, tenantOf } from '../doubles/resources.ts'

const test = suite('tenant')

const external: ExternalTenant = {
  id: 't-9',
  name: 'acme',
  createdAt: '2026-01-01T00:00:00Z',
  cells: ['eu-1'],
  links: [],
}
const annotated = (annotation: string, value = '1') => ({
  metadata: { annotations: { [`tenants.resistant.ai/${annotation}`]: value } },
})

test('the name in the organization is the written one, else the resource’s own', () => {
  assert.is(effectiveName(tenantOf({ metadata: { name: 'acme' } })), 'acme')
  assert.is(effectiveName(tenantOf({ metadata: { name: 'acme-prod' }, spec: { name: 'acmeprod' } })), 'acmeprod')
})

test('a tenant is found by its effective name alone', () => {
  const others = [
    { ...external, id: 't-8', name: 'acme2' },
    { ...external, id: 'acme', name: 'b' },
  ]
  assert.is(namesakeOf(tenantOf(), [...others, external]), external)
  assert.is(namesakeOf(tenantOf({ metadata: { name: 'other' }, spec: { name: 'acme' } }), [external]), external)
  assert.is(namesakeOf(tenantOf({ spec: { name: 'other' } }), [...others, external]), undefined)
})

test('a tenant of that name that we did not create is a conflict, told by the name that is taken', () => {
  const { report } = tenantExists(tenantOf({ spec: { name: 'taken' } }))
  assert.is(report.reason, 'TenantExists')
  assert.match(report.message, '"taken"')
})

test('a record of another organization is told with its name and both organizations; one of ours is no obstacle', () => {
  assert.is(wrongRecord('journal-1', 'ours', 'ours'), undefined)
  const wrong = wrongRecord('journal-1', 'theirs', 'ours')
  assert.is(wrong?.report.reason, 'WrongOrganization')
  for (const word of ['journal-1', 'theirs', 'ours']) assert.match(wrong?.report.message ?? '', word)
})

const obstacles: [title: string, tenant: RaiTenant, reason: string | undefined, names: RegExp][] = [
  ['nothing unusual', tenantOf(), undefined, /^$/],
  [
    'a record of another organization',
    boundTenant('t-1', { status: { organization: 'other' } }),
    'WrongOrganization',
    /other/,
  ],
]

for (const [title, tenant, reason, names] of obstacles) {
  test(`${title}: ${reason ?? 'no obstacle'}`, () => {
    const obstacle = obstacleOf(tenant, 'org', undefined)
    assert.is(obstacle?.report.reason, reason)
    assert.match(obstacle?.report.message ?? '', names)
  })
}

test('of several resources with one name the bound one has it, else the oldest, ties by namespace and name', () => {
  const at = (namespace: string, second: number) =>
    tenantOf({ metadata: { namespace, creationTimestamp: `2026-01-01T00:00:0${second}Z` } })
  const [older, younger, twin] = [at('b', 1), at('a', 2), at('c', 1)]
  const bound = boundTenant('t-1', { metadata: { namespace: 'z', creationTimestamp: '2026-01-01T00:00:09Z' } })
  const other = tenantOf({ metadata: { name: 'other', creationTimestamp: '2020-01-01T00:00:00Z' } })
  const all = [younger, twin, older, other]
  assert.is(claimantOf(younger, all), older)
  assert.is(claimantOf(twin, all), older)
  assert.is(claimantOf(older, all), undefined)
  assert.is(claimantOf(older, [...all, bound]), bound)
  assert.is(claimantOf(bound, [...all, bound]), undefined)
})

test('a claimed name is told with its holder', () => {
  const holder = boundTenant('t-1', { metadata: { namespace: 'other', name: 'first' } })
  const obstacle = obstacleOf(tenantOf(), 'org', holder)
  assert.is(obstacle?.report.reason, 'AlreadyClaimed')
  assert.match(obstacle?.report.message ?? '', 'other/first')
})

const policies: [title: string, tenant: RaiTenant, policy: string][] = [
  ['created, nothing written: the setting', boundTenant(), 'Delete'],
  ['created, Retain written', boundTenant('t-1', { spec: { deletionPolicy: 'Retain' } }), 'Retain'],
  ['adopted, nothing written', boundTenant('t-1', { status: { provenance: 'Adopted' } }), 'Retain'],
  [
    'adopted, Delete written',
    boundTenant('t-1', { status: { provenance: 'Adopted' }, spec: { deletionPolicy: 'Delete' } }),
    'Delete',
  ],
  [
    'relinked, Delete written',
    boundTenant('t-1', { status: { provenance: 'Relinked' }, spec: { deletionPolicy: 'Delete' } }),
    'Retain',
  ],
]

for (const [title, tenant, policy] of policies) {
  test(`deletion policy of one that is ${title}: ${policy}`, () =>
    assert.is(deletionPolicyOf(tenant, 'Delete'), policy))
}

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const stalled = { conditions: [condition('Stalled', 'True', 'Rejected')] }
const named = (name: string, parts: Parameters<typeof boundApplication>[1] = {}) =>
  boundApplication(name, { ...parts, metadata: { name, ...parts.metadata } })

const drains: [title: string, bound: RaiTenantApplication[], then: string][] = [
  ['no application', [], 'empty'],
  ['applications', [named('a'), named('b')], 'drain a,b'],
  ['one that is going already', [named('a'), named('b', { metadata: { name: 'b', ...deleted } })], 'drain a'],
  ['only such as are going', [named('a', { metadata: { name: 'a', ...deleted } })], 'drain '],
  ['one with Retain', [named('a', { spec: { deletionPolicy: 'Retain' } })], 'DrainBlocked team/a'],
  ['a paused one', [named('a', annotated('paused', 'true'))], 'DrainBlocked team/a'],
  [
    'one that is going and stalled',
    [named('a', { metadata: { name: 'a', ...deleted }, status: stalled })],
    'DrainBlocked team/a',
  ],
  ['one that is stalled, but not going', [named('a', { status: stalled })], 'drain a'],
  [
    'one with Retain and another: the other goes first',
    [named('a', { spec: { deletionPolicy: 'Retain' } }), named('b')],
    'drain b',
  ],
]

for (const [title, bound, then] of drains) {
  test(`a tenant's deletion with ${title}: ${then}`, () => {
    const plan = planDrain({ bound, byDefault: 'Delete' })
    const said =
      plan.step === 'stop'
        ? `${plan.report.reason} ${plan.report.message.match(/team\/\w+/g)?.join()}`
        : plan.step === 'drain'
          ? `drain ${plan.remove.map(({ metadata }) => metadata.name).join()}`
          : plan.step
    assert.is(said, then)
  })
}

test('only the word "true" pauses', () => {
  assert.ok(isPaused(tenantOf(annotated('paused', 'true'))))
  assert.not(isPaused(tenantOf(annotated('paused', 'false'))))
  assert.not(isPaused(tenantOf()))
})

test.run()
