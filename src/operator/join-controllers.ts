// Builds the two control loops, and what wakes them.
import { APPLICATION_KIND, TENANT_KIND } from '../api/names.ts'
import { systemClock as clock } from '../clock.ts'
import { applicationReconciler } from '../controllers/applications.ts'
import { TenantDirectory } from '../controllers/directory.ts'
import type { ApplicationView } from '../controllers/ports.ts'
import { StatusReporter } from '../controllers/status.ts'
import { tenantReconciler } from '../controllers/tenants.ts'
import { wakeUp } from '../controllers/wake-up.ts'
import type { ControlPlane } from '../controlplane/control-plane.ts'
import { keyMaker } from '../controlplane/keys.ts'
import { tenantKeyOf } from '../domain/application.ts'
import { BackOff } from '../engine/back-off.ts'
import { ControlLoop } from '../engine/control-loop.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { StoreIndex } from '../kube/store-index.ts'
import type { Context } from './context.ts'
import type { Kube } from './join-kube.ts'

/** Longer than the external deadlines (30 s each) of a create and of all that follows it. */
const RECONCILE_DEADLINE_MS = 180_000
const FIRST_BACK_OFF_MS = 500
const MOST_BACK_OFF_MS = 60_000
const { random } = Math

/** One loop for each kind, by the name that its metrics have. */
export function joinControllers(
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
