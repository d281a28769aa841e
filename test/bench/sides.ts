// The operators that are measured: how each is started, and by what its log says that it works.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlPlane } from '../stack/control-plane.ts'
import { NODE_ENV, operatorCommand } from '../stack/operator.ts'
import type { Flags } from '../stack/operator.ts'
import type { SideName } from './figures.ts'

/** What an operator is to work with. */
export type Surroundings = {
  readonly kubeconfig: string
  readonly namespace: string
  readonly operatorNamespace: string
  readonly plane: ControlPlane
  /** Settings of ours alone. */
  readonly flags: Flags
}

export type Side = {
  readonly name: SideName
  command(surroundings: Surroundings): Promise<readonly string[]>
  readonly env: NodeJS.ProcessEnv
  /** Lines of its log that match this, and how many of them there are once its caches are filled and it works. */
  readonly works: { readonly line: RegExp; readonly times: number }
  /** How often it goes through all that is at rest, in seconds. */
  readonly roundSeconds: number
}

/** For both, for each kind. */
const WORKERS = 10
/** Of ours the default of the setting `sweep-interval`. */
const SWEEP_SECONDS = 600
/** Of the other as its README starts it: each object once in so long, all of them at once after a start. */
const POLL_SECONDS = 60

/** Ours, with the budget far above what it needs unless a row says otherwise; everything else as by default. */
export function ours(cpuProfiles: string | undefined): Side {
  const profiling = cpuProfiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProfiles}`]
  return {
    name: 'ours',
    async command({ kubeconfig, namespace, operatorNamespace, plane, flags }) {
      const own = { kubeconfig, 'watch-namespaces': namespace, 'operator-namespace': operatorNamespace }
      const pace = { 'requests-per-second': 1_000, burst: 1_000, workers: WORKERS }
      return operatorCommand({ ...plane.settings, ...own, 'tenant-quota': 10_000, ...pace, ...flags }, profiling)
    },
    env: NODE_ENV,
    works: { line: /"msg":"running"/g, times: 1 },
    roundSeconds: SWEEP_SECONDS,
  }
}

/** As its README starts it, but for the metrics, which take any port. */
export function go(binary: string): Side {
  return {
    name: 'go',
    async command({ kubeconfig, plane: { settings } }) {
      const read = async (name: string) =>
        (await readFile(join(String(settings['credentials-dir']), name), 'utf8')).trim()
      return [
        binary,
        `--kubeconfig=${kubeconfig}`,
        `--control-plane-url=${settings['control-plane-url']}`,
        `--token-url=${settings['token-url']}`,
        `--client-id=${await read('client_id')}`,
        `--client-secret=${await read('client_secret')}`,
        '--metrics-bind-address=127.0.0.1:0',
        `--poll=${POLL_SECONDS}s`,
        `--workers=${WORKERS}`,
      ]
    },
    env: {},
    // One for each of its two controllers.
    works: { line: /"Starting workers"|Starting workers/g, times: 2 },
    roundSeconds: POLL_SECONDS,
  }
}
