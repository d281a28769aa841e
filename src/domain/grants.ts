// Whose applications a tenant admits: decided on its spec and, for a selector, on the labels of their namespace.
import { TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { selects } from './label-selector.ts'
import type { Labels } from './label-selector.ts'
import { stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/** The labels of a namespace; `unread` while they are being read, `unreadable` where the operator may not. */
export type NamespaceLabels = Labels | 'unread' | 'unreadable'

export type Grant =
  | { readonly step: 'admitted' }
  /** That depends on labels which are being read. */
  | { readonly step: 'unknown' }
  | Stop

const ADMITTED: Grant = { step: 'admitted' }

/** Where the operator's permission to read namespaces is, for whom it is missing to. */
const PERMISSION = 'rbac.namespaceLabels of the chart, or deploy/components/namespace-labels'

/** True when nothing but labels of namespaces tells whom this tenant admits. */
export function goesByLabels({ spec }: RaiTenant): boolean {
  return spec.allowedNamespaces?.from === 'Selector'
}

/** Whether the tenant admits this application. Its own namespace it always does. Labels that may not be read grant nothing. */
export function grantOf(application: RaiTenantApplication, tenant: RaiTenant, labels: NamespaceLabels): Grant {
  const { namespace } = application.metadata
  const { from, selector = {} } = tenant.spec.allowedNamespaces ?? {}
  if (namespace === tenant.metadata.namespace || from === 'All') return ADMITTED
  const key = `${TENANT_KIND} ${tenant.metadata.namespace}/${tenant.metadata.name}`
  if (!goesByLabels(tenant)) {
    return refused(application, `${key} does not admit namespace ${namespace}: set its spec.allowedNamespaces`)
  }
  if (labels === 'unread') return { step: 'unknown' }
  if (labels === 'unreadable') {
    return refused(
      application,
      `${key} admits namespaces by their labels, and the operator may not read namespaces: let it list and watch them (${PERMISSION}), or set spec.allowedNamespaces of the tenant otherwise`,
    )
  }
  if (selects(selector, labels)) return ADMITTED
  return refused(
    application,
    `the labels of namespace ${namespace} do not match spec.allowedNamespaces.selector of ${key}: change either`,
  )
}

function refused({ status }: RaiTenantApplication, why: string): Stop {
  const meanwhile = status.applicationId === undefined ? '' : '; what works goes on working, and is not replaced'
  return stop('ReferenceNotPermitted', `${why}${meanwhile}`)
}
