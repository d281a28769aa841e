// Twenty tenants with twenty-five applications each: counted calls, and silence once all are Ready.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('fleet')
const TENANTS = 20
const APPLICATIONS = 25
const PAGE_LIMIT = 100
/** The journals of a batch wait for 75 s after their POSTs, and for at most a minute more for each other. */
const SWEEP_MS = 180_000
/** How long silence is listened to: the five minutes are the benchmark's, see test/bench. */
const REST_MS = 20_000
let stack: Stack

test.before(async () => {
  stack = await startStack('fleet', { flags: { 'requests-per-second': 1_000, burst: 1_000, 'page-limit': PAGE_LIMIT } })
})

test.after(async () => {
  await stack.stop()
})

const names = Array.from({ length: TENANTS }, (_, i) => `t${i}`)

async function readyCount(): Promise<number> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
  const text = await stack.kubectl(['get', 'rai', '-o', `jsonpath=${path}`])
  return text.split('\n').filter((status) => status === 'True').length
}

test('all become Ready', async () => {
  const applications = names.flatMap((name) =>
    Array.from({ length: APPLICATIONS }, (_, i) =>
      application(`${name}-${i}`, name, { auth: { type: i % 2 ? 'ClientSecret' : 'EC' } }),
    ),
  )
  await stack.apply(...applications, ...names.map((name) => tenant(name)))
  await eventually('all are Ready', async () => (await readyCount()) === TENANTS * (1 + APPLICATIONS), 120_000)
})

const READS = ['getTenants', 'getTenant', 'getTenantApplications', 'getTenantApplication']
/** Reads until all were Ready. */
let readsUntilReady: number

async function reads(): Promise<number> {
  const counts = await stack.controlPlane.counts()
  return READS.reduce((sum, operation) => sum + (counts[operation] ?? 0), 0)
}

test('until all are Ready every object takes one create, the organization one token, every credential one proof', async () => {
  const counts = await stack.controlPlane.counts()
  assert.is(counts['createTenant'], TENANTS)
  assert.is(counts['createTenantApplication'], TENANTS * APPLICATIONS)
  assert.is(counts['organizationToken'], 1)
  assert.is(counts['applicationToken'], TENANTS * APPLICATIONS)
  readsUntilReady = await reads()
  assert.ok(readsUntilReady <= TENANTS + Math.ceil(TENANTS / PAGE_LIMIT) + 2, `${readsUntilReady} reads`)
})

test('every credential works: one of each tenant is tried', async () => {
  for (const [i, name] of names.entries()) {
    const secret = await stack.secret(`${name}-${i}`)
    assert.ok((await obtainToken(secret!)).expiresInSeconds > 0)
  }
})

test('a tenant counts its applications', async () => {
  await eventually('the count', async () => (await stack.tenant('t0'))?.status.applications === APPLICATIONS)
})

test('once their POSTs are long over the journals go, after one list of each tenant', async () => {
  await eventually('no journal is left', async () => (await stack.records('journal')).length === 0, SWEEP_MS)
  const more = (await reads()) - readsUntilReady
  assert.is(more, TENANTS)
})

test('at rest nothing is written to Kubernetes and nothing asked of the control plane', async () => {
  // What was begun by the last change (counts, Events) is over once two looks a while apart are the same.
  const look = async () => JSON.stringify([await stack.controlPlane.counts(), (await stack.writes()).length])
  let before = await look()
  await eventually(
    'quiet',
    async () => {
      await sleep(5_000)
      const now = await look()
      const quiet = now === before
      before = now
      return quiet
    },
    60_000,
  )
  await sleep(REST_MS)
  assert.is(await look(), before)
})

test('each application took four writes: finalizer, Secret, status, and the Event that tells of it', async () => {
  const writes = await stack.writes()
  const count = (wanted: string) => writes.filter((write) => write === wanted).length
  const applications = TENANTS * APPLICATIONS
  assert.is(count('patch raitenantapplications'), applications, 'finalizers')
  assert.ok(count('create events') <= applications * 2 + TENANTS, `${count('create events')} Events`)
  const statuses = count('patch raitenantapplications/status')
  assert.ok(statuses >= applications && statuses <= applications * 2, `${statuses} statuses`)
})

test('and each create four more for its journal: opened, answered, bound, removed', async () => {
  const writes = await stack.writes()
  const count = (wanted: string) => writes.filter((write) => write === wanted).length
  const creates = TENANTS * (1 + APPLICATIONS)
  // A dry run of the Secret and the Secret itself, the journal; of a tenant the journal and the binding record; and once
  // the key of the seals, which is made and then marked as used.
  assert.is(count('create secrets'), 3 * TENANTS * APPLICATIONS + 2 * TENANTS + 1)
  assert.is(count('update secrets'), 2 * creates + 1)
  assert.is(count('delete secrets'), creates)
})

test('memory stays small', async () => {
  const status = await readFile(`/proc/${stack.operator.pid}/status`, 'utf8').catch(() => undefined)
  // Only Linux tells; the benchmark judges the figure, this only that it is not a multiple of it.
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0)
  assert.ok(kilobytes < 200_000, `${kilobytes} kB`)
})

test.run()
