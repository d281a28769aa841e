// Secrets: base64 at the edge, and no value where it can be printed.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { DesiredSecret } from '../../src/domain/secret.ts'
import type { Failure } from '../../src/errors.ts'
import { KubeSecrets } from '../../src/kube/secrets.ts'
import { Redacted } from '../../src/redacted.ts'
import { FakeApiServer, thrownBy } from './fake-api-server.ts'

const test = suite('kube/secrets')

const forever = new AbortController().signal
const PATH = '/api/v1/namespaces/team/secrets'
const OWNER = { apiVersion: 'v1', kind: 'K', name: 'web', uid: 'u-1' }
const base64 = (text: string) => Buffer.from(text).toString('base64')

const DESIRED: DesiredSecret = {
  namespace: 'team',
  name: 'web',
  type: 'Opaque',
  labels: { a: 'b' },
  annotations: { c: 'd' },
  owner: OWNER,
  data: { key: new Redacted('žluťoučký') },
}

const STORED = {
  metadata: {
    namespace: 'team',
    name: 'web',
    uid: 's-1',
    resourceVersion: '7',
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o-1' },
      { ...OWNER, controller: true, blockOwnerDeletion: true },
    ],
  },
  type: 'Opaque',
  data: { key: base64('žluťoučký'), binary: Buffer.from([0xff, 0xfe]).toString('base64'), empty: '' },
}

let server: FakeApiServer
let secrets: KubeSecrets
test.before.each(async () => {
  server = await FakeApiServer.start()
  secrets = new KubeSecrets(server.transport())
})
test.after.each(() => server.close())

test('a Secret is read with its controller and its texts; what is no text is left out', async () => {
  const answer = secrets.get('team', 'web', forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `GET ${PATH}/web`)
  call.answer(200, STORED)
  const { data, ...secret } = (await answer)!
  assert.equal(secret, {
    namespace: 'team',
    name: 'web',
    uid: 's-1',
    resourceVersion: '7',
    type: 'Opaque',
    immutable: false,
    labels: {},
    annotations: {},
    controller: OWNER,
  })
  assert.equal(
    Object.entries(data).map(([key, value]) => [key, value.reveal()]),
    [
      ['key', 'žluťoučký'],
      ['empty', ''],
    ],
  )
  assert.not.match(inspect(data, { depth: 9 }), 'žluťoučký')
})

test('a Secret that is not there is none', async () => {
  const answer = secrets.get('team', 'web', forever)
  ;(await server.next()).refuse(404, 'NotFound')
  assert.is(await answer, undefined)
})

test('a Secret is created with a controller that does not hold up the deletion of its owner', async () => {
  const answer = secrets.create(DESIRED, { dryRun: false }, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `POST ${PATH}`)
  assert.equal(call.query, { fieldManager: 'rai-operator' })
  assert.equal(call.body, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace: 'team',
      name: 'web',
      labels: { a: 'b' },
      annotations: { c: 'd' },
      ownerReferences: [{ ...OWNER, controller: true }],
    },
    type: 'Opaque',
    data: { key: base64('žluťoučký') },
  })
  call.answer(201, STORED)
  assert.is((await answer).uid, 's-1')
})

test('a Secret without an owner has no owner', async () => {
  const answer = secrets.create({ ...DESIRED, owner: undefined }, { dryRun: false }, forever)
  const call = await server.next()
  assert.not('ownerReferences' in (call.body as { metadata: object }).metadata)
  call.answer(201, STORED)
  await answer
})

test('a dry run is one for the API server', async () => {
  const created = secrets.create(DESIRED, { dryRun: true }, forever)
  const call = await server.next()
  assert.is(call.query['dryRun'], 'All')
  call.answer(201, STORED)
  const replaced = secrets.replace(await created, DESIRED, { dryRun: true }, forever)
  ;(await server.next()).answer(200, STORED)
  const again = await server.next()
  assert.is(again.query['dryRun'], 'All')
  again.answer(200, STORED)
  await replaced
})

async function replace(desired: DesiredSecret) {
  const read = secrets.get('team', 'web', forever)
  ;(await server.next()).answer(200, STORED)
  const answer = secrets.replace((await read)!, desired, { dryRun: false }, forever)
  const held = { ...STORED.metadata, resourceVersion: '8', finalizers: ['x/y'] }
  ;(await server.next()).answer(200, { ...STORED, metadata: held })
  return { answer, call: await server.next() }
}

test('exactly the version that was seen is replaced', async () => {
  const { answer, call } = await replace(DESIRED)
  assert.is(`${call.method} ${call.path}`, `PUT ${PATH}/web`)
  const { metadata } = call.body as { metadata: Record<string, unknown> }
  assert.is(metadata['uid'], 's-1')
  assert.is(metadata['resourceVersion'], '7')
  call.refuse(409, 'Conflict')
  assert.is(((await thrownBy(answer)) as Failure).code, 'KubeConflict')
})

const OTHER = { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o-1' }

for (const [rule, owner, owners] of [
  ['with a controller', OWNER, [OTHER, { ...OWNER, controller: true }]],
  ['without', undefined, [OTHER]],
] as const) {
  test(`a Secret that is replaced ${rule} keeps the finalizers and owners of others`, async () => {
    const { answer, call } = await replace({ ...DESIRED, owner })
    const { metadata } = call.body as { metadata: Record<string, unknown> }
    assert.equal(metadata['finalizers'], ['x/y'])
    assert.equal(metadata['ownerReferences'], owners)
    call.answer(200, STORED)
    await answer
  })
}

test('a Secret that is replaced keeps what it holds that is no text', async () => {
  const { answer, call } = await replace(DESIRED)
  const { data } = call.body as { data: Record<string, string> }
  assert.equal(data, { key: base64('žluťoučký'), binary: STORED.data.binary })
  call.answer(200, STORED)
  await answer
})

test('a name that is taken is told apart from a lost race', async () => {
  const answer = secrets.create(DESIRED, { dryRun: false }, forever)
  ;(await server.next()).refuse(409, 'AlreadyExists')
  assert.is(((await thrownBy(answer)) as Failure).code, 'KubeAlreadyExists')
})

test('a refusal that quotes a value does not pass it on', async () => {
  const answer = secrets.create(DESIRED, { dryRun: false }, forever)
  const message = `Secret "web" is invalid: data[key]: Invalid value: "${base64('žluťoučký')}"`
  ;(await server.next()).refuse(422, 'Invalid', {
    message,
    details: { kind: 'Secret', causes: [{ field: 'data[key]' }] },
  })
  const failure = (await thrownBy(answer)) as Failure
  assert.is(failure.code, 'KubeInvalid')
  assert.is(failure.message, `POST ${PATH}: 422 Invalid: data[key]`)
  assert.not.match(inspect(failure, { depth: 9 }), base64('žluťoučký'))
})

test.run()
