// The operator's own records as Secrets in its namespace: what is asked of the API server, and what its answers mean.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeRecords, recordsPath } from '../../src/kube/records.ts'
import type { RecordContent, StoredRecord } from '../../src/domain/journal.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { FakeApiServer, thrownBy } from './fake-api-server.ts'

const test = suite('kube/records')

const PATH = '/api/v1/namespaces/rai-system/secrets'
const forever = new AbortController().signal
const begun: FakeApiServer[] = []
test.after.each(async () => {
  await Promise.all(begun.splice(0).map((server) => server.close()))
})

async function begin() {
  const server = await FakeApiServer.start()
  begun.push(server)
  return { server, records: new KubeRecords(server.transport(), 'rai-system') }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

const CONTENT: RecordContent = {
  name: 'journal-uid-1',
  labels: { kind: 'journal' },
  annotations: { says: '{"a":1}' },
  data: { key: new Redacted('ß\n'), empty: new Redacted('') },
}
const SEEN: StoredRecord = { ...CONTENT, uid: 's-1', resourceVersion: '7' }
const METADATA = {
  name: CONTENT.name,
  namespace: 'rai-system',
  labels: CONTENT.labels,
  annotations: CONTENT.annotations,
}
const DATA = { key: base64('ß\n'), empty: '' }

/** As the API server hands it out. */
const wire = (resourceVersion: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { ...METADATA, uid: 's-1', resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' },
  type: 'Opaque',
  data: DATA,
  ...more,
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await thrownBy(work)
  assert.instance(error, Failure)
  return (error as Failure).code
}

function plain({ data, ...rest }: StoredRecord): object {
  return { ...rest, data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.reveal()])) }
}

test('they are where the operator runs', () => assert.is(recordsPath('rai-system'), PATH))

test('a record is made as an opaque Secret, and read back as it stands', async () => {
  const { server, records } = await begin()
  const making = records.create(CONTENT, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `POST ${PATH}`)
  assert.equal(call.query, { fieldManager: 'rai-operator' })
  assert.equal(call.body, { apiVersion: 'v1', kind: 'Secret', metadata: METADATA, type: 'Opaque', data: DATA })
  call.answer(201, wire('7'))
  assert.equal(plain(await making), plain(SEEN))
})

test('a swap replaces exactly the version that was seen, of exactly that record', async () => {
  const { server, records } = await begin()
  const swapping = records.swap(SEEN, { ...CONTENT, labels: { kind: 'other' } }, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `PUT ${PATH}/journal-uid-1`)
  const metadata = { ...METADATA, uid: 's-1', resourceVersion: '7', labels: { kind: 'other' } }
  assert.equal(call.body, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: DATA })
  call.answer(200, wire('8'))
  assert.is((await swapping).resourceVersion, '8')
})

test('a deletion names the version that was seen', async () => {
  const { server, records } = await begin()
  const deleting = records.delete(SEEN, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `DELETE ${PATH}/journal-uid-1`)
  assert.equal((call.body as { preconditions: object }).preconditions, { uid: 's-1', resourceVersion: '7' })
  call.answer(200, { kind: 'Status', status: 'Success' })
  await deleting
})

const refusals: [
  title: string,
  work: (records: KubeRecords) => Promise<unknown>,
  code: number,
  reason: string,
  then: string,
][] = [
  ['a record of that name', (records) => records.create(CONTENT, forever), 409, 'AlreadyExists', 'KubeAlreadyExists'],
  ['a change meanwhile, at a swap', (records) => records.swap(SEEN, CONTENT, forever), 409, 'Conflict', 'KubeConflict'],
  ['a swap of what has gone', (records) => records.swap(SEEN, CONTENT, forever), 404, 'NotFound', 'KubeNotFound'],
  ['a change meanwhile, at a deletion', (records) => records.delete(SEEN, forever), 409, 'Conflict', 'KubeConflict'],
  ['a read that is not allowed', (records) => records.get('x', forever), 403, 'Forbidden', 'KubeForbidden'],
  ['a list that is not allowed', (records) => records.list({}, forever), 403, 'Forbidden', 'KubeForbidden'],
]

for (const [title, work, code, reason, then] of refusals) {
  test(`${title} is ${then}`, async () => {
    const { server, records } = await begin()
    const failing = codeOf(work(records))
    ;(await server.next()).refuse(code, reason)
    assert.is(await failing, then)
  })
}

test('a record that is not there is none, and counts as deleted', async () => {
  const { server, records } = await begin()
  const reading = records.get('tenant-t-1', forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `GET ${PATH}/tenant-t-1`)
  call.refuse(404, 'NotFound')
  assert.is(await reading, undefined)
  const deleting = records.delete(SEEN, forever)
  ;(await server.next()).refuse(404, 'NotFound')
  await deleting
})

test('records are listed by all their labels, on all pages', async () => {
  const { server, records } = await begin()
  const listing = records.list({ 'a/b': 'x', c: 'y' }, forever)
  const first = await server.next()
  assert.is(`${first.method} ${first.path}`, `GET ${PATH}`)
  assert.equal(first.query, { labelSelector: 'a/b=x,c=y', limit: '500' })
  first.answer(200, { metadata: { resourceVersion: '9', continue: 'p2' }, items: [wire('7')] })
  const second = await server.next()
  assert.equal(second.query, { labelSelector: 'a/b=x,c=y', limit: '500', continue: 'p2' })
  second.answer(200, { metadata: { resourceVersion: '9' }, items: [wire('8')] })
  assert.equal(
    (await listing).map(({ resourceVersion }) => resourceVersion),
    ['7', '8'],
  )
})

test('the metadata of records are listed on all pages, and nothing of their content is asked for', async () => {
  const { server, records } = await begin()
  const listing = records.metadata('a/b=x', forever)
  const first = await server.next()
  assert.is(`${first.method} ${first.path}`, `GET ${PATH}`)
  assert.equal(first.query, { labelSelector: 'a/b=x', limit: '500' })
  assert.match(String(first.headers.accept), /^application\/json;as=PartialObjectMetadataList;/)
  first.answer(200, { metadata: { resourceVersion: '9', continue: 'p2' }, items: [wire('7', { data: undefined })] })
  const second = await server.next()
  assert.match(String(second.headers.accept), /^application\/json;as=PartialObjectMetadataList;/)
  second.answer(200, { metadata: { resourceVersion: '9' }, items: [wire('8')] })
  const { data: _, ...metadata } = SEEN
  assert.equal(await listing, [metadata, { ...metadata, resourceVersion: '8' }])
})

test('a record without labels, annotations and data is read all the same, and what is no text is left out', async () => {
  const { server, records } = await begin()
  const reading = records.get('x', forever)
  const metadata = { name: 'x', uid: 'u', resourceVersion: '1' }
  const data = { bytes: Buffer.from([0xff, 0xfe]).toString('base64'), text: base64('a') }
  ;(await server.next()).answer(200, { metadata, data })
  assert.equal(plain((await reading)!), {
    name: 'x',
    uid: 'u',
    resourceVersion: '1',
    labels: {},
    annotations: {},
    data: { text: 'a' },
  })
})

test.run()
