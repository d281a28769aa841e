// The tree of `kubectl rai status`: whose application is whose, what each has, and what is the matter.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { timestamp } from '../../src/clock.ts'
import { overviewOf } from '../../src/cli/overview.ts'
import { overviewText } from '../../src/cli/overview-text.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { applicationOf, boundApplication, boundTenant, condition, tenantOf } from '../doubles/resources.ts'

const test = suite('cli/overview')

const NOW = ManualClock.epoch + 300_000
const at = (ms: number) => timestamp(ManualClock.epoch + ms)
const HERE = { namespace: 'team', only: undefined }
const EVERYWHERE = { namespace: undefined, only: undefined }
const STYLE = { hasNamespaces: false, isColoured: false, now: NOW }

const acme = boundTenant('t-1', { status: { applications: 3, unmanagedApplications: { total: 2, ids: ['x', 'y'] } } })
const web = boundApplication('a-2', {
  status: {
    secret: { name: 'web', uid: 'u', resourceVersion: '1', otherNames: ['old'] },
    nextRotationAt: at(900_000),
    credentials: [
      { applicationId: 'a-1', clientId: 'c-1', state: 'Retiring', issuedAt: at(0), retireAt: at(480_000) },
      { applicationId: 'a-2', clientId: 'c-2', state: 'Active', issuedAt: at(240_000) },
    ],
    suspects: [{ applicationId: 'a-9', clientId: 'c-9', firstSeenAt: at(120_000) }],
  },
})
const blocked = applicationOf({
  metadata: { name: 'batch', generation: 2, deletionTimestamp: at(180_000) },
  spec: { auth: { type: 'ClientSecret' } },
  status: {
    observedGeneration: 1,
    conditions: [
      condition('Ready', 'False', 'SecretConflict'),
      condition('Synced', 'False', 'SecretConflict', { message: 'another owner: rename it' }),
    ],
  },
})
const fresh = applicationOf({ metadata: { name: 'fresh' } })
const lost = applicationOf({ metadata: { name: 'lost' }, spec: { tenantRef: { name: 'typo' } } })
const stray = applicationOf({ metadata: { name: 'stray' }, spec: { tenantRef: { name: 'gone', namespace: 'else' } } })

test('below each tenant stand its applications, below these what they have, and what is the matter is told in full', () => {
  const text = overviewText(overviewOf([acme], [web, fresh, blocked, stray, lost], HERE), STYLE)
  assert.equal(text.split('\n'), [
    'NAME                  READY  REASON          AGE  DETAIL',
    'raitenant/acme        True   Ready           5m   id t-1, cells eu-1',
    '│  and 2 applications in namespaces not read here (-A)',
    '│  and 2 applications that no resource stands for',
    '├─ raiapp/batch       False  SecretConflict  5m   eu-1, ClientSecret',
    '│     being deleted for 2m',
    '│     another owner: rename it',
    '│     its spec has changed, and no operator has looked at it since',
    '├─ raiapp/fresh       -      -               5m   eu-1, EC',
    '│     no operator has looked at it yet: one has to run that watches this namespace',
    '└─ raiapp/web         True   Ready           5m   eu-1, EC',
    '   ├─ secret/web',
    '   ├─ secret/old                                  a copy, until the move is over',
    '   ├─ credential/a-2         Active          60s  client id c-2, replaced in 10m',
    '   ├─ credential/a-1         Retiring        5m   client id c-1, deleted in 3m',
    '   └─ suspect/a-9            Suspect         3m   may be left from a lost answer: see docs/reasons.md, AmbiguousCreate',
    'raitenant/gone        -      -                    in namespace else, which was not read',
    '└─ raiapp/stray       -      -               5m   eu-1, EC',
    '      no operator has looked at it yet: one has to run that watches this namespace',
    'raitenant/typo        -      -                    there is no such RaiTenant',
    '└─ raiapp/lost        -      -               5m   eu-1, EC',
    '      no operator has looked at it yet: one has to run that watches this namespace',
    '',
  ])
})

test('of one tenant nothing but it and its applications is told', () => {
  const other = boundTenant('t-2', { metadata: { name: 'umbrella' } })
  const overview = overviewOf([acme, other], [web, stray], { ...HERE, only: 'acme' })
  assert.equal(
    overview.tenants.map(({ name, applications }) => [name, applications.map((one) => one.name)]),
    [['acme', ['web']]],
  )
  assert.equal(overview.unknownTenants, [])
})

test('a tenant that does not exist is known by the applications that refer to it', () => {
  const { tenants, unknownTenants } = overviewOf([acme], [stray, web], { ...EVERYWHERE, only: 'gone' })
  assert.equal(tenants, [])
  assert.equal(
    unknownTenants.map(({ namespace, name, isMissing, applications }) => [
      namespace,
      name,
      isMissing,
      applications.length,
    ]),
    [['else', 'gone', true, 1]],
  )
})

test('all is sorted by namespace and name, and applications of other namespaces hang below their tenant', () => {
  const elsewhere = boundApplication('a-5', {
    metadata: { namespace: 'other', name: 'a' },
    spec: { tenantRef: { name: 'acme', namespace: 'team' } },
  })
  const early = boundTenant('t-0', { metadata: { namespace: 'a', name: 'zeta' } })
  const { tenants } = overviewOf([acme, early], [web, elsewhere], EVERYWHERE)
  assert.equal(
    tenants.map(({ namespace, name, applications }) => [namespace, name, applications.map((one) => one.namespace)]),
    [
      ['a', 'zeta', []],
      ['team', 'acme', ['other', 'team']],
    ],
  )
  const text = overviewText({ tenants, unknownTenants: [] }, { ...STYLE, hasNamespaces: true })
  assert.match(text, /^NAMESPACE {2}NAME/)
  assert.match(text, /^other {6}├─ raiapp\/a /m)
  assert.match(text, /^ {11}│ {2}└─ credential/m)
})

test('how a resource came to be is told where it was not made by the operator', () => {
  const adopted = boundTenant('t-1', { status: { provenance: 'Adopted' } })
  assert.match(overviewText(overviewOf([adopted], [], HERE), STYLE), /id t-1, cells eu-1, Adopted$/m)
})

test('ready while something is in the way: the reason is that of what is in the way', () => {
  const tenant = boundTenant('t-1', {
    status: {
      conditions: [
        condition('Ready', 'True', 'Ready'),
        condition('Synced', 'False', 'ControlPlaneUnavailable', { message: 'away' }),
      ],
    },
  })
  const [told] = overviewOf([tenant], [], HERE).tenants
  assert.equal([told!.ready, told!.reason, told!.message], ['True', 'ControlPlaneUnavailable', 'away'])
})

test('nothing is told of nothing', () => {
  assert.is(overviewText(overviewOf([], [], HERE), STYLE), '')
})

test('colours say how things are', () => {
  const text = overviewText(overviewOf([acme, tenantOf({ metadata: { name: 'new' } })], [blocked], HERE), {
    ...STYLE,
    isColoured: true,
  })
  assert.match(text, '\u001b[32mTrue\u001b[0m')
  assert.match(text, '\u001b[31mSecretConflict\u001b[0m')
  assert.match(text, '\u001b[33m-\u001b[0m')
})

test.run()
