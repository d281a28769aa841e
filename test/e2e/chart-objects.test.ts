// All that the chart can render, as an API server takes it that knows each of its kinds.
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CRDS_DIR, startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { moduleFolder } from '../tools/modules.ts'
import { findHelm, manifestsIn } from './chart/helm.ts'
import type { Helm, Manifest } from './chart/helm.ts'
import { VALUE_SETS } from './chart/value-sets.ts'

const OPERATOR = 'github.com/prometheus-operator/prometheus-operator'
/** In its sources. */
const DEFINITIONS = ['prometheusrules', 'servicemonitors'].map(
  (plural) => `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`,
)

const test = suite('chart, its objects')
let cluster: TestCluster
let helm: Helm
const namespaces = new Set<string>()
/** Most objects are the same in most sets: what was taken once is not asked again. */
const taken = new Set<string>()

test.before(async () => {
  const sources = await moduleFolder('prometheus-operator', OPERATOR)
  cluster = await startCluster({ crds: [CRDS_DIR, ...DEFINITIONS.map((path) => join(sources, path))] })
  helm = await findHelm('helm4')
})

test.after(async () => {
  await cluster.stop()
})

/** Has the server take all of them as if they were applied. Fails with what it says of the first that it refuses. */
async function apply(manifests: readonly Manifest[]): Promise<void> {
  for (const { metadata } of manifests) await ensureNamespace(metadata.namespace)
  const how = ['--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict']
  const items = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })
  const said = await kubectl(cluster, ['apply', ...how, '-f', '-'], { input: items })
  assert.is(said.trim().split('\n').length, manifests.length, said)
}

async function ensureNamespace(name: string | undefined): Promise<void> {
  if (name === undefined || namespaces.has(name)) return
  namespaces.add(name)
  await kubectl(cluster, ['create', 'namespace', name])
}

for (const [name, rendering] of Object.entries(VALUE_SETS)) {
  test(`${name}: the API server takes every object, field by field`, async () => {
    const manifests = manifestsIn(await helm.template(rendering))
    assert.ok(manifests.length > 0)
    const others = manifests.filter((manifest) => !taken.has(JSON.stringify(manifest)))
    if (others.length > 0) await apply(others)
    for (const manifest of others) taken.add(JSON.stringify(manifest))
  })
}

test.run()
