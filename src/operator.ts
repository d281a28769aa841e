// The composition root of `run`: builds everything from the settings, joins it, starts and stops it. Decides nothing.
import { systemClock as clock } from './clock.ts'
import { createControlPlane } from './controlplane/control-plane.ts'
import type { ControlPlane } from './controlplane/control-plane.ts'
import { CredentialsDirectory } from './controlplane/credentials.ts'
import { Budget } from './engine/budget.ts'
import { Lifecycle } from './engine/lifecycle.ts'
import type { Component } from './engine/lifecycle.ts'
import type { Logger } from './log.ts'
import type { Context } from './operator/context.ts'
import { joinControllers } from './operator/join-controllers.ts'
import { joinKube } from './operator/join-kube.ts'
import { Health } from './telemetry/health.ts'
import { createLogger } from './telemetry/logger.ts'
import { Metrics } from './telemetry/metrics.ts'
import { healthServer, metricsServer } from './telemetry/server.ts'

export type OperatorOptions = Omit<Context, 'logger' | 'metrics'>

/**
 * Token requests of applications have a budget of their own, half of the other one: with the default of 10 requests a
 * second the 5 that docs/settings.md names, and no bottleneck where the other one is raised.
 */
const TOKEN_SHARE = 0.5
/** How long Events that wait may take to be told at the end. */
const FLUSH_MS = 1_000
const { random } = Math

/**
 * Runs the operator until `stop` aborts, then stops it in reverse, within `drain-timeout`. Throws a `Failure` for what keeps
 * it from starting.
 */
export async function runOperator(options: OperatorOptions, stop: AbortSignal): Promise<void> {
  const { config, version } = options
  const logger = await createLogger({ level: config.logLevel, format: config.logFormat, clock })
  const metrics = new Metrics({ version, tenantQuota: config.tenantQuota, leaseName: config.leaseName })
  metrics.addProcess()
  // Nothing is elected yet: whoever runs is the one that works.
  metrics.leads(true)
  const context = { ...options, logger, metrics }
  const controlPlane = joinControlPlane(context)
  const kube = joinKube(context)
  const loops = joinControllers(context, controlPlane, kube)
  const health = new Health({
    reflectors: () => kube.reflectors.map(({ state }) => state),
    controlPlane: () => controlPlane.credentialStatus(),
    clock,
  })
  const lifecycle = new Lifecycle(
    [
      healthServer(health, { address: config.healthAddress, clock, logger }),
      metricsServer(metrics, { address: config.metricsAddress, clock, logger }),
      whileRunning(
        'control plane',
        (signal) => controlPlane.firstToken(signal),
        () => controlPlane.close(),
      ),
      { name: 'connections to Kubernetes', start: async () => {}, stop: () => kube.transport.close() },
      { name: 'Events', start: async () => {}, stop: () => kube.events.flush(FLUSH_MS) },
      ...kube.reflectors.map((reflector) => whileRunning(reflector.state.name, (signal) => reflector.run(signal))),
      { name: 'caches', start: (signal) => synced(kube.reflectors, signal), stop: async () => {} },
      ...loops.map(([name, loop]) => whileRunning(`${name} controller`, (signal) => loop.run(signal))),
    ],
    logger,
  )
  await runUntil(stop, lifecycle, config.drainTimeoutMs, logger)
}

/** Nothing else may keep the process alive: its timers do not, and both servers may be off. */
async function runUntil(stop: AbortSignal, lifecycle: Lifecycle, drainMs: number, logger: Logger): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30)
  try {
    await lifecycle.start(stop).catch((error: unknown) => {
      if (!stop.aborted) throw error
    })
    if (!stop.aborted) logger.info({}, 'running')
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve()
      stop.addEventListener('abort', () => resolve(), { once: true })
    })
    logger.info({}, 'stopping')
  } finally {
    const drained = new AbortController()
    await Promise.race([lifecycle.stop(), clock.sleep(drainMs, drained.signal).catch(() => undefined)])
    drained.abort()
    clearInterval(alive)
  }
}

function joinControlPlane({ config, proxyEnv, logger, metrics }: Context): ControlPlane {
  const budgetOf = (share: number) =>
    new Budget({
      perSecond: config.requestsPerSecond * share,
      burst: Math.max(1, Math.round(config.burst * share)),
      random,
      clock,
    })
  return createControlPlane({
    baseUrl: config.controlPlaneUrl,
    tokenUrl: config.tokenUrl,
    credentials: new CredentialsDirectory(config.credentialsDir, clock),
    tokenHosts: config.tokenHosts,
    pageLimit: config.pageLimit,
    budget: budgetOf(1),
    tokenBudget: budgetOf(TOKEN_SHARE),
    clock,
    random,
    metrics: metrics.controlPlane,
    logger,
    proxyEnv,
  })
}

/** A component that runs by itself until it is stopped, and then ends. */
function whileRunning(name: string, run: (signal: AbortSignal) => Promise<void>, close = () => {}): Component {
  const stopping = new AbortController()
  let ended: Promise<void> = Promise.resolve()
  return {
    name,
    async start() {
      ended = run(stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error
      })
    },
    async stop() {
      stopping.abort(new Error('stopping'))
      close()
      await ended
    },
  }
}

async function synced(reflectors: readonly { readonly synced: Promise<void> }[], signal: AbortSignal): Promise<void> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  await Promise.race([Promise.all(reflectors.map((reflector) => reflector.synced)), stopped])
}
