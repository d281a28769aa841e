// The controller of RaiTenant: a tenant in the organization for each resource, and none left when the resource goes.
import { TENANT_KIND, TENANT_PLURAL } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { ExternalTenant, TenantRequest } from '../domain/external.ts'
import { isGone, SECOND_LOOK_MS } from '../domain/gone.ts'
import {
  claimantOf,
  deletionPolicyOf,
  effectiveName,
  foreignApplications,
  MOST_IDS,
  obstacleOf,
  planDrain,
  planTenant,
  PROTECTED,
  quotaExceeded,
  tenantExists,
  unsupportedRequests,
  wrongOrganization,
} from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import type { Clock } from '../clock.ts'
import { after, done } from '../engine/outcome.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { Absences } from './absences.ts'
import type { TenantDirectory } from './directory.ts'
import { blocked, reconciler } from './pass.ts'
import type { Pass, Untold } from './pass.ts'
import type {
  ApplicationsApi,
  ApplicationView,
  ControllerMetrics,
  Definitions,
  ResourceView,
  ResourceWriter,
  TenantsApi,
} from './ports.ts'
import type { StatusReporter } from './status.ts'

/** How soon a tenant that was just deleted is looked at again while it is still shown. */
const GONE_CHECK_MS = 2_000

export type TenantControllerOptions = {
  /** The organization's name; throws `Unauthorized` while its credential cannot be read. */
  readonly organization: () => string
  readonly tenantQuota: number
  readonly deletionPolicy: DeletionPolicy
  readonly view: ResourceView<RaiTenant>
  readonly applicationView: ApplicationView
  readonly writer: ResourceWriter<RaiTenant>
  readonly applicationWriter: ResourceWriter<RaiTenantApplication>
  readonly reporter: StatusReporter<RaiTenant>
  readonly api: TenantsApi
  readonly applicationsApi: ApplicationsApi
  readonly directory: TenantDirectory
  readonly definitions: Definitions
  readonly metrics: ControllerMetrics
  readonly clock: Clock
  readonly logger: Logger
}

