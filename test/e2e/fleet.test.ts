// Twenty tenants with twenty-five applications each: counted calls, and silence once all are Ready.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'

type Resource = RaiTenant | RaiTenantApplication

const test = suite('fleet')
const TENANTS = 20
const APPLICATIONS = 25
const PAGE_LIMIT = 100
/** How long it takes is the benchmark's to judge: only that it ends. */
const LONGEST_MS = 300_000
/** The journals of a batch wait for 75 s after their POSTs, and for at most a minute more for each other. */
const SWEEP_MS = 180_000
/** How long silence is listened to: the five minutes are the benchmark's, see test/bench. */
const REST_MS = 20_000
let stack: Stack

test.before(async () => {
  const pace = { 'requests-per-second': 1_000, burst: 1_000, 'page-limit': PAGE_LIMIT }
  // The sweep of the organization lists each tenant, too, and would come in between: it is counted where it is alone.
  stack = await startStack('fleet', { flags: { ...pace, 'sweep-interval': '24h' } })
})

test.after(async () => {
  await stack.stop()
})

const names = Array.from({ length: TENANTS }, (_, i) => `t${i}`)

async function readyCount(): Promise<number> {
  // The server has other things to do than to show five hundred resources all the time.
  await sleep(1_000)
  const { server, paths } = stack
  const found = await Promise.all([paths.tenants, paths.applications].map((path) => server.list<Resource>(path)))
  return found.flat().filter(isReady).length
}

/** How many minutes it took until all were Ready, begun ones counted: a list serves creates for a minute. */
let minutes: number

test('all become Ready', async () => {
  const startedAt = performance.now()
  const applications = names.flatMap((name) =>
    Array.from({ length: APPLICATIONS }, (_, i) =>
      application(`${name}-${i}`, name, { auth: { type: i % 2 ? 'ClientSecret' : 'EC' } }),
    ),
  )
  await stack.apply(...applications, ...names.map((name) => tenant(name)))
  await eventually('all are Ready', async () => (await readyCount()) === TENANTS * (1 + APPLICATIONS), LONGEST_MS)
  minutes = Math.ceil((performance.now() - startedAt) / 60_000)
})

test('until all are Ready every object takes one create, the organization one token, every credential one proof', async () => {
  const counts = await stack.controlPlane.counts()
  assert.is(counts['createTenant'], TENANTS)
  assert.is(counts['createTenantApplication'], TENANTS * APPLICATIONS)
  assert.is(counts['organizationToken'], 1)
  assert.is(counts['applicationToken'], TENANTS * APPLICATIONS)
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

test('once their POSTs are long over the journals go', async () => {
  await eventually('no journal is left', async () => (await stack.records('journal')).length === 0, SWEEP_MS)
})

test('all creates of a minute take one list of their tenant before them and one after them, and nothing more is read', async () => {
  const counts = await stack.controlPlane.counts()
  const lists = counts['getTenantApplications'] ?? 0
  assert.ok(lists >= 2 * TENANTS && lists <= 2 * TENANTS * minutes, `${lists} lists in ${minutes} minutes`)
  // Of the tenants one for the sweep of their journals, and one for the creates of ten seconds.
  const ofTenants = (counts['getTenants'] ?? 0) / Math.ceil(TENANTS / PAGE_LIMIT)
  assert.ok(ofTenants >= 1 && ofTenants <= 1 + 6 * minutes, `${ofTenants} lists of tenants in ${minutes} minutes`)
  assert.equal([counts['getTenant'] ?? 0, counts['getTenantApplication'] ?? 0], [0, 0])
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

/** What Events tell of resources, as `kind name reason`. */
async function told(): Promise<readonly string[]> {
  const path = '{range .items[*]}{.regarding.kind} {.regarding.name} {.reason}{"\\n"}{end}'
  return (await stack.kubectl(['get', 'events.events.k8s.io', '-o', `jsonpath=${path}`])).split('\n').filter(Boolean)
}

test('each resource is told to be Ready once, and before that an application at most what its tenant lacks', async () => {
  const events = await told()
  assert.is(new Set(events).size, events.length, 'nothing is told twice')
  const before = events.filter((event) => !event.endsWith(' Ready'))
  assert.is(events.length - before.length, TENANTS * (1 + APPLICATIONS))
  // An application that is applied before its tenant, by somebody slow, waits for it to come and then to be Ready.
  const lacking = /^RaiTenantApplication t\d+-\d+ (?:TenantNotFound|TenantNotReady)$/
  assert.equal(
    before.filter((event) => !lacking.test(event)),
    [],
  )
})

test('beside its Secret each application took one write for its finalizer, and one of its status for each Event', async () => {
  const writes = await stack.writes()
  const count = (wanted: string) => writes.filter((write) => write === wanted).length
  const ofApplications = (await told()).filter((event) => event.startsWith('RaiTenantApplication '))
  assert.is(count('patch raitenantapplications'), TENANTS * APPLICATIONS)
  assert.is(count('patch raitenantapplications/status'), ofApplications.length)
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
