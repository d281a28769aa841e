// Whether a resource may take over a tenant that exists already and that it did not make.
import type { RaiTenant } from '../api/types.ts'
import { adoptionNotPermitted, mayAdopt, mayBeMadeBy } from '../domain/adoption.ts'
import type { AdoptionRule } from '../domain/adoption.ts'
import type { BindingRecord } from '../domain/binding-record.ts'
import type { ExternalTenant } from '../domain/external.ts'
import { scopeOfName } from '../domain/journal.ts'
import { effectiveName, tenantClaimed, tenantExists } from '../domain/tenant.ts'
import type { Stop } from '../domain/tenant.ts'
import { isFailure } from '../errors.ts'
import { unreadableFailure } from './journals.ts'
import type { Journals } from './journals.ts'
import type { Lister } from './ports.ts'

export type AdoptionOptions = {
  readonly allowAdoption: readonly AdoptionRule[]
  readonly lister: Lister<RaiTenant>
  readonly journals: Journals
}

/**
 * Why `tenant` may not take over `external`, of which `record` is on record, as things are now; `undefined` when it may.
 * Throws `AmbiguousCreate` for a journal about that name that cannot be read.
 */
export async function refusalToAdopt(
  options: AdoptionOptions,
  tenant: RaiTenant,
  external: ExternalTenant,
  record: BindingRecord | undefined,
  signal: AbortSignal,
): Promise<Stop | undefined> {
  if (tenant.spec.adoptionPolicy === 'Never') return tenantExists(tenant)
  if (!mayAdopt(tenant, options.allowAdoption)) return adoptionNotPermitted(tenant)
  const holder = await holderOf(options, tenant, external, record, signal)
  return holder && tenantClaimed(tenant, holder)
}

/** Another resource whose tenant it is: by status, by a record that outlives the status, or by a create of its own. */
async function holderOf(
  { lister, journals }: AdoptionOptions,
  { metadata: { uid } }: RaiTenant,
  external: ExternalTenant,
  record: BindingRecord | undefined,
  signal: AbortSignal,
): Promise<{ readonly namespace: string; readonly name: string } | undefined> {
  const all = await lister.list(signal)
  const bound = all.find(({ metadata, status }) => metadata.uid !== uid && status.tenantId === external.id)
  if (bound) return bound.metadata
  if (record && (await isStillThere(record, lister, signal))) return record
  const found = await journals.ofScope(scopeOfName(external.name), signal)
  const unreadable = unreadableFailure(found.unreadable)
  if (unreadable) throw unreadable
  const others = found.journals.flatMap(({ attempt }) => (attempt.subject.uid !== uid ? attempt : []))
  return others.find((attempt) => attempt.type === 'tenant' && mayBeMadeBy(attempt, external))?.subject
}

/** By name, not by UID: after a restore the one that a record names has another UID, and is bound again by it. */
async function isStillThere(
  { namespace, name, tenantName }: BindingRecord,
  lister: Lister<RaiTenant>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await lister.find(namespace, name, signal)
    return found !== undefined && effectiveName(found) === tenantName
  } catch (error) {
    // Where we may not look it may be there.
    if (isFailure(error, 'KubeForbidden')) return true
    throw error
  }
}
