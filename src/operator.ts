// The composition root of `run`: builds everything from the settings, starts and stops it. Decides nothing.
import { systemClock as clock } from './clock.ts'
import type { Config } from './config.ts'
import { Lifecycle } from './engine/lifecycle.ts'
import { Failure } from './errors.ts'
import type { Logger } from './log.ts'
import { compose } from './operator/compose.ts'
import { realEdges } from './operator/edges.ts'
import { joinMetricsServer } from './operator/join-metrics-server.ts'
import { Health } from './telemetry/health.ts'
import { createLogger } from './telemetry/logger.ts'
import { Metrics } from './telemetry/metrics.ts'
import { healthServer } from './telemetry/server.ts'

export type OperatorOptions = {
  readonly config: Config
  readonly version: string
  /** What the environment says of proxies. */
  readonly proxyEnv: NodeJS.ProcessEnv
}

/**
 * Runs the operator until `stop` aborts, then stops it in reverse, within `drain-timeout`. Throws a `Failure` for what keeps
 * it from starting, and `LeaseLost` when another process has taken over, once what was under way has ended.
 */
export async function runOperator({ config, version, proxyEnv }: OperatorOptions, stop: AbortSignal): Promise<void> {
  const logger = await createLogger({ level: config.logLevel, format: config.logFormat, clock })
  const metrics = new Metrics({ ...config, version })
  metrics.addProcess()
  const edges = realEdges(config, version, metrics)
  const { components, lost, controlPlane, ...reflecting } = compose({ config, proxyEnv, logger, metrics, edges })
  const health = new Health({ ...reflecting, controlPlane: () => controlPlane.credentialStatus(), clock })
  const lifecycle = new Lifecycle(
    [
      healthServer(health, { address: config.healthAddress, clock, logger }),
      joinMetricsServer({ config, metrics, logger, edges }),
      ...components,
    ],
    logger,
  )
  await runUntil(stop, lost, lifecycle, config.drainTimeoutMs, logger)
}

/** Nothing else may keep the process alive: its timers do not, and both servers may be off. */
async function runUntil(
  stop: AbortSignal,
  lost: Promise<void>,
  lifecycle: Lifecycle,
  drainMs: number,
  logger: Logger,
): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30)
  const ended = new AbortController()
  const end = (reason: unknown) => ended.abort(reason)
  stop.addEventListener('abort', () => end(stop.reason), { once: true })
  if (stop.aborted) end(stop.reason)
  const leaseLost = new Failure('LeaseLost', 'retry', 'another replica has taken over: this one ends')
  void lost.then(() => end(leaseLost))
  try {
    await lifecycle.start(ended.signal).catch((error: unknown) => {
      if (!ended.signal.aborted) throw error
    })
    if (!ended.signal.aborted) logger.info({}, 'running')
    await new Promise<void>((resolve) => {
      if (ended.signal.aborted) resolve()
      ended.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    logger.info({}, 'stopping')
  } finally {
    const drained = new AbortController()
    await Promise.race([lifecycle.stop(), clock.sleep(drainMs, drained.signal).catch(() => undefined)])
    drained.abort()
    clearInterval(alive)
  }
  if (ended.signal.reason === leaseLost) throw leaseLost
}
