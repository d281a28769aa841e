// The composition root of `export`: reads organization and cluster with the operator's settings. Decides nothing.
import { systemClock as clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { takeSurvey } from '../controllers/survey.ts'
import { planExport } from '../domain/export.ts'
import { aboutAll, manifestList, manifestStream } from '../domain/manifests.ts'
import { printable } from '../domain/parsing.ts'
import { SHUT } from '../engine/gate.ts'
import { Failure } from '../errors.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { realEdges } from './edges.ts'
import { joinControlPlane } from './join-control-plane.ts'
import { joinKube } from './join-kube.ts'

export type ExportOptions = {
  readonly config: Config
  /** Of what is printed. */
  readonly namespace: string
  readonly output: 'yaml' | 'json'
  readonly version: string
  /** What the environment says of proxies. */
  readonly proxyEnv: NodeJS.ProcessEnv
  /** Where a log goes, at whatever level the settings name. */
  readonly log: (line: string) => void
}

export type Exported = {
  /** Manifests of what no resource stands for: a YAML stream, empty when there is nothing, or a List in JSON. */
  readonly text: string
  /** What else there is to know: printable lines. */
  readonly remarks: readonly string[]
}

/**
 * Reads all of the organization and of our kinds, once. Changes nothing, however it ends, and needs no lease. Throws a
 * `Failure` for what keeps it from reading, and `Interrupted` when `stop` aborts.
 */
export async function runExport(options: ExportOptions, stop: AbortSignal): Promise<Exported> {
  const { config, version, proxyEnv } = options
  const { logLevel: level, logFormat: format } = config
  const logger = await createLogger({ level, format, clock, destination: { write: options.log } })
  const metrics = new Metrics({ ...config, version })
  const edges = realEdges(config, version, metrics)
  const context = { config, proxyEnv, logger, metrics, edges, gate: SHUT }
  const controlPlane = joinControlPlane(context)
  const kube = joinKube(context)
  // Our timers keep no process alive, and between two tries there is nothing else.
  const alive = setInterval(() => {}, 2 ** 30)
  try {
    const survey = await takeSurvey(
      {
        ...controlPlane.as('sweep'),
        records: kube.records,
        tenantLister: kube.tenants.writer,
        applicationLister: kube.applications.writer,
        organization: () => config.organization ?? controlPlane.organization(),
        clock,
      },
      stop,
    )
    const { manifests, remarks } = planExport(survey, { ...config, namespace: options.namespace })
    return options.output === 'json'
      ? { text: manifestList(manifests), remarks: [...aboutAll(manifests), ...remarks].map(printable) }
      : { text: manifestStream(manifests), remarks: remarks.map(printable) }
  } catch (error) {
    if (stop.aborted) throw new Failure('Interrupted', 'retry', 'interrupted before all was read: nothing is printed')
    throw error
  } finally {
    clearInterval(alive)
    controlPlane.close()
    edges.transport.close()
    edges.leaseTransport.close()
  }
}
