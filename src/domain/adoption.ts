// Which tenants that exist already a resource may take over: whom the operator lets, and whose a tenant is.
import type { RaiTenant } from '../api/types.ts'
import type { ExternalTenant } from './external.ts'
import { isUnfinished } from './journal.ts'
import type { TenantAttempt } from './journal.ts'
import { provenanceOf } from './recovery.ts'
import { effectiveName, stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/** Resources of this namespace may take over tenants of this name, in which `*` stands for any characters, or none. */
export type AdoptionRule = { readonly namespace: string; readonly tenant: string }

/** True when the operator lets this resource take over an existing tenant of its name. */
export function mayAdopt(tenant: RaiTenant, rules: readonly AdoptionRule[]): boolean {
  const name = effectiveName(tenant)
  return rules.some((rule) => rule.namespace === tenant.metadata.namespace && matches(name, rule.tenant))
}

/** In one pass over the name, whatever the pattern: each part is taken where it first fits. */
function matches(name: string, pattern: string): boolean {
  const [head = '', ...parts] = pattern.split('*')
  const tail = parts.pop()
  if (tail === undefined) return name === pattern
  const end = name.length - tail.length
  if (end < head.length || !name.startsWith(head) || !name.endsWith(tail)) return false
  let from = head.length
  for (const part of parts) {
    const at = name.indexOf(part, from)
    if (at < 0 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}

/**
 * True while a tenant may be what another resource's attempt made: that one binds it, or the sweep deletes it. Until the
 * attempt is settled nobody else takes it.
 */
export function mayBeMadeBy(attempt: TenantAttempt, tenant: ExternalTenant): boolean {
  if (attempt.tenantName !== tenant.name) return false
  if (isUnfinished(attempt.state)) return true
  const isLost = attempt.state === 'abandoned' || attempt.state === 'surplus'
  return isLost && (attempt.answer?.id === tenant.id || provenanceOf(attempt, tenant) === 'Created')
}

export function adoptionNotPermitted(tenant: RaiTenant): Stop {
  const name = effectiveName(tenant)
  return stop(
    'AdoptionNotPermitted',
    `the organization has a tenant "${name}", and the operator's setting allow-adoption does not let namespace ${tenant.metadata.namespace} take it over: have ${tenant.metadata.namespace}=${name} added there`,
  )
}

export function tenantNotFound(tenant: RaiTenant): Stop {
  return stop(
    'ExternalNotFound',
    `the organization has no tenant "${effectiveName(tenant)}", and spec.adoptionPolicy MustExist never makes one: have it made, set IfExists, or make a new resource with another name`,
  )
}
