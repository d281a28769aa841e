// Which resource is meant, and what becomes of a request for it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Request } from '../../src/cli/requests.ts'
import { planRequest, targetOf } from '../../src/cli/requests.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { makeRequest, readOverview } from '../../src/cli/plugin.ts'
import type { Failure } from '../../src/errors.ts'
import { failureOf } from '../doubles/failure-of.ts'
import { applicationOf, boundApplication, boundTenant } from '../doubles/resources.ts'
import { kubeFailure, MemoryCluster } from './memory-cluster.ts'

const test = suite('cli/requests')
const { signal } = new AbortController()

const BOTH = ['RaiTenant', 'RaiTenantApplication']

const words: [word: string, kinds: string[]][] = [
  ['web', BOTH],
  ['raitenant/web', ['RaiTenant']],
  ['rait/web', ['RaiTenant']],
  ['RaiTenant/web', ['RaiTenant']],
  ['raitenants.tenants.resistant.ai/web', ['RaiTenant']],
  ['raiapp/web', ['RaiTenantApplication']],
  ['raitenantapplication.tenants.resistant.ai/web', ['RaiTenantApplication']],
]

for (const [word, kinds] of words) {
  test(`${word} means ${kinds.join(' or ')}`, () => {
    assert.equal(targetOf(word, 'pause'), { kinds, name: 'web' })
  })
}

test('rotate means an application, whatever else has the name', () => {
  assert.equal(targetOf('web', 'rotate').kinds, ['RaiTenantApplication'])
})

const wrong: [word: string, request: Request][] = [
  ['', 'pause'],
  ['/web', 'pause'],
  ['raitenant/', 'pause'],
  ['pod/web', 'pause'],
  ['a/b/c', 'pause'],
  ['../secrets', 'reconcile'],
  ['web?x=1', 'reconcile'],
  ['Web', 'resume'],
  ['raitenant/acme', 'rotate'],
]

for (const [word, request] of wrong) {
  test(`${request} ${word || '(nothing)'} is wrong usage`, () => {
    try {
      targetOf(word, request)
    } catch (error) {
      assert.is((error as Failure).code, 'WrongUsage')
      return
    }
    assert.unreachable('it was understood')
  })
}

const P = 'tenants.resistant.ai/'
const PAUSED = { annotations: { [`${P}paused`]: 'true' } }
const DELETING = { deletionTimestamp: '2026-01-01T00:00:00Z' }

const plans: [
  title: string,
  request: Request,
  resource: RaiTenant | RaiTenantApplication,
  annotations: object | undefined,
  told: RegExp,
][] = [
  ['an application', 'rotate', boundApplication(), { [`${P}rotate`]: 'u' }, /^is to get a new credential$/],
  [
    'a paused application',
    'rotate',
    boundApplication('a', { metadata: PAUSED }),
    { [`${P}rotate`]: 'u' },
    /it is paused/,
  ],
  ['a tenant', 'reconcile', boundTenant(), { [`${P}reconcile`]: 'u' }, /^is to be looked at$/],
  ['a tenant', 'pause', boundTenant(), { [`${P}paused`]: 'true' }, /^is paused, deletion included$/],
  ['a paused tenant', 'pause', boundTenant('t', { metadata: PAUSED }), undefined, /^is paused already$/],
  ['a paused tenant', 'resume', boundTenant('t', { metadata: PAUSED }), { [`${P}paused`]: null }, /^goes on$/],
  ['a tenant', 'resume', boundTenant(), undefined, /^is not paused$/],
  [
    'a tenant whose switch is unclear',
    'resume',
    boundTenant('t', { metadata: { annotations: { [`${P}paused`]: 'yes' } } }),
    { [`${P}paused`]: null },
    /^goes on$/,
  ],
]

for (const [title, request, resource, annotations, told] of plans) {
  test(`${request} of ${title} ${annotations ? 'writes one annotation' : 'writes nothing'}, and says what comes of it`, () => {
    const plan = planRequest(request, resource, 'u')
    assert.equal(plan.annotations, annotations)
    assert.match(plan.told, told)
  })
}

const useless: [title: string, resource: RaiTenantApplication, told: RegExp][] = [
  ['has no credential', applicationOf(), /web has no credential yet/],
  ['is being deleted', boundApplication('a', { metadata: DELETING }), /web is being deleted/],
]

for (const [title, resource, told] of useless) {
  test(`rotate of an application that ${title} is refused: it would never be acted upon`, () => {
    assert.throws(
      () => planRequest('rotate', resource, 'u'),
      (error: Failure) => error.code === 'Useless' && told.test(error.message),
    )
  })
}

const web = boundApplication('a-1', { metadata: { namespace: 'team', name: 'web' } })
const objects = { raitenantapplications: [web] }

const ask = (cluster: MemoryCluster, word: string, request: Request = 'rotate') =>
  makeRequest(cluster, { request, word, namespace: 'team', unique: 'u' }, signal)

test('a request is written on the one resource that has the name', async () => {
  const cluster = new MemoryCluster({ objects })
  assert.is(await ask(cluster, 'web'), 'raitenantapplication.tenants.resistant.ai/web is to get a new credential')
  assert.equal(cluster.annotated, [
    { plural: 'raitenantapplications', namespace: 'team', name: 'web', annotations: { [`${P}rotate`]: 'u' } },
  ])
})

test('a name that two resources have is not guessed', async () => {
  const tenant = boundTenant('t', { metadata: { namespace: 'team', name: 'web' } })
  const cluster = new MemoryCluster({ objects: { ...objects, raitenants: [tenant] } })
  const { code, message } = await failureOf(ask(cluster, 'web', 'pause'))
  assert.equal([code, cluster.annotated], ['Ambiguous', []])
  assert.match(message, 'say raitenant/web or raiapp/web')
})

const refusals: [title: string, cluster: ConstructorParameters<typeof MemoryCluster>[0], code: string, line: RegExp][] =
  [
    [
      'there is no such resource',
      { objects: {} },
      'NotFound',
      /^no RaiTenantApplication is called web in namespace team: see/,
    ],
    ['the kinds are not there', { objects: {}, isServed: false }, 'NoDefinitions', /kubectl apply -f crds\/$/],
    [
      'it may not be read',
      { failures: { raitenantapplications: kubeFailure('KubeForbidden', '403 Forbidden') } },
      'KubeForbidden',
      /^403 Forbidden: have that right granted/,
    ],
    [
      'it may not be annotated',
      { objects, failures: { 'annotate raitenantapplications': kubeFailure('KubeForbidden', '403 Forbidden') } },
      'KubeForbidden',
      /^403 Forbidden: have that right granted/,
    ],
    [
      'the API server is away',
      { failures: { raitenantapplications: kubeFailure('KubeUnavailable', 'no answer') } },
      'KubeUnavailable',
      /^no answer: check KUBECONFIG/,
    ],
  ]

for (const [title, given, code, line] of refusals) {
  test(`where ${title}, one line says what to do`, async () => {
    const failure = await failureOf(ask(new MemoryCluster(given), 'web'))
    assert.is(failure.code, code)
    assert.match(failure.message, line)
  })
}

test('an overview of a tenant that is not there is refused, and one of an empty namespace is not', async () => {
  const cluster = new MemoryCluster({ objects })
  const failure = await failureOf(readOverview(cluster, { namespace: 'team', only: 'nobody' }, signal))
  assert.match(failure.message, /^no RaiTenant is called nobody in namespace team: /)
  assert.equal(await readOverview(cluster, { namespace: 'empty', only: undefined }, signal), {
    tenants: [],
    unknownTenants: [],
  })
})

test.run()
