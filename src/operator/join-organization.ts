// Builds how the organization is seen and changed: one view of it, which every change waits for.
import { createHash } from 'node:crypto'
import { TenantDirectory } from '../controllers/directory.ts'
import { guardedApplications, guardedTenants } from '../controllers/guarded-api.ts'
import { OrganizationView } from '../controllers/organization-view.ts'
import { Places } from '../controllers/places.ts'
import type { Seals } from '../controllers/seals.ts'
import type { ControlPlane } from '../controlplane/control-plane.ts'
import type { TenantListing } from '../domain/external.ts'
import type { Context } from './context.ts'
import type { Kube } from './join-kube.ts'

/** Of the digest that a person types: enough to tell two absences apart. */
const DIGEST_LENGTH = 12

/** Whom what is seen outside has looked at. */
export type Wakes = {
  readonly tenant: (key: string) => void
  readonly all: () => void
}

/** The organization, with a share of the budget for each kind of work. Asks nobody yet. */
export function joinOrganization(
  { config, metrics, edges: { clock }, logger }: Context,
  controlPlane: ControlPlane,
  { tenants, journalMarks }: Kube,
  seals: Seals,
  wakes: Wakes,
) {
  const organizationView = new OrganizationView({
    view: tenants.store,
    isGenuine: (tenant) => seals.areGenuine(tenant),
    client: () => controlPlane.organization(),
    accepted: config.acceptExternalView,
    list: (signal) => directory.current(signal),
    digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH),
    wakeAll: wakes.all,
    clock,
    logger,
  })
  const places = new Places({
    quota: config.tenantQuota,
    view: tenants.store,
    journalView: journalMarks,
    clock,
    wake: wakes.tenant,
  })
  const guarded = (what: Parameters<ControlPlane['as']>[0]) => {
    const api = controlPlane.as(what)
    return {
      tenants: guardedTenants(api.tenants, organizationView),
      applications: guardedApplications(api.applications, organizationView),
    }
  }
  const [deletes, creates, recovery, sweeps] = [
    guarded('deletes'),
    guarded('creates'),
    guarded('recovery'),
    guarded('sweep'),
  ]
  const listed = (listing: TenantListing, askedAt: number) => {
    metrics.usesTenants(listing.tenants.length)
    places.listed(listing.tenants, askedAt)
    organizationView.listed(listing)
  }
  const directory = new TenantDirectory(creates.tenants, clock, listed)
  const sweptDirectory = new TenantDirectory(sweeps.tenants, clock, listed)
  return { organizationView, places, directory, sweptDirectory, deletes, creates, recovery, sweeps }
}
