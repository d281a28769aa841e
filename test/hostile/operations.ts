// The operations of the contract as the hostile suite calls them: a whole valid answer to each, and what is made of it.
import type { CreateOutcome } from '../../src/controllers/ports.ts'
import type { ControlPlane, ManagementCalls } from '../../src/controlplane/control-plane.ts'
import { keyMaker } from '../../src/controlplane/keys.ts'
import type { ApplicationRequest, CreatedApplication, Credential } from '../../src/domain/external.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import type { Column } from '../controlplane/fault-grid/columns.ts'
import { MARKER } from '../controlplane/fault-grid/modes.ts'

export type Plane = ControlPlane & ManagementCalls

/** How a call ended. `taken`: with this, made of the answer's document. `absent`: it says that there is none. */
export type Told =
  | { readonly told: 'taken'; readonly data: unknown }
  | { readonly told: 'absent' }
  | { readonly told: 'failed'; readonly outcome?: 'rejected' | 'notSent' | 'ambiguous'; readonly failure: Failure }

/** `other`: well-formed, and not the one that was asked for, where that can be told. */
type FieldKind = 'id' | 'text' | 'list' | 'object' | 'number' | 'optional'

/** Where in a document, of what kind. */
export type Field = readonly [kind: FieldKind, ...path: (string | number)[]]

export type Operation = {
  readonly name: string
  readonly column: Column
  /** Of a success. */
  readonly status: number
  /** The body of a success; a DELETE has none. */
  readonly document?: object
  readonly fields: readonly Field[]
  readonly isCreate: boolean
  /** Differs from another operation in these fields alone: the rest need not be tried twice. */
  readonly isVariant?: boolean
  readonly call: (plane: Plane, origin: string) => Promise<Told>
  /** What has to be made of a document that is taken, but for its optional parts. */
  readonly made: (document: never) => unknown
}

const forever = new AbortController().signal
export const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
const ISSUED = '2026-01-01T00:00:00Z'

const TENANT = {
  id: 't-1',
  name: 'acme',
  created: ISSUED,
  updated: ISSUED,
  cells: ['eu-1'],
  _links: { 'documents-ui': [{ href: 'acme.ui.example', rel: 'eu-1' }] },
  secret: MARKER,
}
const APPLICATION = {
  id: 'a-1',
  client_id: 'c-1',
  auth_server: 'aus1',
  cell: 'eu-1',
  scopes: SCOPES,
  _links: { token_url: 'https://eu.id.example/oauth2/aus1/v1/token' },
  secret: MARKER,
}
const GRANT = { access_token: `${MARKER}-token`, token_type: 'Bearer', expires_in: 3600, secret: MARKER }

const TENANT_FIELDS: readonly Field[] = [
  ['id', 'id'],
  ['text', 'name'],
  ['text', 'created'],
  ['text', 'updated'],
  ['list', 'cells'],
  ['optional', '_links'],
  ['optional', '_links', 'documents-ui'],
  ['optional', '_links', 'documents-ui', 0, 'href'],
  ['optional', '_links', 'documents-ui', 0, 'rel'],
]
const APPLICATION_FIELDS: readonly Field[] = [
  ['id', 'id'],
  ['text', 'client_id'],
  ['text', 'auth_server'],
  ['text', 'cell'],
  ['list', 'scopes'],
  ['optional', '_links'],
  ['optional', '_links', 'token_url'],
]
const TOKEN_FIELDS: readonly Field[] = [
  ['text', 'access_token'],
  ['text', 'token_type'],
  ['number', 'expires_in'],
]

type Tenant = typeof TENANT
type Application = typeof APPLICATION

const within = (fields: readonly Field[], ...above: (string | number)[]): Field[] =>
  fields.map(([kind, ...path]) => [kind, ...above, ...path])
const madeOfTenant = ({ id, name, created, cells }: Tenant) => ({ id, name, createdAt: created, cells })
const madeOfApplication = ({ id, client_id, auth_server, cell, scopes }: Application) => ({
  id,
  clientId: client_id,
  authServer: auth_server,
  cell,
  scopes,
})

const key = await keyMaker().make({ type: 'EC' })
/** Of the application whose token is asked for, by secret and by key. */
export const CREDENTIALS: readonly Credential[] = [
  { clientId: 'c-1', proof: { type: 'ClientSecret', clientSecret: new Redacted(`${MARKER} of the application`) } },
  { clientId: 'c-1', proof: key },
]

