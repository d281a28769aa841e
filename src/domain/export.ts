// Manifests for what no resource stands for: how each is taken over, and what a person has to do for it.
import { API_VERSION, APPLICATION_KIND, TENANT_KIND } from '../api/names.ts'
import type { ExternalApplication, ExternalTenant } from './external.ts'
import { hashOf } from './hash.ts'
import type { Resources } from './inventory.ts'
import { areCells, unclaimedIn } from './unclaimed.ts'
import type { Adoptable, Survey } from './unclaimed.ts'

/** A resource to apply, and what there is to know before. Neither holds a secret. */
export type Manifest = {
  readonly about: readonly string[]
  readonly resource: {
    readonly apiVersion: string
    readonly kind: string
    readonly metadata: { readonly namespace: string; readonly name: string }
    readonly spec: object
  }
}

export type ExportSettings = {
  /** Of the tenants' resources. An application's is where that of its tenant is. */
  readonly namespace: string
  /** The operator's setting. */
  readonly selector: string | undefined
  /** The operator's setting; empty: all. */
  readonly watchNamespaces: readonly string[]
}

export type Export = {
  /** Each application comes after its tenant. */
  readonly manifests: readonly Manifest[]
  /** What else a person has to know, a line each. */
  readonly remarks: readonly string[]
}

/** The same for the same survey, whatever order its lists have. No resource that is there already has a name in it. */
export function planExport(survey: Survey, settings: ExportSettings): Export {
  const { adoptable, leftOut } = unclaimedIn(survey)
  const names = new Names(survey.resources)
  const manifests = adoptable.flatMap((one) => manifestsOf(one, settings, names))
  return { manifests, remarks: remarksOn(survey, settings, manifests, leftOut) }
}

function remarksOn(
  { organization }: Survey,
  { watchNamespaces }: ExportSettings,
  manifests: readonly Manifest[],
  leftOut: readonly string[],
): string[] {
  return [
    ...leftOut.map((why) => `left out: ${why}`),
    ...(watchNamespaces.length === 0
      ? []
      : [
          `only resources in ${watchNamespaces.join(', ')} were read: what those of other namespaces hold is not known`,
        ]),
    ...(manifests.length === 0 ? [`nothing in organization ${organization} is to be taken over`] : []),
  ]
}

type Place = { readonly namespace: string; readonly name: string }

function manifestsOf(
  { tenant, resource, applications }: Adoptable,
  settings: ExportSettings,
  names: Names,
): Manifest[] {
  const { namespace } = settings
  const manifests: Manifest[] = []
  const place = resource?.metadata ?? { namespace, name: names.take(TENANT_KIND, namespace, tenant.name) }
  if (!resource) manifests.push(tenantManifest(tenant, place, settings))
  for (const application of applications) {
    const name = names.take(APPLICATION_KIND, place.namespace, applicationName(tenant, application))
    manifests.push(applicationManifest(tenant, application, place, name, settings))
  }
  return manifests
}

function tenantManifest(tenant: ExternalTenant, { namespace, name }: Place, { selector }: ExportSettings): Manifest {
  const hasCells = areCells(tenant.cells)
  return {
    about: [
      `Tenant ${tenant.name} (${tenant.id}).`,
      `Before: the operator's setting allow-adoption has to cover ${namespace}=${tenant.name}.`,
      'Without a deletionPolicy, deleting this resource leaves the tenant and all in it.',
      ...(hasCells
        ? []
        : ['Its cells are no cells that a RaiTenant can have, and are left out: nothing depends on them.']),
      ...aboutSelector(selector),
    ],
    resource: {
      apiVersion: API_VERSION,
      kind: TENANT_KIND,
      metadata: { namespace, name },
      spec: {
        ...(name !== tenant.name && { name: tenant.name }),
        ...(hasCells && { cells: tenant.cells }),
        adoptionPolicy: 'MustExist',
      },
    },
  }
}

function applicationManifest(
  tenant: ExternalTenant,
  { id, clientId, cell, scopes }: ExternalApplication,
  { namespace, name: tenantResource }: Place,
  name: string,
  { selector }: ExportSettings,
): Manifest {
  return {
    about: [
      `Application ${id} in tenant ${tenant.name} (${tenant.id}), client id ${clientId}.`,
      `Before: its credential has to stand in the Secret ${name} of namespace ${namespace}, as it was kept when the`,
      'application was made, since the control plane never shows it again. Nothing else may control that Secret. Its keys,',
      'which spec.secret.keys may rename:',
      `  client_id         ${clientId}`,
      '  client_secret     with auth.type ClientSecret',
      '  private_key.pem   with EC and RSA: not encrypted',
      '  kid               with EC and RSA: the id under which the key was registered',
      'The control plane does not tell auth.type: change ClientSecret to EC or RSA if it has a key.',
      'Another namespace will do if allowedNamespaces of the RaiTenant admits it: the Secret has to be there, too.',
      'Without a deletionPolicy, deleting this resource leaves the application and the Secret.',
      ...aboutSelector(selector),
    ],
    resource: {
      apiVersion: API_VERSION,
      kind: APPLICATION_KIND,
      metadata: { namespace, name },
      spec: {
        tenantRef: { name: tenantResource, namespace },
        cell,
        scopes: [...new Set(scopes)].sort(),
        auth: { type: 'ClientSecret' },
        secret: { name },
        adopt: { applicationId: id },
      },
    },
  }
}

function aboutSelector(selector: string | undefined): string[] {
  return selector === undefined ? [] : [`The operator's setting selector is ${selector}: add labels that it matches.`]
}

/** Tells by itself where it is, and stays the same from export to export. */
function applicationName({ name }: ExternalTenant, { id, cell }: ExternalApplication): string {
  return `${name}-${cell}-${hashOf(id).padStart(8, '0')}`
}

/** Names in use: what is applied must never change a resource that is there. */
class Names {
  readonly #taken: Set<string>

  constructor({ tenants, applications }: Resources) {
    const all = [...tenants, ...applications]
    this.#taken = new Set(all.map(({ kind, metadata: { namespace, name } }) => keyOf(kind, namespace, name)))
  }

  /** `wanted`, or with a number behind it the first that is free; from then on it is not. */
  take(kind: string, namespace: string, wanted: string): string {
    let name = wanted
    for (let number = 2; this.#taken.has(keyOf(kind, namespace, name)); number++) name = `${wanted}-${number}`
    this.#taken.add(keyOf(kind, namespace, name))
    return name
  }
}

function keyOf(kind: string, namespace: string, name: string): string {
  return [kind, namespace, name].join('/')
}
