// Starts a real Kubernetes API server for tests and for trying things out, or attaches to the one of the test run.
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBinaries } from './binaries.ts'
import type { Report } from './programs.ts'
import { supervise } from './supervision.ts'
import type { ClusterState } from './supervisor.ts'
import { requestUser } from './users.ts'
import type { User } from './users.ts'

/** The variable in which a test run passes its cluster on: the state as JSON, or the path of a file that holds it. */
export const CLUSTER_VARIABLE = 'RAI_TEST_CLUSTER'
/** Set to features such as `WatchList=false`, it has the tests run on an API server with or without them. */
export const FEATURES_VARIABLE = 'RAI_TEST_FEATURE_GATES'

/** The project's CRDs. */
export const CRDS_DIR = fileURLToPath(new URL('../../crds/', import.meta.url))

/** A running cluster: kube-apiserver with RBAC and an audit log, etcd, and the controllers of namespaces, garbage and quotas. */
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
  /** Features of the API server that are other than usual, such as `WatchList=false`. */
  readonly featureGates?: string
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
  const order = {
    programs,
    workDir,
    logsDir,
    keepLogs: options.logsDir !== undefined,
    crds: options.crds ?? [CRDS_DIR],
    ...(options.featureGates !== undefined && { featureGates: options.featureGates }),
  }
  const { state, stop } = await supervise(order, report, signal)
  return attach(state, stop)
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

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** True when the tests run on an API server without this feature. */
export function isSwitchedOff(feature: string): boolean {
  return (process.env[FEATURES_VARIABLE] ?? '').split(',').includes(`${feature}=false`)
}
