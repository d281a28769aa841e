// The controller of RaiTenant: a tenant in the organization for each resource, and none left when the resource goes.
import type { RaiTenant } from '../api/types.ts'
import { tenantNotFound } from '../domain/adoption.ts'
import type { BindingRecord } from '../domain/binding-record.ts'
import type { ExternalTenant, TenantListing } from '../domain/external.ts'
import type { Journal, TenantAttempt } from '../domain/journal.ts'
import { SECOND_LOOK_MS } from '../domain/gone.ts'
import { unmanagedStatus } from '../domain/inventory.ts'
import { confirmation, isRecreationAsked, lookHandled, needlessRecreation } from '../domain/requests.ts'
import { FORGED } from '../domain/seal.ts'
import {
  claimantOf,
  effectiveName,
  namesakeOf,
  obstacleOf,
  tenantGone,
  wasGone,
  wrongRecord,
} from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Reconcile } from '../engine/outcome.ts'
import { refusalToAdopt } from './adopt-tenant.ts'
import type { AdoptionOptions } from './adopt-tenant.ts'
import { afterRecovery } from './after-recovery.ts'
import { lateProvenance } from './create-tenant.ts'
import { boundTo } from './drain-tenant.ts'
import { auditTenant, tenantFinalizer } from './finalize-tenant.ts'
import type { TenantFinalizeOptions } from './finalize-tenant.ts'
import type { Looks } from './looks.ts'
import type { OrganizationView } from './organization-view.ts'
import { blocked, reconciler } from './pass.ts'
import type { Pass, Told } from './pass.ts'
import type { JournalView } from './ports.ts'
import { refusing, withRequests } from './requests.ts'
import type { Facts } from './status.ts'
import type { Unmanaged } from './unmanaged.ts'

export type TenantControllerOptions = TenantFinalizeOptions &
  AdoptionOptions & {
    readonly journalView: JournalView
    readonly looks: Looks
    readonly organizationView: Pick<OrganizationView, 'doubt'>
    readonly unmanaged: Unmanaged
  }

