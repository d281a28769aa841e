// Which answers are taken, and what of them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Read } from '../../src/controlplane/documents.ts'
import {
  applicationOf,
  readApplication,
  readApplicationList,
  readCreatedApplication,
  readTenant,
  readTenantPage,
  tenantOf,
} from '../../src/controlplane/documents.ts'

const TENANT = { id: 't-1', name: 'acme', created: '2026-01-01T00:00:00Z', updated: '2026-01-01', cells: ['eu-1'] }
const APPLICATION = { id: 'a-1', client_id: 'c-1', auth_server: 'aus1', cell: 'eu-1', scopes: ['r'] }
const SECRET = { type: 'CLIENT_SECRET', client_secret: 's3cr3t' }
const KEY = { type: 'EC', alg: 'ES256', kid: 'k1' }

const ACCEPTED: readonly (readonly [rule: string, read: (body: string) => Read<unknown>, document: unknown])[] = [
  ['a tenant', readTenant, TENANT],
  ['a tenant with fields that nobody knows', readTenant, { ...TENANT, region: { any: 1 } }],
  ['a tenant in no cell', readTenant, { ...TENANT, cells: [] }],
  ['a tenant in a new cell', readTenant, { ...TENANT, cells: ['mars-1'] }],
  ['a tenant whose links are odd', readTenant, { ...TENANT, _links: { 'documents-ui': 'none' } }],
  ['a tenant whose links are null', readTenant, { ...TENANT, _links: null }],
  ['an empty page', readTenantPage, { items: [], _links: {} }],
  ['a last page', readTenantPage, { items: [TENANT], _links: { next: null } }],
  ['a page with more', readTenantPage, { items: [TENANT], _links: { next: { href: '/tenants?after_id=t-1' } } }],
  ['an application', readApplication, APPLICATION],
  ['an application without a token URL', readApplication, { ...APPLICATION, _links: {} }],
  ['applications', readApplicationList, { items: [APPLICATION, { ...APPLICATION, credentials: null }] }],
  ['a new application with a secret', readCreatedApplication, { ...APPLICATION, credentials: SECRET }],
  ['a new application with a key', readCreatedApplication, { ...APPLICATION, credentials: KEY }],
  ['a key without alg', readCreatedApplication, { ...APPLICATION, credentials: { type: 'RSA', kid: 'k1' } }],
]

const REFUSED: readonly (readonly [
  rule: string,
  read: (body: string) => Read<unknown>,
  document: unknown,
  problem: string,
])[] = [
  ['nothing', readTenant, null, 'the whole must be object'],
  ['a tenant without id', readTenant, { ...TENANT, id: undefined }, "the whole must have required property 'id'"],
  ['a tenant with a number for an id', readTenant, { ...TENANT, id: 1 }, '/id must be string'],
  ['a tenant whose id leads elsewhere', readTenant, { ...TENANT, id: '../x' }, '/id must match pattern'],
  ['a tenant whose id is two dots', readTenant, { ...TENANT, id: '..' }, '/id must match pattern'],
  ['a tenant whose id has a line break', readTenant, { ...TENANT, id: 'a\nb' }, '/id must match pattern'],
  ['a tenant whose id reads backwards', readTenant, { ...TENANT, id: 'a\u202eb' }, '/id must match pattern'],
  ['a tenant made at a time of two lines', readTenant, { ...TENANT, created: 'a\nb' }, '/created must match pattern'],
  ['a tenant made at a time of 65 characters', readTenant, { ...TENANT, created: 'x'.repeat(65) }, '/created must NOT'],
  ['a tenant in 65 cells', readTenant, { ...TENANT, cells: Array(65).fill('eu-1') }, '/cells must NOT have more'],
  ['a client_id with markup', readApplication, { ...APPLICATION, client_id: '<b>' }, '/client_id must match pattern'],
  ['a client_id of 257 characters', readApplication, { ...APPLICATION, client_id: 'x'.repeat(257) }, '/client_id must'],
  [
    'an auth_server of 2,049',
    readApplication,
    { ...APPLICATION, auth_server: 'x'.repeat(2_049) },
    '/auth_server must NOT',
  ],
  ['a tenant without cells', readTenant, { ...TENANT, cells: null }, '/cells must be array'],
  ['a page without links', readTenantPage, { items: [] }, "the whole must have required property '_links'"],
  ['a page whose next is no link', readTenantPage, { items: [], _links: { next: 'x' } }, '/_links/next must be object'],
  ['a page with one bad item', readTenantPage, { items: [TENANT, {}], _links: {} }, '/items/1 must have required'],
  ['applications without items', readApplicationList, {}, "the whole must have required property 'items'"],
  [
    'an application without client_id',
    readApplication,
    { ...APPLICATION, client_id: '' },
    '/client_id must match pattern',
  ],
  ['a new application without credentials', readCreatedApplication, APPLICATION, 'the whole must have required'],
  [
    'a secret without the secret',
    readCreatedApplication,
    { ...APPLICATION, credentials: { type: 'CLIENT_SECRET' } },
    "/credentials must have required property 'client_secret'",
  ],
  ['an empty secret', readCreatedApplication, { ...APPLICATION, credentials: { ...SECRET, client_secret: '' } }, ''],
  [
    'a key without kid',
    readCreatedApplication,
    { ...APPLICATION, credentials: { type: 'EC' } },
    '/credentials must have',
  ],
  ['another kind', readCreatedApplication, { ...APPLICATION, credentials: { type: 'PGP', kid: 'k' } }, '/credentials'],
]

