// Rows in which the status is right and the body is not, or is in an unusual way.
import type { Given } from './cell.ts'
import type { Column } from './columns.ts'
import type { ModeName } from './modes.ts'
import { MARKER } from './modes.ts'
import type { Cell, Row } from './row.ts'
import { always, AMBIGUOUS, FINE, row, UNAVAILABLE } from './row.ts'

/** A body that is not what the contract says. A DELETE has none. */
const SPOILED = {
  create: [AMBIGUOUS, 1, 1],
  read: [UNAVAILABLE, 1, 1],
  delete: ['deleted', 1, 1],
  token: [UNAVAILABLE, 1, 1],
} as const

const body = (body: string, contentType = 'application/json') => always({ kind: 'invalid', body, contentType })

/** Where each answer has a part of this sort. */
const ID: Readonly<Partial<Record<Column, string>>> = {
  createTenant: '/id',
  createTenantApplication: '/id',
  getTenants: '/items/0/id',
  getTenant: '/id',
  getTenantApplications: '/items/0/id',
  getTenantApplication: '/id',
}
const NAME: Readonly<Partial<Record<Column, string>>> = {
  createTenant: '/name',
  createTenantApplication: '/client_id',
  getTenants: '/items/1/name',
  getTenant: '/name',
  getTenantApplications: '/items/1/client_id',
  getTenantApplication: '/client_id',
  applicationToken: '/access_token',
  organizationToken: '/access_token',
}
const SET: Readonly<Partial<Record<Column, string>>> = {
  createTenant: '/cells',
  createTenantApplication: '/scopes',
  getTenants: '/items/1/cells',
  getTenant: '/cells',
  getTenantApplications: '/items/1/scopes',
  getTenantApplication: '/scopes',
  applicationToken: '/expires_in',
  organizationToken: '/expires_in',
}
const REST: Readonly<Partial<Record<Column, string>>> = {
  createTenant: '/created',
  createTenantApplication: '/auth_server',
  getTenants: '/items',
  getTenant: '/updated',
  getTenantApplications: '/items',
  getTenantApplication: '/cell',
  applicationToken: '/token_type',
  organizationToken: '/token_type',
}

type Places = Readonly<Partial<Record<Column, string>>>

const without = (places: Places): Given => ({
  faults: (column) => [{ kind: 'invalid', without: [places[column] ?? ''].filter(Boolean), contentType: 'text/json' }],
})
const having = (places: Places, value: unknown): Given => ({
  faults: (column) => [{ kind: 'invalid', set: Object.fromEntries([[places[column] ?? '/x', value]]) }],
})

/** Rows of one create: 201 and a body that is valid, but not of what was asked for. */
const created = (column: Column, what: string, set: (mode: ModeName) => object, expected: Cell = [AMBIGUOUS, 1, 1]) =>
  row(
    `a ${column} answered with ${what}`,
    { faults: (_, mode) => [{ kind: 'invalid', set: set(mode) }] },
    { [column]: expected },
  )

const OTHER_KIND = (mode: ModeName) =>
  mode === 'ClientSecret' ? { type: 'EC', alg: 'ES256', kid: MARKER } : { type: 'CLIENT_SECRET', client_secret: MARKER }
const OTHER_KEY = (mode: ModeName) => ({ type: mode === 'EC' ? 'RSA' : 'EC', alg: 'ES256', kid: MARKER })

const BAD_IDS = ['', '..', 'a/b', 'a\u0000b', 'x'.repeat(257), 7, [MARKER]]
const shown = (value: unknown) => (typeof value === 'string' && value.length > 9 ? 'too long' : JSON.stringify(value))

