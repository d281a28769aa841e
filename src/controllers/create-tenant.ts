// Makes a tenant at most once, and finds out what came of a create whose answer was lost: by its name, which is unique.
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { ExternalTenant, TenantListing, TenantRequest } from '../domain/external.ts'
import { isUnfinished } from '../domain/journal.ts'
import type { Journal, TenantAttempt } from '../domain/journal.ts'
import { isClean, nextLookMs, provenanceOf, QUARANTINE_MS } from '../domain/recovery.ts'
import { effectiveName, namesakeOf, quotaExceeded, tenantExists, wrongRecord } from '../domain/tenant.ts'
import type { Stop } from '../domain/tenant.ts'
import { Failure } from '../errors.ts'
import type { RecoveredAttempts } from './after-recovery.ts'
import type { BindingRecords } from './binding-records.ts'
import type { TenantDirectory } from './directory.ts'
import type { Journals } from './journals.ts'
import { subjectOf, unreadableFailure } from './journals.ts'
import type { Places } from './places.ts'
import type { ControllerMetrics, Lister, TenantsApi } from './ports.ts'
import { Sights } from './sights.ts'

export type TenantCreationOptions = {
  readonly organization: () => string
  readonly tenantQuota: number
  readonly places: Pick<Places, 'reserve' | 'made' | 'release'>
  readonly api: Pick<TenantsApi, 'create'>
  readonly directory: TenantDirectory
  readonly journals: Journals
  readonly bindingRecords: BindingRecords
  readonly lister: Pick<Lister<RaiTenant>, 'list'>
  readonly metrics: ControllerMetrics
  readonly clock: Clock
}

/** The outcome of an attempt, in its journal: to be bound, or taken back when the resource is being deleted. */
export type Answered = { readonly step: 'answered'; readonly journal: Journal<TenantAttempt> }

/** `lost` attempts were given up, and may still bring something. */
export type TenantRecovered = RecoveredAttempts<
  TenantAttempt,
  { readonly step: 'clear'; readonly lost: readonly Journal<TenantAttempt>[] }
>

/** What was found before a create: the organization's tenants, and attempts that were given up. */
type Found = { readonly listing: TenantListing; readonly lost: readonly Journal<TenantAttempt>[] }

/** A shutdown ends the attempt, not what its journal says of it. */
const UNENDING = new AbortController().signal

export class TenantCreation {
  readonly #options: TenantCreationOptions
  readonly #sights: Sights

  constructor(options: TenantCreationOptions) {
    this.#options = options
    this.#sights = new Sights(options.clock)
  }

  /** Takes the unfinished attempt of `tenant`, which was read live, one step further. Throws `AmbiguousCreate` for one that cannot be read. */
  async recover(tenant: RaiTenant, signal: AbortSignal): Promise<TenantRecovered> {
    const { journals, organization } = this.#options
    const found = await journals.ofSubject(tenant.metadata.uid, signal)
    const unreadable = unreadableFailure(found.unreadable)
    if (unreadable) throw unreadable
    const lost: Journal<TenantAttempt>[] = []
    for (const { stored, attempt } of found.journals) {
      // What ended well asks for nothing more, whichever organization it was made in.
      if (attempt.type !== 'tenant' || isClean(attempt)) continue
      const wrong = wrongRecord(stored.name, attempt.organization, organization())
      if (wrong) return wrong
      if (attempt.tenantName !== effectiveName(tenant)) throw misnamed(stored.name)
      const journal = { stored, attempt }
      if (attempt.state === 'answered') return { step: 'answered', journal }
      if (isUnfinished(attempt.state)) return this.#look(journal, tenant, signal)
      if (attempt.state === 'abandoned' || attempt.state === 'surplus') lost.push(journal)
    }
    return { step: 'clear', lost }
  }

