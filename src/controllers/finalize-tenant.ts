// Takes down what was made for a RaiTenant, its applications first, before the resource may go.
import { TENANT_KIND, TENANT_PLURAL } from '../api/names.ts'
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { SECOND_LOOK_MS } from '../domain/gone.ts'
import type { Journal, TenantAttempt } from '../domain/journal.ts'
import { confirmation } from '../domain/requests.ts'
import { deletionPolicyOf, effectiveName, PROTECTED, wrongOrganization } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { afterRecovery } from './after-recovery.ts'
import type { BindingRecords } from './binding-records.ts'
import type { TenantCreation } from './create-tenant.ts'
import type { TenantDirectory } from './directory.ts'
import { draining, tenantDrain } from './drain-tenant.ts'
import type { DrainOptions } from './drain-tenant.ts'
import { finalizer } from './finalize.ts'
import type { FinalizerOptions } from './finalize.ts'
import { blocked } from './pass.ts'
import type { Pass, Untold } from './pass.ts'
import type { Places } from './places.ts'
import type { ControllerMetrics, Definitions, ResourceView, TenantsApi } from './ports.ts'
import type { StatusReporter } from './status.ts'
import type { TenantAbsence } from './tenant-absence.ts'

/** How soon a tenant that was just deleted is looked at again while it is still shown. */
const GONE_CHECK_MS = 2_000

export type TenantFinalizeOptions = FinalizerOptions<RaiTenant> &
  DrainOptions & {
    /** The organization's name; throws `Unauthorized` while its credential cannot be read. */
    readonly organization: () => string
    readonly view: ResourceView<RaiTenant>
    readonly reporter: StatusReporter<RaiTenant>
    readonly api: TenantsApi
    readonly creation: TenantCreation
    readonly places: Places
    readonly bindingRecords: BindingRecords
    readonly directory: TenantDirectory
    readonly absence: TenantAbsence
    readonly definitions: Definitions
    readonly metrics: ControllerMetrics
    readonly clock: Clock
  }

/** Finalizes one resource at a time. */
export function tenantFinalizer(options: TenantFinalizeOptions) {
  const { writer, api, creation, absence, clock, logger } = options
  const drain = tenantDrain(options)

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

    const left = (await drain.resources(tenant, tenantId, signal)) ?? (await remove(tenant, tenantId, signal))
    return left ?? releaseGone(tenant, tenantId, signal)
  }

  async function isKept(tenant: RaiTenant, signal: AbortSignal): Promise<boolean> {
    if (deletionPolicyOf(tenant, options.deletionPolicy) === 'Retain') return true
    return options.definitions.beingDeleted(TENANT_PLURAL, signal)
  }

  /** Deletes a tenant once nothing is in it. `undefined` once it is seen to be gone, else why it is still there. */
  async function remove(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Pass<RaiTenant> | undefined> {
    const left = await drain.applications(tenant, id, signal)
    if (left) return left
    let deletedByUs: boolean
    try {
      deletedByUs = (await api.delete(id, signal)) === 'deleted'
    } catch (error) {
      // Refused because of an application that came after the list? Learned from the state, not from the answer.
      const arrived = isFailure(error, 'Rejected') && (await drain.applications(tenant, id, signal))
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
    options.places.freed({ id, name: effectiveName(tenant) })
    await options.bindingRecords.remove(id, tenant, signal)
    return undefined
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

const AUDITED = {
  createTenant: 'created a tenant',
  adoptTenant: 'took over a tenant',
  deleteTenant: 'deleted a tenant',
} as const

/** The audit trail of what was made, taken over and deleted outside. */
export function auditTenant(
  logger: Logger,
  { metadata }: RaiTenant,
  operation: keyof typeof AUDITED,
  tenantId: string,
): void {
  const { namespace, name, generation } = metadata
  logger.info({ operation, tenantId, kind: TENANT_KIND, key: `${namespace}/${name}`, generation }, AUDITED[operation])
}
