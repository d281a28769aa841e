// Flux as its users have it: its kustomize-controller applies our examples, waits for them, tells what is stalled, and takes them down.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments, stringify } from 'yaml'
import { APPLICATION_PLURAL, GROUP, REQUEST_ANNOTATIONS, TENANT_PLURAL } from '../../src/api/names.ts'
import type { Condition } from '../../src/api/types.ts'
import { CRDS_DIR, startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import type { Program } from '../stack/program.ts'
import { eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'
import { askTool } from '../tools/tools.ts'
import { fluxDefinitions, startKustomizeController } from './flux/controller.ts'
import { Source } from './flux/source.ts'

const test = suite('flux')
const DEPLOY = join(import.meta.dirname, '../../deploy')
/** Flux looks every five seconds at what it waits for. */
const PATIENCE_MS = 60_000

type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string; namespace?: string; readonly generation?: number }
  spec: Readonly<Record<string, unknown>>
}

type Kustomization = Manifest & {
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly lastAttemptedRevision?: string
    readonly lastHandledReconcileAt?: string
  }
}

let cluster: TestCluster
let stack: Stack
let source: Source
let controller: Program
/** What the repository holds. */
let files: Record<string, string>

test.before(async () => {
  cluster = await startCluster({ crds: [CRDS_DIR, ...(await fluxDefinitions())] })
  stack = await startStack('flux', { cluster })
  const { kubeconfig } = cluster
  const logFile = join(stack.directory, 'kustomize-controller.log')
  controller = await startKustomizeController({ kubeconfig, namespace: stack.namespace, logFile })
  source = await Source.begin(stack, 'rai')
  files = {
    'operator/definitions.yaml': await definitions(),
    'operator/noted.yaml': stringify(NOTED),
    'tenants/tenant.yaml': await readFile(join(DEPLOY, 'samples/tenant.yaml'), 'utf8'),
    'tenants/applications.yaml': await readFile(join(DEPLOY, 'samples/applications.yaml'), 'utf8'),
  }
})

test.after(async () => {
  await stack.kubectl(['delete', 'kustomizations', '--all', `--timeout=${PATIENCE_MS}ms`])
  await controller.stop()
  source.close()
  try {
    await stack.stop()
  } finally {
    await cluster.stop()
  }
})

const NOTED = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'noted' }, data: { region: '${region}' } }
const LOOKS_LIKE_A_VARIABLE = 'Whether it is in ${region}, no variable of Flux'

/** Ours, with a description that says more than they do by now. */
async function definitions(): Promise<string> {
  const texts = [TENANT_PLURAL, APPLICATION_PLURAL].map((plural) =>
    readFile(join(CRDS_DIR, `${GROUP}_${plural}.yaml`), 'utf8'),
  )
  const [tenants, applications] = (await Promise.all(texts)) as [string, string]
  const described = tenants.replace('Whether the tenant exists as asked for', LOOKS_LIKE_A_VARIABLE)
  return `${described}---\n${applications}`
}

/** The documents of an example, in the stack's namespace instead of the one that they name. */
async function example(path: string): Promise<Manifest[]> {
  const text = await readFile(join(DEPLOY, 'flux', path), 'utf8')
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest)
  for (const { metadata } of manifests) if (metadata.namespace !== undefined) metadata.namespace = stack.namespace
  return manifests
}

async function kustomization(name: string): Promise<Kustomization> {
  return JSON.parse(await stack.kubectl(['get', 'kustomization', name, '-o', 'json'])) as Kustomization
}

