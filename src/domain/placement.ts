// In which tenant an application belongs, or why in none: decided on plain data.
import { TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { wasReady } from './conditions.ts'
import { grantOf } from './grants.ts'
import type { NamespaceLabels } from './grants.ts'
import { stop, wasGone, wrongOrganization } from './tenant.ts'
import type { Stop } from './tenant.ts'

export type Placement =
  | Stop
  /** That is not known yet, and will be in a moment. */
  | { readonly step: 'wait' }
  | { readonly step: 'place'; readonly tenantId: string }

/** Which resources the operator looks after, as its settings say. */
export type Scope = {
  /** All, when empty. */
  readonly watchNamespaces: readonly string[]
  /** A label selector as text; `undefined`: all. */
  readonly selector: string | undefined
}

/** What beside the two resources decides on a placement. */
export type Grounds = {
  readonly organization: string
  /** Of the application's namespace. */
  readonly labels: NamespaceLabels
  readonly scope: Scope
}

/** The key of the tenant that an application refers to. */
export function tenantKeyOf({ metadata, spec }: RaiTenantApplication): string {
  return `${spec.tenantRef.namespace ?? metadata.namespace}/${spec.tenantRef.name}`
}

/** In which tenant the application belongs, or why in none yet. */
export function planPlacement(
  application: RaiTenantApplication,
  tenant: RaiTenant | undefined,
  { organization, labels, scope }: Grounds,
): Placement {
  const key = tenantKeyOf(application)
  const wrong = wrongOrganization(application, organization)
  if (wrong) return wrong
  if (tenant === undefined) return tenantNotFound(application, scope)
  const grant = grantOf(application, tenant, labels)
  if (grant.step === 'stop') return grant
  if (grant.step === 'unknown') return { step: 'wait' }
  const { tenantId } = tenant.status
  const bound = application.status.tenantId
  if (bound !== undefined && tenantId !== undefined && bound !== tenantId) {
    return stop(
      'TenantChanged',
      `is bound to tenant ${bound}, but ${TENANT_KIND} ${key} is now ${tenantId}: delete this and create it again`,
    )
  }
  if (bound !== undefined && wasGone(tenant)) {
    return stop(
      'ExternalGone',
      `the tenant of ${TENANT_KIND} ${key} is gone with all its applications: see its conditions`,
    )
  }
  // What is bound goes on working until it is deleted itself, whatever else becomes of the tenant.
  if (bound !== undefined) return { step: 'place', tenantId: bound }
  if (tenant.metadata.deletionTimestamp !== undefined) {
    return stop('TenantNotReady', `${TENANT_KIND} ${key} is being deleted`)
  }
  if (tenantId === undefined || !wasReady(tenant.status.conditions ?? [], tenant.metadata.generation)) {
    return stop('TenantNotReady', `${TENANT_KIND} ${key} is not Ready: see its conditions`)
  }
  return { step: 'place', tenantId }
}

/** One that the operator does not look after is not told from one that is not there. */
function tenantNotFound(application: RaiTenantApplication, { watchNamespaces, selector }: Scope): Stop {
  const key = tenantKeyOf(application)
  const namespace = application.spec.tenantRef.namespace ?? application.metadata.namespace
  if (watchNamespaces.length > 0 && !watchNamespaces.includes(namespace)) {
    return stop(
      'TenantNotFound',
      `the operator does not look after namespace ${namespace}, where ${TENANT_KIND} ${key} would be: add it to the setting watch-namespaces, or create this with another tenantRef`,
    )
  }
  if (selector !== undefined) {
    return stop(
      'TenantNotFound',
      `there is no ${TENANT_KIND} ${key} that the operator's selector ${selector} matches: create it, or label it so`,
    )
  }
  return stop('TenantNotFound', `there is no ${TENANT_KIND} ${key}: create it, or create this with another tenantRef`)
}

/** True when the resource is bound to another tenant than this one, as a pass that goes by an old cache may not know. */
export function boundElsewhere({ status }: RaiTenantApplication, tenantId: string): boolean {
  return status.tenantId !== undefined && status.tenantId !== tenantId
}
