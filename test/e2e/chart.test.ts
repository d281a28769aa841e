// The chart in a cluster: installed, upgraded, rolled back and uninstalled by Helm, with the operator at work as it is described
// there. On a cluster of its own, since it brings the definitions.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { startControlPlane } from '../stack/control-plane.ts'
import type { ControlPlane } from '../stack/control-plane.ts'
import type { Operator } from '../stack/operator.ts'
import { untilLogged } from '../stack/program.ts'
import { eventually } from '../stack/stack.ts'
import { mountVolumes, startDeployed } from './chart/deployed.ts'
import { CHART, findHelm, manifestsIn, NAMESPACE, RELEASE } from './chart/helm.ts'
import type { DeploymentSpec, Helm } from './chart/helm.ts'
import { VALUE_SETS } from './chart/value-sets.ts'

const SAMPLES = join(import.meta.dirname, '../../deploy/samples')
const TEAM = 'team-a'
const READY = ['wait', '--for=condition=Ready', '--timeout=30s', '--all', 'raitenants,raitenantapplications']

const test = suite('chart')
let cluster: TestCluster
let controlPlane: ControlPlane
let helm3: Helm
let helm4: Helm
let directory: string
const operators: Operator[] = []

test.before(async () => {
  helm3 = await findHelm('helm3')
  helm4 = await findHelm('helm4')
  directory = await mkdtemp(join(tmpdir(), 'chart-'))
  cluster = await startCluster({ crds: [] })
  const credentialsDir = join(directory, 'credentials')
  controlPlane = await startControlPlane({ credentialsDir, logFile: join(directory, 'control-plane.log') })
  for (const namespace of [NAMESPACE, TEAM, 'team-b']) await run('create', 'namespace', namespace)
  await run('label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted')
})

test.after(async () => {
  await Promise.all(operators.map((operator) => operator.stop()))
  await controlPlane.stop()
  await cluster.stop()
  await rm(directory, { recursive: true })
})

const run = (...args: readonly string[]) => kubectl(cluster, args)
const inTeam = (...args: readonly string[]) => run('-n', TEAM, ...args)

/** Runs Helm against the cluster, for the release. */
function release(helm: Helm, command: string, values?: object, ...args: readonly string[]): Promise<string> {
  const chart = command === 'install' || command === 'upgrade' ? [CHART] : []
  return helm.run([command, RELEASE, ...chart, `--namespace=${NAMESPACE}`, ...args], {
    kubeconfig: cluster.kubeconfig,
    ...(values && { values }),
  })
}

async function deployment(): Promise<DeploymentSpec> {
  const text = await run('-n', NAMESPACE, 'get', 'deployment', RELEASE, '-o', 'json')
  return (JSON.parse(text) as { spec: DeploymentSpec }).spec
}

/** The operator as the cluster describes it by now, in the place of the one before. */
async function roll(name: string, ready = true): Promise<Operator> {
  await Promise.all(operators.splice(0).map((operator) => operator.stop()))
  const operator = await startDeployed(cluster, { directory, logFile: join(directory, `${name}.log`), ready })
  operators.push(operator)
  return operator
}

/** Settings that lead to the simulated control plane. */
function settings(): object {
  const { 'credentials-dir': _, ...urls } = controlPlane.settings
  return { ...urls, 'sweep-interval': '1m', 'watch-namespaces': [TEAM] }
}

/** Requests to the API server that the operator's roles do not allow, with how many there were. */
async function refusals(): Promise<readonly unknown[]> {
  const counted = await operators[0]!.metrics('rest_client_requests_total{code="403"')
  return [...counted].filter(([, count]) => count > 0)
}

/** What an upgrade may not change: all that is outside, what was ever made and deleted there, the resources and their Secrets. */
async function kept(): Promise<object> {
  const counts = Object.entries(await controlPlane.counts()).filter(([operation]) =>
    /^(?:create|delete)/.test(operation),
  )
  const secrets = JSON.parse(await inTeam('get', 'secrets', '-o', 'json')) as { items: { data: object }[] }
  const resources = JSON.parse(await inTeam('get', 'rai', '-o', 'json')) as { items: { metadata: { uid: string } }[] }
  return {
    counts: Object.fromEntries(counts),
    outside: await controlPlane.state(),
    secrets: secrets.items.map(({ data }) => data),
    resources: resources.items.map(({ metadata }) => metadata.uid),
  }
}

