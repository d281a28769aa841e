// The record of whose a tenant is: where it stands, what it says, and when it is not believed.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BINDING_ANNOTATION, RECORD_LABELS } from '../../src/api/names.ts'
import { bindingRecordName, decodeBindingRecord, encodeBindingRecord } from '../../src/domain/binding-record.ts'
import type { BindingRecord } from '../../src/domain/binding-record.ts'
import type { RecordContent } from '../../src/domain/journal.ts'
import { Redacted } from '../../src/redacted.ts'

const test = suite('binding record')

const RECORD: BindingRecord = {
  organization: 'org',
  tenantId: 't-1',
  tenantName: 'acme',
  provenance: 'Created',
  namespace: 'team',
  name: 'acme',
  uid: 'uid-1',
}

/** Format version 1, as it was first released. Never changed: records of that time must stay readable for ever. */
const V1 =
  '{"version":1,"readableBy":1,"organization":"org","tenantId":"t-1","tenantName":"acme","provenance":"Created","namespace":"team","name":"acme","uid":"uid-1"}'

function recordOf(annotation: string): RecordContent {
  const annotations = { 'tenants.resistant.ai/binding': annotation }
  return { name: 'tenant-t-1', labels: {}, annotations, data: {} }
}

function fieldsOf({ annotations }: RecordContent): Record<string, unknown> {
  return JSON.parse(annotations[BINDING_ANNOTATION]!) as Record<string, unknown>
}

const withFields = (fields: object) => recordOf(JSON.stringify({ ...fieldsOf(recordOf(V1)), ...fields }))

for (const provenance of ['Created', 'Adopted', 'Relinked'] as const) {
  test(`a record of a tenant that is ${provenance} is read back as it was written`, () => {
    const record = { ...RECORD, provenance }
    assert.equal(decodeBindingRecord(encodeBindingRecord(record)), record)
  })
}

test('a record of format version 1 can be read', () => assert.equal(decodeBindingRecord(recordOf(V1)), RECORD))

test('a record can be found among the others of the operator’s namespace', () => {
  assert.is(encodeBindingRecord(RECORD).labels[RECORD_LABELS.record], 'tenant')
})

test('what a later version wrote beside it survives a rewrite, and the version stays theirs', () => {
  const written = withFields({ version: 4, colour: 'blue' })
  const theirs = {
    ...written,
    labels: { theirs: 'label' },
    annotations: { ...written.annotations, theirs: 'annotation' },
    data: { theirs: new Redacted('data') },
  }
  const rewritten = encodeBindingRecord({ ...RECORD, uid: 'uid-2' }, theirs)
  const { version, readableBy, colour, uid } = fieldsOf(rewritten)
  assert.equal([version, readableBy, colour, uid], [4, 1, 'blue', 'uid-2'])
  assert.is(rewritten.labels['theirs'], 'label')
  assert.is(rewritten.annotations['theirs'], 'annotation')
  assert.is(rewritten.data['theirs']?.reveal(), 'data')
})

const LACKS = 'lacks a part of what it should say'
const UNREADABLE = `has no readable annotation ${BINDING_ANNOTATION}`

const broken: [title: string, record: RecordContent, problem: string][] = [
  ['no annotation', { ...recordOf(V1), annotations: {} }, UNREADABLE],
  ['an annotation that is cut', recordOf(V1.slice(0, -1)), UNREADABLE],
  ['an annotation that is no object', recordOf('"t-1"'), UNREADABLE],
  [
    'a version too new',
    withFields({ version: 9, readableBy: 2 }),
    'has version 9, which this version of the operator cannot read',
  ],
  [
    'no version that reads it',
    withFields({ readableBy: undefined }),
    'has version 1, which this version of the operator cannot read',
  ],
  ['a provenance that is none', withFields({ provenance: 'Found' }), LACKS],
  ...['organization', 'tenantId', 'tenantName', 'namespace', 'name', 'uid', 'provenance'].map(
    (field): [string, RecordContent, string] => [`no ${field}`, withFields({ [field]: '' }), LACKS],
  ),
]

for (const [title, record, problem] of broken) {
  test(`a record with ${title} is refused in its own words`, () => {
    assert.equal(decodeBindingRecord(record), { problem })
  })
}

const names: [tenantId: string, name: string | undefined][] = [
  ['t-1', 'tenant-t-1'],
  ['0a', 'tenant-0a'],
  ['T-1', 'tenant-x-542d31'],
  ['-t', 'tenant-x-2d74'],
  ['t_1', 'tenant-x-745f31'],
  ['a.b/c', undefined],
  ['ü💼', undefined],
  ['x'.repeat(200), undefined],
  ['x'.repeat(1_024), undefined],
]

for (const [tenantId, name] of names) {
  test(`the record of tenant "${tenantId.slice(0, 12)}" has a name that Kubernetes takes`, () => {
    const given = bindingRecordName(tenantId)
    assert.ok(given.length <= 253, String(given.length))
    assert.match(given, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    if (name !== undefined) assert.is(given, name)
  })
}

test('ids that differ in what a name cannot hold have records of their own', () => {
  const ids = ['t-1', 'T-1', 't_1', 't.1', 't-1-']
  assert.is(new Set(ids.map(bindingRecordName)).size, ids.length)
})

test.run()
