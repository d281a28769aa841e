// What `check` says of what it finds, and that a failure hides nothing behind it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckPorts, Checked, Finding } from '../../src/cli/check.ts'
import { checkText, isAllWell, takeChecks } from '../../src/cli/check.ts'
import type { KubeObject } from '../../src/cli/ports.ts'
import { Failure } from '../../src/errors.ts'
import { CRDS } from '../api/schemas.ts'
import { tenantOf } from '../doubles/resources.ts'
import { kubeFailure, MemoryCluster } from './memory-cluster.ts'

const test = suite('cli/check')

const SETTINGS: Checked = {
  settingsFile: undefined,
  controlPlaneUrl: 'https://api.example/v0',
  tokenUrl: 'https://id.example/token',
  credentialsDir: '/credentials',
  tenantQuota: 20,
  selector: undefined,
  watchNamespaces: [],
  operatorNamespace: 'rai-system',
  watchSecrets: false,
  leaderElect: true,
  metricsAuth: 'none',
}

const ESTABLISHED = { conditions: [{ type: 'Established', status: 'True' }] }
const DEFINITIONS = CRDS.map((crd) =>
  Object.assign(structuredClone(crd), { status: ESTABLISHED }),
) as unknown as readonly KubeObject[]

const HOST = 'kubernetes.example'
const GOOD = { objects: { customresourcedefinitions: DEFINITIONS } }

type Given = {
  readonly settings?: Partial<Checked>
  readonly organization?: Partial<CheckPorts['organization']>
  readonly cluster?: ConstructorParameters<typeof MemoryCluster>[0]
  readonly openCluster?: CheckPorts['openCluster']
}

async function findings({ settings, organization, cluster, openCluster }: Given = {}): Promise<Finding[]> {
  return takeChecks(
    { ...SETTINGS, ...settings },
    {
      organization: { name: () => 'org', countTenants: async () => 3, hadToken: () => false, ...organization },
      openCluster: openCluster ?? (() => ({ host: HOST, objects: new MemoryCluster({ ...GOOD, ...cluster }) })),
    },
    new AbortController().signal,
  )
}

/** Those that are not ok, as `check subject: message`. */
async function complaints(given: Given): Promise<string[]> {
  const all = await findings(given)
  return all
    .filter(({ result }) => result !== 'ok')
    .map(({ check, subject, result, message }) => `${result} ${check} ${subject}: ${message}`)
}

function unauthorized(message: string): Failure {
  return new Failure('Unauthorized', 'wait', message)
}

const raise = (error: unknown) => () => {
  throw error
}

test('where all is well, each thing has a line that says so', async () => {
  const all = await findings()
  assert.ok(isAllWell(all))
  assert.equal(
    all.slice(0, 7).map(({ check, subject, message }) => [check, subject, message]),
    [
      ['configuration', 'flags and variables', 'is understood'],
      ['credential', '/credentials', 'is complete, for org'],
      ['token', 'https://id.example/token', 'is given'],
      ['tenants', 'https://api.example/v0', 'are listed: 3, and tenant-quota is 20'],
      ['kubernetes', 'kubernetes.example', 'answers, v1.37.2'],
      ['definition', 'raitenantapplications.tenants.resistant.ai', 'is there and current, v1alpha1'],
      ['definition', 'raitenants.tenants.resistant.ai', 'is there and current, v1alpha1'],
    ],
  )
  assert.ok(all.slice(7).length > 5)
  assert.ok(all.slice(7).every(({ check }) => check === 'permission'))
})

const SILENT = 'not asked for, since Kubernetes does not answer'

