// Which tenants and applications no resource stands for, and which of them can be taken over now: decided on plain data.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { ExternalApplication, ExternalTenant } from './external.ts'
import { unmanagedIn } from './inventory.ts'
import type { Inventory, Resources } from './inventory.ts'
import { isUnfinished, scopeOfName } from './journal.ts'
import type { JournalMark } from './journal.ts'
import { provenanceOf } from './recovery.ts'
import { effectiveName, precedes } from './tenant.ts'

/** All that is there at about one moment: resources and journals were read after the inventory, which has every tenant. */
export type Survey = {
  readonly organization: string
  readonly inventory: Inventory
  readonly marks: readonly JournalMark[]
  readonly resources: Resources
}

/** A tenant, and what of it can be taken over: itself where it has no resource, and applications in it. */
export type Adoptable = {
  readonly tenant: ExternalTenant
  /** Its resource, where it has one, or where one asks for it. */
  readonly resource: RaiTenant | undefined
  readonly applications: readonly ExternalApplication[]
}

export type Unclaimed = {
  /** By name of the tenant, applications by cell and id. */
  readonly adoptable: readonly Adoptable[]
  /** What no resource stands for and cannot be taken over now, each with why; in the same order. */
  readonly leftOut: readonly string[]
}

/** What the schemas of the two kinds admit. Source: crds/. */
const TENANT_NAME = /^[a-z0-9]{1,61}$/
const CELL = /^[a-z]{2}-[0-9]{1,2}$/
const APPLICATION_ID = /^[-_A-Za-z0-9][-._~:A-Za-z0-9]{0,252}$/
const SCOPES: ReadonlySet<string> = new Set(['documents.submissions.read', 'documents.submissions.write'])
const MOST_CELLS = 32

/** Whether a resource can have these cells. */
export function areCells(cells: readonly string[]): boolean {
  return (
    cells.length > 0 &&
    cells.length <= MOST_CELLS &&
    new Set(cells).size === cells.length &&
    cells.every((cell) => CELL.test(cell))
  )
}

export function unclaimedIn(survey: Survey): Unclaimed {
  const { inventory, marks, resources } = survey
  const claimed = marks.flatMap(({ claims }) => (claims === undefined ? [] : [claims]))
  const unmanaged = unmanagedIn(inventory, resources, claimed).applications
  const adoptable: Adoptable[] = []
  const leftOut: string[] = []
  for (const tenant of inventory.tenants.toSorted((a, b) => compare(a.name, b.name))) {
    const ids = new Set(unmanaged.get(tenant.id))
    const applications = (inventory.applications.get(tenant.id) ?? [])
      .filter(({ id }) => ids.has(id))
      .toSorted((a, b) => compare(a.cell, b.cell) || compare(a.id, b.id))
    const resource = resourceOf(tenant, survey)
    const obstacle = resource ? undefined : obstacleTo(tenant, marks)
    if (obstacle) {
      leftOut.push(`${obstacle}${withThem(applications)}`)
      continue
    }
    if (resource && resource.status.tenantId !== tenant.id) leftOut.push(askedFor(tenant, resource))
    const able = ableToGo(tenant, resource, applications, survey)
    leftOut.push(...able.leftOut)
    if (!resource || able.applications.length > 0) adoptable.push({ tenant, resource, applications: able.applications })
  }
  return { adoptable, leftOut }
}

/** The resource that is bound to a tenant, else the one that gets it before others, since it has its name. */
function resourceOf({ id, name }: ExternalTenant, { organization, resources }: Survey): RaiTenant | undefined {
  const bound = resources.tenants.find(({ status }) => status.tenantId === id)
  if (bound) return bound
  const [first] = resources.tenants
    .filter((tenant) => effectiveName(tenant) === name)
    // One of another organization asks for another tenant.
    .filter(({ status }) => status.organization === undefined || status.organization === organization)
    .toSorted((a, b) => (precedes(a, b) ? -1 : 1))
  return first
}

function obstacleTo(tenant: ExternalTenant, marks: readonly JournalMark[]): string | undefined {
  if (!TENANT_NAME.test(tenant.name)) return `${told(tenant)}: no RaiTenant can have its name`
  const maker = marks.find((mark) => mark.scope === scopeOfName(tenant.name) && mayHaveMade(mark, tenant))
  return maker && `${told(tenant)}: a create for ${told(maker.subject)} is not settled yet, and may have made it`
}

/** As `mayBeMadeBy`, for all that a mark says. */
function mayHaveMade(mark: JournalMark, tenant: ExternalTenant): boolean {
  const isLost = mark.state === 'abandoned' || mark.state === 'surplus'
  return isUnfinished(mark.state) || (isLost && provenanceOf(mark, tenant) === 'Created')
}

function ableToGo(
  tenant: ExternalTenant,
  resource: RaiTenant | undefined,
  unmanaged: readonly ExternalApplication[],
  { marks, resources }: Survey,
): Pick<Adoptable, 'applications'> & Pick<Unclaimed, 'leftOut'> {
  const applications: ExternalApplication[] = []
  const leftOut: string[] = []
  for (const application of unmanaged) {
    const why = unfit(application) ?? alreadyAsked(application, resources.applications)
    if (why) leftOut.push(`${told(tenant)}: application ${application.id} ${why}`)
    else applications.push(application)
  }
  const why = applications.length === 0 ? undefined : closed(tenant, resource, marks)
  if (why === undefined) return { applications, leftOut }
  const ids = applications.map(({ id }) => id).join(', ')
  return { applications: [], leftOut: [...leftOut, `${told(tenant)}: ${why}: ${ids}`] }
}

function unfit({ id, cell, scopes }: ExternalApplication): string | undefined {
  const isFit =
    APPLICATION_ID.test(id) && CELL.test(cell) && scopes.length > 0 && scopes.every((scope) => SCOPES.has(scope))
  return isFit ? undefined : 'is in a cell or has scopes that no RaiTenantApplication can have'
}

function alreadyAsked({ id }: ExternalApplication, applications: readonly RaiTenantApplication[]): string | undefined {
  const asking = applications.find(
    ({ spec, status, metadata }) =>
      spec.adopt?.applicationId === id && status.applicationId === undefined && !metadata.deletionTimestamp,
  )
  return asking && `is asked for by ${told({ ...asking.metadata, kind: asking.kind })}: see its conditions`
}

/** Why no application in a tenant can be taken over now. */
function closed(
  { id }: ExternalTenant,
  resource: RaiTenant | undefined,
  marks: readonly JournalMark[],
): string | undefined {
  if (resource?.metadata.deletionTimestamp) return 'its resource is being deleted, so nothing in it is taken over'
  const open = marks.find(({ scope, state, claims }) => scope === id && isUnfinished(state) && claims === undefined)
  return open && `a create for ${told(open.subject)} is not settled yet, and may have made one of these`
}

function askedFor(tenant: ExternalTenant, { kind, metadata }: RaiTenant): string {
  return `${told(tenant)}: ${told({ ...metadata, kind })} asks for it and is not bound to it: see its conditions`
}

function withThem(applications: readonly ExternalApplication[]): string {
  return applications.length === 0
    ? ''
    : `; and with it the applications ${applications.map(({ id }) => id).join(', ')}`
}

function told(
  one:
    Pick<ExternalTenant, 'id' | 'name'> | { readonly kind: string; readonly namespace: string; readonly name: string },
): string {
  return 'id' in one ? `tenant ${one.name} (${one.id})` : `${one.kind} ${one.namespace}/${one.name}`
}

/** By code units, whatever the place: the same order everywhere. */
function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
