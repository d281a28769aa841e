// The composition root of `run`: builds everything from the settings, joins it, starts and stops it. Decides nothing.
import { hostname } from 'node:os'
import { APPLICATION_KIND, FIELD_MANAGER, TENANT_KIND } from './api/names.ts'
import type { RaiTenant, RaiTenantApplication } from './api/types.ts'
import { systemClock as clock } from './clock.ts'
import type { Config } from './config.ts'
import { applicationReconciler } from './controllers/applications.ts'
import { TenantDirectory } from './controllers/directory.ts'
import type { ApplicationView } from './controllers/ports.ts'
import { StatusReporter } from './controllers/status.ts'
import { tenantReconciler } from './controllers/tenants.ts'
import { wakeUp } from './controllers/wake-up.ts'
import { createControlPlane } from './controlplane/control-plane.ts'
import type { ControlPlane } from './controlplane/control-plane.ts'
import { CredentialsDirectory } from './controlplane/credentials.ts'
import { keyMaker } from './controlplane/keys.ts'
import { tenantKeyOf } from './domain/application.ts'
import { BackOff } from './engine/back-off.ts'
import { Budget } from './engine/budget.ts'
import { ControlLoop } from './engine/control-loop.ts'
import { Lifecycle } from './engine/lifecycle.ts'
import type { Component } from './engine/lifecycle.ts'
import type { Reconcile } from './engine/outcome.ts'
import { ResourceDefinitions } from './kube/definitions.ts'
import { Events } from './kube/events.ts'
import { APPLICATIONS, collectionPath, TENANTS } from './kube/kinds.ts'
import type { Kind, Resource } from './kube/kinds.ts'
import { loadKubeconfig } from './kube/kubeconfig.ts'
import { Reflector } from './kube/reflector.ts'
import { Resources } from './kube/resources.ts'
import { KubeSecrets } from './kube/secrets.ts'
import { StoreIndex } from './kube/store-index.ts'
import { Store } from './kube/store.ts'
import { createTransport } from './kube/transport.ts'
import type { Logger } from './log.ts'
import { Health } from './telemetry/health.ts'
import { createLogger } from './telemetry/logger.ts'
import { Metrics } from './telemetry/metrics.ts'
import { healthServer, metricsServer } from './telemetry/server.ts'

export type OperatorOptions = {
  readonly config: Config
  readonly version: string
  /** What the environment says of proxies. */
  readonly proxyEnv: NodeJS.ProcessEnv
}

/** What every part is built with. */
type Context = OperatorOptions & { readonly logger: Logger; readonly metrics: Metrics }

/** Longer than the external deadlines (30 s each) of a create and of all that follows it. */
const RECONCILE_DEADLINE_MS = 180_000
const FIRST_BACK_OFF_MS = 500
const MOST_BACK_OFF_MS = 60_000
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

type Cached<T extends Resource> = {
  readonly store: Store<T>
  readonly writer: Resources<T>
  readonly reflectors: readonly Reflector<T>[]
}

type Kube = ReturnType<typeof joinKube>

function joinKube({ config, version, logger, metrics }: Context) {
  const kubeconfig = loadKubeconfig({ path: config.kubeconfig, context: config.context })
  const { host } = new URL(kubeconfig.getCurrentCluster()!.server)
  const transport = createTransport({
    kubeconfig,
    userAgent: `${FIELD_MANAGER}/${version}`,
    clock,
    metrics: metrics.kube.of(host),
  })
  const namespaces = config.watchNamespaces.length > 0 ? config.watchNamespaces : [undefined]

  function cached<T extends Resource>(kind: Kind<T>): Cached<T> {
    const store = new Store<T>(metrics.kube.of(host), logger)
    metrics.resources.observe(kind.kind, () => store.all())
    const reflectors = namespaces.map(
      (namespace) =>
        new Reflector({
          name: namespace === undefined ? kind.plural : `${kind.plural} in ${namespace}`,
          transport,
          path: collectionPath(kind.plural, namespace),
          namespace,
          labelSelector: undefined,
          project: (object) => kind.project(object),
          store,
          clock,
          random,
          logger,
        }),
    )
    return { store, writer: new Resources({ transport, kind, store }), reflectors }
  }

  const tenants = cached<RaiTenant>(TENANTS)
  const applications = cached<RaiTenantApplication>(APPLICATIONS)
  return {
    transport,
    tenants,
    applications,
    reflectors: [...tenants.reflectors, ...applications.reflectors],
    secrets: new KubeSecrets(transport),
    definitions: new ResourceDefinitions(transport),
    events: new Events({ transport, instance: hostname(), clock, logger }),
  }
}

/** One loop for each kind, by the name that its metrics have. */
function joinControllers(
  { config, logger, metrics }: Context,
  controlPlane: ControlPlane,
  { tenants, applications, secrets, definitions, events }: Kube,
): [name: string, loop: ControlLoop][] {
  const index = new StoreIndex(applications.store, tenantKeyOf)
  const applicationView: ApplicationView = {
    get: (key) => applications.store.get(key),
    all: () => applications.store.all(),
    ofTenant: (tenant) => index.of(tenant),
  }
  const reporting = { events, metrics: metrics.resources, clock }
  const shared = {
    ...reporting,
    organization: () => config.organization ?? controlPlane.organization(),
    deletionPolicy: config.deletionPolicy,
    directory: new TenantDirectory(controlPlane.tenants, clock, (count) => metrics.usesTenants(count)),
    definitions,
    logger,
  }
  const loopOf = (name: string, reconcile: Reconcile) =>
    new ControlLoop({
      name,
      reconcile,
      workers: config.workers,
      deadlineMs: RECONCILE_DEADLINE_MS,
      backOff: new BackOff({ firstMs: FIRST_BACK_OFF_MS, mostMs: MOST_BACK_OFF_MS, random }),
      random,
      clock,
      metrics: metrics.loops.of(name),
      logger,
    })
  const tenantLoop = loopOf(
    TENANT_KIND.toLowerCase(),
    tenantReconciler({
      ...shared,
      tenantQuota: config.tenantQuota,
      view: tenants.store,
      applicationView,
      writer: tenants.writer,
      applicationWriter: applications.writer,
      reporter: new StatusReporter({ ...reporting, view: tenants.store, writer: tenants.writer }),
      api: controlPlane.tenants,
      applicationsApi: controlPlane.applications,
    }),
  )
  const applicationLoop = loopOf(
    APPLICATION_KIND.toLowerCase(),
    applicationReconciler({
      ...shared,
      view: applicationView,
      tenantView: tenants.store,
      writer: applications.writer,
      reporter: new StatusReporter({ ...reporting, view: applications.store, writer: applications.writer }),
      api: controlPlane.applications,
      keys: keyMaker(),
      prover: controlPlane.prover,
      secrets,
      documentsApiUrl: config.documentsApiUrl,
    }),
  )
  const woken = wakeUp({
    tenantView: tenants.store,
    applicationView,
    enqueueTenant: (key, delayMs) => tenantLoop.enqueue(key, delayMs),
    enqueueApplication: (key, delayMs) => applicationLoop.enqueue(key, delayMs),
  })
  tenants.store.onChange(woken.tenantChanged)
  applications.store.onChange(woken.applicationChanged)
  return [
    [TENANT_KIND, tenantLoop],
    [APPLICATION_KIND, applicationLoop],
  ]
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
