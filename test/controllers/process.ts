// One process of the operator over a world in memory: both controllers and the sweep, joined as the real one joins them.
import { Abandonment } from '../../src/controllers/abandonment.ts'
import { applicationReconciler } from '../../src/controllers/applications.ts'
import { BindingRecords } from '../../src/controllers/binding-records.ts'
import { Claims } from '../../src/controllers/claims.ts'
import { TenantCreation } from '../../src/controllers/create-tenant.ts'
import { TenantDirectory } from '../../src/controllers/directory.ts'
import { JournalMarks } from '../../src/controllers/journal-marks.ts'
import { SEAL } from '../doubles/resources.ts'
import { guardedApplications, guardedTenants } from '../../src/controllers/guarded-api.ts'
import { Journals } from '../../src/controllers/journals.ts'
import { Looks } from '../../src/controllers/looks.ts'
import { OrganizationView } from '../../src/controllers/organization-view.ts'
import { Places } from '../../src/controllers/places.ts'
import { Recovery } from '../../src/controllers/recovery.ts'
import { CurrentTenants } from '../../src/controllers/current-tenants.ts'
import { Siblings } from '../../src/controllers/siblings.ts'
import { Removals } from '../../src/controllers/remove-application.ts'
import { Seals } from '../../src/controllers/seals.ts'
import { StatusReporter } from '../../src/controllers/status.ts'
import { Suspicion } from '../../src/controllers/suspicion.ts'
import { journalSweeper, sweepKey } from '../../src/controllers/sweep-journals.ts'
import { organizationSweep } from '../../src/controllers/sweep-organization.ts'
import { secretSweep } from '../../src/controllers/sweep-secrets.ts'
import { TenantAbsence } from '../../src/controllers/tenant-absence.ts'
import { tenantReconciler } from '../../src/controllers/tenants.ts'
import { Turns } from '../../src/controllers/turns.ts'
import { Unmanaged } from '../../src/controllers/unmanaged.ts'
import type { AdoptionRule } from '../../src/domain/adoption.ts'
import { journalMarkOf } from '../../src/domain/journal-format.ts'
import type { StoredRecord } from '../../src/domain/journal.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type { Gate } from '../../src/engine/gate.ts'
import type { Outcome, Reconcile } from '../../src/engine/outcome.ts'
import { Failure } from '../../src/errors.ts'
import { keyOf } from '../doubles/memory-cluster.ts'
import type { MemoryRecords } from '../doubles/memory-records.ts'
import type { World } from './harness.ts'

/** What a pass came to: its outcome, or the code of the failure it threw. */
export type Look =
  Outcome['next'] | { readonly afterMs: number } | { readonly code: string; readonly disposition: string }

export type ProcessSettings = {
  readonly deletionPolicy?: 'Delete' | 'Retain'
  readonly tenantQuota?: number
  readonly allowAdoption?: readonly AdoptionRule[]
  readonly isSelective?: boolean
  readonly organization?: string
  /** The breaker counts the tenants that are bound. Else it has nothing to doubt. */
  readonly isGuarded?: boolean
  /** The client that lists are asked for with. */
  readonly client?: string
  /** The digest that a person accepts. */
  readonly accepted?: string
  /** The operator's own selector. */
  readonly selector?: string
  /** Names the process in what it writes. */
  readonly holder?: string
}

let uniques = 0

/** From one sweep of everything to the next. */
export const SWEEP_MS = 600_000

/** The lease of one process; without it nothing that changes anything is let through. */
class Lease implements Gate {
  isHeld = true

  check(): void {
    if (!this.isHeld) throw new Failure('LeaseLost', 'retry', 'this process does not hold the lease')
  }
}