const rows: [title: string, given: Given, complaints: string[]][] = [
  [
    'a credential that is missing',
    { organization: { name: raise(unauthorized('/credentials/client_id is missing: put it there')) } },
    [
      'failed credential /credentials: /credentials/client_id is missing: put it there',
      'skipped token https://id.example/token: not asked for without a credential',
      'skipped tenants https://api.example/v0: not asked for without a credential',
    ],
  ],
  [
    'a credential that is refused',
    { organization: { countTenants: raise(unauthorized('refused: check the files')) } },
    [
      'failed token https://id.example/token: refused: check the files',
      'skipped tenants https://api.example/v0: not asked for without a token',
    ],
  ],
  [
    'a control plane that is away',
    {
      organization: {
        countTenants: raise(new Failure('ControlPlaneUnavailable', 'retry', 'away')),
        hadToken: () => true,
      },
    },
    ['failed tenants https://api.example/v0: away'],
  ],
  [
    'a kubeconfig that cannot be used',
    { openCluster: raise(new Failure('KubeconfigUnusable', 'stall', 'k cannot be read')) },
    [
      'failed kubernetes kubeconfig: k cannot be read: check kubeconfig and context, and what they name',
      `skipped definition all: ${SILENT}`,
      `skipped permission all: ${SILENT}`,
    ],
  ],
  [
    'an API server that is away',
    { cluster: { failures: { version: kubeFailure('KubeUnavailable', 'GET /version: away') } } },
    [
      'failed kubernetes kubernetes.example: GET /version: away: check kubeconfig and context, and what they name',
      `skipped definition all: ${SILENT}`,
      `skipped permission all: ${SILENT}`,
    ],
  ],
  [
    'definitions that are missing',
    { cluster: { objects: {} } },
    ['raitenantapplications', 'raitenants'].map(
      (plural) =>
        `failed definition ${plural}.tenants.resistant.ai: is not there: kubectl apply -f crds/ of this version`,
    ),
  ],
  [
    'definitions that may not be looked at',
    {
      cluster: {
        failures: { customresourcedefinitions: kubeFailure('KubeForbidden') },
        refused: ['get customresourcedefinitions'],
      },
    },
    [
      ...['raitenantapplications', 'raitenants'].map(
        (plural) =>
          `failed definition ${plural}.tenants.resistant.ai: may not be looked at: kubectl apply -f deploy/base/definitions-role.yaml`,
      ),
      'failed permission customresourcedefinitions.apiextensions.k8s.io: may not get: kubectl apply -f deploy/base/definitions-role.yaml',
    ],
  ],
  [
    'verbs that are missing',
    { cluster: { refused: ['watch raitenants', 'patch raitenants', 'patch raitenants/status'] } },
    [
      'failed permission raitenants.tenants.resistant.ai in all namespaces: may not watch, patch: kubectl apply -f deploy/base/resources-role.yaml',
      'failed permission raitenants.tenants.resistant.ai/status in all namespaces: may not patch: kubectl apply -f deploy/base/resources-role.yaml',
    ],
  ],
  [
    'verbs that are missing in each namespace of a list',
    { settings: { watchNamespaces: ['a', 'b'] }, cluster: { refused: ['create events'] } },
    ['a', 'b'].map(
      (namespace) =>
        `failed permission events.events.k8s.io in namespace ${namespace}: may not create: grant it in that namespace, as deploy/base/resources-role.yaml does`,
    ),
  ],
  [
    'the labels of namespaces, by which a tenant admits',
    {
      cluster: {
        objects: {
          ...GOOD.objects,
          raitenants: [tenantOf({ spec: { allowedNamespaces: { from: 'Selector', selector: {} } } })] as never,
        },
        refused: ['list namespaces'],
      },
    },
    [
      'failed permission namespaces: may not list, needed since a RaiTenant has allowedNamespaces.from Selector: kubectl apply -f deploy/components/namespace-labels/namespaces-role.yaml',
    ],
  ],
  [
    'everything at once',
    {
      organization: { name: raise(unauthorized('no credential')) },
      cluster: { objects: {}, refused: ['list leases'], failures: { raitenants: kubeFailure('KubeNotFound') } },
    },
    [
      'failed credential /credentials: no credential',
      'skipped token https://id.example/token: not asked for without a credential',
      'skipped tenants https://api.example/v0: not asked for without a credential',
      'failed definition raitenantapplications.tenants.resistant.ai: is not there: kubectl apply -f crds/ of this version',
      'failed definition raitenants.tenants.resistant.ai: is not there: kubectl apply -f crds/ of this version',
      'failed permission leases.coordination.k8s.io in namespace rai-system: may not list, needed with leader-elect: grant it in that namespace, as deploy/base/records-role.yaml does',
    ],
  ],
]

for (const [title, given, expected] of rows) {
  test(`${title}: each is told with its remedy, and nothing else is hidden`, async () => {
    assert.equal(await complaints(given), expected)
    assert.not.ok(isAllWell(await findings(given)))
  })
}

test('a permission on certain objects is asked for each of them, and a subresource as one', async () => {
  const cluster = new MemoryCluster(GOOD)
  await findings({ openCluster: () => ({ host: HOST, objects: cluster }) })
  const names = cluster.asked.flatMap(({ resource, name }) => (resource === 'customresourcedefinitions' ? [name] : []))
  assert.equal(names, ['raitenants.tenants.resistant.ai', 'raitenantapplications.tenants.resistant.ai'])
  assert.ok(cluster.asked.some(({ resource, verb }) => resource === 'raitenants/status' && verb === 'patch'))
})

test('what is no failure of the world ends it', async () => {
  const bug = new TypeError('a mistake of ours')
  const thrown = await findings({ organization: { countTenants: raise(bug) } }).catch((error: unknown) => error)
  assert.is(thrown, bug)
})

test('the table has a line for each, and a last one that sums up', () => {
  const text = checkText(
    [
      { check: 'configuration', subject: 'file', result: 'ok', message: 'is understood' },
      { check: 'token', subject: 'https://id', result: 'failed', message: 'why' },
      { check: 'tenants', subject: 'https://api', result: 'skipped', message: 'not asked' },
    ],
    false,
  )
  assert.equal(text.split('\n'), [
    'ok       configuration  file         is understood',
    'FAILED   token          https://id   why',
    'skipped  tenants        https://api  not asked',
    '',
    '1 ok, 1 failed, 1 skipped',
    '',
  ])
})

test.run()
