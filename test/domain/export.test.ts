// Manifests for what no resource stands for: what they say, and that every parser and the schema read them so.
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { CRDS, schemaOf } from '../api/schemas.ts'
import { planExport } from '../../src/domain/export.ts'
import type { ExportSettings } from '../../src/domain/export.ts'
import { manifestStream } from '../../src/domain/manifests.ts'
import { printable } from '../../src/domain/parsing.ts'
import { hashOf } from '../../src/domain/hash.ts'
import type { Survey } from '../../src/domain/unclaimed.ts'
import { applicationOf, boundTenant, tenantOf } from '../doubles/resources.ts'
import { externalApplication, externalTenant } from './attempts.ts'

const test = suite('export')

const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
const SETTINGS: ExportSettings = { namespace: 'customers', selector: undefined, watchNamespaces: [] }

function surveyOf(parts: Partial<Survey['inventory']>, resources: Partial<Survey['resources']> = {}): Survey {
  return {
    organization: 'org',
    inventory: { tenants: [externalTenant('t-1')], applications: new Map(), ...parts },
    marks: [],
    resources: { tenants: [], applications: [], ...resources },
  }
}

const one = surveyOf({ applications: new Map([['t-1', [externalApplication('a-1')]]]) })

function streamOf(survey: Survey, settings: Partial<ExportSettings> = {}): string {
  return manifestStream(planExport(survey, { ...SETTINGS, ...settings }).manifests)
}

type Document = { readonly kind: string; readonly metadata: object; readonly spec: Readonly<Record<string, unknown>> }

function documentsIn(stream: string, version: '1.1' | '1.2' = '1.2'): Document[] {
  return [...parseAllDocuments(stream, { version })].map((document) => document.toJS() as Document)
}

const EXPECTED = `# Tenant acme (t-1).
# Before: the operator's setting allow-adoption has to cover customers=acme.
# Without a deletionPolicy, deleting this resource leaves the tenant and all in it.
apiVersion: tenants.resistant.ai/v1alpha1
kind: RaiTenant
metadata:
  namespace: customers
  name: acme
spec:
  cells:
    - eu-1
  adoptionPolicy: MustExist
---
# Application a-1 in tenant acme (t-1), client id client-a-1.
# Before: its credential has to stand in the Secret acme-eu-1-db896306 of namespace customers, as it was kept when the
# application was made, since the control plane never shows it again. Nothing else may control that Secret. Its keys,
# which spec.secret.keys may rename:
#   client_id         client-a-1
#   client_secret     with auth.type ClientSecret
#   private_key.pem   with EC and RSA: not encrypted
#   kid               with EC and RSA: the id under which the key was registered
# The control plane does not tell auth.type: change ClientSecret to EC or RSA if it has a key.
# Another namespace will do if allowedNamespaces of the RaiTenant admits it: the Secret has to be there, too.
# Without a deletionPolicy, deleting this resource leaves the application and the Secret.
apiVersion: tenants.resistant.ai/v1alpha1
kind: RaiTenantApplication
metadata:
  namespace: customers
  name: acme-eu-1-db896306
spec:
  tenantRef:
    name: acme
    namespace: customers
  cell: eu-1
  scopes:
    - documents.submissions.read
    - documents.submissions.write
  auth:
    type: ClientSecret
  secret:
    name: acme-eu-1-db896306
  adopt:
    applicationId: a-1
`

test('a tenant and an application in it are printed whole, with what has to be done before', () => {
  assert.is(streamOf(one), EXPECTED)
})

test('nothing is printed for nothing, and that is told', () => {
  const { manifests, remarks } = planExport(surveyOf({ tenants: [] }), SETTINGS)
  assert.is(manifestStream(manifests), '')
  assert.equal(remarks, ['nothing in organization org is to be taken over'])
})

