// Every row of the contract, on the API server in memory and on the real one: where they differ, the real one is right.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../../src/clock.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'
import { createTransport } from '../../src/kube/transport.ts'
import { isSwitchedOff, sharedCluster } from '../cluster/cluster.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryApiServer } from '../doubles/memory-api/server.ts'
import { Client, refused } from './api-server/client.ts'
import type { Surroundings } from './api-server/client.ts'
import { ROWS } from './api-server/rows.ts'

const test = suite('e2e/api-server-contract')

const LEAST_ROWS = 60
const TICK_MS = 500

function inMemory(): Surroundings {
  const clock = new ManualClock()
  const server = new MemoryApiServer({ clock })
  return {
    transport: server.transport(),
    async passing(work) {
      const pending = new Set([work])
      const settled = () => pending.clear()
      work.then(settled, settled)
      while (pending.size > 0) await clock.advance(TICK_MS)
      return work
    },
    collectGarbage: () => server.collectGarbage(),
  }
}

async function real(): Promise<Surroundings> {
  const { kubeconfig } = await sharedCluster()
  const transport = createTransport({
    kubeconfig: loadKubeconfig({ path: kubeconfig, context: undefined }),
    userAgent: 'rai-operator/test',
    clock: systemClock,
    metrics: { requested: () => {}, staleReadSkipped: () => {} },
  })
  return { transport, passing: (work) => work, collectGarbage: () => {} }
}

/** Tells this run's namespaces from those of others on the same server. */
const run = Date.now().toString(36)
const namespaces: string[] = []

async function holds(surroundings: Surroundings, row: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(surroundings, `contract-${run}-${namespaces.length}`)
  namespaces.push(client.namespace)
  await client.create('/api/v1/namespaces', { metadata: { name: client.namespace } })
  try {
    await row(client)
  } finally {
    client.close()
  }
}

let server: Surroundings

test.before(async () => {
  server = await real()
})

test.after(async () => {
  const client = new Client(server, '')
  // They go when nobody waits for them.
  for (const name of namespaces) await client.delete(`/api/v1/namespaces/${name}`).catch(() => undefined)
  server.transport.close()
})

test('the contract is as long as it was', () => {
  assert.ok(ROWS.length >= LEAST_ROWS)
  assert.is(new Set(ROWS.map(([rule]) => rule)).size, ROWS.length)
})

for (const [rule, row, needs] of ROWS) {
  test(`memory: ${rule}`, () => holds(inMemory(), row))
  if (needs === undefined || !isSwitchedOff(needs)) test(`real: ${rule}`, () => holds(server, row))
  else
    test(`real, without ${needs}, refuses: ${rule}`, () =>
      holds(server, async (client) => void (await refused('KubeInvalid', row(client)))))
}

test.run()
