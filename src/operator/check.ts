// The composition root of `check`: looks at organization and cluster with the operator's settings. Decides nothing.
import { systemClock as clock } from '../clock.ts'
import { FIELD_MANAGER } from '../api/names.ts'
import { checkText, isAllWell, takeChecks } from '../cli/check.ts'
import { structured } from '../cli/output.ts'
import type { Output } from '../cli/output.ts'
import type { Config } from '../config.ts'
import { CredentialsDirectory } from '../controlplane/credentials.ts'
import { SHUT } from '../engine/gate.ts'
import { Failure } from '../errors.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { joinControlPlane } from './join-control-plane.ts'
import { openCluster } from './open-cluster.ts'
import type { OpenedCluster } from './open-cluster.ts'

export type CheckOptions = {
  readonly config: Config
  readonly output: Output
  /** Whether what is for people is in colours. */
  readonly isColoured: boolean
  readonly version: string
  /** What the environment says of proxies. */
  readonly proxyEnv: NodeJS.ProcessEnv
  /** Where a log goes, at whatever level the settings name. */
  readonly log: (line: string) => void
}

/** What to print, and whether nothing failed. */
export type CheckResult = { readonly text: string; readonly isAllWell: boolean }

/** Changes nothing, however it ends. Throws a `Failure` (`Interrupted`) when `stop` aborts. */
export async function runCheck(options: CheckOptions, stop: AbortSignal): Promise<CheckResult> {
  const { config, output, isColoured, version, proxyEnv, log } = options
  const { logLevel: level, logFormat: format } = config
  const logger = await createLogger({ level, format, clock, destination: { write: log } })
  const metrics = new Metrics({ ...config, version })
  const credentials = new CredentialsDirectory(config.credentialsDir, clock)
  const edges = { clock, random: Math.random, credentials }
  const controlPlane = joinControlPlane({ config, proxyEnv, logger, metrics, edges, gate: SHUT })
  const { tenants } = controlPlane.as('sweep')
  let opened: OpenedCluster | undefined
  // Our timers keep no process alive, and between two tries there is nothing else.
  const alive = setInterval(() => {}, 2 ** 30)
  try {
    const findings = await takeChecks(
      config,
      {
        organization: {
          name: () => {
            const named = controlPlane.organization()
            return config.organization ?? named
          },
          countTenants: async (signal) => (await tenants.list(signal)).tenants.length,
          hadToken: () => controlPlane.credentialStatus().hadToken,
        },
        openCluster: () =>
          (opened = openCluster({ path: config.kubeconfig, context: config.context }, FIELD_MANAGER, version)),
      },
      stop,
    )
    const isWell = isAllWell(findings)
    const text =
      output === 'text' ? checkText(findings, isColoured) : structured({ isAllWell: isWell, findings }, output)
    return { text, isAllWell: isWell }
  } catch (error) {
    if (stop.aborted) throw new Failure('Interrupted', 'retry', 'interrupted before all was looked at')
    throw error
  } finally {
    clearInterval(alive)
    controlPlane.close()
    opened?.close()
  }
}
