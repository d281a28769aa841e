// Takes down what was made for a RaiTenant, its applications first, before the resource may go.
import { TENANT_KIND, TENANT_PLURAL } from '../api/names.ts'
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { AWAITS_RECOVERY } from '../domain/application.ts'
import { isGone, SECOND_LOOK_MS } from '../domain/gone.ts'
import type { Journal, TenantAttempt } from '../domain/journal.ts'
import { confirmation } from '../domain/requests.ts'
import { FORGED } from '../domain/seal.ts'
import { deletionPolicyOf, PROTECTED, unsupportedRequests, wrongOrganization } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { Absences } from './absences.ts'
import type { BindingRecords } from './binding-records.ts'
import type { TenantCreation } from './create-tenant.ts'
import type { TenantDirectory } from './directory.ts'
import { draining, tenantDrain } from './drain-tenant.ts'
import type { DrainOptions } from './drain-tenant.ts'
import { blocked } from './pass.ts'
import type { Pass, Untold } from './pass.ts'
import type { ControllerMetrics, Definitions, ResourceView, ResourceWriter, TenantsApi } from './ports.ts'
import type { Seals } from './seals.ts'
import type { StatusReporter } from './status.ts'

/** How soon a tenant that was just deleted is looked at again while it is still shown. */
const GONE_CHECK_MS = 2_000

export type TenantFinalizeOptions = DrainOptions & {
  /** The organization's name; throws `Unauthorized` while its credential cannot be read. */
  readonly organization: () => string
  readonly view: ResourceView<RaiTenant>
  readonly writer: ResourceWriter<RaiTenant>
  readonly reporter: StatusReporter<RaiTenant>
  readonly api: TenantsApi
  readonly creation: TenantCreation
  readonly seals: Seals
  readonly bindingRecords: BindingRecords
  readonly directory: TenantDirectory
  readonly definitions: Definitions
  readonly metrics: ControllerMetrics
  readonly clock: Clock
}

/** Finalizes one resource at a time; what is there now counts, not what a cache says. */
export function tenantFinalizer(options: TenantFinalizeOptions) {
  const { view, writer, api, creation, directory, clock, logger } = options
  const absences = new Absences(clock)
  const drain = tenantDrain(options)

  async function finalize(cached: RaiTenant, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    const tenant = await current(cached, signal)
    if (!tenant) return { outcome: done }
    if (!options.seals.areGenuine(tenant)) return blocked(tenant, FORGED)
    const unsupported = unsupportedRequests(tenant)
    if (unsupported) return blocked(tenant, unsupported)
    if (tenant.spec.deletionProtection) return blocked(tenant, PROTECTED)
    const wrong = wrongOrganization(tenant, options.organization())
    if (wrong) return blocked(tenant, wrong)
    const recovered = await creation.recover(tenant, signal)
    switch (recovered.step) {
      case 'stop':
        return blocked(tenant, recovered)
      case 'wait':
        return { about: tenant, report: AWAITS_RECOVERY, facts: {}, outcome: after(recovered.afterMs) }
      case 'answered':
        return takeBack(tenant, recovered.journal, signal)
      case 'clear':
        return takeDown(tenant, signal)
    }
  }

  async function current(cached: RaiTenant, signal: AbortSignal): Promise<RaiTenant | undefined> {
    try {
      return await writer.read(cached, signal)
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
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
      absences.deleted(id)
      auditTenant(logger, tenant, 'deleteTenant', id)
    }
    if ((await api.get(id, signal)) !== undefined) {
      if (!deletedByUs) absences.forget(id)
      return draining(tenant, GONE_CHECK_MS)
    }
    if (!deletedByUs && !(await isAbsent(id, signal))) return draining(tenant, SECOND_LOOK_MS)
    await options.bindingRecords.remove(id, tenant, signal)
    return undefined
  }

  /** Without a 204 of our own: whether a complete list shows that it has gone. */
  async function isAbsent(id: string, signal: AbortSignal): Promise<boolean> {
    const sinceMs = absences.note(id)
    const { tenants } = await directory.current(signal)
    const listed = new Set(tenants.map((external) => external.id))
    return isGone(id, { listed, known: knownTenants(), sinceMs })
  }

  async function releaseGone(tenant: RaiTenant, id: string, signal: AbortSignal): Promise<Untold> {
    const released = await release(tenant, `tenant ${id} is gone`, signal)
    absences.forget(id)
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

  function* knownTenants(): Iterable<string> {
    for (const { status } of view.all()) if (status.tenantId !== undefined) yield status.tenantId
  }

  return finalize
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
