// The chart in a cluster: installed, upgraded, rolled back and uninstalled by Helm, with the operator at work as it is described
// there. On a cluster of its own, since it brings the definitions.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { kubectl } from '../cluster/kubectl.ts'
import { untilLogged } from '../stack/program.ts'
import { eventually } from '../stack/stack.ts'
import { mountVolumes } from './chart/deployed.ts'
import { findHelm, manifestsIn, NAMESPACE } from './chart/helm.ts'
import type { Helm } from './chart/helm.ts'
import { Installation, TEAM } from './chart/installation.ts'
import { VALUE_SETS } from './chart/value-sets.ts'

const SAMPLES = join(import.meta.dirname, '../../deploy/samples')

const test = suite('chart')
let installation: Installation
let helm3: Helm
let helm4: Helm

test.before(async () => {
  helm3 = await findHelm('helm3')
  helm4 = await findHelm('helm4')
  installation = await Installation.begin('chart')
  await installation.run('create', 'namespace', 'team-b')
})

test.after(async () => {
  await installation.end()
})

test('before the definitions and the credential are there the operator runs, is not ready, and says so', async () => {
  const notes = await installation.release(helm3, 'install', {
    settings: installation.settings(),
    crds: { enabled: false },
    metrics: { serviceMonitor: { enabled: true }, rules: { enabled: true } },
  })
  assert.match(notes, `kubectl -n ${NAMESPACE} create secret generic rai-operator-credentials`)
  assert.match(notes, 'The CustomResourceDefinitions are not part of this release')
  assert.match(notes, 'Left out, since the cluster has no such kind: PrometheusRule, ServiceMonitor')
  const { healthUrl, ...operator } = await installation.roll('early', { ready: false })
  assert.ok((await fetch(`${healthUrl}/healthz`)).ok)
  const ready = await fetch(`${healthUrl}/readyz`)
  assert.is(ready.status, 503)
  assert.match(await ready.text(), /credential is missing/)
  await untilLogged(operator, /"level":"warn".*raitenants/)
})

test('the definitions come, by another Helm even, then the credential: without a restart it is ready', async () => {
  await installation.release(helm4, 'upgrade', { settings: installation.settings() })
  await installation.run('wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s')
  const { healthUrl } = await installation.roll('operator', { ready: false })
  await installation.giveCredential()
  await mountVolumes(installation.cluster, (await installation.deployment()).template.spec, installation.directory)
  await eventually('it is ready', async () => (await fetch(`${healthUrl}/readyz`)).ok)
})

test('it has the samples Ready with no rights but the chart’s, and nothing is refused', async () => {
  await installation.inTeam('apply', '-f', SAMPLES)
  await installation.allReady()
  assert.equal(await installation.refusals(), [])
})

test('an upgrade to other values changes nothing outside, nor the resources', async () => {
  const before = await installation.kept()
  const one = (await installation.deployment()).template
  const more = {
    settings: { ...installation.settings(), 'watch-namespaces': [TEAM, 'team-b'], 'watch-secrets': true },
    replicas: 3,
  }
  await installation.release(helm4, 'upgrade', more)
  assert.not.equal((await installation.deployment()).template, one, 'the Pods are rolled')
  await installation.rollOver('upgraded')
  assert.equal(await installation.kept(), before)
  assert.equal(await installation.refusals(), [])
})

test('nor does the way back', async () => {
  const before = await installation.kept()
  const { replicas, template } = await installation.deployment()
  await installation.release(helm4, 'rollback')
  const now = await installation.deployment()
  assert.equal([replicas, now.replicas], [3, 2])
  assert.not.equal(now.template, template)
  await installation.rollOver('rolled-back')
  assert.equal(await installation.kept(), before)
})

test('a tenant that is deleted is drained', async () => {
  await installation.inTeam('delete', 'raitenant', 'acme', '--timeout=30s')
  assert.equal((await installation.controlPlane.state()).tenants, [])
  assert.is(await installation.inTeam('get', 'rai', '-o', 'name'), '')
})

test('uninstalled, it leaves the definitions and the resources, which the next installation takes up', async () => {
  await installation.stop()
  await installation.inTeam('apply', '-f', SAMPLES)
  const resources = await installation.inTeam('get', 'rai', '-o', 'jsonpath={.items[*].metadata.uid}')
  await installation.release(helm4, 'uninstall')
  assert.is(
    await installation.run(
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
  assert.is(await installation.inTeam('get', 'rai', '-o', 'jsonpath={.items[*].metadata.uid}'), resources)
  await installation.release(helm4, 'install', { crds: { keep: false } })
  assert.is(await installation.inTeam('get', 'rai', '-o', 'jsonpath={.items[*].metadata.uid}'), resources)
})

test('with crds.keep: false the definitions go with the release', async () => {
  await installation.release(helm4, 'uninstall')
  await installation.run('wait', '--for=delete', 'crd', '--all', '--timeout=20s')
  assert.is(await installation.run('get', 'crds', '-o', 'name'), '')
})

test('the API server takes all that is ever rendered, field by field', async () => {
  const texts = await Promise.all(Object.values(VALUE_SETS).map((rendering) => helm4.template(rendering)))
  const known = texts.flatMap(manifestsIn).filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.'))
  const different = [...new Set(known.map((manifest) => JSON.stringify(manifest)))]
  assert.ok(different.length > 50)
  const input = different.join('\n---\n')
  const apply = ['apply', '--dry-run=server', '--validate=strict', '-f', '-']
  const said = await kubectl(installation.cluster, apply, { input })
  assert.is(said.match(/\(server dry run\)/g)?.length, different.length)
})

test('no log tells the organization’s credential', async () => {
  const read = (name: string) => readFile(join(installation.directory, name), 'utf8')
  const files = await readdir(join(installation.directory, 'credentials'))
  const secrets = await Promise.all(
    files.filter((name) => name !== 'client_id').map((name) => read(`credentials/${name}`)),
  )
  for (const name of ['early', 'operator', 'upgraded', 'rolled-back']) {
    const log = await read(`${name}.log`)
    assert.ok(secrets.length > 0 && secrets.every((secret) => !log.includes(secret.trim())), name)
  }
})

test.run()
