// One side's cluster, control plane and operator: fresh for each measurement, and gone after it.
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { journalSelector } from '../../src/domain/journal.ts'
import { Failure } from '../../src/errors.ts'
import { auditedWrites } from '../cluster/audit.ts'
import { CLUSTER_VARIABLE, sharedCluster, startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import { startControlPlane } from '../stack/control-plane.ts'
import type { ControlPlane } from '../stack/control-plane.ts'
import type { Flags } from '../stack/operator.ts'
import { lastWords, startProgram } from '../stack/program.ts'
import type { Program } from '../stack/program.ts'
import { createOperatorUser } from '../stack/roles.ts'
import { application, tenant } from '../stack/stack.ts'
import { Administrator } from './administrator.ts'
import type { Side } from './sides.ts'

const POLL_MS = 5
const LONGEST_START_MS = 120_000
const AUTH_TYPES = ['EC', 'ClientSecret']

export type Life = Program & {
  /** When it was started, by the monotonic clock of this process. */
  readonly startedAt: number
  /** When its caches were filled and it worked, as its log told. */
  readonly workedAt: number
}

export type World = {
  readonly side: Side
  readonly administrator: Administrator
  readonly plane: ControlPlane
  /** Starts the operator anew; whatever ran before must have been stopped. Ours takes `flags`. */
  start(flags?: Flags, env?: NodeJS.ProcessEnv): Promise<Life>
  /** Makes tenants number `from` to `to`, without the latter, each with so many applications: how many resources that is. */
  apply(from: number, to: number, applications: number): Promise<number>
  /** Writes of the operator to Kubernetes so far, but for those of a Lease, by `verb resource`. */
  writes(): Promise<Readonly<Record<string, number>>>
  /** How many journals of creates there are: none of the Go operator's. */
  journals(): Promise<number>
  close(): Promise<void>
}

/**
 * An API server with the project's definitions, and the simulated control plane. The Go operator watches all namespaces, so
 * each world has a cluster of its own; ours shares that of a test run where there is one.
 */
export async function openWorld(side: Side): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), `rai-bench-${side.name}-`))
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  // Also when the benchmark is interrupted.
  process.once('exit', remove)
  const closing: (() => unknown)[] = [remove, () => process.off('exit', remove)]
  const close = async () => {
    for (let step = closing.pop(); step; step = closing.pop()) await step()
  }
  try {
    return { ...(await open(side, directory, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(side: Side, directory: string, closing: (() => unknown)[]): Promise<Omit<World, 'close'>> {
  const isShared = process.env[CLUSTER_VARIABLE] !== undefined && side.name === 'ours'
  const cluster = isShared ? await sharedCluster() : await startCluster({ report: () => {} })
  closing.push(() => cluster.stop())
  const namespace = await createNamespace(cluster, 'bench')
  const records = await createNamespace(cluster, 'bench-operator')
  const credentialsDir = join(directory, 'credentials')
  await mkdir(credentialsDir)
  const plane = await startControlPlane({
    credentialsDir,
    logFile: join(directory, 'control-plane.log'),
    flags: { quota: 10_000, 'credential-type': 'secret' },
  })
  closing.push(() => plane.stop())
  const administrator = new Administrator(cluster.kubeconfig, namespace.name)
  closing.push(() => administrator.close())
  const user = `${side.name}-${namespace.name}`
  const kubeconfig =
    side.name === 'ours'
      ? await createOperatorUser(cluster, user, records.name)
      : (await cluster.createUser(user, ['system:masters'])).kubeconfig
  const surroundings = { kubeconfig, namespace: namespace.name, operatorNamespace: records.name, plane }
  let lives = 0
  return {
    side,
    administrator,
    plane,
    async start(flags = {}, env = {}) {
      const command = await side.command({ ...surroundings, flags })
      const logFile = join(directory, `operator-${++lives}.log`)
      const program = await startProgram(command, { logFile, env: { ...side.env, ...env } })
      const startedAt = performance.now()
      closing.push(() => program.stop())
      return { ...program, startedAt, workedAt: await workedAt(program, side.works) }
    },
    async apply(from, to, applications) {
      const names = Array.from({ length: to - from }, (_, i) => `t${from + i}`)
      const ofTenant = (name: string) => Array.from({ length: applications }, (_, i) => applicationOf(name, i))
      await administrator.createAll([...names.map((name) => tenant(name)), ...names.flatMap(ofTenant)])
      return names.length * (1 + applications)
    },
    writes: () => countedWrites(cluster, user),
    async journals() {
      const found = await kubectl(cluster, ['-n', records.name, 'get', 'secrets', '-l', journalSelector, '-o', 'name'])
      return found.split('\n').filter(Boolean).length
    },
  }
}

/** The kinds of credentials in turn; one with a key takes more work than one with a secret. */
export function applicationOf(tenantName: string, i: number): object {
  return application(`${tenantName}-${i}`, tenantName, { auth: { type: AUTH_TYPES[i % AUTH_TYPES.length] } })
}

async function workedAt(program: Program, { line, times }: Side['works']): Promise<number> {
  const until = performance.now() + LONGEST_START_MS
  let hasEnded = false
  void program.exited.then(() => (hasEnded = true))
  for (;;) {
    const said = await readFile(program.logFile, 'utf8')
    if ((said.match(line) ?? []).length >= times) return performance.now()
    if (hasEnded || performance.now() > until) {
      throw new Failure('ProgramFailed', 'stall', `an operator does not work: ${await lastWords(program)}`)
    }
    await sleep(POLL_MS)
  }
}

async function countedWrites(cluster: TestCluster, user: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const write of await auditedWrites(cluster.auditLog, (one) => one.user === user && one.resource !== 'leases')) {
    const what = [write.verb, [write.resource, write.subresource].filter(Boolean).join('/')].join(' ')
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}
