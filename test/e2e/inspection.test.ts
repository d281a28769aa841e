// Who may signal the process may not look into it: its memory holds secrets.
import { readFile, readdir, readlink } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { untilLogged } from '../stack/program.ts'

const test = suite('inspection')
let stack: Stack

test.before(async () => {
  stack = await startStack('inspection')
})

test.after(async () => {
  await stack.stop()
})

/** Ports on which a process listens. Linux alone tells. */
async function listensOn(pid: number): Promise<readonly number[]> {
  const links = (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))
  const own = new Set(await Promise.all(links))
  const table = (await readFile(`/proc/${pid}/net/tcp`, 'utf8')).split('\n').slice(1)
  const LISTENS = '0A'
  return table
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTENS && own.has(`socket:[${inode}]`))
    .map(([, local]) => Number.parseInt(local!.split(':')[1]!, 16))
    .toSorted((a, b) => a - b)
}

test('a signal opens no debugger, and the operator goes on', async () => {
  const { operator } = stack
  const own = [operator.healthUrl, operator.metricsUrl]
    .map((url) => Number(new URL(url).port))
    .toSorted((a, b) => a - b)
  operator.kill('SIGUSR1')
  // What is logged for a new resource comes after whatever the signal did.
  await stack.apply({
    apiVersion: 'tenants.resistant.ai/v1alpha1',
    kind: 'RaiTenant',
    metadata: { name: 'after' },
    spec: {},
  })
  await untilLogged(operator, /"msg":"created a tenant"/)
  assert.equal(await listensOn(operator.pid), own)
  assert.not.match(await readFile(operator.logFile, 'utf8'), /[Dd]ebugger/)
})

test.run()
