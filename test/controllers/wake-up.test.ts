// Which change has which resource looked at, and which change nobody.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { wakeUp } from '../../src/controllers/wake-up.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type { JournalMark } from '../../src/domain/journal.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryApplications, MemoryResources } from '../doubles/memory-cluster.ts'
import { applicationOf, boundApplication, boundTenant, condition, tenantOf } from '../doubles/resources.ts'

const test = suite('wake-up')
const NOW = ManualClock.epoch

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
  const enqueueSweep = (key: string, delayMs = 0) => void woken.push(`sweep ${key} ${delayMs}`)
  const now = () => NOW
  const wakes = { enqueueTenant, enqueueApplication, enqueueSweep }
  return { woken, ...wakeUp({ tenantView, applicationView, ...wakes, self: 'this process', now }) }
}

function bySelector(selector: object): RaiTenant {
  return boundTenant('t-1', { spec: { allowedNamespaces: { from: 'Selector', selector } } })
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
  ['the first word about a tenant', tenantOf(), tenantOf({ status: { conditions: [] } }), true],
  ['a tenant that begins to go', boundTenant(), boundTenant('t-1', going), true],
  ['a grant', boundTenant(), boundTenant('t-1', { spec: { allowedNamespaces: { from: 'All' } } }), true],
  ['a change of a grant', bySelector({}), bySelector({ matchLabels: { team: 'a' } }), true],
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
    assert.equal(others, wakes ? ['tenant team/acme 5000'] : [])
  })
}

test('a tenant that is being deleted hears of its applications at once', () => {
  const { woken, applicationChanged } = make(boundTenant('t-1', going))
  applicationChanged('team/web', boundApplication(), undefined)
  assert.equal(woken, ['application team/web', 'tenant team/acme 0'])
})

const guest = applicationOf({
  metadata: { name: 'guest', namespace: 'guests' },
  spec: { tenantRef: { name: 'acme', namespace: 'team' } },
})

const namespaceChanges: [title: string, tenant: RaiTenant, name: string | undefined, woken: string[]][] = [
  ['labels of a namespace wake its applications', bySelector({}), 'guests', ['application guests/guest']],
  ['labels of another namespace wake nobody', bySelector({}), 'others', []],
  ['labels that can be read wake all', bySelector({}), undefined, ['application team/web', 'application guests/guest']],
  ['labels wake nobody whose tenant does not go by them', boundTenant(), undefined, []],
]

for (const [title, tenant, name, woken] of namespaceChanges) {
  test(title, () => {
    const made = make(tenant, applicationOf(), guest, elsewhere)
    made.namespaceChanged(name)
    assert.equal(made.woken, woken)
  })
}

const subject = { kind: 'RaiTenantApplication', namespace: 'team', name: 'web', uid: 'uid-1' } as const

function journal(parts: Partial<JournalMark>): JournalMark {
  const times = { openedAt: NOW - 5_000, endedAt: undefined, passes: 0 }
  return { holder: 'another process', subject, scope: 't-1', state: 'open', claims: undefined, ...times, ...parts }
}

const ofTenant = { subject: { ...subject, kind: 'RaiTenant' }, scope: 'name:acme' } as const

const journalChanges: [title: string, mark: JournalMark | { problem: string } | undefined, woken: string[]][] = [
  [
    'an open journal wakes its application, and the sweep when it may be an orphan',
    journal({}),
    ['application team/web', 'sweep journals/t-1 75000'],
  ],
  [
    'an answered journal wakes its application, to hand over',
    journal({ state: 'answered' }),
    ['application team/web', 'sweep journals/t-1 75000'],
  ],
  [
    'a tenant’s open journal wakes the tenant',
    journal(ofTenant),
    ['tenant team/web 0', 'sweep journals/name:acme 75000'],
  ],
  [
    'a bound journal wakes the sweep when a second application may have come',
    journal({ state: 'bound', endedAt: NOW - 15_000 }),
    ['sweep journals/t-1 60000'],
  ],
  ['a rejected journal, too', journal({ state: 'rejected', endedAt: NOW }), ['sweep journals/t-1 75000']],
  [
    'an abandoned journal wakes the sweep after a minute',
    journal({ state: 'abandoned', endedAt: NOW }),
    ['sweep journals/t-1 60000'],
  ],
  [
    'one that was swept once wakes it later',
    journal({ state: 'abandoned', endedAt: NOW, passes: 1 }),
    ['sweep journals/t-1 600000'],
  ],
  [
    'a surplus journal wakes the sweep after a minute, too',
    journal({ state: 'surplus', endedAt: NOW - 1_000 }),
    ['sweep journals/t-1 59000'],
  ],
  [
    'a journal of this process’s own wakes nobody but the sweep: what is being done need not be told',
    journal({ holder: 'this process' }),
    ['sweep journals/t-1 75000'],
  ],
  [
    'one whose time is long over wakes the sweep at once',
    journal({ state: 'bound', endedAt: 0 }),
    ['sweep journals/t-1 0'],
  ],
  ['a journal that is gone wakes nobody', undefined, []],
]

for (const [title, mark, woken] of journalChanges) {
  test(title, () => {
    const made = make()
    made.journalChanged(undefined, mark && { name: 'journal-uid-1-a', mark })
    assert.equal(made.woken, woken)
  })
}

test('a journal that nobody could read and that is gone wakes the resource that it is named after', () => {
  const held = applicationOf()
  const made = make(held, applicationOf({ metadata: { name: 'other' } }))
  made.journalChanged({ name: `journal-${held.metadata.uid}-a`, mark: { problem: 'cannot be read' } }, undefined)
  assert.equal(made.woken, ['application team/web'])
})

test('a tenant’s journal that nobody could read and that is gone wakes the tenant', () => {
  const held = tenantOf()
  const made = make(held, tenantOf({ metadata: { name: 'other' } }))
  made.journalChanged({ name: `journal-${held.metadata.uid}-a`, mark: { problem: 'cannot be read' } }, undefined)
  assert.equal(made.woken, ['tenant team/acme 0'])
})

test('a journal that somebody mended wakes its resource', () => {
  const held = applicationOf()
  const made = make(held)
  const name = `journal-${held.metadata.uid}-a`
  made.journalChanged({ name, mark: { problem: 'cannot be read' } }, { name, mark: journal({ state: 'rejected' }) })
  assert.is(made.woken[0], 'application team/web')
})

test('a journal that cannot be read has the resource say so that it is named after', () => {
  const held = applicationOf()
  const made = make(held)
  made.journalChanged(undefined, { name: `journal-${held.metadata.uid}-a`, mark: { problem: 'cannot be read' } })
  assert.equal(made.woken, ['application team/web'])
})

test.run()
