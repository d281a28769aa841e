// The eight operations of the management API: who may call them, what they change, what they answer.
import { randomBytes } from 'node:crypto'
import { Redacted } from '../redacted.ts'
import type { Answer, JsonAnswer } from './answers.ts'
import { jsonAnswer, refusal } from './answers.ts'
import type { ApplicationDocument, TenantDocument } from './documents.ts'
import { applicationDocument, tenantDocument, tenantPage } from './documents.ts'
import type { Known, Lag } from './lag.ts'
import { knownFrom } from './lag.ts'
import type { ApplicationRequest } from './request-bodies.ts'
import { importKey, readApplicationRequest, readTenantRequest } from './request-bodies.ts'
import type { OrganizationScope, Settings } from './settings.ts'
import type { Application, Credential, Tenant } from './state.ts'
import type { World } from './world.ts'
import { authServerOf, baseUrl } from './world.ts'

/** What an operation is given, once the caller is known to be allowed. */
export type Call = {
  readonly world: World
  readonly tenantId: string
  readonly applicationId: string
  readonly query: URLSearchParams
  /** The parsed JSON of the body; undefined without one. */
  readonly body: unknown
  /** How far the world lags behind what this makes. */
  readonly lag?: Lag
}

export type Operation = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base path. */
  readonly path: string
  readonly scope: OrganizationScope
  /** Does it and says so. Throws a {@link Refusal} before anything has changed. */
  readonly run: (call: Call) => Answer
}

const TENANTS = '/tenants'
const TENANT = '/tenants/{tenant_id}'
const APPLICATIONS = '/tenants/{tenant_id}/applications'
const APPLICATION = '/tenants/{tenant_id}/applications/{application_id}'

/** Contract, "Operations": the table, row by row. */
export const OPERATIONS = {
  createTenant: { method: 'POST', path: TENANTS, scope: 'tenants.write', run: createTenant },
  getTenants: { method: 'GET', path: TENANTS, scope: 'tenants.read', run: getTenants },
  getTenant: { method: 'GET', path: TENANT, scope: 'tenants.read', run: getTenant },
  deleteTenant: { method: 'DELETE', path: TENANT, scope: 'tenants.write', run: deleteTenant },
  createTenantApplication: {
    method: 'POST',
    path: APPLICATIONS,
    scope: 'tenants.applications.write',
    run: createTenantApplication,
  },
  getTenantApplications: {
    method: 'GET',
    path: APPLICATIONS,
    scope: 'tenants.applications.read',
    run: getTenantApplications,
  },
  getTenantApplication: {
    method: 'GET',
    path: APPLICATION,
    scope: 'tenants.applications.read',
    run: getTenantApplication,
  },
  deleteTenantApplication: {
    method: 'DELETE',
    path: APPLICATION,
    scope: 'tenants.applications.write',
    run: deleteTenantApplication,
  },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationName = keyof typeof OPERATIONS

/** Whether an operation is called so. */
export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name)
}

function createTenant({ world, body, lag = {} }: Call): JsonAnswer<TenantDocument> {
  const { state, settings, clock } = world
  const { name, cells } = readTenantRequest(body, settings)
  if (state.tenantNamed(name)) throw refusal(settings.duplicateNameStatus, 'a tenant of this name exists')
  if (state.tenantCount >= settings.quota) throw refusal(settings.overQuotaStatus, 'the quota of tenants is used up')
  const tenant = state.addTenant({ name, cells, createdAt: clock.now(), known: knownFrom(clock.monotonic(), lag) })
  const location = `${baseUrl(world)}/tenants/${tenant.id}`
  return jsonAnswer(201, tenantDocument(world, tenant), { Location: location })
}

function getTenants(call: Call): Answer {
  const { world, query } = call
  const { limit, afterId } = readPageQuery(query, world.settings)
  const rest = listed(call, tenantsFrom(world, afterId))
  return jsonAnswer(200, tenantPage(world, rest.slice(0, limit), limit, rest.length > limit))
}

function getTenant(call: Call): Answer {
  return jsonAnswer(200, tenantDocument(call.world, readable(call, findTenant(call))))
}

function deleteTenant(call: Call): Answer {
  const { state, settings } = call.world
  const tenant = findTenant(call)
  if (tenant.applications.size > 0) throw refusal(settings.nonEmptyDeleteStatus, 'the tenant still has applications')
  state.removeTenant(tenant)
  return { status: 204 }
}

