// Starts a real Kubernetes API server for tests and for trying things out, or attaches to the one of the test run.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.ts'
import { ensureBinaries } from './binaries.ts'
import { requestUser } from './users.ts'
import type { Programs, Report } from './programs.ts'
import type { ClusterState, Message, Order } from './supervisor.ts'
import type { User } from './users.ts'

/** The variable in which a test run passes its cluster on: the state as JSON, or the path of a file that holds it. */
export const CLUSTER_VARIABLE = 'RAI_TEST_CLUSTER'

/** The project's CRDs. */
export const CRDS_DIR = fileURLToPath(new URL('../../crds/', import.meta.url))

/** A running cluster: kube-apiserver with RBAC and an audit log, etcd, namespace and garbage collector controllers. */
export interface TestCluster extends ClusterState {
  /** The file at `kubeconfig`. */
  readonly kubeconfigText: string
  /** Credentials for a user of this name in these groups, who may do nothing until RBAC says so. */
  createUser(name: string, groups?: readonly string[], signal?: AbortSignal): Promise<User>
  /** Ends the cluster and removes what it wrote. Idempotent; does nothing to a cluster that somebody else started. */
  stop(): Promise<void>
}

export type ClusterOptions = {
  /** Told about downloads and builds; standard error by default. */
  readonly report?: Report
  /** Files or folders of CRDs that are there from the start; those of the project by default. */
  readonly crds?: readonly string[]
  /** An existing or new folder in which the logs of the components stay; by default they go with the cluster. */
  readonly logsDir?: string
}

/**
 * Starts a cluster of its own on ephemeral loopback ports: about five seconds once the programs are there, see
 * {@link ensureBinaries}. It ends with `stop`, and with this process however that ends. It does not keep the process alive.
 * Fails with the codes of `ensureBinaries`, or with `ClusterFailed`, whose message names the folder of the logs.
 */
export async function startCluster(options: ClusterOptions = {}, signal?: AbortSignal): Promise<TestCluster> {
  const report = options.report ?? toStandardError
  const programs = await ensureBinaries(report, signal)
  const workDir = await mkdtemp(join(tmpdir(), 'rai-cluster-'))
  const logsDir = resolve(options.logsDir ?? `${workDir}-logs`)
  await mkdir(logsDir, { recursive: true })
  const supervisor = superviseCluster({
    programs,
    workDir,
    logsDir,
    keepLogs: options.logsDir !== undefined,
    crds: options.crds ?? [CRDS_DIR],
  })
  const stop = () => stopSupervisor(supervisor, workDir)
  supervisor.once('exit', () => void clearUp(supervisor, workDir))
  try {
    const state = await whenReady(supervisor, logsDir, signal)
    supervisor.on('message', (message: Message) => {
      if (message.type === 'broken') report(`the test cluster is broken: ${message.reason}; logs in ${logsDir}`)
    })
    supervisor.unref()
    supervisor.channel?.unref()
    return attach(state, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

let shared: Promise<TestCluster> | undefined

/**
 * The cluster that all test files of a run share: the one in `RAI_TEST_CLUSTER`, else one that this process starts once
 * and that ends with it. The project's CRDs are installed in it.
 */
export function sharedCluster(): Promise<TestCluster> {
  const given = process.env[CLUSTER_VARIABLE]
  shared ??= given ? attachTo(given) : startCluster()
  return shared
}

async function attachTo(given: string): Promise<TestCluster> {
  const text = given.trimStart().startsWith('{') ? given : await readFile(given, 'utf8')
  return attach(JSON.parse(text) as ClusterState, () => Promise.resolve())
}

function attach(state: ClusterState, stop: () => Promise<void>): TestCluster {
  return {
    ...state,
    kubeconfigText: readFileSync(state.kubeconfig, 'utf8'),
    createUser: (name, groups = [], signal) => requestUser(state.usersSocket, { name, groups: [...groups] }, signal),
    stop,
  }
}

function superviseCluster(order: Order): ChildProcess {
  const log = openSync(join(order.logsDir, 'control-plane.log'), 'a')
  try {
    return fork(fileURLToPath(new URL('supervisor.ts', import.meta.url)), [JSON.stringify(order)], {
      env: supervisorEnvironment(order.programs, order.workDir),
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
      // A process group of its own: Ctrl-C in a terminal reaches the runner only, and a group can be killed as one.
      detached: true,
    })
  } finally {
    closeSync(log)
  }
}

function supervisorEnvironment(programs: Programs, workDir: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // Everything that a component writes somewhere goes with the cluster.
    TMPDIR: workDir,
    TEST_ASSET_ETCD: programs.etcd,
    TEST_ASSET_KUBE_APISERVER: programs['kube-apiserver'],
    TEST_ASSET_KUBECTL: programs.kubectl,
  }
  // Meant for other processes: a foreign cluster, a proxy between loopback addresses, somebody's debugger.
  for (const name of ['USE_EXISTING_CLUSTER', 'NODE_USE_ENV_PROXY', 'NODE_OPTIONS']) delete env[name]
  return env
}

async function whenReady(supervisor: ChildProcess, logsDir: string, signal?: AbortSignal): Promise<ClusterState> {
  const ended = new AbortController()
  supervisor.once('exit', () => ended.abort(failed('its supervisor ended', logsDir)))
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
  const [message] = (await once(supervisor, 'message', { signal: either }).catch((error: unknown) => {
    throw either.aborted ? either.reason : error
  })) as [Message]
  if (message.type === 'ready') return message.state
  throw failed(message.reason, logsDir)
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}

const END_MS = 10_000

/** Hangs up, which makes the supervisor end the components, itself and the folder; kills them all should it not. */
async function stopSupervisor(supervisor: ChildProcess, workDir: string): Promise<void> {
  if (supervisor.exitCode === null && supervisor.signalCode === null) {
    supervisor.ref()
    const exited = once(supervisor, 'exit')
    if (supervisor.connected) supervisor.disconnect()
    await Promise.race([exited, sleep(END_MS, undefined, { ref: false })])
  }
  await clearUp(supervisor, workDir)
}

/** Whatever a supervisor left that could not do it itself. */
async function clearUp(supervisor: ChildProcess, workDir: string): Promise<void> {
  try {
    if (supervisor.pid !== undefined) process.kill(-supervisor.pid, 'SIGKILL')
  } catch {
    // Nobody is left in the group: the usual case.
  }
  await rm(workDir, { recursive: true, force: true, maxRetries: 5 })
}

function failed(reason: string, logsDir: string): Failure {
  return new Failure('ClusterFailed', 'retry', `the test cluster did not start: ${reason}; logs in ${logsDir}`)
}
