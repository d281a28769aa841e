// How commands ask the API server: which requests they make, and what its answers mean.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeObjects } from '../../src/kube/objects.ts'
import { failureOf } from '../doubles/failure-of.ts'
import type { Call } from './fake-api-server.ts'
import { FakeApiServer } from './fake-api-server.ts'

const test = suite('kube/objects')
let server: FakeApiServer
let objects: KubeObjects
const { signal } = new AbortController()

const OURS = { group: 'example.com', version: 'v1', plural: 'things', namespace: 'team' }
const SECRETS = { group: '', version: 'v1', plural: 'secrets' }

test.before.each(async () => {
  server = await FakeApiServer.start()
  objects = new KubeObjects({ transport: server.transport(), fieldManager: 'tester' })
})
test.after.each(() => server.close())

/** Has `work` done while its one request is answered. */
async function asked<T>(work: Promise<T>, answer: (call: Call) => void): Promise<[T, Call]> {
  const call = await server.next()
  answer(call)
  return [await work, call]
}

test('the version is what the server calls itself', async () => {
  const [version, call] = await asked(objects.version(signal), (call) => call.answer(200, { gitVersion: 'v1.37.2' }))
  assert.equal([version, call.path], ['v1.37.2', '/version'])
  const failing = objects.version(signal)
  ;(await server.next()).answer(200, {})
  assert.is((await failureOf(failing)).code, 'KubeUnavailable')
})

test('a list is read whole, in its namespace or in all, by its labels', async () => {
  const listing = objects.list({ ...OURS, labelSelector: 'a=b' }, signal)
  const first = await server.next()
  first.answer(200, { metadata: { continue: 'more' }, items: [{ metadata: { name: 'one' } }] })
  const second = await server.next()
  second.answer(200, { metadata: {}, items: [{ metadata: { name: 'two' } }] })
  assert.equal(
    (await listing).map(({ metadata }) => metadata.name),
    ['one', 'two'],
  )
  assert.is(first.path, '/apis/example.com/v1/namespaces/team/things')
  assert.equal([first.query['labelSelector'], second.query['continue']], ['a=b', 'more'])
})

test('of Secrets the metadata alone leaves the server', async () => {
  const [found, call] = await asked(objects.listMetadata(SECRETS, signal), (call) =>
    call.answer(200, { metadata: {}, items: [{ metadata: { name: 'one' } }] }),
  )
  assert.is(found.length, 1)
  assert.is(call.path, '/api/v1/secrets')
  assert.match(String(call.headers.accept), /^application\/json;as=PartialObjectMetadataList;/)
})

test('what is not there is found to be none, and what is forbidden is no answer', async () => {
  const [found] = await asked(objects.find(OURS, 'x', signal), (call) => call.refuse(404, 'NotFound'))
  assert.is(found, undefined)
  const failing = objects.find(OURS, 'x', signal)
  ;(await server.next()).refuse(403, 'Forbidden')
  assert.is((await failureOf(failing)).code, 'KubeForbidden')
})

const served: [status: number, reason: string, isServed: boolean][] = [
  [404, 'NotFound', false],
  [403, 'Forbidden', true],
  [500, 'InternalError', true],
]

for (const [status, reason, isServed] of served) {
  test(`${status} to whether a kind is served means ${isServed ? 'that nobody knows better' : 'no'}`, async () => {
    const [answer, call] = await asked(objects.serves(OURS, signal), (call) => call.refuse(status, reason))
    assert.equal([answer, call.path], [isServed, '/apis/example.com/v1'])
  })
}

test('annotations are merged, and nothing else is written', async () => {
  const annotations = { 'example.com/a': 'b', 'example.com/c': null }
  const [, call] = await asked(objects.annotate(OURS, 'x', annotations, signal), (call) => call.answer(200, {}))
  assert.is(`${call.method} ${call.path}`, 'PATCH /apis/example.com/v1/namespaces/team/things/x')
  assert.is(call.headers['content-type'], 'application/merge-patch+json')
  assert.equal([call.body, call.query], [{ metadata: { annotations } }, { fieldManager: 'tester' }])
})

test('whether something is allowed is asked with its subresource apart, and only a clear yes is one', async () => {
  const access = { verb: 'patch', group: 'example.com', resource: 'things/status', namespace: 'team', name: undefined }
  const [allowed, call] = await asked(objects.may(access, signal), (call) =>
    call.answer(201, { status: { allowed: true } }),
  )
  assert.is(allowed, true)
  assert.equal(call.body, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        verb: 'patch',
        group: 'example.com',
        resource: 'things',
        subresource: 'status',
        namespace: 'team',
      },
    },
  })
  for (const answer of [{ status: { allowed: false } }, { status: {} }, {}]) {
    const [refused] = await asked(objects.may(access, signal), (call) => call.answer(201, answer))
    assert.is(refused, false)
  }
})

test.run()