function createTenantApplication(call: Call): JsonAnswer<ApplicationDocument> {
  const { world, lag = {} } = call
  const { state, settings, clock } = world
  const tenant = findTenant(call)
  const { cell, scopes, auth_method } = readApplicationRequest(call.body, settings)
  const credential = newCredential(auth_method, settings)
  const known = knownFrom(clock.monotonic(), lag)
  const made = { cell, scopes, credential, createdAt: clock.now(), known }
  const application = state.addApplication(tenant, made, authServerOf(cell))
  const location = `${baseUrl(world)}/tenants/${tenant.id}/applications/${application.id}`
  return jsonAnswer(201, applicationDocument(world, application, 'created'), { Location: location })
}

function getTenantApplications(call: Call): Answer {
  const { state, settings } = call.world
  const applications = listed(call, state.applications(findTenant(call), settings.order))
  return jsonAnswer(200, { items: applications.map((one) => applicationDocument(call.world, one, 'list')) })
}

function getTenantApplication(call: Call): Answer {
  return jsonAnswer(200, applicationDocument(call.world, readable(call, findApplication(call)), 'single'))
}

function deleteTenantApplication(call: Call): Answer {
  call.world.state.removeApplication(findApplication(call))
  return { status: 204 }
}

function findTenant({ world, tenantId }: Call): Tenant {
  const tenant = world.state.tenant(tenantId)
  if (!tenant) throw refusal(404, 'there is no such tenant')
  return tenant
}

function findApplication(call: Call): Application {
  const application = findTenant(call).applications.get(call.applicationId)
  if (!application) throw refusal(404, 'there is no such application in this tenant')
  return application
}

function listed<T extends { readonly known: Known }>({ world }: Call, all: readonly T[]): T[] {
  const now = world.clock.monotonic()
  return all.filter(({ known }) => known.listedAt <= now)
}

function readable<T extends { readonly known: Known }>({ world }: Call, one: T): T {
  if (one.known.readableAt > world.clock.monotonic()) throw refusal(404, 'there is no such thing')
  return one
}

const DEFAULT_LIMIT = 20
const POSITIVE_INTEGER = /^[1-9][0-9]{0,8}$/

function readPageQuery(query: URLSearchParams, settings: Settings): { limit: number; afterId: string | undefined } {
  for (const name of new Set(query.keys())) {
    if (name !== 'limit' && name !== 'after_id') throw refusal(400, 'the only parameters are limit and after_id')
    if (query.getAll(name).length > 1) throw refusal(400, `${name} may be given once`)
  }
  const asked = query.get('limit') ?? String(DEFAULT_LIMIT)
  if (!POSITIVE_INTEGER.test(asked)) throw refusal(400, 'limit must be a positive integer')
  const limit = Number(asked)
  if (limit > settings.maxLimit && settings.overLimit === 'reject') {
    throw refusal(400, `limit must be at most ${settings.maxLimit}`)
  }
  return { limit: Math.min(limit, settings.maxLimit), afterId: query.get('after_id') ?? undefined }
}

function tenantsFrom({ state, settings }: World, afterId: string | undefined): Tenant[] {
  if (afterId === undefined) return state.tenants(settings.order)
  const rest = state.tenantsAfter(afterId, settings.order)
  const refused = settings.afterDeleted === 'reject' && !state.tenant(afterId)
  if (!rest || refused) throw refusal(400, 'after_id names no tenant')
  return rest
}

function newCredential(method: ApplicationRequest['auth_method'], settings: Settings): Credential {
  if (method.type === 'CLIENT_SECRET') {
    return { type: method.type, secret: new Redacted(newSecret(settings)) }
  }
  return { type: method.type, alg: method.alg, kid: method.kid, key: importKey(method) }
}

const SECRET_LENGTH = 48
const FIRST_PRINTABLE = 0x20
const PRINTABLE_COUNT = 0x5f

/** A client secret; `printable` ones use the whole of what the contract allows, so that wrong encodings show at once. */
function newSecret({ secretCharacters, secretPrefix }: Settings): string {
  const random = randomBytes(SECRET_LENGTH)
  if (secretCharacters === 'url-safe') return secretPrefix + random.toString('base64url').slice(0, SECRET_LENGTH)
  return secretPrefix + String.fromCharCode(...random.map((byte) => FIRST_PRINTABLE + (byte % PRINTABLE_COUNT)))
}