/** Reconciles RaiTenants. See each step for what it promises. */
export function tenantReconciler(options: TenantControllerOptions): Reconcile {
  const { view, writer, api, directory, clock, logger } = options
  const absences = new Absences(clock)

  async function bring(tenant: RaiTenant, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    const unbound = tenant.status.tenantId === undefined
    const obstacle = obstacleOf(tenant, options.organization(), unbound ? claimantOf(tenant, view.all()) : undefined)
    if (obstacle) return blocked(tenant, obstacle)
    const plan = planTenant(tenant, unbound ? namesakeOf(tenant, await directory.recent(signal)) : undefined)
    switch (plan.step) {
      case 'stop':
        return blocked(tenant, plan)
      case 'keep':
        return ready(tenant)
      case 'create':
        return create(await writer.addFinalizer(tenant, signal), plan.request, signal)
    }
  }

  /** One POST at the most, whatever its end; after any end but 201 the cause is learned from what the organization holds. */
  async function create(tenant: RaiTenant, request: TenantRequest, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    const result = await api.create(request, signal)
    if (result.outcome === 'created') return bind(tenant, result.value)
    const { failure } = result
    if (result.outcome === 'ambiguous') {
      const found = namesakeOf(tenant, await directory.current(signal))
      if (found) return bind(tenant, found)
    }
    if (result.outcome === 'rejected' && (failure.code === 'Rejected' || failure.code === 'Forbidden')) {
      const tenants = await directory.current(signal)
      if (namesakeOf(tenant, tenants)) return blocked(tenant, tenantExists(tenant))
      if (tenants.length >= options.tenantQuota) return blocked(tenant, quotaExceeded(options.tenantQuota))
    }
    throw failure
  }

  function bind(tenant: RaiTenant, external: ExternalTenant): Pass<RaiTenant> {
    const { namespace, name, generation } = tenant.metadata
    logger.info(
      { operation: 'createTenant', tenantId: external.id, kind: TENANT_KIND, key: `${namespace}/${name}`, generation },
      'created a tenant',
    )
    return ready(tenant, {
      organization: options.organization(),
      tenantId: external.id,
      createdAt: external.createdAt,
      links: external.links.map(({ cell, host }) => ({ cell, host })),
      provenance: 'Created',
    })
  }

  function ready(tenant: RaiTenant, binding: Partial<RaiTenant['status']> = {}): Pass<RaiTenant> {
    const message = `the tenant "${effectiveName(tenant)}" exists in the organization`
    const tenantId = binding.tenantId ?? tenant.status.tenantId
    const applications = boundTo(tenant, tenantId).length
    return { about: tenant, report: { reason: 'Ready', message }, facts: { ...binding, applications }, outcome: done }
  }

  async function finalize(tenant: RaiTenant, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    const unsupported = unsupportedRequests(tenant)
    if (unsupported) return blocked(tenant, unsupported)
    const { tenantId } = tenant.status
    if (tenantId === undefined) return release(tenant, 'nothing was made outside', signal)
    if (tenant.spec.deletionProtection) return blocked(tenant, PROTECTED)
    const wrong = wrongOrganization(tenant, options.organization())
    if (wrong) return blocked(tenant, wrong)
    if (await isKept(tenant, signal)) return release(tenant, `tenant ${tenantId} is kept outside`, signal)

    const drain = planDrain({ bound: boundTo(tenant, tenantId), byDefault: options.deletionPolicy })
    switch (drain.step) {
      case 'stop':
        return blocked(tenant, drain)
      case 'drain':
        for (const application of drain.remove) await options.applicationWriter.delete(application, signal)
        return draining(tenant)
      case 'empty':
        return remove(tenant, tenantId, signal)
    }
  }

  async function isKept(tenant: RaiTenant, signal: AbortSignal): Promise<boolean> {
    if (deletionPolicyOf(tenant, options.deletionPolicy) === 'Retain') return true
    return options.definitions.beingDeleted(TENANT_PLURAL, signal)
  }

  /** Deletes the tenant once nothing is in it, and lets the resource go once it is seen to be gone. */
  async function remove(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    const foreign = await foreignIn(tenant, id, signal)
    if (foreign) return foreign
    let deletedByUs: boolean
    try {
      deletedByUs = (await api.delete(id, signal)) === 'deleted'
    } catch (error) {
      // Refused because of an application that came after the list? Learned from the state, not from the answer.
      const arrived = isFailure(error, 'Rejected') && (await foreignIn(tenant, id, signal))
      if (arrived) return arrived
      throw error
    }
    if (deletedByUs) {
      absences.deleted(id)
      audit(tenant, id)
    }
    if ((await api.get(id, signal)) !== undefined) {
      if (!deletedByUs) absences.forget(id)
      return draining(tenant, GONE_CHECK_MS)
    }
    if (!deletedByUs && !(await isAbsent(id, signal))) return draining(tenant, SECOND_LOOK_MS)
    const released = await release(tenant, `tenant ${id} is gone`, signal)
    absences.forget(id)
    return released
  }

  /** Why the tenant cannot be deleted while it holds applications that no resource of ours stands for, if it does. */
  async function foreignIn(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Pass<RaiTenant> | undefined> {
    const ids = (await options.applicationsApi.list(id, signal))?.map((application) => application.id).sort() ?? []
    if (ids.length === 0) return undefined
    const unmanagedApplications = { total: ids.length, ids: ids.slice(0, MOST_IDS) }
    return blocked(tenant, foreignApplications(ids, tenant), { unmanagedApplications })
  }

  /** Without a 204 of our own: whether a complete list shows that it has gone. */
  async function isAbsent(id: string, signal: AbortSignal): Promise<boolean> {
    const sinceMs = absences.note(id)
    const listed = new Set((await directory.current(signal)).map((external) => external.id))
    return isGone(id, { listed, known: knownTenants(), sinceMs })
  }

  function draining(tenant: RaiTenant, afterMs?: number): Pass<RaiTenant> {
    const message = 'waits until its applications, then the tenant itself, are gone from the organization'
    const outcome = afterMs === undefined ? done : after(afterMs)
    return { about: tenant, report: { reason: 'Draining', message }, facts: {}, outcome }
  }

  function audit(tenant: RaiTenant, tenantId: string): void {
    const { namespace, name, generation } = tenant.metadata
    logger.info(
      { operation: 'deleteTenant', tenantId, kind: TENANT_KIND, key: `${namespace}/${name}`, generation },
      'deleted a tenant',
    )
  }

  async function release(tenant: RaiTenant, why: string, signal: AbortSignal): Promise<Untold> {
    await writer.removeFinalizer(tenant, signal)
    const { deletionTimestamp } = tenant.metadata
    if (deletionTimestamp) {
      options.metrics.deleted(TENANT_KIND, (clock.now() - Date.parse(deletionTimestamp)) / 1000)
    }
    logger.debug({ kind: TENANT_KIND, key: `${tenant.metadata.namespace}/${tenant.metadata.name}`, why }, 'released')
    return { outcome: done }
  }

  function* knownTenants(): Iterable<string> {
    for (const { status } of view.all()) if (status.tenantId !== undefined) yield status.tenantId
  }

  /** Application resources that are bound to this tenant. */
  function boundTo(tenant: RaiTenant, tenantId: string | undefined): RaiTenantApplication[] {
    const { namespace, name } = tenant.metadata
    const referring = Array.from(options.applicationView.ofTenant(`${namespace}/${name}`))
    return referring.filter(({ status }) => status.tenantId !== undefined && status.tenantId === tenantId)
  }

  return reconciler({ view, reporter: options.reporter, logger, bring, finalize })
}

function namesakeOf(tenant: RaiTenant, tenants: readonly ExternalTenant[]): ExternalTenant | undefined {
  const name = effectiveName(tenant)
  return tenants.find((external) => external.name === name)
}
