// What Argo CD does to our resources, done to real ones: its configuration, how it applies and deletes, and its actions.
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, stringify } from 'yaml'
import { CONFIG_MAP } from '../../.ci/generate-argocd.ts'
import { APPLICATION_KIND } from '../../src/api/names.ts'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { runScript } from '../gitops/judges.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('e2e/argocd')
const NAMES = ['web', 'kept'] as const
const MANIFESTS = [
  tenant('acme'),
  application('web', 'acme'),
  application('kept', 'acme', { deletionPolicy: 'Retain' }),
]
const LIST = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: MANIFESTS })

type ConfigMap = { readonly data: Readonly<Record<string, string>> }

let stack: Stack

test.before(async () => {
  stack = await startStack('argocd')
  await apply()
  for (const name of NAMES) await told(stack, 'application', name, 'Ready')
  await eventually('the tenant counts both', async () => (await stack.tenant('acme'))!.status.applications === 2)
})

test.after(async () => {
  await stack.stop()
})

/** As Argo CD does with `ServerSideApply=true`. */
function apply(): Promise<string> {
  return stack.kubectl(
    ['apply', '--server-side', '--force-conflicts', '--field-manager=argocd-controller', '-f', '-'],
    LIST,
  )
}

test('its ConfigMap takes our keys beside those that it has', async () => {
  await stack.kubectl(['create', 'configmap', 'argocd-cm', '--from-literal=url=https://argocd.example.com'])
  const patch = (await readFile(CONFIG_MAP, 'utf8')).replace('namespace: argocd', `namespace: ${stack.namespace}`)
  const patched = await stack.kubectl(['patch', 'configmap', 'argocd-cm', '-p', patch, '-o', 'json'])
  const { data } = JSON.parse(patched) as ConfigMap
  assert.is(data['url'], 'https://argocd.example.com')
  assert.is(Object.keys(data).length, 5)
})

test('… and so it does where Argo CD is installed by kustomize, with the component', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'argocd-'))
  try {
    const metadata = { name: 'argocd-cm', namespace: 'argocd' }
    const base = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { url: 'https://argocd.example.com' } }
    await writeFile(join(directory, 'argocd-cm.json'), JSON.stringify(base))
    const components = [relative(await realpath(directory), dirname(CONFIG_MAP))]
    const overlay = { resources: ['argocd-cm.json'], components }
    await writeFile(join(directory, 'kustomization.yaml'), stringify(overlay))
    const { data } = parse(await stack.kubectl(['kustomize', directory])) as ConfigMap
    assert.equal(data, { ...base.data, ...(parse(await readFile(CONFIG_MAP, 'utf8')) as ConfigMap).data })
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('applied again by force, nothing differs, and nothing is written', async () => {
  const versions = () => stack.kubectl(['get', 'rai', '-o', 'jsonpath={.items[*].metadata.resourceVersion}'])
  const before = await versions()
  assert.is(before.split(' ').length, 3)
  await apply()
  assert.is(await versions(), before)
})

/** Runs an action as Argo CD does: what its script made of the resource is merged into it. */
async function act(action: string): Promise<void> {
  const script = `${APPLICATION_KIND}/actions/${action}/action.lua`
  const [acted] = (await runScript(script, [(await stack.application('web'))!])) as [RaiTenantApplication]
  const patch = JSON.stringify({ metadata: { annotations: acted.metadata.annotations } })
  await stack.kubectl(['patch', 'raiapp', 'web', '--type=merge', '-p', patch])
}

test('its actions pause an application, resume it, rotate its credential and have it looked at', async () => {
  await act('pause')
  await told(stack, 'application', 'web', 'Paused')
  await act('resume')
  await told(stack, 'application', 'web', 'Ready')
  const before = (await stack.application('web'))!.status.applicationId
  await act('rotate')
  await eventually('another credential', async () => (await stack.application('web'))!.status.applicationId !== before)
  await told(stack, 'application', 'web', 'Ready')
  await act('reconcile')
  await eventually('the request is handled', async () => {
    const { metadata, status } = (await stack.application('web'))!
    return status.lastHandledReconcile === metadata.annotations?.['tenants.resistant.ai/reconcile']
  })
})

/** As Argo CD does unless it is told otherwise. */
function deleteInForeground(name: string): Promise<string> {
  return stack.kubectl(['delete', 'raiapp', name, '--cascade=foreground', '--timeout=30s'])
}

test('deleted in the foreground an application is gone outside when its resource is, and so is its Secret', async () => {
  const { applicationId } = (await stack.application('web'))!.status
  await deleteInForeground('web')
  const { applications } = await stack.controlPlane.state()
  assert.not(applications.some(({ id }) => id === applicationId))
  await eventually('the Secret is gone', async () => (await stack.secret('web')) === undefined)
})

test('… and one that is to be retained keeps its Secret, and what that hands over works', async () => {
  await deleteInForeground('kept')
  assert.ok((await obtainToken((await stack.secret('kept'))!)).accessToken)
})

test.run()
