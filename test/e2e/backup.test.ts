// The drill of docs/backup.md: the operator's namespace is lost, then the whole cluster, and nothing happens outside.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { Reader } from '../documents/reader.ts'
import { startControlPlane } from '../stack/control-plane.ts'
import type { ControlPlane } from '../stack/control-plane.ts'
import { startOperator } from '../stack/operator.ts'
import type { Operator } from '../stack/operator.ts'
import { installRoles } from '../stack/roles.ts'
import { plainValues } from '../stack/api-server.ts'
import { application, eventually, isReady, tenant } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'
import type { SecretData } from '../stack/workload.ts'

const test = suite('backup')
const DIRECTORY = fileURLToPath(new URL('../../.test-logs/backup', import.meta.url))
const PAGE = 'docs/backup.md'
const NAMESPACE = 'team-a'
const CHANGING = ['createTenant', 'createTenantApplication', 'deleteTenant', 'deleteTenantApplication']
const RESOURCES = [
  tenant('acme', { deletionPolicy: 'Delete' }),
  tenant('umbrella'),
  application('web', 'acme', { deletionPolicy: 'Delete' }),
  application('batch', 'acme', { auth: { type: 'ClientSecret' }, secret: { name: 'batch-credentials' } }),
  application('other', 'umbrella', { secret: { keys: { client_id: 'CLIENT_ID' } } }),
]

type Resource = RaiTenant | RaiTenantApplication

let cluster: TestCluster
let controlPlane: ControlPlane
let operator: Operator
let reader: Reader
let starts = 0
/** How it all was before anything was lost. */
let before: Awaited<ReturnType<typeof seen>>

test.before(async () => {
  await rm(DIRECTORY, { recursive: true, force: true })
  await mkdir(DIRECTORY, { recursive: true })
  const credentialsDir = join(DIRECTORY, 'credentials')
  controlPlane = await startControlPlane({ credentialsDir, logFile: join(DIRECTORY, 'control-plane.log') })
  cluster = await startCluster()
  operator = await started()
  const files = `--from-file=${credentialsDir}`
  await run('create', 'secret', 'generic', 'rai-operator-credentials', '-n', 'rai-system', files)
  await run('create', 'namespace', NAMESPACE)
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: RESOURCES })
  await kubectl(cluster, ['apply', '-n', NAMESPACE, '-f', '-'], { input })
  await allReady()
  await run('annotate', '-n', NAMESPACE, 'raiapp', 'web', 'tenants.resistant.ai/rotate=before')
  await eventually('web has another credential, and the one before for its overlap', async () =>
    (await resources()).some(
      (one) => isReady(one) && 'credentials' in one.status && one.status.credentials?.length === 2,
    ),
  )
  before = await seen()
})

test.after(async () => {
  await operator.stop()
  await controlPlane.stop()
  await reader.end()
  await cluster.stop()
})

const run = (...args: string[]) => kubectl(cluster, args)

/** Starts an operator as installed, on the cluster that there is. */
async function started(): Promise<Operator> {
  const kubeconfig = await installRoles(cluster)
  const flags = { ...controlPlane.settings, kubeconfig }
  return startOperator({ flags, logFile: join(DIRECTORY, `operator-${++starts}.log`) })
}

async function resources(): Promise<readonly Resource[]> {
  return (JSON.parse(await run('get', 'rai', '-A', '-o', 'json')) as { items: Resource[] }).items
}

async function allReady(): Promise<void> {
  await run('wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=60s', '--all', 'rait,raiapp')
}

/** All that may not change: what stands outside, what was made and deleted there, what is bound to what, and the Secrets. */
async function seen() {
  const counts = await controlPlane.counts()
  const bound = (await resources()).map(({ metadata: { name }, status }) => {
    const applicationId = 'applicationId' in status ? status.applicationId : undefined
    return [name, status.tenantId, applicationId, status.provenance]
  })
  return {
    calls: Object.fromEntries(CHANGING.map((operation) => [operation, counts[operation] ?? 0])),
    outside: await controlPlane.state(),
    bound,
    secrets: await Promise.all(['web', 'batch-credentials', 'other'].map(secret)),
  }
}

async function secret(name: string): Promise<SecretData> {
  const { data } = JSON.parse(await run('get', 'secret', name, '-n', NAMESPACE, '-o', 'json')) as { data: SecretData }
  return plainValues(data)
}

/** Has everything looked at, outside and in its Secret, and waits until that is done and all is well. */
async function lookedAt(request: string): Promise<void> {
  await run(
    'annotate',
    '-n',
    NAMESPACE,
    '--overwrite',
    '--all',
    'rait,raiapp',
    `tenants.resistant.ai/reconcile=${request}`,
  )
  await eventually('all has been looked at', async () =>
    (await resources()).every((one) => isReady(one) && one.status.lastHandledReconcile === request),
  )
}

async function nothingHasHappened(): Promise<void> {
  assert.equal(await seen(), before)
  for (const { CLIENT_ID, ...values } of before.secrets) {
    const credential = CLIENT_ID === undefined ? values : { ...values, client_id: CLIENT_ID }
    assert.ok((await obtainToken(credential)).accessToken)
  }
}

test('what is backed up holds no journal, no status and no owner', async () => {
  reader = await Reader.begin(PAGE, cluster, DIRECTORY)
  await reader.follow('Back up')
  const files = ['records', 'organization', 'resources', 'secrets'].map((name) =>
    join(reader.directory, `backup/${name}.json`),
  )
  const shown = await Promise.all(
    files.map(async (file) => await run('create', '--dry-run=client', '-f', file, '-o', 'name')),
  )
  const names = shown.flatMap((text) => text.split('\n').filter(Boolean))
  assert.is(names.filter((name) => name.startsWith('secret/tenant-')).length, 2)
  assert.ok(names.includes('secret/sealing-key') && names.includes('secret/rai-operator-credentials'))
  assert.is(names.length, 3 + 1 + RESOURCES.length + 3)
  assert.not.ok(names.some((name) => name.includes('journal')))
})

test('the operator’s namespace is lost and restored: all is as it was, and nothing has happened outside', async () => {
  await operator.stop()
  await run('delete', 'namespace', 'rai-system', '--timeout=60s')
  await reader.follow("The operator's namespace is lost")
  operator = await started()
  await lookedAt('restored')
  await nothingHasHappened()
})

test('the cluster is lost and restored: bound again to the same, by records and credentials, and nothing has happened outside', async () => {
  await reader.follow('Back up')
  await operator.stop()
  await cluster.stop()

  cluster = await startCluster({ crds: [] })
  await reader.turnTo(cluster)
  await reader.follow('The cluster is lost')
  operator = await started()
  await reader.follow('Say that it is yours')
  await eventually('all is confirmed', async () =>
    (await resources()).every(({ status }) => status.provenance === 'Created'),
  )
  await lookedAt('restored-again')
  await nothingHasHappened()
  assert.equal(reader.left(), [])
})

test.run()