function conditionOf({ status }: Kustomization, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

/** Waits until a Kustomization comes to this with a revision, and gives the message that tells it. */
async function comesTo(name: string, reason: string, revision: string): Promise<string> {
  let last: Kustomization | undefined
  return eventually(
    () => `${name} comes to ${reason}: ${JSON.stringify(last?.status?.conditions)}`,
    async () => {
      last = await kustomization(name)
      const ready = conditionOf(last, 'Ready')
      return last.status?.lastAttemptedRevision === revision && ready?.reason === reason && ready.message
    },
    PATIENCE_MS,
  )
}

/** Has Flux apply a Kustomization again, and waits until it has. */
async function reconcileAgain(name: string): Promise<void> {
  const now = new Date().toISOString()
  await stack.kubectl(['annotate', 'kustomization', name, `reconcile.fluxcd.io/requestedAt=${now}`, '--overwrite'])
  await eventually(
    `${name} is applied again`,
    async () => {
      const applied = await kustomization(name)
      return applied.status?.lastHandledReconcileAt === now && conditionOf(applied, 'Ready')?.status === 'True'
    },
    PATIENCE_MS,
  )
}

test('the examples are as the API server knows the kinds, field by field', async () => {
  const manifests = [...(await example('kustomizations.yaml')), ...(await example('operator.yaml'))]
  // Of Helm releases no definition can be had.
  const known = manifests.filter(({ kind }) => kind !== 'HelmRelease')
  assert.is(known.length, manifests.length - 1)
  const items = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: known })
  await stack.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], items)
})

test('the Helm release has no field but those that its controller knows', async () => {
  const release = (await example('operator.yaml')).find(({ kind }) => kind === 'HelmRelease')!
  const slip = { ...release, spec: { ...release.spec, chartReference: {} } }
  assert.equal(await askTool('helmrelease', [], [release, slip]), [null, 'unknown field "spec.chartReference"'])
})

test('tenants come after what they need, and their Kustomization waits until each of them is Ready', async () => {
  const accept = await stack.controlPlane.disturb({ op: 'applicationToken', kind: 'status', status: 401, count: -1 })
  const [repository, operator, tenants] = (await example('kustomizations.yaml')) as [Manifest, Manifest, Manifest]
  const inNamespace = { targetNamespace: stack.namespace }
  // Not pruned: what looks after the stack needs the definitions to its end.
  operator.spec = { ...operator.spec, ...inNamespace, prune: false, postBuild: { substitute: { region: 'eu' } } }
  tenants.spec = { ...tenants.spec, ...inNamespace }
  await stack.apply(repository)
  const revision = await source.publish(files)
  await stack.apply(tenants, operator)

  await told(stack, 'application', 'acme-web', 'Provisioning', PATIENCE_MS)
  assert.is(conditionOf(await kustomization('rai-operator'), 'Ready')?.status, 'True')
  await eventually('it waits', async () => {
    const waiting = conditionOf(await kustomization('rai-tenants'), 'Reconciling')
    return waiting?.message.startsWith('Running health checks')
  })
  assert.is(conditionOf(await kustomization('rai-tenants'), 'Ready')?.status, 'Unknown')
  await accept()
  await comesTo('rai-tenants', 'ReconciliationSucceeded', revision)
  assert.ok(isReady(await stack.tenant('acme')))
  for (const name of ['acme-web', 'acme-batch']) assert.ok(isReady(await stack.application(name)), name)
  await eventually('the tenant counts both', async () => (await stack.tenant('acme'))!.status.applications === 2)
})

test('Flux substitutes no variables in our definitions', async () => {
  const noted = await stack.kubectl(['get', 'configmap', 'noted', '-o', 'jsonpath={.data.region}'])
  assert.is(noted, 'eu', 'it does so in what stands beside them')
  const crd = await stack.kubectl(['get', 'crd', `${TENANT_PLURAL}.${GROUP}`, '-o', 'json'])
  assert.match(crd, LOOKS_LIKE_A_VARIABLE)
})

/** The version of each of our resources. */
function versions(): Promise<string> {
  const path = '{range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}'
  return stack.kubectl(['get', 'rai', '-o', `jsonpath=${path}`])
}

test('applied again, nothing differs, and nothing is written', async () => {
  const before = await versions()
  assert.is(before.trim().split('\n').length, 3)
  await reconcileAgain('rai-tenants')
  assert.is(await versions(), before)
})