test('an application in a tenant that has a resource refers to that, and stands beside it', () => {
  const managed = boundTenant('t-1', { metadata: { namespace: 'team', name: 'the-one' }, spec: { name: 'acme' } })
  const [application, ...more] = documentsIn(streamOf({ ...one, resources: { ...one.resources, tenants: [managed] } }))
  assert.equal(more, [])
  assert.equal(application!.metadata, { namespace: 'team', name: 'acme-eu-1-db896306' })
  assert.equal(application!.spec['tenantRef'], { name: 'the-one', namespace: 'team' })
})

test('the order of lists changes nothing', () => {
  const tenants = ['c', 'a', 'b'].map((name) => externalTenant(`t-${name}`, { name }))
  const of = (ids: readonly string[], scopes: readonly string[]) =>
    new Map([['t-a', ids.map((id) => externalApplication(id, { scopes }))]])
  const ids = ['a-2', 'a-1', 'a-3']
  const survey = surveyOf({ tenants, applications: of(ids, SCOPES) })
  const reversed = surveyOf({
    tenants: tenants.toReversed(),
    applications: of(ids.toReversed(), SCOPES.toReversed()),
  })
  assert.is(streamOf(survey), streamOf(reversed))
})

test('a name that another resource has is never printed again: what is applied changes no resource that is there', () => {
  const named = (name: string) => ({ metadata: { namespace: 'customers', name } })
  const taken = {
    tenants: [tenantOf({ ...named('acme'), spec: { name: 'else' } })],
    applications: [applicationOf(named('acme-eu-1-db896306')), applicationOf(named('acme-eu-1-db896306-2'))],
  }
  const [tenant, application] = documentsIn(streamOf({ ...one, resources: taken }))
  assert.equal([tenant!.metadata, tenant!.spec['name']], [named('acme-2').metadata, 'acme'])
  assert.equal(application!.metadata, named('acme-eu-1-db896306-3').metadata)
  assert.equal(application!.spec['tenantRef'], { name: 'acme-2', namespace: 'customers' })
})

test('names of other namespaces and of the other kind are free', () => {
  const taken = {
    tenants: [tenantOf({ metadata: { namespace: 'team', name: 'acme' }, spec: { name: 'else' } })],
    applications: [applicationOf({ metadata: { namespace: 'customers', name: 'acme' } })],
  }
  const [tenant] = documentsIn(streamOf({ ...one, resources: taken }))
  assert.equal(tenant!.metadata, { namespace: 'customers', name: 'acme' })
})

