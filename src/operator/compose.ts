// Joins all parts of an operator between its edges: what starts in which order, and what ends it.
import { unlessAborted } from '../abort.ts'
import type { ControlPlane } from '../controlplane/control-plane.ts'
import type { Clock } from '../clock.ts'
import { LeaseGate, OPEN } from '../engine/gate.ts'
import { LeaderElector } from '../engine/leader.ts'
import type { Component } from '../engine/lifecycle.ts'
import { KubeLeases } from '../kube/leases.ts'
import type { Logger } from '../log.ts'
import type { ReflectorState } from '../telemetry/health.ts'
import type { Context } from './context.ts'
import { collectIdleGarbage } from './idle-garbage.ts'
import { joinControlPlane } from './join-control-plane.ts'
import { joinControllers } from './join-controllers.ts'
import { joinKube } from './join-kube.ts'
import type { Kube } from './join-kube.ts'

/** How long Events that wait may take to be told at the end. */
const FLUSH_MS = 1_000
/** How long the release of the lease may take at the end: otherwise it expires. */
const RELEASE_MS = 1_500
const FIRST_REST_MS = 500
const MOST_REST_MS = 30_000

export type Composed = {
  /** In the order in which they start. */
  readonly components: readonly Component[]
  /** Resolves when this process led and may not any more: it is to end. Never without leader election. */
  readonly lost: Promise<void>
  readonly controlPlane: ControlPlane
  readonly reflectors: () => readonly ReflectorState[]
  /** … and those without which the operator is ready, too. */
  readonly optionalReflectors: () => readonly ReflectorState[]
}

/** Contacts nobody yet. Throws a `Failure` for a proxy that cannot be one. */
export function compose(given: Omit<Context, 'gate'>): Composed {
  const { config, edges, metrics, logger } = given
  const { clock, random, leaseTransport, identity } = edges
  const leaseGate = new LeaseGate(clock)
  const context = { ...given, gate: config.leaderElect ? leaseGate : OPEN }
  const controlPlane = joinControlPlane(context)
  const kube = joinKube(context)
  const controllers = joinControllers(context, controlPlane, kube)
  const elector = new LeaderElector({
    store: new KubeLeases({ transport: leaseTransport, namespace: config.operatorNamespace, name: config.leaseName }),
    gate: leaseGate,
    identity,
    clock,
    random,
    logger,
    onLeading: (leads) => metrics.leads(leads),
    leaseDurationMs: config.leaseDurationMs,
    renewDeadlineMs: config.renewDeadlineMs,
    retryPeriodMs: config.retryPeriodMs,
  })
  const leadership = config.leaderElect ? leadershipOf(elector, clock) : undefined
  // Without election whoever runs is the one that works.
  if (!leadership) metrics.leads(true)
  return {
    components: [
      whileRunning(
        'control plane',
        (signal) => controlPlane.firstToken(signal),
        () => controlPlane.close(),
      ),
      { name: 'connections to Kubernetes', start: async () => {}, stop: async () => edges.transport.close() },
      { name: 'connection of the lease', start: async () => {}, stop: async () => leaseTransport.close() },
      ...(leadership ? [leadership.campaign] : []),
      { name: 'Events', start: async () => {}, stop: () => kube.events.flush(FLUSH_MS) },
      ...kube.reflectors.map((reflector) => whileRunning(reflector.state.name, (signal) => reflector.run(signal))),
      whileRunning('namespaces', (signal) => kube.namespaces.run(signal)),
      whileRunning('secrets', (signal) => kube.secretWatch.run(signal)),
      { name: 'caches', start: (signal) => synced(kube.reflectors, signal), stop: async () => {} },
      whileRunning('idle garbage', (signal) => collectIdleGarbage(clock, signal)),
      { name: 'selection', start: async () => tellOfNothing(kube, context), stop: async () => {} },
      ...(leadership ? [leadership.elected] : []),
      {
        name: 'sealing key',
        start: (signal) => patiently((signal) => controllers.prepare(signal), clock, logger, signal),
        stop: async () => {},
      },
      ...controllers.loops.map(([name, loop]) => whileRunning(`${name} controller`, (signal) => loop.run(signal))),
    ],
    lost: elector.lost,
    controlPlane,
    reflectors: () => kube.reflectors.map(({ state }) => state),
    optionalReflectors: () => [...kube.namespaces.states, ...kube.secretWatch.states],
  }
}

/** A selector with a mistake in it looks like a cluster without resources. */
function tellOfNothing({ tenants, applications }: Kube, { config: { selector }, logger }: Context): void {
  if (selector === undefined || tenants.store.size + applications.store.size > 0) return
  logger.warn({ selector }, 'no resource matches the selector: there is nothing to look after yet')
}

/** The campaign begins before the caches are filled; work begins once it is won. The lease is released after all work. */
function leadershipOf(
  elector: LeaderElector,
  clock: Clock,
): { readonly campaign: Component; readonly elected: Component } {
  return {
    campaign: {
      name: 'leader election',
      start: async () => void elector.run(new AbortController().signal),
      async stop() {
        const late = new AbortController()
        const disarm = clock.after(RELEASE_MS, () => late.abort())
        await elector.release(late.signal)
        disarm()
      },
    },
    elected: {
      name: 'leadership',
      start: (signal) => unlessAborted(elector.elected, signal),
      stop: async () => {},
    },
  }
}

/** Until it is done: an API server that is away, or a permission that is missing, ends nobody. */
async function patiently(
  act: (signal: AbortSignal) => Promise<void>,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let restMs = FIRST_REST_MS; ; restMs = Math.min(MOST_REST_MS, 2 * restMs)) {
    try {
      return await act(signal)
    } catch (error) {
      signal.throwIfAborted()
      logger.warn({ err: error }, 'cannot begin to work yet')
      await clock.sleep(restMs, signal)
    }
  }
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
  await unlessAborted(Promise.all(reflectors.map((reflector) => reflector.synced)), signal)
}
