// A connection to the real API server that passes nothing more, and says nothing of it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../../src/clock.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'
import { Reflector } from '../../src/kube/reflector.ts'
import { Store } from '../../src/kube/store.ts'
import type { Stored } from '../../src/kube/store.ts'
import { createTransport } from '../../src/kube/transport.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { Proxy } from '../stack/proxy.ts'
import { eventually } from '../stack/stack.ts'

const test = suite('e2e/black hole')

const NOTICED_MS = 90_000
/** Bookmarks come more rarely: sooner than this, nothing can be known to be wrong. */
const BOOKMARK_MS = 61_000

test('what happens behind a watch that is black-holed is known within 90 s', async () => {
  const cluster = await sharedCluster()
  const namespace = await createNamespace(cluster, 'black-hole')
  const proxy = await Proxy.begin(new URL(cluster.server))
  const directory = await mkdtemp(join(tmpdir(), 'rai-black-hole-'))
  const path = join(directory, 'kubeconfig')
  await writeFile(path, proxy.kubeconfig(cluster.kubeconfigText))
  const metrics = { requested: () => {}, staleReadSkipped: () => {} }
  const kubeconfig = loadKubeconfig({ path, context: undefined })
  const transport = createTransport({ kubeconfig, userAgent: 'rai-operator/test', clock: systemClock, metrics })
  const logger = new RecordedLog()
  const store = new Store<Stored>(metrics, logger)
  const reflector = new Reflector({
    name: 'test',
    transport,
    path: `/api/v1/namespaces/${namespace.name}/configmaps`,
    namespace: namespace.name,
    labelSelector: undefined,
    project: ({ metadata: { name, uid, resourceVersion } }) => ({
      metadata: { name, namespace: namespace.name, uid, resourceVersion },
    }),
    store,
    clock: systemClock,
    random: Math.random,
    logger,
  })
  const stop = new AbortController()
  const running = reflector.run(stop.signal)
  try {
    await reflector.synced
    await kubectl(cluster, ['-n', namespace.name, 'create', 'configmap', 'seen'])
    await eventually('the watch tells', async () => store.get(`${namespace.name}/seen`) !== undefined)
    const hole = proxy.hole()
    const startedAt = performance.now()
    assert.is(hole.size, 1)
    await kubectl(cluster, ['-n', namespace.name, 'create', 'configmap', 'unseen'])
    await eventually('it is seen', async () => store.get(`${namespace.name}/unseen`) !== undefined, NOTICED_MS)
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs > BOOKMARK_MS && tookMs < NOTICED_MS, `${tookMs} ms`)
    hole.end()
  } finally {
    stop.abort()
    await running
    transport.close()
    proxy.close()
    await rm(directory, { recursive: true })
    await namespace.remove()
  }
})

test.run()
