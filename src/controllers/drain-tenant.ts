// Empties a tenant that is to be deleted: what its resources hold goes with them, what nobody holds only where that is asked for.
import { TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { foreignBlock, heldBlock, unmanagedOf } from '../domain/foreign.ts'
import type { DrainSettings } from '../domain/foreign.ts'
import { isUnfinished } from '../domain/journal.ts'
import { planDrain } from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Logger } from '../log.ts'
import type { Claims } from './claims.ts'
import { unreadableFailure } from './journals.ts'
import type { Journals } from './journals.ts'
import { blocked } from './pass.ts'
import type { Pass } from './pass.ts'
import type { ApplicationsApi, ApplicationView, ResourceWriter } from './ports.ts'

/** How soon a tenant is listed again after what was in it has been deleted. */
const GONE_CHECK_MS = 2_000
/** How soon attempts in it are looked at again that may still say whose an application is. */
const UNSETTLED_MS = 10_000

export type DrainOptions = DrainSettings & {
  readonly deletionPolicy: DeletionPolicy
  readonly applicationView: ApplicationView
  readonly applicationWriter: Pick<ResourceWriter<RaiTenantApplication>, 'delete'>
  readonly applicationsApi: Pick<ApplicationsApi, 'list' | 'delete'>
  readonly claims: Claims
  readonly journals: Journals
  readonly logger: Logger
}

/** Each step gives `undefined` once there is nothing more for it to do, else what the deletion waits for. */
export function tenantDrain(options: DrainOptions) {
  const { applicationsApi, claims, journals, logger } = options

  /** Deletes the application resources that are bound to the tenant. */
  async function resources(
    tenant: RaiTenant,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant> | undefined> {
    const bound = boundTo(options.applicationView, tenant, tenantId)
    const plan = planDrain({ bound, byDefault: options.deletionPolicy })
    switch (plan.step) {
      case 'stop':
        return blocked(tenant, plan)
      case 'drain':
        for (const application of plan.remove) await options.applicationWriter.delete(application, signal)
        return draining(tenant)
      case 'empty':
        return undefined
    }
  }

  /** Then what else stands in it. Nothing of that is deleted before all of it may be. */
  async function applications(
    tenant: RaiTenant,
    tenantId: string,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant> | undefined> {
    const ids = (await applicationsApi.list(tenantId, signal))?.map(({ id }) => id).sort() ?? []
    if (ids.length === 0) return undefined
    const facts = { unmanagedApplications: unmanagedOf(ids) }
    const refused = foreignBlock(tenant, ids, options)
    if (refused) return blocked(tenant, refused, facts)
    if (await isUnsettled(tenantId, signal)) return draining(tenant, UNSETTLED_MS)
    const claimed = await claims.live(tenantId, signal)
    const held = ids.filter((id) => claimed.has(id))
    if (held.length > 0) return blocked(tenant, heldBlock(held), facts)
    for (const id of ids) await remove(tenant, tenantId, id, signal)
    return draining(tenant, GONE_CHECK_MS)
  }

  /** An attempt on its way may have made any of them. Throws `AmbiguousCreate` for a journal that cannot be read. */
  async function isUnsettled(tenantId: string, signal: AbortSignal): Promise<boolean> {
    const found = await journals.ofScope(tenantId, signal)
    const unreadable = unreadableFailure(found.unreadable)
    if (unreadable) throw unreadable
    return found.journals.some(({ attempt }) => isUnfinished(attempt.state))
  }

  async function remove(tenant: RaiTenant, tenantId: string, applicationId: string, signal: AbortSignal) {
    if ((await applicationsApi.delete(tenantId, applicationId, signal)) === 'absent') return
    const { namespace, name, generation } = tenant.metadata
    const about = { kind: TENANT_KIND, key: `${namespace}/${name}`, generation }
    logger.info(
      { operation: 'deleteTenantApplication', tenantId, applicationId, ...about, reason: 'drainPolicy' },
      'deleted an application that no resource manages',
    )
  }

  return { resources, applications }
}

/** Waits for what is on its way out; without `afterMs`, until a change of its resources tells. */
export function draining(tenant: RaiTenant, afterMs?: number): Pass<RaiTenant> {
  const message = 'waits until its applications, then the tenant itself, are gone from the organization'
  const outcome = afterMs === undefined ? done : after(afterMs)
  return { about: tenant, report: { reason: 'Draining', message }, facts: {}, outcome }
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