  /** A lost answer is found by the tenant's name. */
  async #look(journal: Journal<TenantAttempt>, tenant: RaiTenant, signal: AbortSignal): Promise<TenantRecovered> {
    const { journals, directory, metrics } = this.#options
    const sinceMs = this.#sights.sinceMs(journal.stored.uid)
    const { tenants } = await directory.current(signal)
    const namesake = tenants.find(({ name }) => name === journal.attempt.tenantName)
    if (namesake && !(await this.isOthers(namesake, tenant, signal))) {
      const answer = { ...namesake, provenance: provenanceOf(journal.attempt, namesake) }
      const answered = await journals.advance(journal, 'answered', signal, { answer })
      metrics.ambiguousCreate('recovered')
      return { step: 'answered', journal: answered }
    }
    if (sinceMs < QUARANTINE_MS) return { step: 'wait', afterMs: nextLookMs(sinceMs) }
    await journals.advance(journal, 'abandoned', signal)
    this.#sights.forget(journal.stored.uid)
    metrics.ambiguousCreate('abandoned')
    return { step: 'wait', afterMs: 0 }
  }

  /** True for a tenant that is another resource's, by the records or, where another operator keeps those, by its status. */
  async isOthers({ id }: ExternalTenant, { metadata }: RaiTenant, signal: AbortSignal): Promise<boolean> {
    const record = await this.#options.bindingRecords.of(id, signal)
    if (record) return record.namespace !== metadata.namespace || record.name !== metadata.name
    const all = await this.#options.lister.list(signal)
    return all.some((other) => other.metadata.uid !== metadata.uid && other.status.tenantId === id)
  }

  /**
   * One POST at the most, after `listing`, which does not show the name, and none without a journal or a place. After any end
   * but a 201 the cause is learned from what the organization holds. Throws the control plane's failure where that tells nothing.
   */
  async create(
    tenant: RaiTenant,
    request: TenantRequest,
    found: Found,
    signal: AbortSignal,
  ): Promise<Answered | Stop | { readonly step: 'changed' }> {
    const { places, tenantQuota } = this.#options
    if (!places.reserve(tenant)) return quotaExceeded(tenantQuota)
    let mayExist = false
    try {
      return await this.#attempt(tenant, request, found, () => (mayExist = true), signal)
    } finally {
      if (mayExist) places.made(request.name)
      else places.release(request.name)
    }
  }

  async #attempt(
    tenant: RaiTenant,
    request: TenantRequest,
    { listing, lost }: Found,
    mayExist: () => void,
    signal: AbortSignal,
  ): Promise<Answered | Stop | { readonly step: 'changed' }> {
    const { journals, api } = this.#options
    const journal = await journals.open<TenantAttempt>(
      { type: 'tenant', subject: subjectOf(tenant), openedAt: listing.at, tenantName: request.name },
      signal,
    )
    const posted = await api.create(request, signal)
    switch (posted.outcome) {
      case 'created': {
        mayExist()
        const answered = await journals.answerTenant(journal, posted.value, 'Created')
        return answered ? { step: 'answered', journal: answered } : { step: 'changed' }
      }
      case 'notSent':
        await journals.remove(journal, UNENDING)
        throw posted.failure
      case 'rejected':
        await journals.advance(journal, 'rejected', UNENDING)
        return this.#explain(tenant, posted.failure, lost.length > 0, signal)
      case 'ambiguous':
        mayExist()
        return { step: 'changed' }
    }
  }

  async #explain(
    tenant: RaiTenant,
    failure: Failure,
    hasLost: boolean,
    signal: AbortSignal,
  ): Promise<Stop | { readonly step: 'changed' }> {
    const { directory, bindingRecords, tenantQuota } = this.#options
    if (failure.code !== 'Rejected' && failure.code !== 'Forbidden') throw failure
    const { tenants } = await directory.current(signal)
    const namesake = namesakeOf(tenant, tenants)
    if (namesake) {
      // With an answer lost before, the name may be taken by what that attempt made; one on record was made and retained
      // since the list that did not show it; any other may be to be taken over.
      const isToBeLinked = hasLost || tenant.spec.adoptionPolicy !== 'Never'
      const isKnown = isToBeLinked || (await bindingRecords.of(namesake.id, signal)) !== undefined
      return isKnown ? { step: 'changed' } : tenantExists(tenant)
    }
    if (tenants.length >= tenantQuota) return quotaExceeded(tenantQuota)
    throw failure
  }
}

/** The name of a tenant never changes: somebody else wrote this. */
function misnamed(journal: string): Failure {
  return new Failure(
    'AmbiguousCreate',
    'stall',
    `the journal ${journal} in the operator's namespace is about a tenant of another name: see what it is, then delete it`,
  )
}

/** The provenance of a tenant that has the wanted name after an attempt was given up: a POST that was carried out late. */
export function lateProvenance(
  lost: readonly Journal<TenantAttempt>[],
  namesake: ExternalTenant,
): 'Created' | 'Relinked' | undefined {
  const provenances = lost
    .filter(({ attempt }) => attempt.tenantName === namesake.name)
    .map(({ attempt }) => provenanceOf(attempt, namesake))
  return provenances.includes('Created') ? 'Created' : provenances[0]
}