/** A process that has just started: it remembers nothing, and its caches are filled. */
export function startProcess(world: World, settings: ProcessSettings) {
  const { clock, events, metrics, logger, plane } = world
  const lease = new Lease()
  const tenants = gated(world.tenants, lease, ['addFinalizer', 'removeFinalizer', 'patchStatus', 'delete'])
  const applications = gated(world.applications, lease, ['addFinalizer', 'removeFinalizer', 'patchStatus', 'delete'])
  const records = gated(world.records, lease, ['create', 'swap', 'delete'])
  const woken: string[] = []
  const organizationView = new OrganizationView({
    view: settings.isGuarded ? tenants : { get: () => undefined, all: () => [] },
    isGenuine: (tenant) => seals.areGenuine(tenant),
    client: () => settings.client ?? 'client',
    accepted: settings.accepted,
    list: (signal) => directory.current(signal),
    digest: (text) => `digest of ${text.replaceAll('\n', ' ')}`,
    wakeAll: () => woken.push('all'),
    clock,
    logger,
  })
  const tenantsApi = guardedTenants(gated(plane.tenants, lease, ['delete']), organizationView)
  const applicationsApi = guardedApplications(gated(plane.applications, lease, ['delete']), organizationView)
  const organization = () => settings.organization ?? 'org'
  const journalView = marksOf(world.records)
  const tenantQuota = settings.tenantQuota ?? 20
  const tenantsWoken: string[] = []
  const wake = (key: string) => tenantsWoken.push(key)
  const places = new Places({ quota: tenantQuota, view: tenants, journalView, clock, wake })
  const directory = new TenantDirectory(tenantsApi, clock, (listing, askedAt) => {
    places.listed(listing.tenants, askedAt)
    organizationView.listed(listing)
  })
  const journals = new Journals({
    records,
    lastingRecords: world.records,
    holder: settings.holder ?? 'one',
    organization,
    unique: () => `u${++uniques}`,
    clock,
    logger,
  })
  const claims = new Claims({ journals, journalView, view: applications, lister: applications })
  const seals = new Seals({ seal: () => SEAL })
  const reporting = { events, metrics, seals, clock }
  const shared = {
    seals,
    organization,
    deletionPolicy: settings.deletionPolicy ?? 'Delete',
    directory,
    places,
    definitions: world.definitions,
    organizationView,
    events,
    metrics,
    clock,
    logger,
    journals,
    journalView,
    claims,
    bindingRecords: new BindingRecords(records),
    abandonment: new Abandonment({ ...reporting, records, journals, logger }),
  }
  const unmanaged = new Unmanaged()
  const tenantLooks = new Looks((key) => woken.push(key))
  const looks = new Looks((key) => woken.push(key))
  const tenant = tenantReconciler({
    ...shared,
    view: tenants,
    applicationView: applications,
    writer: tenants,
    lister: tenants,
    allowAdoption: settings.allowAdoption ?? [],
    isSelective: settings.isSelective ?? false,
    applicationWriter: applications,
    reporter: new StatusReporter<RaiTenant>({ ...reporting, view: tenants, writer: tenants }),
    looks: tenantLooks,
    unmanaged,
    absence: new TenantAbsence({ directory, view: tenants, clock }),
    creation: new TenantCreation({ ...shared, tenantQuota, api: tenantsApi, lister: tenants }),
    api: tenantsApi,
    applicationsApi,
  })
  const ofApplications = {
    ...shared,
    api: applicationsApi,
    prover: plane.prover,
    view: applications,
    tenantView: tenants,
    lister: applications,
    reporter: new StatusReporter<RaiTenantApplication>({ ...reporting, view: applications, writer: applications }),
    suspicion: new Suspicion({ view: applications, tenantView: tenants, events, logger }),
  }
  const secrets = gated(world.secrets, lease, ['create', 'replace'])
  const application = applicationReconciler({
    ...ofApplications,
    discards: applicationsApi,
    keys: plane.keys,
    looks,
    readKey: plane.readKey,
    secrets,
    namespaces: world.namespaces,
    scope: { watchNamespaces: [], selector: settings.selector },
    documentsApiUrl: undefined,
    writer: applications,
    currentTenants: new CurrentTenants(tenants, clock),
    recovery: new Recovery(ofApplications),
    removals: new Removals(ofApplications),
    defaultOverlapMs: 86_400_000,
    siblings: new Siblings(applicationsApi, clock),
    turns: new Turns((key) => woken.push(key)),
    aside: (_, wait) => wait(),
  })
  const sweep = journalSweeper({ ...ofApplications, tenantsApi, tenantLister: tenants })
  const sweeping = {
    ...ofApplications,
    applicationsApi,
    tenantLooks,
    looks,
    unmanaged,
    secrets,
    ...(settings.selector !== undefined && {
      everybody: async () => ({ tenants: await tenants.list(), applications: await applications.list() }),
    }),
    intervalMs: () => SWEEP_MS,
  }
  const sweepOrganization = organizationSweep(sweeping)
  const sweepSecrets = secretSweep(sweeping)
  return {
    lease,
    /** Whom a sweep, or the end of a create, has looked at. */
    woken,
    /** Whom a free place has looked at. */
    tenantsWoken,
    lookAtTenant: (resource: RaiTenant, signal?: AbortSignal) => look(tenant, keyOf(resource), signal),
    lookAtApplication: (resource: RaiTenantApplication, signal?: AbortSignal) =>
      look(application, keyOf(resource), signal),
    /** `scope`: the id of a tenant, or `name:` and a tenant's name. */
    sweep: (scope: string) => look(sweep, sweepKey(scope)),
    sweepOrganization: () => look((_, signal) => sweepOrganization(signal), 'organization'),
    sweepSecrets: () => look((_, signal) => sweepSecrets.all(signal), 'secrets'),
  }
}

async function look(reconcile: Reconcile, key: string, signal = new AbortController().signal): Promise<Look> {
  try {
    const outcome = await reconcile(key, signal)
    return outcome.next === 'after' ? { afterMs: outcome.afterMs } : outcome.next
  } catch (error) {
    const { code, disposition, message } = error as { code?: string; disposition?: string; message: string }
    if (!code || !disposition) throw new Error(`an unexpected error: ${message}`, { cause: error })
    return { code, disposition }
  }
}

/** What a process's cache shows of the journals. */
function marksOf(records: MemoryRecords): JournalMarks {
  const marks = new JournalMarks()
  const seen = (record: StoredRecord | undefined) =>
    record?.name.startsWith('journal-') ? { name: record.name, mark: journalMarkOf(record) } : undefined
  for (const record of records.held.values()) marks.changed(undefined, seen(record))
  records.onChange((before, after) => marks.changed(seen(before), seen(after)))
  return marks
}

/** `port`, but these of its methods are let through by `gate` alone. */
function gated<T extends object>(port: T, gate: Gate, mutating: readonly (keyof T & string)[]): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const isMutating = mutating.some((method) => method === name)
      return (...args: unknown[]): unknown => {
        if (isMutating) gate.check()
        return Reflect.apply(value, target, args)
      }
    },
  })
}
