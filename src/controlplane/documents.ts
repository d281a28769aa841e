// The contract's documents ("Shapes"): what must be in an answer, and what the operator makes of it.
import { Ajv } from 'ajv'
import type { ExternalApplication, ExternalTenant } from '../domain/external.ts'

/** Documents as they must be at least. Optional parts are read where they are well-formed and never spoil the rest. */
export type TenantDocument = {
  readonly id: string
  readonly name: string
  readonly created: string
  readonly cells: readonly string[]
  readonly _links?: unknown
}
export type TenantPage = {
  readonly items: readonly TenantDocument[]
  readonly _links: { readonly next?: { readonly href: string } | null }
}
export type ApplicationDocument = {
  readonly id: string
  readonly client_id: string
  readonly auth_server: string
  readonly cell: string
  readonly scopes: readonly string[]
  readonly _links?: unknown
}
export type ApplicationList = { readonly items: readonly ApplicationDocument[] }
export type CreatedApplicationDocument = ApplicationDocument & {
  readonly credentials:
    | { readonly type: 'CLIENT_SECRET'; readonly client_secret: string }
    | { readonly type: 'EC' | 'RSA'; readonly kid: string }
}

/** What ends a line, commands a terminal or turns the direction of reading: nothing that is shown to people may hold it. */
const UNSHOWN = '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}'
/** What a page that shows a message might take for more than text. */
const MARKUP = '<>\\[\\]`'
/** What `encodeURIComponent` makes one segment of a path of, whatever a server does to paths. Messages name ids. */
const ID = `^(?!\\.{1,2}$)[^/\\\\${MARKUP}${UNSHOWN}]{1,256}$`
const IS_ID = new RegExp(ID, 'u')

/** Text that fits into messages, a status and a journal. */
const line = (maxLength: number, minLength = 1) => ({
  type: 'string',
  minLength,
  maxLength,
  pattern: `^[^${UNSHOWN}]*$`,
})
const name = line(256)
/** Source: crds/, `createdAt`. */
const created = line(64)
/** Goes nowhere but into a Secret, which has room for it. */
const secret = { type: 'string', minLength: 1, maxLength: 16_384 }
const id = { type: 'string', pattern: ID }
/** Some issuers use URLs. */
const clientId = { type: 'string', pattern: `^[^${MARKUP}${UNSHOWN}]{1,256}$` }
/** Source: crds/, `tokenUrl` and `links`. */
const MOST_URL = 2_048
const MOST_LINKS = 64
const listOf = (items: object) => ({ type: 'array', items })
const names = { ...listOf(name), maxItems: 64 }
const having = (properties: Readonly<Record<string, object>>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
})

const tenant = having({ id, name, created, updated: name, cells: names })
const applicationProperties = { id, client_id: clientId, auth_server: line(MOST_URL, 0), cell: name, scopes: names }
const application = having(applicationProperties)
const credentials = {
  type: 'object',
  required: ['type'],
  discriminator: { propertyName: 'type' },
  oneOf: [
    having({ type: { const: 'CLIENT_SECRET' }, client_secret: secret }),
    having({ type: { enum: ['EC', 'RSA'] }, kid: name }),
  ],
}
const next = { ...having({ href: { type: 'string' } }), nullable: true }

const ajv = new Ajv({ discriminator: true })

/** The document in the body of an answer, or what is wrong with it, in words that hold nothing of it. */
export type Read<T> = { readonly document: T } | { readonly problem: string }

export const readTenant = reader<TenantDocument>(tenant)
export const readTenantPage = reader<TenantPage>(having({ items: listOf(tenant), _links: having({ next }, []) }))
export const readApplication = reader<ApplicationDocument>(application)
export const readApplicationList = reader<ApplicationList>(having({ items: listOf(application) }))
export const readCreatedApplication = reader<CreatedApplicationDocument>(
  having({ ...applicationProperties, credentials }),
)

const isUi = ajv.compile<{ readonly rel: string; readonly href: string }>(
  having({ rel: line(64), href: line(MOST_URL) }),
)
const isUrl = ajv.compile<string>(line(MOST_URL))

/** True for text that can be the id of a tenant or an application. */
export function isId(value: string): boolean {
  return IS_ID.test(value)
}

function reader<T>(schema: object): (body: string) => Read<T> {
  const isValid = ajv.compile<T>(schema)
  return (body) => {
    let document: unknown
    try {
      document = JSON.parse(body)
    } catch {
      return { problem: 'not JSON' }
    }
    if (isValid(document)) return { document }
    const [error] = isValid.errors ?? []
    return { problem: `${error?.instancePath || 'the whole'} ${error?.message ?? 'is not valid'}` }
  }
}

export function tenantOf({ id, name, created, cells, _links }: TenantDocument): ExternalTenant {
  const links = fieldOf(_links, 'documents-ui')
  const uis = (Array.isArray(links) ? links : []).filter((link) => isUi(link))
  // The API server takes one for each cell.
  const hosts = new Map(uis.map(({ rel, href }) => [rel, href]))
  const told = Array.from(hosts, ([cell, host]) => ({ cell, host })).slice(0, MOST_LINKS)
  return { id, name, createdAt: created, cells, links: told }
}

/** Stands for a link that cannot be one: it is not as if there were none, since another would be taken then. */
const NOWHERE = 'about:invalid'

export function applicationOf({ id, client_id, auth_server, cell, scopes, _links }: ApplicationDocument) {
  const link = fieldOf(_links, 'token_url')
  // The contract does not say whether the link is bare or an object with `href`, as others in it are.
  const tokenUrl = typeof link === 'string' ? link : fieldOf(link, 'href')
  const application: ExternalApplication = { id, clientId: client_id, authServer: auth_server, cell, scopes }
  if (typeof tokenUrl !== 'string') return application
  return { ...application, tokenUrl: isUrl(tokenUrl) ? tokenUrl : NOWHERE }
}

/** Whether two lists hold the same, in whatever order and however often. */
export function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return new Set(one).symmetricDifference(new Set(other)).size === 0
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined
}