const documents = suite('documents')

for (const [rule, read, document] of ACCEPTED) {
  documents(`${rule} is taken`, () => {
    const text = JSON.stringify(document)
    assert.equal(read(text), { document: JSON.parse(text) })
  })
}

for (const [rule, read, document, problem] of REFUSED) {
  documents(`${rule} is not taken`, () => {
    const result = read(JSON.stringify(document))
    assert.ok('problem' in result && result.problem.includes(problem), JSON.stringify(result))
    assert.not.match(JSON.stringify(result), /s3cr3t/)
  })
}

documents('what is not JSON is not taken', () => {
  for (const text of ['', '<html>', '{"id":']) assert.equal(readTenant(text), { problem: 'not JSON' })
})

documents('a tenant is told with its links', () => {
  const links = { 'documents-ui': [{ href: 'acme.example', rel: 'eu-1' }, { href: 1, rel: 'us-1' }, null] }
  assert.equal(tenantOf({ ...TENANT, _links: links }), {
    id: 't-1',
    name: 'acme',
    createdAt: '2026-01-01T00:00:00Z',
    cells: ['eu-1'],
    links: [{ cell: 'eu-1', host: 'acme.example' }],
  })
})

const TOKEN_LINKS: readonly (readonly [links: unknown, tokenUrl: string | undefined])[] = [
  [{ token_url: 'https://id.example/token' }, 'https://id.example/token'],
  [{ token_url: { href: 'https://id.example/token' } }, 'https://id.example/token'],
  // Not as if there were none: another would be taken then.
  [{ token_url: '' }, 'about:invalid'],
  [{ token_url: 'https://id.example/\n' }, 'about:invalid'],
  [{ token_url: null }, undefined],
  [{ token_url: 7 }, undefined],
  [{}, undefined],
  [null, undefined],
  [undefined, undefined],
]

for (const [links, tokenUrl] of TOKEN_LINKS) {
  documents(`the token URL in ${JSON.stringify(links)} is ${tokenUrl}`, () => {
    const application = { ...APPLICATION, _links: links }
    assert.is(applicationOf(application).tokenUrl, tokenUrl)
    assert.is('tokenUrl' in applicationOf(application), tokenUrl !== undefined)
  })
}

documents('of an application that is read no credential is kept', () => {
  const read = readApplication(JSON.stringify({ ...APPLICATION, credentials: SECRET }))
  assert.ok('document' in read)
  assert.equal(applicationOf(read.document), {
    id: 'a-1',
    clientId: 'c-1',
    authServer: 'aus1',
    cell: 'eu-1',
    scopes: ['r'],
  })
})

documents.run()
