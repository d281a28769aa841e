// Which change has which resource looked at, and which change nobody.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { wakeUp } from '../../src/controllers/wake-up.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { MemoryApplications, MemoryResources } from '../doubles/memory-cluster.ts'
import { applicationOf, boundApplication, boundTenant, condition, tenantOf } from '../doubles/resources.ts'

const test = suite('wake-up')

function make(...held: (RaiTenant | RaiTenantApplication)[]) {
  const tenantView = new MemoryResources<RaiTenant>()
  const applicationView = new MemoryApplications()
  for (const resource of held) {
    if (resource.kind === 'RaiTenant') tenantView.apply(resource)
    else applicationView.apply(resource)
  }
  const woken: string[] = []
  const enqueueTenant = (key: string, delayMs = 0) => void woken.push(`tenant ${key} ${delayMs}`)
  const enqueueApplication = (key: string) => void woken.push(`application ${key}`)
  return { woken, ...wakeUp({ tenantView, applicationView, enqueueTenant, enqueueApplication }) }
}

const elsewhere = applicationOf({ metadata: { name: 'elsewhere' }, spec: { tenantRef: { name: 'other' } } })
const going = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }

const one = boundTenant()
const own: [title: string, after: RaiTenant, wakes: boolean][] = [
  ['a change of its spec', { ...one, metadata: { ...one.metadata, generation: 2 } }, true],
  [
    'a request by annotation',
    { ...one, metadata: { ...one.metadata, annotations: { 'tenants.resistant.ai/paused': 'true' } } },
    true,
  ],
  ['its deletion', { ...one, metadata: { ...one.metadata, ...going.metadata } }, true],
  ['the same name made again', { ...one, metadata: { ...one.metadata, uid: 'another' } }, true],
  ['a finalizer', { ...one, metadata: { ...one.metadata, finalizers: [] } }, false],
  ['a status', { ...one, status: { ...one.status, applications: 3 } }, false],
]

for (const [title, after, wakes] of own) {
  test(`${title} wakes ${wakes ? 'a resource' : 'nobody'}`, () => {
    const { woken, tenantChanged } = make()
    tenantChanged('team/acme', one, after)
    assert.equal(woken, wakes ? ['tenant team/acme 0'] : [])
  })
}

const tenantChanges: [title: string, before: RaiTenant | undefined, after: RaiTenant | undefined, woken: boolean][] = [
  ['a tenant that appears', undefined, tenantOf(), true],
  ['a tenant that becomes Ready', tenantOf(), boundTenant(), true],
  ['a tenant that begins to go', boundTenant(), boundTenant('t-1', going), true],
  ['a grant', boundTenant(), boundTenant('t-1', { spec: { allowedNamespaces: { from: 'All' } } }), true],
  ['a count', boundTenant(), boundTenant('t-1', { status: { applications: 3 } }), false],
]

for (const [title, before, after, wakes] of tenantChanges) {
  test(`${title} wakes ${wakes ? 'its applications' : 'no application'}`, () => {
    const { woken, tenantChanged } = make(applicationOf(), elsewhere)
    tenantChanged('team/acme', before, after)
    const others = woken.filter((key) => key !== 'tenant team/acme 0')
    assert.equal(others, wakes ? ['application team/web'] : [])
  })
}

test('a tenant that is gone wakes those who wait for its name', () => {
  const heir = tenantOf({ metadata: { name: 'heir' }, spec: { name: 'acme' } })
  const { woken, tenantChanged } = make(heir, tenantOf({ metadata: { name: 'other' } }))
  tenantChanged('team/acme', boundTenant(), undefined)
  assert.equal(woken, ['tenant team/acme 0', 'tenant team/heir 0'])
})

const stalled = { status: { conditions: [condition('Stalled', 'True', 'Rejected')] } }

type Change = [
  title: string,
  before: RaiTenantApplication | undefined,
  after: RaiTenantApplication | undefined,
  wakes: boolean,
]

const applicationChanges: Change[] = [
  ['an application that is bound', applicationOf(), boundApplication(), true],
  ['an application that goes', boundApplication(), undefined, true],
  ['an application that begins to go', boundApplication(), boundApplication('a-1', going), true],
  ['an application that stalls', boundApplication(), boundApplication('a-1', stalled), true],
  [
    'another status of an application',
    boundApplication(),
    boundApplication('a-1', { status: { clientId: 'x' } }),
    false,
  ],
]

for (const [title, before, after, wakes] of applicationChanges) {
  test(`${title} wakes ${wakes ? 'its tenant, after the batch' : 'nobody'}`, () => {
    const { woken, applicationChanged } = make(boundTenant())
    applicationChanged('team/web', before, after)
    const others = woken.filter((key) => key !== 'application team/web')
    assert.equal(others, wakes ? ['tenant team/acme 2000'] : [])
  })
}

test('a tenant that is being deleted hears of its applications at once', () => {
  const { woken, applicationChanged } = make(boundTenant('t-1', going))
  applicationChanged('team/web', boundApplication(), undefined)
  assert.equal(woken, ['application team/web', 'tenant team/acme 0'])
})

test.run()