test('before the definitions and the credential are there the operator runs, is not ready, and says so', async () => {
  const notes = await release(helm3, 'install', {
    settings: settings(),
    crds: { enabled: false },
    metrics: { serviceMonitor: { enabled: true }, rules: { enabled: true } },
  })
  assert.match(notes, `kubectl -n ${NAMESPACE} create secret generic rai-operator-credentials`)
  assert.match(notes, 'The CustomResourceDefinitions are not part of this release')
  assert.match(notes, 'Left out, since the cluster has no such kind: PrometheusRule, ServiceMonitor')
  const { healthUrl, ...operator } = await roll('early', false)
  assert.ok((await fetch(`${healthUrl}/healthz`)).ok)
  const ready = await fetch(`${healthUrl}/readyz`)
  assert.is(ready.status, 503)
  assert.match(await ready.text(), /credential is missing/)
  await untilLogged(operator, /"level":"warn".*raitenants/)
})

test('the definitions come, by another Helm even, then the credential: without a restart it is ready', async () => {
  await release(helm4, 'upgrade', { settings: settings() })
  await run('wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s')
  const { healthUrl } = await roll('operator', false)
  const credentials = join(directory, 'credentials')
  const files = ['client_id', 'client_secret'].map((name) => `--from-file=${join(credentials, name)}`)
  await run('-n', NAMESPACE, 'create', 'secret', 'generic', 'rai-operator-credentials', ...files)
  await mountVolumes(cluster, (await deployment()).template.spec, directory)
  await eventually('it is ready', async () => (await fetch(`${healthUrl}/readyz`)).ok)
})

test('it has the samples Ready with no rights but the chart’s, and nothing is refused', async () => {
  await inTeam('apply', '-f', SAMPLES)
  await inTeam(...READY)
  assert.equal(await refusals(), [])
})

test('an upgrade to other values changes nothing outside, nor the resources', async () => {
  const before = await kept()
  const one = (await deployment()).template
  const more = { settings: { ...settings(), 'watch-namespaces': [TEAM, 'team-b'], 'watch-secrets': true }, replicas: 3 }
  await release(helm4, 'upgrade', more)
  assert.not.equal((await deployment()).template, one, 'the Pods are rolled')
  await untilLogged(await roll('upgraded'), /"msg":"swept the organization"/)
  await inTeam(...READY)
  assert.equal(await kept(), before)
  assert.equal(await refusals(), [])
})

test('nor does the way back', async () => {
  const before = await kept()
  const { replicas, template } = await deployment()
  await release(helm4, 'rollback')
  const now = await deployment()
  assert.equal([replicas, now.replicas], [3, 2])
  assert.not.equal(now.template, template)
  await untilLogged(await roll('rolled-back'), /"msg":"swept the organization"/)
  await inTeam(...READY)
  assert.equal(await kept(), before)
})

test('a tenant that is deleted is drained', async () => {
  await inTeam('delete', 'raitenant', 'acme', '--timeout=30s')
  assert.equal((await controlPlane.state()).tenants, [])
  assert.is(await inTeam('get', 'rai', '-o', 'name'), '')
})

test('uninstalled, it leaves the definitions and the resources, which the next installation takes up', async () => {
  await Promise.all(operators.splice(0).map((operator) => operator.stop()))
  await inTeam('apply', '-f', SAMPLES)
  const resources = await inTeam('get', 'rai', '-o', 'jsonpath={.items[*].metadata.uid}')
  await release(helm4, 'uninstall')
  assert.is(
    await run(
      '-n',
      NAMESPACE,
      'get',
      'all,sa,roles,rolebindings,pdb',
      '-l',
      'app.kubernetes.io/name=rai-operator',
      '-o',
      'name',
    ),
    '',
  )
  assert.is(await inTeam('get', 'rai', '-o', 'jsonpath={.items[*].metadata.uid}'), resources)
  await release(helm4, 'install', { crds: { keep: false } })
  assert.is(await inTeam('get', 'rai', '-o', 'jsonpath={.items[*].metadata.uid}'), resources)
})

test('with crds.keep: false the definitions go with the release', async () => {
  await release(helm4, 'uninstall')
  await run('wait', '--for=delete', 'crd', '--all', '--timeout=20s')
  assert.is(await run('get', 'crds', '-o', 'name'), '')
})

test('the API server takes all that is ever rendered, field by field', async () => {
  const texts = await Promise.all(Object.values(VALUE_SETS).map((rendering) => helm4.template(rendering)))
  const known = texts.flatMap(manifestsIn).filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.'))
  const different = [...new Set(known.map((manifest) => JSON.stringify(manifest)))]
  assert.ok(different.length > 50)
  const input = different.join('\n---\n')
  const apply = ['apply', '--dry-run=server', '--validate=strict', '-f', '-']
  const said = await kubectl(cluster, apply, { input })
  assert.is(said.match(/\(server dry run\)/g)?.length, different.length)
})

test('no log tells the organization’s credential', async () => {
  const secret = (await readFile(join(directory, 'credentials/client_secret'), 'utf8')).trim()
  for (const name of ['early', 'operator', 'upgraded', 'rolled-back']) {
    assert.not.match(await readFile(join(directory, `${name}.log`), 'utf8'), secret)
  }
})

test.run()
