// Applications in a tenant that is to be deleted for which none of its resources stands: what their ids alone decide.
import type { RaiTenant } from '../api/types.ts'
import { mayAdopt } from './adoption.ts'
import type { AdoptionRule } from './adoption.ts'
import { effectiveName, stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/** How many ids a message or a status names at most. Source: docs/api.md, `unmanagedApplications`. */
const MOST_IDS = 20

export type DrainSettings = {
  readonly allowAdoption: readonly AdoptionRule[]
  /** The operator looks after some resources only, so it cannot know whose an application is. */
  readonly isSelective: boolean
}

/** Why foreign applications keep their tenant from being deleted; `undefined` where `drainPolicy: All` lets them go. */
export function foreignBlock(tenant: RaiTenant, ids: readonly string[], settings: DrainSettings): Stop | undefined {
  const named = namesOf(ids)
  if (tenant.spec.drainPolicy === 'Managed') {
    return blockedBy(
      `the tenant holds applications that no resource manages (${named}): delete them, or set spec.drainPolicy to All, and this deletion goes on`,
    )
  }
  if (settings.isSelective) {
    return blockedBy(
      `the operator runs with the setting selector, so it cannot tell whose the applications ${named} are, and spec.drainPolicy All is refused: delete them, and this deletion goes on`,
    )
  }
  if (tenant.status.provenance === 'Adopted' && !mayAdopt(tenant, settings.allowAdoption)) {
    const rule = `${tenant.metadata.namespace}=${effectiveName(tenant)}`
    return blockedBy(
      `the tenant was taken over, and without ${rule} in the operator's setting allow-adoption spec.drainPolicy All is refused: have it added there, or delete the applications that no resource manages (${named})`,
    )
  }
  return undefined
}

/** … that others have: they are nobody's to delete on the word of this tenant. */
export function heldBlock(ids: readonly string[]): Stop {
  return blockedBy(
    `the tenant holds applications that resources of another tenant or unswept creates claim (${namesOf(ids)}): delete those resources, and this deletion goes on`,
  )
}

/** For `status.unmanagedApplications`. */
export function unmanagedOf(ids: readonly string[]): NonNullable<RaiTenant['status']['unmanagedApplications']> {
  return { total: ids.length, ids: firstOf(ids) }
}

function blockedBy(message: string): Stop {
  return stop('DrainBlocked', message)
}

function namesOf(ids: readonly string[]): string {
  return firstOf(ids).join(', ')
}

function firstOf(ids: readonly string[]): string[] {
  return [...ids].sort().slice(0, MOST_IDS)
}