export const OPERATIONS: readonly Operation[] = [
  creating('createTenant', TENANT, TENANT_FIELDS, madeOfTenant, (plane) =>
    plane.tenants.create({ name: 'acme', cells: ['eu-1'] }, forever),
  ),
  creatingApplication('ClientSecret', { type: 'ClientSecret' }, { type: 'CLIENT_SECRET', client_secret: MARKER }),
  creatingApplication('EC', key, { type: 'EC', alg: 'ES256', kid: key.kid }),
  reading(
    'getTenants',
    { items: [TENANT, { ...TENANT, id: 't-3', name: 'beta' }], _links: {} },
    [['list', 'items'], ['object', '_links'], ...within(TENANT_FIELDS, 'items', 1)],
    ({ items }: { items: Tenant[] }) => items.map(madeOfTenant),
    async (plane) => (await plane.tenants.list(forever)).tenants,
  ),
  reading('getTenant', TENANT, TENANT_FIELDS, madeOfTenant, (plane) => plane.tenants.get('t-1', forever)),
  reading(
    'getTenantApplications',
    { items: [APPLICATION, { ...APPLICATION, id: 'a-3' }] },
    [['list', 'items'], ...within(APPLICATION_FIELDS, 'items', 1)],
    ({ items }: { items: Application[] }) => items.map(madeOfApplication),
    (plane) => plane.applications.list('t-1', forever),
  ),
  reading('getTenantApplication', APPLICATION, APPLICATION_FIELDS, madeOfApplication, (plane) =>
    plane.applications.get('t-1', 'a-1', forever),
  ),
  deleting('deleteTenant', (plane) => plane.tenants.delete('t-1', forever)),
  deleting('deleteTenantApplication', (plane) => plane.applications.delete('t-1', 'a-1', forever)),
  ...CREDENTIALS.map((credential): Operation => ({
    name: `applicationToken by ${credential.proof.type}`,
    column: 'applicationToken',
    status: 200,
    document: GRANT,
    fields: TOKEN_FIELDS,
    isCreate: false,
    made: () => 'granted',
    call: (plane, origin) =>
      told(async () => {
        await plane.prover.prove(credential, `${origin}/application-token`, SCOPES, forever)
        return 'granted'
      }),
  })),
  {
    name: 'organizationToken',
    column: 'organizationToken',
    status: 200,
    document: GRANT,
    fields: TOKEN_FIELDS,
    isCreate: false,
    made: () => madeOfTenant(TENANT),
    // A token of the organization is told by a create that needs it.
    call: (plane) => toldOfCreate(plane.tenants.create({ name: 'acme', cells: ['eu-1'] }, forever)),
  },
]

/** A valid answer to each management call but the one that is tried. */
export const VALID_TENANT: object = TENANT
export const VALID_GRANT: object = GRANT

function reading(
  column: Column,
  document: object,
  fields: readonly Field[],
  made: Operation['made'],
  read: (plane: Plane) => Promise<unknown>,
): Operation {
  const call = (plane: Plane) => told(() => read(plane))
  return { name: column, column, status: 200, document, fields, isCreate: false, made, call }
}

function deleting(column: Column, remove: (plane: Plane) => Promise<'deleted' | 'absent'>): Operation {
  const call = (plane: Plane) => told(async () => ((await remove(plane)) === 'absent' ? undefined : 'deleted'))
  return { name: column, column, status: 204, fields: [], isCreate: false, made: () => 'deleted', call }
}

function creating(
  column: Column,
  document: object,
  fields: readonly Field[],
  made: Operation['made'],
  create: (plane: Plane) => Promise<CreateOutcome<unknown>>,
): Operation {
  const call = (plane: Plane) => toldOfCreate(create(plane))
  return { name: column, column, status: 201, document, fields, isCreate: true, made, call }
}

function creatingApplication(kind: string, auth: ApplicationRequest['auth'], credentials: object): Operation {
  const isVariant = auth.type === 'EC'
  const fields: readonly Field[] = [
    ...(isVariant ? [] : APPLICATION_FIELDS),
    ['object', 'credentials'],
    ['text', 'credentials', 'type'],
    ['text', 'credentials', isVariant ? 'kid' : 'client_secret'],
  ]
  const request = { cell: 'eu-1', scopes: SCOPES, auth }
  const document = { ...APPLICATION, credentials }
  const operation = creating('createTenantApplication', document, fields, madeOfApplication, async (plane) => {
    const created = await plane.applications.create('t-1', request, forever)
    return created.outcome === 'created' ? { ...created, value: matched(created.value, auth) } : created
  })
  return { ...operation, isVariant, name: `createTenantApplication with ${kind}` }
}

/** The application, once its credential is the one that was asked for. */
function matched({ application, credential }: CreatedApplication, auth: ApplicationRequest['auth']) {
  const isAsIs =
    auth.type === 'ClientSecret' || credential.proof.type !== auth.type || credential.proof.kid === auth.kid
  const isMatch = isAsIs && credential.proof.type === auth.type && credential.clientId === application.clientId
  return isMatch ? application : 'another credential'
}

async function told(act: () => Promise<unknown>): Promise<Told> {
  try {
    const data = await act()
    return data === undefined ? { told: 'absent' } : { told: 'taken', data }
  } catch (error) {
    if (error instanceof Failure) return { told: 'failed', failure: error }
    throw error
  }
}

async function toldOfCreate(creating: Promise<CreateOutcome<unknown>>): Promise<Told> {
  const created = await creating
  return created.outcome === 'created' ? { told: 'taken', data: created.value } : { told: 'failed', ...created }
}
