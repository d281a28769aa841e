// The JSON documents of the contract ("Shapes") as the simulator sends them, in each variant that the contract leaves open.
import type { Application, Credential, Tenant } from './state.ts'
import type { World } from './world.ts'
import { authServerOf, baseUrl, BASE_PATH, issuer, tokenUrl } from './world.ts'

/** Tenant (contract, "Shapes"). */
export type TenantDocument = {
  readonly id: string
  readonly name: string
  readonly created: string
  readonly updated: string
  readonly cells: readonly string[]
  readonly _links?: { readonly 'documents-ui': readonly { readonly href: string; readonly rel: string }[] }
}

/** Application (contract, "Shapes"). */
export type ApplicationDocument = {
  readonly id: string
  readonly client_id: string
  readonly auth_server: string
  readonly cell: string
  readonly scopes: readonly string[]
  readonly credentials?: CredentialDocument
  readonly _links?: { readonly token_url: string | { readonly href: string } }
}

/** The one-time part of an application. */
export type CredentialDocument =
  | { readonly type: 'CLIENT_SECRET'; readonly client_secret: string }
  | { readonly type: 'RSA' | 'EC'; readonly alg: string; readonly kid: string }

const undocumented = (world: World) => (world.settings.extraFields ? { x_undocumented: { see: ['nothing'] } } : {})

export function tenantDocument(world: World, tenant: Tenant): TenantDocument {
  const at = new Date(tenant.createdAt).toISOString()
  const host = (cell: string) => `${tenant.name}.${cell}.documents.test`
  return {
    id: tenant.id,
    name: tenant.name,
    created: at,
    updated: at,
    cells: tenant.cells,
    ...(world.settings.tenantLinks && {
      _links: { 'documents-ui': tenant.cells.map((cell) => ({ href: host(cell), rel: cell })) },
    }),
    ...undocumented(world),
  }
}

/** One page of tenants; `more` when others follow it. */
export function tenantPage(world: World, tenants: readonly Tenant[], limit: number, more: boolean): object {
  const last = tenants.at(-1)
  return {
    items: tenants.map((tenant) => tenantDocument(world, tenant)),
    _links: more && last ? { next: { href: nextHref(world, limit, last.id) } } : {},
    ...undocumented(world),
  }
}

function nextHref(world: World, limit: number, afterId: string): string {
  const parameters = [`limit=${limit}`, `after_id=${encodeURIComponent(afterId)}`]
  if (world.settings.nextParameters === 'after-first') parameters.reverse()
  const start = { base: '', origin: BASE_PATH, absolute: baseUrl(world) }[world.settings.nextHref]
  return `${start}/tenants?${parameters.join('&')}`
}

export type Occasion = 'created' | 'single' | 'list'

/** An application; its credential is in the answer to its creation only. */
export function applicationDocument(world: World, application: Application, occasion: Occasion): ApplicationDocument {
  const { applicationLinks, tokenUrlLink, authServer } = world.settings
  const server = authServerOf(application.cell)
  const url = tokenUrl(world, server)
  const linked = applicationLinks === 'everywhere' || (applicationLinks === 'single' && occasion !== 'list')
  return {
    id: application.id,
    client_id: application.clientId,
    auth_server: { 'token-url': url, issuer: issuer(world, server), id: server }[authServer],
    cell: application.cell,
    scopes: application.scopes,
    ...(occasion === 'created' && { credentials: credentialDocument(application.credential) }),
    ...(linked && { _links: { token_url: tokenUrlLink === 'string' ? url : { href: url } } }),
    ...undocumented(world),
  }
}

function credentialDocument(credential: Credential): CredentialDocument {
  if (credential.type === 'CLIENT_SECRET') return { type: credential.type, client_secret: credential.secret.reveal() }
  return { type: credential.type, alg: credential.alg, kid: credential.kid }
}
