// The columns of the grid: each operation, how it is called and how its end is told.
import type { ControlPlane, ManagementCalls } from '../../../src/controlplane/control-plane.ts'
import type { CreateOutcome } from '../../../src/controllers/ports.ts'
import type { Credential } from '../../../src/domain/external.ts'
import { Failure } from '../../../src/errors.ts'
import { Redacted } from '../../../src/redacted.ts'
import type { Person } from '../../../src/simulator/person.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import type { Mode } from './modes.ts'

type Plane = ControlPlane & ManagementCalls

export const COLUMNS = [
  'createTenant',
  'createTenantApplication',
  'getTenants',
  'getTenant',
  'getTenantApplications',
  'getTenantApplication',
  'deleteTenant',
  'deleteTenantApplication',
  'applicationToken',
  'organizationToken',
] as const

export type Column = (typeof COLUMNS)[number]

/** What is there before the call. */
export type Prepared = {
  readonly mode: Mode
  /** Has two applications; `applicationId` is one of them. */
  readonly tenantId: string
  readonly emptyTenantId: string
  readonly applicationId: string
  readonly credential: Credential
  readonly tokenUrl: string
}

export const NEW_TENANT = 'new'
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
const forever = new AbortController().signal

/** Whether it is a token endpoint's. */
export function isToken(column: Column): boolean {
  return column === 'applicationToken' || column === 'organizationToken'
}

/** Makes what the calls are about. */
export function prepare({ person }: Simulator, mode: Mode): Prepared {
  const tenantId = person.createTenant({ name: 'acme' }).id
  const emptyTenantId = person.createTenant({ name: 'empty' }).id
  const request = { cell: 'eu-1', scopes: SCOPES, auth_method: mode.authMethod }
  person.createApplication('acme', request)
  const { id, client_id, auth_server, credentials } = person.createApplication('acme', request)
  const secret = credentials?.type === 'CLIENT_SECRET' ? credentials.client_secret : ''
  const proof =
    mode.auth.type === 'ClientSecret' ? { type: mode.auth.type, clientSecret: new Redacted(secret) } : mode.auth
  return {
    mode,
    tenantId,
    emptyTenantId,
    applicationId: id,
    credential: { clientId: client_id, proof },
    tokenUrl: auth_server,
  }
}

/** How a call ended, in words; `message` is its failure's. */
type Told = { readonly told: string; readonly message: string }

/**
 * Makes the call of a column and tells: a create by its outcome, anything else by `value`, `nothing`, `deleted`, `absent`,
 * `granted`, and each failure by code, disposition and `+` the milliseconds after which to come back. A token of the
 * organization is told by a create that needs it.
 */
export async function call(column: Column, plane: Plane, person: Person, prepared: Prepared): Promise<Told> {
  try {
    return await answered(column, plane, person, prepared)
  } catch (error) {
    if (error instanceof Failure) return { told: toldOf(error), message: error.message }
    throw error
  }
}

async function answered(column: Column, plane: Plane, person: Person, prepared: Prepared): Promise<Told> {
  const { tenants, applications, prover } = plane
  const { mode, tenantId, emptyTenantId, applicationId, credential, tokenUrl } = prepared
  switch (column) {
    case 'createTenant':
    case 'organizationToken': {
      const created = await tenants.create({ name: NEW_TENANT, cells: ['eu-1'] }, forever)
      return toldOfCreate(created, ({ id }) => person.look().tenants.find((one) => one.id === id)?.name === NEW_TENANT)
    }
    case 'createTenantApplication': {
      const created = await applications.create(tenantId, { cell: 'eu-1', scopes: SCOPES, auth: mode.auth }, forever)
      return toldOfCreate(created, ({ application: { id }, credential: { clientId } }) =>
        person.look().applications.some((one) => one.id === id && one.client_id === clientId),
      )
    }
    case 'getTenants':
      return ended(valueOf(ids((await tenants.list(forever)).tenants), ids(person.look().tenants)))
    case 'getTenant':
      return ended(valueOf((await tenants.get(tenantId, forever))?.id, tenantId))
    case 'getTenantApplications':
      return ended(valueOf(ids(await applications.list(tenantId, forever)), ids(person.look().applications)))
    case 'getTenantApplication':
      return ended(valueOf((await applications.get(tenantId, applicationId, forever))?.id, applicationId))
    case 'deleteTenant':
      return ended(await tenants.delete(emptyTenantId, forever))
    case 'deleteTenantApplication':
      return ended(await applications.delete(tenantId, applicationId, forever))
    case 'applicationToken':
      await prover.prove(credential, tokenUrl, SCOPES, forever)
      return ended('granted')
  }
}

function ended(told: string): Told {
  return { told, message: '' }
}

function toldOfCreate<T>(created: CreateOutcome<T>, isIt: (value: T) => boolean): Told {
  if (created.outcome === 'created') return ended(isIt(created.value) ? 'created' : 'created as another one')
  const { outcome, failure } = created
  return { told: `${outcome} ${toldOf(failure)}`, message: failure.message }
}

function toldOf({ code, disposition, retryAfterMs }: Failure): string {
  return `${code} ${disposition}${retryAfterMs === undefined ? '' : ` +${retryAfterMs}`}`
}

function valueOf(found: string | undefined, expected: string | undefined): string {
  if (found === undefined) return 'nothing'
  return found === expected ? 'value' : 'another value'
}

function ids(list: readonly { readonly id: string }[] | undefined): string | undefined {
  return list?.map(({ id }) => id).join(' ')
}
