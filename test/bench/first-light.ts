// `npm run bench`: how long apply → Ready takes, what a fleet at rest costs. Prints figures; judges only what must not be.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { application, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '20' },
    applications: { type: 'string', default: '25' },
    'rest-seconds': { type: 'string', default: '300' },
    trials: { type: 'string', default: '5' },
  },
})
const [TENANTS, APPLICATIONS, REST_SECONDS, TRIALS] = [
  Number(values.tenants),
  Number(values.applications),
  Number(values['rest-seconds']),
  Number(values.trials),
]
const POLL_MS = 50
const QUIET_MS = 5_000

const say = (line: string) => process.stdout.write(`${line}\n`)

const seconds = async (work: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

async function allReady(stack: Stack, count: number): Promise<void> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
  for (;;) {
    const statuses = (await stack.kubectl(['get', 'rai', '-o', `jsonpath=${path}`])).split('\n')
    if (statuses.filter((status) => status === 'True').length >= count) return
    await sleep(POLL_MS)
  }
}

/** One tenant and two applications in one file, the tenant last. */
async function firstLight(stack: Stack, trial: number): Promise<number> {
  const name = `first${trial}`
  const auth = { auth: { type: 'ClientSecret' } }
  const taken = await seconds(async () => {
    await stack.apply(application(`${name}-web`, name), application(`${name}-batch`, name, auth), tenant(name))
    await allReady(stack, 3)
  })
  await stack.kubectl(['delete', 'raitenant', name, '--timeout=60s'])
  return taken
}

/** From the apply of a reference to no tenant until `kubectl get` tells. */
async function toldOff(stack: Stack): Promise<number> {
  const taken = await seconds(async () => {
    await stack.apply(application('lost', 'nowhere'))
    while (!(await stack.kubectl(['get', 'raiapp', 'lost'])).includes('TenantNotFound')) await sleep(POLL_MS)
  })
  await stack.kubectl(['delete', 'raiapp', 'lost'])
  return taken
}

async function fleet(stack: Stack): Promise<number> {
  const names = Array.from({ length: TENANTS }, (_, i) => `fleet${i}`)
  const types = ['EC', 'ClientSecret']
  const applications = names.flatMap((name) =>
    Array.from({ length: APPLICATIONS }, (_, i) =>
      application(`${name}-${i}`, name, { auth: { type: types[i % types.length] } }),
    ),
  )
  return seconds(async () => {
    await stack.apply(...names.map((name) => tenant(name)), ...applications)
    await allReady(stack, TENANTS * (1 + APPLICATIONS))
  })
}

/** Resident memory in MiB and CPU seconds used so far, as Linux tells them. */
async function cost({ operator: { pid } }: Stack): Promise<{ readonly mib: number; readonly cpu: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  const ticksPerSecond = 100
  const cpu = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  return { mib: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024, cpu }
}

async function activity(stack: Stack): Promise<number> {
  const calls = Object.values(await stack.controlPlane.counts()).reduce((sum, n) => sum + n, 0)
  return calls + (await stack.writes()).length
}

/** Journals are swept a minute or two after their creates: until then there is something to do. */
async function untilQuiet(stack: Stack): Promise<number> {
  let before = -1
  let now = await activity(stack)
  while (now !== before || (await stack.records('journal')).length > 0) {
    await sleep(QUIET_MS)
    before = now
    now = await activity(stack)
  }
  return now
}

const flags = { 'requests-per-second': 1_000, burst: 1_000 }
const stack = await startStack('bench', { flags, planeFlags: { quota: TENANTS } })
try {
  const trials: number[] = []
  for (let trial = 0; trial < TRIALS; trial++) trials.push(await firstLight(stack, trial))
  const median = trials.toSorted((a, b) => a - b)[Math.floor(TRIALS / 2)]!
  say(`1 tenant with 2 applications, apply to Ready: ${median.toFixed(2)} s (median of ${TRIALS}, limit 3 s)`)
  say(`a reference to no tenant, apply to told: ${(await toldOff(stack)).toFixed(2)} s (limit 2 s)`)
  const idle = await cost(stack)
  const taken = await fleet(stack)
  say(`${TENANTS} x ${APPLICATIONS} applications, apply to Ready: ${taken.toFixed(1)} s (limit 30 s), kubectl included`)
  const busy = await cost(stack)
  say(`CPU for that: ${(busy.cpu - idle.cpu).toFixed(1)} s`)
  const before = await untilQuiet(stack)
  const quiet = await cost(stack)
  await sleep(REST_SECONDS * 1000)
  const after = await activity(stack)
  const rested = await cost(stack)
  const load = ((rested.cpu - quiet.cpu) / REST_SECONDS) * 100
  say(`at rest for ${REST_SECONDS} s: ${after - before} writes and calls (limit 0), ${load.toFixed(2)} % of a core`)
  say(
    `memory: ${idle.mib.toFixed(0)} MiB idle, ${rested.mib.toFixed(0)} MiB with ${TENANTS * (1 + APPLICATIONS)} resources (limit 100 MB)`,
  )
  if (after !== before) process.exitCode = 1
} finally {
  await stack.stop()
}