async function asked(kind: 'tenant' | 'application', name: string, request: keyof typeof REQUEST_ANNOTATIONS) {
  const resource = await stack[kind](name)
  return resource?.metadata.annotations?.[REQUEST_ANNOTATIONS[request]]
}

test('a request by kubectl annotate is carried out, and taken off when Flux applies again, which asks for nothing', async () => {
  await stack.kubectl(['annotate', 'raiapp', 'acme-web', `${REQUEST_ANNOTATIONS.rotate}=once`])
  await eventually('it is rotated', async () => {
    const { status } = (await stack.application('acme-web'))!
    return status.lastHandledRotate === 'once' && status.credentials?.length === 2
  })
  await told(stack, 'application', 'acme-web', 'Ready')
  const { createTenantApplication: created } = await stack.controlPlane.counts()
  await reconcileAgain('rai-tenants')
  assert.is(await asked('application', 'acme-web', 'rotate'), undefined)
  await told(stack, 'application', 'acme-web', 'Ready')
  assert.is((await stack.application('acme-web'))!.status.lastHandledRotate, 'once')
  assert.is((await stack.controlPlane.counts())['createTenantApplication'], created)
})

test('a pause is there to stay with a field manager whose changes Flux leaves alone', async () => {
  const pause = `${REQUEST_ANNOTATIONS.paused}=true`
  await stack.kubectl(['annotate', 'rait', 'acme', pause, '--field-manager=flux-client-side-apply'])
  await told(stack, 'tenant', 'acme', 'Paused')
  await reconcileAgain('rai-tenants')
  assert.is(await asked('tenant', 'acme', 'paused'), 'true')
  await stack.kubectl(['annotate', 'rait', 'acme', `${REQUEST_ANNOTATIONS.paused}-`])
  await told(stack, 'tenant', 'acme', 'Ready')
})

test('what is stalled fails its Kustomization at once, by name', async () => {
  const other = tenant('other', { adoptionPolicy: 'MustExist' })
  const revision = await source.publish({ ...files, 'tenants/other.yaml': stringify(other) })
  const message = await comesTo('rai-tenants', 'HealthCheckFailed', revision)
  assert.match(message, `RaiTenant/${stack.namespace}/other status: 'Failed'`)
  await told(stack, 'tenant', 'other', 'ExternalNotFound')
})

test('what is in the repository no more is pruned, and with it what it stands for outside', async () => {
  const [web] = files['tenants/applications.yaml']!.split('---\n') as [string, string]
  const revision = await source.publish({ ...files, 'tenants/applications.yaml': web })
  await comesTo('rai-tenants', 'ReconciliationSucceeded', revision)
  const areGone = async () =>
    (await stack.application('acme-batch')) === undefined && (await stack.tenant('other')) === undefined
  await eventually('the application and the stalled tenant are gone', areGone)
  const { tenants, applications } = await stack.controlPlane.state()
  assert.equal(
    tenants.map(({ name }) => name),
    ['acme'],
  )
  assert.not(applications.some(({ auth }) => auth === 'CLIENT_SECRET'))
})

test('a Kustomization that is deleted goes when nothing is left outside: applications first, then the tenant', async () => {
  await stack.kubectl(['delete', 'kustomization', 'rai-tenants', `--timeout=${PATIENCE_MS}ms`])
  assert.equal(await stack.controlPlane.state(), { tenants: [], applications: [] })
  assert.is((await stack.kubectl(['get', 'rai', '-o', 'name'])).trim(), '')
  const carriedOut = async (operation: string) =>
    (await stack.controlPlane.calls(operation)).filter(({ status }) => status === 204).map(({ seq }) => seq)
  const [applications, tenants] = await Promise.all([carriedOut('deleteTenantApplication'), carriedOut('deleteTenant')])
  assert.is(tenants.length, 1)
  assert.ok(Math.max(...applications) < tenants[0]!)
})

test.run()