test('two applications of one hash have two names', () => {
  const ids = ['f21f798c8f', '81e8f8e01d']
  assert.equal(new Set(ids.map(hashOf)).size, 1)
  const applications = new Map([['t-1', ids.map((id) => externalApplication(id))]])
  const names = documentsIn(streamOf(surveyOf({ applications }))).map(({ metadata }) => JSON.stringify(metadata))
  assert.is(new Set(names).size, 3)
  assert.match(names[2]!, /-2"/)
})

test('cells that no resource can have are left out, and that is said', () => {
  const survey = surveyOf({ tenants: [externalTenant('t-1', { cells: ['moon'] })] })
  assert.is(documentsIn(streamOf(survey))[0]!.spec['cells'], undefined)
  assert.match(streamOf(survey), /^# Its cells are .* left out/m)
})

test('with a selector every manifest says that labels are missing', () => {
  const told = streamOf(one, { selector: 'stage=a' }).match(/^# .*selector is stage=a: add labels/gm)
  assert.is(told?.length, 2)
})

test('what is left out, and where nobody has looked, is told', () => {
  const survey = surveyOf({ tenants: [externalTenant('t-1', { name: 'Acme' })] })
  const { remarks } = planExport(survey, { ...SETTINGS, watchNamespaces: ['a', 'b'] })
  assert.equal(remarks, [
    'left out: tenant Acme (t-1): no RaiTenant can have its name',
    'only resources in a, b were read: what those of other namespaces hold is not known',
    'nothing in organization org is to be taken over',
  ])
})

/** What one parser or another takes for a number, a truth or nothing. */
const TREACHEROUS = [
  'no',
  'yes',
  'on',
  'y',
  'true',
  'null',
  '123',
  '007',
  '1e3',
  '0x1f',
  '0o17',
  '1_000',
  '12:30',
  '~',
  '-',
  'a~b:c',
]

for (const version of ['1.1', '1.2'] as const) {
  test(`texts stay texts for a parser of YAML ${version}`, () => {
    const names = TREACHEROUS.filter((text) => /^[a-z0-9]+$/.test(text))
    const ids = TREACHEROUS.filter((text) => text !== '~')
    const survey = surveyOf({
      tenants: names.map((name) => externalTenant(`t-${name}`, { name })),
      applications: new Map(names.map((name) => [`t-${name}`, ids.map((id) => externalApplication(id))])),
    })
    const documents = documentsIn(streamOf(survey), version)
    const [tenants, applications] = ['RaiTenant', 'RaiTenantApplication'].map((kind) =>
      documents.filter((document) => document.kind === kind),
    )
    assert.equal(
      tenants!.map(({ metadata }) => (metadata as { name: string }).name),
      names.toSorted(),
    )
    const adopted = applications!.map(({ spec }) => (spec['adopt'] as { applicationId: string }).applicationId)
    assert.equal([...new Set(adopted)].toSorted(), ids.toSorted())
  })
}

test('no text of the control plane ends a comment', () => {
  const clientId = 'x\nkind: Evil\r\u0085kind: Evil\u2028kind: Evil'
  const applications = new Map([['t-1', [externalApplication('a-1', { clientId })]]])
  const stream = streamOf(surveyOf({ applications }))
  assert.match(stream, 'client id x?kind: Evil')
  for (const line of stream.split(/[\n\r\u0085\u2028]/)) assert.not.match(line, /^kind: Evil/)
  assert.is(printable('a\u001b[31mß'), 'a?[31m?')
})

test('what is printed is what the schemas of the CRDs take', () => {
  const tenants = [
    externalTenant('t-1', { name: 'a'.repeat(61), cells: ['eu-1', 'us-1'] }),
    externalTenant('t-2', { name: 'no', cells: [] }),
    externalTenant('t-3'),
  ]
  const ids = ['a', '_~:.', 'x'.repeat(253)]
  const applications = new Map(tenants.map(({ id }) => [id, ids.map((one) => externalApplication(one))]))
  const taken = tenantOf({ metadata: { namespace: 'customers', name: 'no' }, spec: { name: 'else' } })
  const stream = streamOf(surveyOf({ tenants, applications }, { tenants: [taken] }))
  const documents = documentsIn(stream)
  assert.is(documents.length, 12)
  const validators = new Map(CRDS.map(({ spec }) => [spec.names.kind, validatorOf(spec.names.kind)]))
  for (const document of documents) {
    const validate = validators.get(document.kind)!
    assert.ok(validate(document), JSON.stringify(validate.errors))
    assert.not(validate({ ...document, spec: { ...document.spec, unknown: 1 } }), 'the schema is asked')
  }
})

/** Validates resources of a kind, and refuses unknown fields. */
function validatorOf(kind: string): ValidateFunction {
  const schema = schemaOf(CRDS.find(({ spec }) => spec.names.kind === kind)!)
  // The API server's own.
  const { metadata: _, ...properties } = schema.properties!
  const closedSchema = { ...closed({ ...schema, properties }), additionalProperties: true }
  return new Ajv({ strict: false, validateFormats: false }).compile(closedSchema)
}

/** The schema with every object closed to fields that it does not name. */
function closed(schema: unknown): object {
  const json = JSON.stringify(schema, (_, part: unknown) =>
    isObjectSchema(part) ? { additionalProperties: false, ...part } : part,
  )
  return JSON.parse(json) as object
}

function isObjectSchema(part: unknown): part is object {
  return typeof part === 'object' && part !== null && 'properties' in part && 'type' in part && part.type === 'object'
}

test.run()
