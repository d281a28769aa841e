// What a report holds, and that no secret gets into it by any way that somebody has one in the cluster.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { structured } from '../../src/cli/output.ts'
import type { KubeObject } from '../../src/cli/ports.ts'
import { takeReport } from '../../src/cli/report.ts'
import { isSettingName } from '../../src/config/settings.ts'
import { failureOf } from '../doubles/failure-of.ts'
import { boundApplication, boundTenant } from '../doubles/resources.ts'
import { kubeFailure, MemoryCluster } from './memory-cluster.ts'

const test = suite('cli/report')
const { signal } = new AbortController()

const CANARY = 'c4nary'
const AT = '2026-01-01T00:00:00Z'
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const applied = { [APPLIED]: CANARY, 'example.com/note': CANARY }

function object(name: string, more: object = {}, metadata: object = {}): KubeObject {
  return { metadata: { name, namespace: 'team', creationTimestamp: AT, ...metadata }, ...more }
}

const secretOfOurs = object(
  'web',
  { data: { client_secret: CANARY } },
  {
    annotations: { ...applied, 'tenants.resistant.ai/claim': 'team/web' },
    ownerReferences: [{ kind: 'RaiTenantApplication', name: 'web', controller: true }],
    managedFields: [{ fieldsV1: { 'f:data': { '.': {}, 'f:kid': {}, 'f:client_id': {} } } }, { fieldsV1: {} }],
  },
)

const OPERATOR_PLACE = { namespace: 'rai-system' }

const deployment = object(
  'rai-operator',
  {
    spec: {
      replicas: 2,
      template: {
        spec: {
          containers: [
            {
              name: 'operator',
              image: 'rai-operator:0.1.0',
              args: [
                '--workers',
                '16',
                '--burst=5',
                `--client-secret=${CANARY}`,
                '--secret',
                CANARY,
                `https://a:${CANARY}@b`,
              ],
              env: [
                { name: 'RAI_PAGE_LIMIT', value: '5' },
                { name: 'RAI_CLIENT_SECRET', value: CANARY },
                { name: 'HTTPS_PROXY', value: `http://me:${CANARY}@proxy` },
                { name: 'RAI_TOKEN_URL', value: `https://me:${CANARY}@id.example/token` },
                { name: 'POD', valueFrom: { fieldRef: {} } },
              ],
            },
          ],
        },
      },
    },
    status: { readyReplicas: 1 },
  },
  OPERATOR_PLACE,
)

const pod = object(
  'rai-operator-1',
  {
    spec: { nodeName: 'node', containers: [{ env: [{ name: 'X', value: CANARY }] }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'operator',
          ready: false,
          restartCount: 3,
          lastState: { terminated: { exitCode: 2, message: CANARY } },
        },
      ],
    },
  },
  OPERATOR_PLACE,
)

const events = [
  object('e1', {
    regarding: { apiVersion: 'tenants.resistant.ai/v1alpha1', kind: 'RaiTenant', name: 'acme' },
    reason: 'Ready',
  }),
  object('e2', { regarding: { apiVersion: 'v1', kind: 'Secret', name: 'x' }, note: CANARY }),
]

const tenant = boundTenant('t-1', { metadata: { annotations: { ...applied, 'tenants.resistant.ai/paused': 'true' } } })

const OBJECTS = {
  raitenants: [tenant],
  raitenantapplications: [boundApplication('a-1')],
  secrets: [
    secretOfOurs,
    object(`strangers-${CANARY}`, { data: { password: CANARY } }),
    object(
      'journal-1',
      { data: { key: CANARY } },
      { ...OPERATOR_PLACE, labels: { 'tenants.resistant.ai/record': 'journal' } },
    ),
  ],
  events,
  deployments: [deployment],
  pods: [pod],
  leases: [object('rai-operator', { spec: { holderIdentity: 'one' } }, OPERATOR_PLACE)],
}

const SCOPE = { namespace: 'team', operatorNamespace: 'rai-system' }
const CONTEXT = { version: '0.1.0', now: AT, isSetting: isSettingName }

const report = (cluster: MemoryCluster) => takeReport(cluster, SCOPE, CONTEXT, signal)

test('no secret is in it, and of Secrets the metadata alone is asked for', async () => {
  const cluster = new MemoryCluster({ objects: OBJECTS })
  const whole = await report(cluster)
  assert.not.match(JSON.stringify(whole), CANARY)
  assert.not.match(structured(whole, 'yaml'), CANARY)
  assert.equal(cluster.metadataRead, ['secrets', 'secrets'])
})

test('it holds resources, their Events and Secrets, and how the operator is', async () => {
  const { tenants, applications, events, secrets, operator, unreadable } = await report(
    new MemoryCluster({ objects: OBJECTS }),
  )
  assert.equal([tenants.length, applications.length, unreadable], [1, 1, []])
  assert.equal(events, [{ namespace: 'team', regarding: 'RaiTenant/acme', reason: 'Ready' }])
  assert.equal(secrets, [
    {
      namespace: 'team',
      name: 'web',
      creationTimestamp: AT,
      controller: 'RaiTenantApplication/web',
      annotations: { 'tenants.resistant.ai/claim': 'team/web' },
      keys: ['client_id', 'kid'],
    },
  ])
  assert.equal(operator.leases, [{ name: 'rai-operator', spec: { holderIdentity: 'one' } }])
  assert.equal(operator.records, [{ name: 'journal-1', creationTimestamp: AT, record: 'journal' }])
  assert.equal(operator.pods.length, 1)
})

test('of a container what it was told is shown where that is a setting, and else left out', async () => {
  const { operator } = await report(new MemoryCluster({ objects: OBJECTS }))
  const [{ containers }] = operator.deployments as [{ containers: object[] }]
  const left = '[left out]'
  assert.equal(containers, [
    {
      name: 'operator',
      image: 'rai-operator:0.1.0',
      args: ['--workers', '16', '--burst=5', `--client-secret=${left}`, '--secret', left, left],
      env: [
        { name: 'RAI_PAGE_LIMIT', value: '5' },
        { name: 'RAI_CLIENT_SECRET', value: left },
        { name: 'HTTPS_PROXY', value: left },
        { name: 'RAI_TOKEN_URL', value: 'https://…@id.example/token' },
        { name: 'POD' },
      ],
    },
  ])
})

test('what may not be read is named, and the rest is there', async () => {
  const failures = Object.fromEntries(
    ['secrets', 'pods', 'customresourcedefinitions'].map((what) => [what, kubeFailure('KubeForbidden', `no ${what}`)]),
  )
  const { unreadable, secrets, operator, tenants } = await report(new MemoryCluster({ objects: OBJECTS, failures }))
  assert.equal(unreadable, [
    'Secrets of applications: no secrets',
    'CustomResourceDefinitions: no customresourcedefinitions',
    'Pods of the operator: no pods',
    'records of the operator: no secrets',
  ])
  assert.equal([secrets, operator.pods, operator.records, tenants.length], [[], [], [], 1])
})

test('without the right to read our own kinds there is no report', async () => {
  const failures = { raitenants: kubeFailure('KubeForbidden', 'no raitenants') }
  assert.is((await failureOf(report(new MemoryCluster({ failures })))).message, 'no raitenants')
})

test.run()
