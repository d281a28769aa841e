// The near end of a supervisor: starts it, hears from it, hangs up on it, and clears up after one that was killed.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.ts'
import type { Programs, Report } from './programs.ts'
import type { ClusterState, Message, Order } from './supervisor.ts'

export type Supervised = {
  readonly state: ClusterState
  /** Resolves when all processes and `workDir` are gone. Idempotent. */
  readonly stop: () => Promise<void>
}

/** More than a supervisor ever needs to end everything. */
const STOP_MS = 10_000

/**
 * Starts the cluster of `order` and waits until it is ready; `report` hears of it if it breaks later on. It does not keep
 * this process alive and does not outlive it. Fails with `ClusterFailed`, naming the folder of the logs, which then stays.
 */
export async function supervise(order: Order, report: Report, signal?: AbortSignal): Promise<Supervised> {
  const supervisor = launch(order)
  let ready = false
  let stopping = false
  const broken = (reason: string) => {
    if (ready && !stopping) report(`the test cluster is broken: ${reason}; logs in ${order.logsDir}`)
  }
  const ended = new Promise<void>((resolve) => {
    supervisor.once('error', () => resolve()).once('exit', () => resolve())
  }).then(() => {
    broken('its supervisor ended')
    return clearUp(supervisor, order.workDir)
  })
  const stop = async () => {
    stopping = true
    supervisor.ref()
    if (supervisor.connected) supervisor.disconnect()
    const overdue = setTimeout(() => killGroup(supervisor), STOP_MS)
    await ended
    clearTimeout(overdue)
  }
  try {
    const state = await whenReady(supervisor, order.logsDir, signal)
    ready = true
    supervisor.on('message', (message: Message) => {
      if (message.type === 'broken') broken(message.reason)
    })
    supervisor.unref()
    supervisor.channel?.unref()
    return { state, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function launch(order: Order): ChildProcess {
  const log = openSync(join(order.logsDir, 'control-plane.log'), 'a')
  try {
    return fork(fileURLToPath(new URL('supervisor.ts', import.meta.url)), [JSON.stringify(order)], {
      env: environment(order.programs, order.workDir),
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
      // A process group of its own: Ctrl-C in a terminal reaches the runner only, and a group can be killed as one.
      detached: true,
    })
  } finally {
    closeSync(log)
  }
}

function environment(programs: Programs, workDir: string): NodeJS.ProcessEnv {
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
  const gone = new AbortController()
  supervisor.once('exit', () => gone.abort(new Error('its supervisor ended')))
  const either = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
  try {
    const [message] = (await once(supervisor, 'message', { signal: either })) as [Message]
    if (message.type === 'ready') return message.state
    throw new Error(message.reason)
  } catch (error) {
    signal?.throwIfAborted()
    const { message } = (either.aborted ? either.reason : error) as Error
    throw new Failure('ClusterFailed', 'retry', `the test cluster did not start: ${message}; logs in ${logsDir}`)
  }
}

/** For a supervisor that could not do it itself. */
async function clearUp(supervisor: ChildProcess, workDir: string): Promise<void> {
  killGroup(supervisor)
  await rm(workDir, { recursive: true, force: true, maxRetries: 5 })
}

function killGroup(supervisor: ChildProcess): void {
  try {
    if (supervisor.pid !== undefined) process.kill(-supervisor.pid, 'SIGKILL')
  } catch {
    // Nobody is left in the group: the usual case.
  }
}
