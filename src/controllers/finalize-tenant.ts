// Takes down what was made for a RaiTenant, its applications first, before the resource may go.
import { TENANT_KIND, TENANT_PLURAL } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { SECOND_LOOK_MS } from '../domain/gone.ts'
import type { Journal, TenantAttempt } from '../domain/journal.ts'
import { confirmation } from '../domain/requests.ts'
import {
  deletionPolicyOf,
  foreignApplications,
  MOST_IDS,
  planDrain,
  PROTECTED,
  wrongOrganization,
} from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { afterRecovery } from './after-recovery.ts'
import type { BindingRecords } from './binding-records.ts'
import type { TenantCreation } from './create-tenant.ts'
import type { TenantDirectory } from './directory.ts'
import { finalizer } from './finalize.ts'
import type { FinalizerOptions } from './finalize.ts'
import type { Journals } from './journals.ts'
import { blocked } from './pass.ts'
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
import type { TenantAbsence } from './tenant-absence.ts'

/** How soon a tenant that was just deleted is looked at again while it is still shown. */
const GONE_CHECK_MS = 2_000

export type TenantFinalizeOptions = FinalizerOptions<RaiTenant> & {
  /** The organization's name; throws `Unauthorized` while its credential cannot be read. */
  readonly organization: () => string
  readonly deletionPolicy: DeletionPolicy
  readonly view: ResourceView<RaiTenant>
  readonly applicationView: ApplicationView
  readonly applicationWriter: Pick<ResourceWriter<RaiTenantApplication>, 'delete'>
  readonly reporter: StatusReporter<RaiTenant>
  readonly api: TenantsApi
  readonly applicationsApi: Pick<ApplicationsApi, 'list'>
  readonly creation: TenantCreation
  readonly journals: Journals
  readonly bindingRecords: BindingRecords
  readonly directory: TenantDirectory
  readonly absence: TenantAbsence
  readonly definitions: Definitions
  readonly metrics: ControllerMetrics
  readonly clock: Clock
  readonly logger: Logger
}

/** Finalizes one resource at a time. */
export function tenantFinalizer(options: TenantFinalizeOptions) {
  const { writer, api, creation, absence, clock, logger } = options

  async function finalize(tenant: RaiTenant, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    if (tenant.spec.deletionProtection) return blocked(tenant, PROTECTED)
    const wrong = wrongOrganization(tenant, options.organization())
    if (wrong) return blocked(tenant, wrong)
    return afterRecovery(tenant, await creation.recover(tenant, signal), {
      answered: (journal) => takeBack(tenant, journal, signal),
      clear: () => takeDown(tenant, signal),
    })
  }

  /** What an attempt made and nobody was bound to is deleted, not bound. */
  async function takeBack(
    tenant: RaiTenant,
    journal: Journal<TenantAttempt>,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const { id, provenance } = journal.attempt.answer!
    if (tenant.status.tenantId === id) {
      await options.journals.advance(journal, 'bound', signal)
      return { outcome: after(0) }
    }
    const left = provenance === 'Created' && (await remove(tenant, id, signal))
    if (left) return left
    await options.journals.advance(journal, 'abandoned', signal)
    return { outcome: after(0) }
  }

  async function takeDown(tenant: RaiTenant, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    const { tenantId } = tenant.status
    if (tenantId === undefined) return release(tenant, 'nothing was made outside', signal)
    const confirmed = confirmation(tenant)
    if (typeof confirmed === 'object') return blocked(tenant, confirmed)
    if (confirmed) {
      await options.reporter.record(tenant, { provenance: 'Created' })
      return { outcome: after(0) }
    }
    if (await isKept(tenant, signal)) return release(tenant, `tenant ${tenantId} is kept outside`, signal)

    const drain = planDrain({
      bound: boundTo(options.applicationView, tenant, tenantId),
      byDefault: options.deletionPolicy,
    })
    switch (drain.step) {
      case 'stop':
        return blocked(tenant, drain)
      case 'drain':
        for (const application of drain.remove) await options.applicationWriter.delete(application, signal)
        return draining(tenant)
      case 'empty':
        return (await remove(tenant, tenantId, signal)) ?? releaseGone(tenant, tenantId, signal)
    }
  }

  async function isKept(tenant: RaiTenant, signal: AbortSignal): Promise<boolean> {
    if (deletionPolicyOf(tenant, options.deletionPolicy) === 'Retain') return true
    return options.definitions.beingDeleted(TENANT_PLURAL, signal)
  }

  /** Deletes a tenant once nothing is in it. `undefined` once it is seen to be gone, else why it is still there. */
  async function remove(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Pass<RaiTenant> | undefined> {
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
      absence.deleted(id)
      auditTenant(logger, tenant, 'deleteTenant', id)
    }
    if ((await api.get(id, signal)) !== undefined) {
      if (!deletedByUs) absence.forget(id)
      return draining(tenant, GONE_CHECK_MS)
    }
    if (!deletedByUs && !(await absence.isCertain(id, signal))) return draining(tenant, SECOND_LOOK_MS)
    await options.bindingRecords.remove(id, tenant, signal)
    return undefined
  }

  /** Why the tenant cannot be deleted while it holds applications that no resource of ours stands for, if it does. */
  async function foreignIn(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Pass<RaiTenant> | undefined> {
    const ids = (await options.applicationsApi.list(id, signal))?.map((application) => application.id).sort() ?? []
    if (ids.length === 0) return undefined
    const unmanagedApplications = { total: ids.length, ids: ids.slice(0, MOST_IDS) }
    return blocked(tenant, foreignApplications(ids, tenant), { unmanagedApplications })
  }

  function draining(tenant: RaiTenant, afterMs?: number): Pass<RaiTenant> {
    const message = 'waits until its applications, then the tenant itself, are gone from the organization'
    const outcome = afterMs === undefined ? done : after(afterMs)
    return { about: tenant, report: { reason: 'Draining', message }, facts: {}, outcome }
  }

  async function releaseGone(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Untold> {
    const released = await release(tenant, `tenant ${id} is gone`, signal)
    absence.forget(id)
    return released
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

  return finalizer(options, { takeDown: finalize, keepSecrets: async () => [] })
}

/** The audit trail of what was made and deleted outside. */
export function auditTenant(
  logger: Logger,
  { metadata }: RaiTenant,
  operation: 'createTenant' | 'deleteTenant',
  tenantId: string,
): void {
  const { namespace, name, generation } = metadata
  logger.info(
    { operation, tenantId, kind: TENANT_KIND, key: `${namespace}/${name}`, generation },
    operation === 'createTenant' ? 'created a tenant' : 'deleted a tenant',
  )
}

/** Application resources that are bound to this tenant. */
export function boundTo(
  applicationView: ApplicationView,
  { metadata: { namespace, name } }: RaiTenant,
  tenantId: string | undefined,
): RaiTenantApplication[] {
  const referring = Array.from(applicationView.ofTenant(`${namespace}/${name}`))
  return referring.filter(({ status }) => status.tenantId !== undefined && status.tenantId === tenantId)
}
