// The tutorial, followed to the letter on a cluster with nothing in it.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { Reader } from '../documents/reader.ts'

const test = suite('tutorial')
const DIRECTORY = fileURLToPath(new URL('../../.test-logs/tutorial', import.meta.url))
let cluster: TestCluster
let reader: Reader

test.before(async () => {
  cluster = await startCluster({ crds: [] })
  reader = await Reader.begin('docs/tutorial.md', cluster, DIRECTORY)
})

test.after(async () => {
  await reader.end()
  await cluster.stop()
})

/** What has reached the simulator that the reader has started, by operation. */
async function calls(): Promise<Readonly<Record<string, number>>> {
  const [, admin] = /admin API at (\S+)/.exec(await readFile(join(reader.directory, 'tutorial/simulator.log'), 'utf8'))!
  return (await (await fetch(`${admin}/counts`)).json()) as Record<string, number>
}

test('what is asked for becomes Ready, and its credential obtains a token', async () => {
  await reader.follow('2. Have a cluster')
  await reader.follow('3. Start a control plane')
  await reader.follow('4. Start the operator')
  await reader.follow('5. Ask for a tenant and an application')
  const { createTenant, createTenantApplication } = await calls()
  assert.equal([createTenant, createTenantApplication], [1, 1])
  await reader.follow('6. Use the credential')
})

test('a credential is replaced while its workload works, before it has read the new one and after', async () => {
  const printed = await reader.follow('7. Replace the credential')
  const clients = Array.from(printed.matchAll(/^client (\S+) has a token/gm), ([, client]) => client)
  assert.is(new Set(clients).size, 2)
  assert.is((await calls())['createTenantApplication'], 2)
})

test('all of it is taken down again', async () => {
  await reader.follow('8. Take it down')
  assert.equal(reader.left(), [])
})

test.run()