/** Reconciles RaiTenants. See each step for what it promises. */
export function tenantReconciler(options: TenantControllerOptions): Reconcile {
  const { view, writer, creation, directory, logger } = options

  /** Whatever comes of it, who is not told to wait for a place does not keep others waiting. */
  async function bring(cached: RaiTenant, isWanted: boolean, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    let waits = false
    try {
      const pass = await advance(cached, isWanted, signal)
      waits = 'report' in pass && pass.report.reason === 'QuotaExceeded'
      return pass
    } finally {
      options.places.looked(cached, waits)
    }
  }

  async function advance(cached: RaiTenant, isWanted: boolean, signal: AbortSignal): Promise<Pass<RaiTenant>> {
    if (!options.seals.areGenuine(cached)) return blocked(cached, FORGED)
    const isBound = cached.status.tenantId !== undefined
    const isUnfinished = options.journalView.hasUnfinished(cached.metadata.uid)
    const obstacle = obstacleOf(cached, options.organization(), isBound ? undefined : claimantOf(cached, view.all()))
    if (obstacle && !isUnfinished) return blocked(cached, obstacle)
    // What was gone is not taken to be there again before it is seen.
    const isToLook = isWanted || wasGone(cached) || isRecreationAsked(cached)
    if (isBound && !isUnfinished && !confirmation(cached) && !isToLook) return ready(cached)
    // From here on things are done outside: only what is there now counts.
    const tenant = await writer.read(cached, signal)
    if (tenant.metadata.deletionTimestamp !== undefined) return { outcome: done }
    if (!options.seals.areGenuine(tenant)) return blocked(tenant, FORGED)
    return afterRecovery(tenant, await creation.recover(tenant, signal), {
      answered: (journal) => finish(tenant, journal, signal),
      clear: async ({ lost }) => {
        if (obstacle) return blocked(tenant, obstacle)
        if (tenant.status.tenantId === undefined) return provide(tenant, lost, signal)
        return keep(tenant, tenant.status.tenantId, isToLook, signal)
      },
    })
  }

  /** It is bound. */
  async function keep(
    tenant: RaiTenant,
    tenantId: string,
    isToLook: boolean,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const confirmed = confirmation(tenant)
    const facts: Facts<RaiTenant> = confirmed === 'confirmed' ? { provenance: 'Created' } : {}
    const kept = isToLook ? await look(tenant, tenantId, facts, signal) : ready(tenant, facts)
    return typeof confirmed === 'object' ? withRequests(kept, { refusal: confirmed }) : kept
  }

  async function look(
    tenant: RaiTenant,
    tenantId: string,
    facts: Facts<RaiTenant>,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const external = await options.api.get(tenantId, signal)
    if (!external) return missing(tenant, tenantId, facts, signal)
    options.absence.forget(tenantId)
    const told = ready(tenant, { ...facts, ...shown(external) })
    return isRecreationAsked(tenant) ? refusing(told, needlessRecreation(tenantId)) : told
  }

  /** A tenant goes with all its data: another one takes its place only if a person says so. */
  async function missing(
    tenant: RaiTenant,
    tenantId: string,
    facts: Facts<RaiTenant>,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    if (!(await options.absence.isCertain(tenantId, signal))) {
      options.looks.putBack(tenant)
      return { outcome: after(SECOND_LOOK_MS) }
    }
    if (!isRecreationAsked(tenant)) return blocked(tenant, tenantGone(tenantId), facts)
    await options.bindingRecords.remove(tenantId, tenant, signal)
    await options.reporter.record(tenant, UNBOUND)
    options.absence.forget(tenantId)
    return { outcome: after(0) }
  }

  /** No attempt is on its way, and nothing is bound. */
  async function provide(
    tenant: RaiTenant,
    lost: readonly Journal<TenantAttempt>[],
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const listing = await (lost.length > 0 ? directory.current(signal) : listingFor(tenant, signal))
    const namesake = namesakeOf(tenant, listing.tenants)
    if (namesake) return link(tenant, namesake, lateProvenance(lost, namesake), signal)
    if (tenant.spec.adoptionPolicy === 'MustExist') return blocked(tenant, tenantNotFound(tenant))
    const resource = await writer.addFinalizer(tenant, signal)
    const request = { name: effectiveName(resource), cells: resource.spec.cells }
    const created = await creation.create(resource, request, { listing, lost }, signal)
    switch (created.step) {
      case 'stop':
        return blocked(resource, created)
      case 'changed':
        return { outcome: { next: 'backOff' } }
      case 'answered':
        auditTenant(logger, resource, 'createTenant', created.journal.attempt.answer!.id)
        return finish(resource, created.journal, signal)
    }
  }

  /**
   * A name that was not there a moment ago is free enough to be asked for; one that was there may be free by now, and one that
   * has to be there may have come.
   */
  async function listingFor(tenant: RaiTenant, signal: AbortSignal): Promise<TenantListing> {
    const recent = await directory.recent(signal)
    const isFree = !namesakeOf(tenant, recent.tenants) && tenant.spec.adoptionPolicy !== 'MustExist'
    return isFree ? recent : directory.current(signal)
  }

  /** A tenant of this name exists: this resource's if a record or an attempt of its own says so, else to be taken over or let be. */
  async function link(
    tenant: RaiTenant,
    namesake: ExternalTenant,
    late: 'Created' | 'Relinked' | undefined,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const { namespace, name, uid } = tenant.metadata
    const record = await options.bindingRecords.of(namesake.id, signal)
    const wrong = record && wrongRecord('its binding record', record.organization, options.organization())
    if (wrong) return blocked(tenant, wrong)
    // One made again under the same name is not told from a stranger's by the record: used, and never deleted unconfirmed.
    const recorded = record?.uid === uid ? record.provenance : 'Relinked'
    const isRecorded = record?.namespace === namespace && record.name === name
    const made = late && !(await creation.isOthers(namesake, tenant, signal)) ? late : undefined
    const provenance = record ? (isRecorded ? recorded : undefined) : made
    if (!provenance) return adopt(tenant, namesake, record, signal)
    return bind(await writer.addFinalizer(tenant, signal), namesake, { provenance }, signal)
  }

  /** Takes over what somebody else made. `record` is of a resource that held it before, if one did. */
  async function adopt(
    tenant: RaiTenant,
    namesake: ExternalTenant,
    record: BindingRecord | undefined,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const refused = await refusalToAdopt(options, tenant, namesake, record, signal)
    if (refused) return blocked(tenant, refused)
    const resource = await writer.addFinalizer(tenant, signal)
    const told = await bind(resource, namesake, { provenance: 'Adopted', former: record }, signal)
    auditTenant(logger, resource, 'adoptTenant', namesake.id)
    return told
  }

  async function finish(
    tenant: RaiTenant,
    journal: Journal<TenantAttempt>,
    signal: AbortSignal,
  ): Promise<Pass<RaiTenant>> {
    const { provenance, ...external } = journal.attempt.answer!
    const told = await bind(tenant, external, { provenance }, signal)
    const published = async () => void (await options.journals.advance(journal, 'bound', signal))
    return { ...told, published }
  }

  /** The record goes before the status: it outlives both. */
  async function bind(
    tenant: RaiTenant,
    external: ExternalTenant,
    { provenance, former }: Pick<BindingRecord, 'provenance'> & { readonly former?: BindingRecord | undefined },
    signal: AbortSignal,
  ): Promise<Told<RaiTenant>> {
    const organization = options.organization()
    await options.bindingRecords.write(tenant, external, { organization, provenance, former }, signal)
    return ready(tenant, {
      organization,
      provenance,
      tenantId: external.id,
      ...shown(external),
    })
  }

  function shown({ createdAt, links }: ExternalTenant): Facts<RaiTenant> {
    return { createdAt, links: links.map(({ cell, host }) => ({ cell, host })) }
  }

  function ready(tenant: RaiTenant, binding: Facts<RaiTenant> = {}): Told<RaiTenant> {
    const message = `the tenant "${effectiveName(tenant)}" exists in the organization`
    const tenantId = binding.tenantId ?? tenant.status.tenantId
    const applications = boundTo(options.applicationView, tenant, tenantId).length
    const facts = { ...binding, ...lookHandled(tenant), ...unmanaged(tenantId), applications }
    return { about: tenant, report: { reason: 'Ready', message }, facts, outcome: done }
  }

  /** As the last sweep saw it; nothing before there was one. */
  function unmanaged(tenantId: string | undefined): Facts<RaiTenant> {
    const ids = tenantId === undefined ? undefined : options.unmanaged.in(tenantId)
    return ids === undefined ? {} : { unmanagedApplications: unmanagedStatus(ids) }
  }

  return reconciler({
    view,
    reporter: options.reporter,
    looks: options.looks,
    organizationView: options.organizationView,
    logger,
    bring,
    finalize: tenantFinalizer(options),
  })
}

/** What a status says of a tenant, taken back. */
const UNBOUND: Facts<RaiTenant> = {
  organization: undefined,
  tenantId: undefined,
  provenance: undefined,
  createdAt: undefined,
  links: undefined,
  unmanagedApplications: undefined,
}
