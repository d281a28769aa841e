// The Pod of deploy/base is admitted where only restricted Pods are, and each of its restrictions is needed for that.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { isFailure } from '../../src/errors.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'

type Pod = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace: string }
  spec: {
    securityContext: Record<string, unknown>
    containers: [{ securityContext: Record<string, unknown> }]
  }
}
type Deployment = { readonly kind: string; readonly spec: { readonly template: Pick<Pod, 'spec'> } }

const manifest = (path: string) => readFile(new URL(`../../deploy/${path}`, import.meta.url), 'utf8')
const test = suite('pod')
let cluster: TestCluster
let namespace: TestNamespace

test.before(async () => {
  cluster = await sharedCluster()
  namespace = await createNamespace(cluster, 'pod')
  await kubectl(cluster, ['label', 'namespace', namespace.name, 'pod-security.kubernetes.io/enforce=restricted'])
  await kubectl(cluster, ['create', 'serviceaccount', 'rai-operator', '-n', namespace.name])
})

test.after(async () => {
  await namespace.remove()
})

async function pod(change: (spec: Pod['spec']) => void = () => {}): Promise<Pod> {
  const documents = parseAllDocuments(await manifest('base/deployment.yaml'))
  const deployment = documents
    .map((document) => document.toJS() as Deployment)
    .find(({ kind }) => kind === 'Deployment')!
  const { spec } = structuredClone(deployment.spec.template)
  change(spec)
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'rai-operator', namespace: namespace.name }, spec }
}

const create = async (made: Pod, ...how: string[]) =>
  kubectl(cluster, ['create', '-f', '-', ...how], { input: JSON.stringify(made) })

test('it is admitted', async () => {
  assert.match(await create(await pod()), /^pod\/rai-operator created/)
})

const RESTRICTIONS: Readonly<Record<string, (spec: Pod['spec']) => void>> = {
  runAsNonRoot: (spec) => delete spec.securityContext['runAsNonRoot'],
  seccompProfile: (spec) => delete spec.securityContext['seccompProfile'],
  allowPrivilegeEscalation: (spec) => delete spec.containers[0].securityContext['allowPrivilegeEscalation'],
  capabilities: (spec) => delete spec.containers[0].securityContext['capabilities'],
}

for (const [restriction, drop] of Object.entries(RESTRICTIONS)) {
  test(`without ${restriction} it is refused`, async () => {
    const said = await create(await pod(drop), '--dry-run=server').then(
      (out) => out,
      (error: unknown) => (isFailure(error, 'KubectlFailed') ? error.message : String(error)),
    )
    assert.match(said, /violates PodSecurity "restricted/)
    assert.match(said, restriction)
  })
}

test('all that stands beside it is taken by the API server, field by field', async () => {
  for (const path of ['base/pod-disruption-budget.yaml', 'components/network-policy/network-policy.yaml']) {
    const input = (await manifest(path)).replaceAll('namespace: rai-system', `namespace: ${namespace.name}`)
    await kubectl(cluster, ['create', '--dry-run=server', '--validate=strict', '-f', '-'], { input })
  }
})

test.run()