export const BODY_ROWS: readonly Row[] = [
  row('nothing wrong', {}, FINE),
  row('a body that ends too early', always({ kind: 'invalid', as: 'notJson' }), SPOILED),
  row('an empty body', always({ kind: 'invalid', as: 'empty' }), SPOILED),
  row('values of wrong types', always({ kind: 'invalid', as: 'wrongTypes' }), SPOILED),
  row('bytes that are not UTF-8', always({ kind: 'invalid', as: 'notUtf8' }), {
    ...SPOILED,
    read: [UNAVAILABLE, 4, 4],
  }),
  row('a body of more than 1 MiB', always({ kind: 'oversized' }), {
    ...SPOILED,
    read: [UNAVAILABLE, 4, 4],
  }),
  row('a body of 1 MiB', always({ kind: 'oversized', bytes: 1_048_576 }), FINE),
  ...['null', '[]', '{}', `"${MARKER}"`].map((text) => row(`the body ${text}`, body(text), SPOILED)),
  row('a page', body(`<html>${MARKER}</html>`, 'text/html'), SPOILED),
  row('an error in the place of the answer', body(JSON.stringify({ message: MARKER })), SPOILED),
  row('a content type of no sense', always({ kind: 'invalid', contentType: `${MARKER};;=` }), FINE),
  row(
    'a content type of another charset',
    always({ kind: 'invalid', contentType: 'application/json; charset=latin1' }),
    FINE,
  ),

  row('no id', without(ID), { ...SPOILED, token: [...FINE.token] }),
  row('no name or client id', without(NAME), SPOILED),
  row('no cells or scopes', without(SET), SPOILED),
  row('another field that is missing', without(REST), SPOILED),
  row('an empty name or client id', having(NAME, ''), SPOILED),
  row('a name or client id that is a list', having(NAME, [MARKER]), SPOILED),
  row('cells or scopes that are text', having(SET, MARKER), SPOILED),
  row('cells or scopes that are null', having(SET, null), SPOILED),
  row('another field of a wrong type', having(REST, 17), SPOILED),
  ...BAD_IDS.map((id) => row(`the id ${shown(id)}`, having(ID, id), { ...SPOILED, token: [...FINE.token] })),
  row('a token with a line break', having(NAME, 'a\r\nb'), { token: [UNAVAILABLE, 1, 1] }),
  row('a token that expires before now', having(SET, -1), { token: [UNAVAILABLE, 1, 1] }),
  row('a token of another type', having(REST, 'DPoP'), { token: [UNAVAILABLE, 1, 1] }),

  row('the id of another one', always({ kind: 'invalid', as: 'anotherId' }), {
    // Nothing that was asked for tells them apart.
    create: ['created as another one', 1, 1],
    getTenant: [UNAVAILABLE, 1, 1],
    getTenantApplication: [UNAVAILABLE, 1, 1],
  }),
  created('createTenant', 'another name', () => ({ '/name': 'other' })),
  created('createTenant', 'other cells', () => ({ '/cells': ['us-1'] })),
  created('createTenant', 'no links', () => ({ '/_links': MARKER }), ['created', 1, 1]),
  created('createTenantApplication', 'another cell', () => ({ '/cell': 'us-1' })),
  created('createTenantApplication', 'fewer scopes', () => ({ '/scopes': ['documents.submissions.read'] })),
  created('createTenantApplication', 'more scopes', () => ({
    '/scopes': ['documents.submissions.read', 'documents.submissions.write', MARKER],
  })),
  created(
    'createTenantApplication',
    'the same scopes in another order',
    () => ({ '/scopes': ['documents.submissions.write', 'documents.submissions.read'] }),
    ['created', 1, 1],
  ),
  created('createTenantApplication', 'no credential', () => ({ '/credentials': null })),
  created('createTenantApplication', 'a credential of another kind', (mode) => ({ '/credentials': OTHER_KIND(mode) })),
  created('createTenantApplication', 'a credential of another key', (mode) => ({ '/credentials': OTHER_KEY(mode) })),
  created('createTenantApplication', 'a credential of an unknown kind', () => ({ '/credentials/type': MARKER })),
  created('createTenantApplication', 'another kid or no secret', (mode) =>
    mode === 'ClientSecret' ? { '/credentials/client_secret': '' } : { '/credentials/kid': MARKER },
  ),
  created('createTenantApplication', 'links of no sense', () => ({ '/_links': [MARKER] }), ['created', 1, 1]),

  row(
    'a next page that is on another server',
    having({ getTenants: '/_links' }, { next: { href: `https://${MARKER}.example/tenants?after_id=x` } }),
    {
      getTenants: [UNAVAILABLE, 1, 1],
    },
  ),
  row('a next page that is this one', having({ getTenants: '/_links' }, { next: { href: '/tenants?after_id=x' } }), {
    getTenants: ['ControlPlaneUnavailable retry', 2, 1],
  }),
  row('a next page that begins nowhere', having({ getTenants: '/_links' }, { next: { href: '/tenants' } }), {
    getTenants: [UNAVAILABLE, 1, 1],
  }),
]
