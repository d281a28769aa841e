// Builds the control loops, and what wakes them.
import { APPLICATION_KIND, TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { Abandonment } from '../controllers/abandonment.ts'
import { applicationReconciler } from '../controllers/applications.ts'
import { BindingRecords } from '../controllers/binding-records.ts'
import { Claims } from '../controllers/claims.ts'
import { TenantCreation } from '../controllers/create-tenant.ts'
import { Journals } from '../controllers/journals.ts'
import { Looks } from '../controllers/looks.ts'
import type { ApplicationView } from '../controllers/ports.ts'
import { Recovery } from '../controllers/recovery.ts'
import { Removals } from '../controllers/remove-application.ts'
import { Seals } from '../controllers/seals.ts'
import { CurrentTenants } from '../controllers/current-tenants.ts'
import { secretDrift } from '../controllers/secret-drift.ts'
import { Siblings } from '../controllers/siblings.ts'
import { StatusReporter } from '../controllers/status.ts'
import { Suspicion } from '../controllers/suspicion.ts'
import { journalSweeper } from '../controllers/sweep-journals.ts'
import { TenantAbsence } from '../controllers/tenant-absence.ts'
import { tenantReconciler } from '../controllers/tenants.ts'
import { Turns } from '../controllers/turns.ts'
import { Unmanaged } from '../controllers/unmanaged.ts'
import { wakeUp } from '../controllers/wake-up.ts'
import type { ControlPlane } from '../controlplane/control-plane.ts'
import { readKey } from '../controlplane/keys.ts'
import { tenantKeyOf } from '../domain/placement.ts'
import { goesByLabels } from '../domain/grants.ts'
import { heldIds } from '../domain/recovery.ts'
import { BackOff } from '../engine/back-off.ts'
import { ControlLoop } from '../engine/control-loop.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { StoreIndex } from '../kube/store-index.ts'
import { StoreTally } from '../kube/store-tally.ts'
import type { Context } from './context.ts'
import type { Kube } from './join-kube.ts'
import { joinOrganization } from './join-organization.ts'
import { joinSweep } from './join-sweep.ts'

/** Longer than the external deadlines (30 s each) of a create and of all that follows it. */
const RECONCILE_DEADLINE_MS = 180_000
const FIRST_BACK_OFF_MS = 500
const MOST_BACK_OFF_MS = 60_000
/** The sweep of journals has no hurry. */
const JOURNAL_WORKERS = 2
/** One for the organization, one for Secrets. */
const SWEEP_WORKERS = 2
/** A thousand tenants at the default pace, behind everybody else, and a reserve. */
const SWEEP_DEADLINE_MS = 3_600_000

export type Controllers = {
  /** One loop for each kind, one for journals and one for the sweep, by the name that its metrics have. */
  readonly loops: readonly (readonly [name: string, loop: ControlLoop])[]
  /** What has to be done before they run, by the one that leads. */
  prepare(signal: AbortSignal): Promise<void>
}

export function joinControllers(context: Context, controlPlane: ControlPlane, kube: Kube): Controllers {
  const { config, logger, metrics, edges } = context
  const { clock, random } = edges
  const { tenants, applications, secrets, definitions, events, namespaces } = kube
  const index = new StoreIndex(applications.store, tenantKeyOf)
  const held = new StoreTally(applications.store, heldIds)
  const applicationView: ApplicationView = {
    get: (key) => applications.store.get(key),
    all: () => applications.store.all(),
    ofTenant: (tenant) => index.of(tenant),
    isHeld: (applicationId) => held.has(applicationId),
  }
  const seals = new Seals(kube.sealingKey)
  const reporting = { events, metrics: metrics.resources, seals, clock }
  const organization = () => config.organization ?? controlPlane.organization()
  const outside = joinOrganization(context, controlPlane, kube, seals, {
    tenant: (key) => tenantLoop.enqueue(key),
    all() {
      for (const key of keysOf(tenants.store.all())) tenantLoop.enqueue(key)
      for (const key of keysOf(applications.store.all())) applicationLoop.enqueue(key)
    },
  })
  const { organizationView, places, directory, deletes, creates, recovery, sweeps } = outside
  const { tenantQuota } = config
  const journals = new Journals({
    records: kube.records,
    lastingRecords: kube.lastingRecords,
    organization,
    holder: edges.identity,
    unique: edges.unique,
    clock,
    logger,
  })
  const claims = new Claims({
    journals,
    journalView: kube.journalMarks,
    view: applicationView,
    lister: applications.writer,
  })
  const shared = {
    ...reporting,
    organization,
    deletionPolicy: config.deletionPolicy,
    directory,
    places,
    definitions,
    organizationView,
    logger,
    journals,
    journalView: kube.journalMarks,
    claims,
    bindingRecords: new BindingRecords(kube.records),
    abandonment: new Abandonment({ ...reporting, records: kube.records, journals, logger }),
  }
  const loopOf = (name: string, workers: number, reconcile: Reconcile, deadlineMs = RECONCILE_DEADLINE_MS) =>
    new ControlLoop({
      name,
      reconcile,
      workers,
      random,
      clock,
      logger,
      deadlineMs,
      backOff: new BackOff({ firstMs: FIRST_BACK_OFF_MS, mostMs: MOST_BACK_OFF_MS, random }),
      metrics: metrics.loops.of(name),
    })

  const unmanaged = new Unmanaged()
  const tenantLooks = new Looks((key) => tenantLoop.enqueue(key))
  const looks = new Looks((key) => applicationLoop.enqueue(key))
  const tenantReporter = new StatusReporter({ ...reporting, view: tenants.store, writer: tenants.writer })
  const tenantLoop: ControlLoop = loopOf(
    TENANT_KIND.toLowerCase(),
    config.workers,
    tenantReconciler({
      ...shared,
      view: tenants.store,
      applicationView,
      writer: tenants.writer,
      lister: tenants.writer,
      allowAdoption: config.allowAdoption,
      isSelective: config.selector !== undefined,
      applicationWriter: applications.writer,
      reporter: tenantReporter,
      looks: tenantLooks,
      unmanaged,
      absence: new TenantAbsence({ directory, view: tenants.store, clock }),
      creation: new TenantCreation({ ...shared, tenantQuota, api: creates.tenants, lister: tenants.writer }),
      api: deletes.tenants,
      applicationsApi: deletes.applications,
    }),
  )
  const ofApplications = {
    ...shared,
    prover: controlPlane.prover,
    view: applicationView,
    tenantView: tenants.store,
    lister: applications.writer,
    reporter: new StatusReporter({ ...reporting, view: applications.store, writer: applications.writer }),
    suspicion: new Suspicion({ view: applicationView, tenantView: tenants.store, events, logger }),
  }
  const applicationLoop: ControlLoop = loopOf(
    APPLICATION_KIND.toLowerCase(),
    config.workers,
    applicationReconciler({
      ...ofApplications,
      looks,
      api: creates.applications,
      discards: deletes.applications,
      secrets,
      namespaces,
      scope: config,
      keys: edges.keys,
      readKey,
      documentsApiUrl: config.documentsApiUrl,
      writer: applications.writer,
      currentTenants: new CurrentTenants(tenants.writer, clock),
      recovery: new Recovery({ ...ofApplications, api: recovery.applications }),
      removals: new Removals({ ...ofApplications, api: deletes.applications }),
      defaultOverlapMs: config.defaultOverlapMs,
      siblings: new Siblings(creates.applications, clock),
      turns: new Turns((key) => applicationLoop.enqueue(key)),
      aside: (key, wait) => applicationLoop.aside(key, wait),
    }),
  )
  const journalLoop = loopOf(
    'journal',
    JOURNAL_WORKERS,
    journalSweeper({
      ...ofApplications,
      api: sweeps.applications,
      tenantsApi: sweeps.tenants,
      tenantLister: tenants.writer,
    }),
  )
  const everybody = async (signal: AbortSignal) => ({
    tenants: await tenants.writer.list(signal),
    applications: await applications.writer.list(signal),
  })
  const sweep = joinSweep({
    ...ofApplications,
    directory: outside.sweptDirectory,
    applicationsApi: sweeps.applications,
    ...(config.selector !== undefined && { everybody }),
    tenantLooks,
    looks,
    unmanaged,
    secrets,
    metrics,
    sweepIntervalMs: config.sweepIntervalMs,
    random,
  })
  const sweepLoop = loopOf('sweep', SWEEP_WORKERS, sweep.reconcile, SWEEP_DEADLINE_MS)
  sweep.begin(sweepLoop)

  const woken = wakeUp({
    tenantView: tenants.store,
    applicationView,
    self: edges.identity,
    now: () => clock.now(),
    enqueueTenant: (key, delayMs) => tenantLoop.enqueue(key, delayMs),
    enqueueApplication: (key, delayMs) => applicationLoop.enqueue(key, delayMs),
    enqueueSweep: (key, delayMs) => journalLoop.enqueue(key, delayMs),
  })
  tenants.store.onChange((_key, _before, after) => {
    if (after && goesByLabels(after)) namespaces.follow()
  })
  namespaces.onChange(woken.namespaceChanged)
  const drift = secretDrift({
    view: applications.store,
    hasPassed: (secret, version) => kube.secretWatch.hasPassed(secret, version),
    changed: (key) => sweep.secretChanged(sweepLoop, key),
  })
  kube.secretWatch.onChange(drift.secretChanged)
  applications.store.onChange(drift.applicationChanged)
  tenants.store.onChange(woken.tenantChanged)
  applications.store.onChange(woken.applicationChanged)
  kube.journals.onChange((_key, before, after) => woken.journalChanged(before, after))
  return {
    loops: [
      [TENANT_KIND, tenantLoop],
      [APPLICATION_KIND, applicationLoop],
      ['journal', journalLoop],
      ['sweep', sweepLoop],
    ],
    async prepare(signal) {
      if (!(await kube.sealingKey.load(signal))) return
      for (const tenant of await tenants.writer.managed(signal)) await tenantReporter.adopt(tenant)
      for (const application of await applications.writer.managed(signal))
        await ofApplications.reporter.adopt(application)
      await kube.sealingKey.adopted(signal)
    },
  }
}

function* keysOf(resources: Iterable<RaiTenant | RaiTenantApplication>): Iterable<string> {
  for (const { metadata } of resources) yield `${metadata.namespace}/${metadata.name}`
}
