// What can be chosen about the simulator: above all everything on which the contract is silent, each variant by name.
import { Ajv } from 'ajv'
import { refusal } from './answers.ts'

/** Statuses with which the real service may refuse what the contract forbids without naming a status. */
export type ConflictStatus = 400 | 403 | 409 | 422

export type Settings = {
  readonly cells: readonly string[]
  readonly quota: number
  readonly tokenLifetimeMs: number
  readonly organizationScopes: readonly string[]
  readonly duplicateNameStatus: ConflictStatus
  readonly nonEmptyDeleteStatus: ConflictStatus
  readonly overQuotaStatus: ConflictStatus
  readonly foreignTokenStatus: 401 | 403
  readonly maxLimit: number
  readonly overLimit: 'reject' | 'clamp'
  readonly afterDeleted: 'continue' | 'reject'
  readonly order: 'oldest-first' | 'newest-first' | 'by-id'
  readonly nextHref: 'base' | 'origin' | 'absolute'
  readonly nextParameters: 'limit-first' | 'after-first'
  readonly tenantLinks: boolean
  readonly applicationLinks: 'everywhere' | 'single' | 'never'
  readonly tokenUrlLink: 'string' | 'href'
  readonly authServer: 'token-url' | 'issuer' | 'id'
  readonly extraFields: boolean
  readonly secretCharacters: 'printable' | 'url-safe'
  readonly secretPrefix: string
  readonly requestsPerSecond: number
  readonly burst: number
  readonly retryAfter: boolean
}

/** Every scope of the management API (contract, "Authentication"). */
export const ORGANIZATION_SCOPES = [
  'tenants.read',
  'tenants.write',
  'tenants.applications.read',
  'tenants.applications.write',
  'organization.read',
] as const

export type OrganizationScope = (typeof ORGANIZATION_SCOPES)[number]

type Setting<T> = {
  readonly default: T
  /** JSON schema of the value. */
  readonly schema: Readonly<Record<string, unknown>>
  /** One line for `--help`. */
  readonly about: string
}

const oneOf = (...values: readonly (string | number)[]) => ({ enum: values })
const flag = { type: 'boolean' }
const count = (minimum: number) => ({ type: 'integer', minimum })
const conflictStatus = oneOf(400, 403, 409, 422)

/** Each setting with its default, its values and what it decides: read by the admin API, the flags and `--help`. */
export const SETTINGS: { readonly [K in keyof Settings]: Setting<Settings[K]> } = {
  cells: {
    default: ['eu-1', 'us-1', 'ap-2', 'ap-3', 'ca-1'],
    schema: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9-]+$' }, minItems: 1, uniqueItems: true },
    about: 'cells that exist; any other is refused with 400',
  },
  quota: { default: 20, schema: count(0), about: 'tenants that the organization may have' },
  tokenLifetimeMs: { default: 3_600_000, schema: count(0), about: 'how long an access token works' },
  organizationScopes: {
    default: ORGANIZATION_SCOPES,
    schema: { type: 'array', items: oneOf(...ORGANIZATION_SCOPES), uniqueItems: true },
    about: "scopes that the organization's credential may ask for",
  },
  duplicateNameStatus: { default: 400, schema: conflictStatus, about: 'answer to a tenant name that is taken' },
  nonEmptyDeleteStatus: {
    default: 400,
    schema: conflictStatus,
    about: 'answer to deleting a tenant that has applications',
  },
  overQuotaStatus: { default: 400, schema: conflictStatus, about: 'answer to a tenant beyond the quota' },
  foreignTokenStatus: {
    default: 401,
    schema: oneOf(401, 403),
    about: "answer of the management API to an application's token",
  },
  maxLimit: { default: 100, schema: count(1), about: 'largest limit of a page' },
  overLimit: {
    default: 'reject',
    schema: oneOf('reject', 'clamp'),
    about: 'a larger limit is refused with 400, or cut',
  },
  afterDeleted: {
    default: 'continue',
    schema: oneOf('continue', 'reject'),
    about: 'a page after a tenant that was deleted meanwhile goes on from its place, or is refused with 400',
  },
  order: {
    default: 'oldest-first',
    schema: oneOf('oldest-first', 'newest-first', 'by-id'),
    about: 'order of the items of every list',
  },
  nextHref: {
    default: 'base',
    schema: oneOf('base', 'origin', 'absolute'),
    about: 'next.href begins with /tenants, with /v0/tenants, or with https://',
  },
  nextParameters: {
    default: 'limit-first',
    schema: oneOf('limit-first', 'after-first'),
    about: 'order of the parameters of next.href',
  },
  tenantLinks: { default: true, schema: flag, about: 'tenants carry _links' },
  applicationLinks: {
    default: 'everywhere',
    schema: oneOf('everywhere', 'single', 'never'),
    about: 'where applications carry _links.token_url: everywhere, not in lists, nowhere',
  },
  tokenUrlLink: {
    default: 'string',
    schema: oneOf('string', 'href'),
    about: '_links.token_url is a string, or an object with href',
  },
  authServer: {
    default: 'token-url',
    schema: oneOf('token-url', 'issuer', 'id'),
    about: 'auth_server is the token URL, that URL without /v1/token, or the bare id in it',
  },
  extraFields: { default: false, schema: flag, about: 'answers carry fields that the contract does not name' },
  secretCharacters: {
    default: 'printable',
    schema: oneOf('printable', 'url-safe'),
    about: 'client secrets hold any printable ASCII character, or only letters, digits, - and _',
  },
  secretPrefix: {
    default: '',
    schema: { type: 'string', pattern: '^[A-Za-z0-9-]{0,20}$' },
    about: 'what client secrets and access tokens begin with, so that they are known wherever they turn up',
  },
  requestsPerSecond: {
    default: 0,
    schema: { type: 'number', minimum: 0 },
    about: 'rate limit of the management API, 429 beyond it; 0: none',
  },
  burst: { default: 15, schema: count(1), about: 'calls that may come at once under the rate limit' },
  retryAfter: { default: true, schema: flag, about: '429 carries Retry-After' },
}

const properties = Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema]))
const shape = { type: 'object', properties, additionalProperties: false }
const isChange = new Ajv().compile<Partial<Settings>>(shape)
const isWhole = new Ajv().compile<Settings>({ ...shape, required: Object.keys(SETTINGS) })

/** The settings as they are when nothing is said. */
export const DEFAULT_SETTINGS: Settings = readDefaults()

function readDefaults(): Settings {
  const defaults: unknown = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]),
  )
  if (isWhole(defaults)) return Object.freeze(defaults)
  throw new Error('a default does not fit the schema of its setting')
}

/** `settings` with `changes` applied. Throws a {@link Refusal} (400) that names the first setting that does not fit. */
export function changeSettings(settings: Settings, changes: unknown): Settings {
  if (isChange(changes)) return Object.freeze({ ...settings, ...changes })
  const error = isChange.errors?.[0]
  const name: unknown = error?.instancePath.split('/')[1] ?? error?.params['additionalProperty']
  const known = Object.entries(SETTINGS).find(([key]) => key === name)
  if (known) throw refusal(400, `${known[0]} takes ${JSON.stringify(known[1].schema)}`)
  throw refusal(400, typeof name === 'string' ? `no setting is called ${name}` : 'settings are an object')
}
