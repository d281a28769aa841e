// Writes to our own kinds: what is asked of the API server, and what its answers are taken for.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FINALIZER } from '../../src/api/names.ts'
import type { RaiTenant } from '../../src/api/types.ts'
import { Failure } from '../../src/errors.ts'
import { ResourceDefinitions } from '../../src/kube/definitions.ts'
import { TENANTS } from '../../src/kube/kinds.ts'
import { Resources } from '../../src/kube/resources.ts'
import { Store } from '../../src/kube/store.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { tenantOf } from '../doubles/resources.ts'
import { FakeApiServer, thrownBy } from './fake-api-server.ts'

const test = suite('kube/resources')

const PATH = '/apis/tenants.resistant.ai/v1alpha1/namespaces/team/raitenants/acme'
const forever = new AbortController().signal
const begun: FakeApiServer[] = []
test.after.each(async () => {
  await Promise.all(begun.splice(0).map((server) => server.close()))
})

async function begin(
  held: RaiTenant,
  namespaces: readonly (string | undefined)[] = [undefined],
  labelSelector?: string,
) {
  const server = await FakeApiServer.start()
  begun.push(server)
  const store = new Store<RaiTenant>({ requested: () => {}, staleReadSkipped: () => {} }, new RecordedLog())
  store.upsert(held)
  const transport = server.transport()
  const writer = new Resources<RaiTenant>({ transport, kind: TENANTS, store, namespaces, labelSelector })
  const shown = () => store.get('team/acme')
  return { server, writer, shown, definitions: new ResourceDefinitions(transport) }
}

function version(tenant: RaiTenant, resourceVersion: string, finalizers?: readonly string[]): RaiTenant {
  const { finalizers: _, ...metadata } = tenant.metadata
  return { ...tenant, metadata: { ...metadata, resourceVersion, ...(finalizers && { finalizers }) } }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await thrownBy(work)
  assert.instance(error, Failure)
  return (error as Failure).code
}

test('a finalizer is put on by a JSON Patch, and shown at once', async () => {
  const tenant = tenantOf()
  const { server, writer, shown } = await begin(tenant)
  const answer = writer.addFinalizer(tenant, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `PATCH ${PATH}`)
  assert.is(call.headers['content-type'], 'application/json-patch+json')
  assert.equal(call.query, { fieldManager: 'rai-operator' })
  call.answer(200, version(tenant, '2', [FINALIZER]))
  const written = await answer
  assert.equal(written.metadata.finalizers, [FINALIZER])
  assert.equal(shown(), written)
})

test('a finalizer that is on costs no request', async () => {
  const tenant = tenantOf({ metadata: { finalizers: [FINALIZER] } })
  const { server, writer } = await begin(tenant)
  assert.is(await writer.addFinalizer(tenant, forever), tenant)
  assert.is(server.calls.length, 0)
})

test('a finalizer is taken off although others change at the same time', async () => {
  const tenant = tenantOf({ metadata: { finalizers: ['x/y', FINALIZER] } })
  const { server, writer } = await begin(tenant)
  const done = writer.removeFinalizer(tenant, forever)
  ;(await server.next()).refuse(422, 'Invalid', { details: {} })
  ;(await server.next()).answer(200, version(tenant, '5', [FINALIZER]))
  const again = await server.next()
  assert.equal((again.body as { path: string }[]).at(-1), { op: 'remove', path: '/metadata/finalizers/0' })
  again.answer(200, version(tenant, '6'))
  await done
  assert.is(server.calls.length, 3)
})

const ENDINGS: readonly (readonly [
  how: string,
  answers: (server: FakeApiServer, tenant: RaiTenant) => Promise<void>,
])[] = [
  ['has gone', async (server) => (await server.next()).refuse(404, 'NotFound')],
  [
    'has gone while it changed',
    async (server) => {
      ;(await server.next()).refuse(422, 'Invalid')
      ;(await server.next()).refuse(404, 'NotFound')
    },
  ],
  [
    'has gone and another has its name',
    async (server) => {
      ;(await server.next()).refuse(422, 'Invalid')
      ;(await server.next()).answer(200, tenantOf({ metadata: { uid: 'another', finalizers: [FINALIZER] } }))
    },
  ],
  [
    'has lost it',
    async (server, tenant) => {
      ;(await server.next()).refuse(422, 'Invalid')
      ;(await server.next()).answer(200, version(tenant, '5'))
    },
  ],
]

for (const [how, answers] of ENDINGS) {
  test(`a finalizer counts as taken off when the resource ${how}`, async () => {
    const tenant = tenantOf({ metadata: { finalizers: [FINALIZER] } })
    const { server, writer } = await begin(tenant)
    const done = writer.removeFinalizer(tenant, forever)
    await answers(server, tenant)
    await done
    assert.is(server.waiting, 0)
  })
}

test('a status is replaced at the version it was made from, and shown at once', async () => {
  const tenant = tenantOf()
  const { server, writer, shown } = await begin(tenant)
  const status = { ...tenant.status, observedGeneration: 1, tenantId: 't' }
  const answer = writer.patchStatus(tenant, status, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `PATCH ${PATH}/status`)
  assert.equal(call.body, [
    { op: 'test', path: '/metadata/resourceVersion', value: '1' },
    { op: 'add', path: '/status', value: status },
  ])
  call.answer(200, { ...version(tenant, '2'), status })
  assert.equal((await answer).status, status)
  assert.is(shown()?.status.tenantId, 't')
})

test('a status that says the same costs no request', async () => {
  const tenant = tenantOf({ status: { observedGeneration: 1, organization: 'o' } })
  const { server, writer } = await begin(tenant)
  const same = { tenantId: undefined, organization: 'o', observedGeneration: 1 } as never
  assert.is(await writer.patchStatus(tenant, same, forever), tenant)
  assert.is(server.calls.length, 0)
})

test('a status over a resource that has changed is a conflict', async () => {
  const tenant = tenantOf()
  const { server, writer, shown } = await begin(tenant)
  const code = codeOf(writer.patchStatus(tenant, { observedGeneration: 1 }, forever))
  ;(await server.next()).refuse(422, 'Invalid', { details: {} })
  assert.is(await code, 'KubeConflict')
  assert.is(shown(), tenant)
})

test('a resource is read past the cache, which shows it', async () => {
  const tenant = tenantOf()
  const { server, writer, shown } = await begin(tenant)
  const answer = writer.read(tenant, forever)
  ;(await server.next()).answer(200, version(tenant, '9'))
  assert.is((await answer).metadata.resourceVersion, '9')
  assert.is(shown()?.metadata.resourceVersion, '9')
})

test('another resource of the same name is not the one that was asked for', async () => {
  const tenant = tenantOf()
  const { server, writer, shown } = await begin(tenant)
  const code = codeOf(writer.read(tenant, forever))
  ;(await server.next()).answer(200, tenantOf({ metadata: { uid: 'another', resourceVersion: '9' } }))
  assert.is(await code, 'KubeNotFound')
  assert.is(shown(), tenant)
})

test('exactly one resource is deleted, by its UID; what holds it is shown', async () => {
  const tenant = tenantOf({ metadata: { finalizers: [FINALIZER] } })
  const { server, writer, shown } = await begin(tenant)
  const done = writer.delete(tenant, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `DELETE ${PATH}`)
  assert.equal((call.body as { preconditions: object }).preconditions, { uid: tenant.metadata.uid })
  const going = { ...tenant.metadata, resourceVersion: '2', deletionTimestamp: '2026-01-01T00:00:00Z' }
  call.answer(200, { ...tenant, metadata: going })
  await done
  assert.ok(shown()?.metadata.deletionTimestamp)
})

test('a resource that goes at once is answered with a Status', async () => {
  const tenant = tenantOf()
  const { server, writer } = await begin(tenant)
  const done = writer.delete(tenant, forever)
  ;(await server.next()).answer(200, { kind: 'Status', status: 'Success', details: { uid: tenant.metadata.uid } })
  await done
})

test('a resource that has gone counts as deleted, whoever has its name now', async () => {
  const tenant = tenantOf()
  const { server, writer } = await begin(tenant)
  const gone = writer.delete(tenant, forever)
  ;(await server.next()).refuse(404, 'NotFound')
  await gone
  const replaced = writer.delete(tenant, forever)
  ;(await server.next()).refuse(409, 'Conflict')
  ;(await server.next()).answer(200, tenantOf({ metadata: { uid: 'another' } }))
  await replaced
})

test('a deletion that loses a race is a conflict', async () => {
  const tenant = tenantOf()
  const { server, writer } = await begin(tenant)
  const code = codeOf(writer.delete(tenant, forever))
  ;(await server.next()).refuse(409, 'Conflict')
  ;(await server.next()).answer(200, version(tenant, '4'))
  assert.is(await code, 'KubeConflict')
})

const collection = (namespace?: string) => PATH.replace(/\/namespaces.*/, '') + within(namespace) + '/raitenants'
const within = (namespace: string | undefined) => (namespace === undefined ? '' : `/namespaces/${namespace}`)

test('all resources are listed as they are now, page by page, past the view', async () => {
  const held = tenantOf()
  const { server, writer, shown } = await begin(held)
  const listing = writer.list(forever)
  const first = await server.next()
  assert.is(`${first.method} ${first.path}`, `GET ${collection()}`)
  assert.equal(first.query, { limit: '500' })
  first.answer(200, { metadata: { continue: 'more' }, items: [version(held, '9')] })
  const second = await server.next()
  assert.equal(second.query, { limit: '500', continue: 'more' })
  second.answer(200, { metadata: {}, items: [tenantOf({ metadata: { name: 'other' } })] })
  assert.equal(
    (await listing).map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`),
    ['acme 9', 'other 1'],
  )
  assert.is(shown()?.metadata.resourceVersion, '1')
})

test('who watches some namespaces lists those, one after the other', async () => {
  const { server, writer } = await begin(tenantOf(), ['a', 'b'])
  const listing = writer.list(forever)
  for (const namespace of ['a', 'b']) {
    const call = await server.next()
    assert.is(call.path, collection(namespace))
    call.answer(200, { metadata: {}, items: [tenantOf({ metadata: { namespace } })] })
  }
  assert.equal(
    (await listing).map(({ metadata }) => metadata.namespace),
    ['a', 'b'],
  )
})

test('a selector narrows what is looked after, and never the list of all', async () => {
  const { server, writer } = await begin(tenantOf(), [undefined], 'stage=a')
  const all = writer.list(forever)
  const first = await server.next()
  assert.equal(first.query, { limit: '500' })
  first.answer(200, { metadata: {}, items: [tenantOf(), tenantOf()] })
  assert.is((await all).length, 2)
  const managed = writer.managed(forever)
  const second = await server.next()
  assert.equal(second.query, { limit: '500', labelSelector: 'stage=a' })
  second.answer(200, { metadata: {}, items: [tenantOf()] })
  assert.is((await managed).length, 1)
})

test('a list that fails in the middle is none', async () => {
  const { server, writer } = await begin(tenantOf(), ['a', 'b'])
  const code = codeOf(writer.list(forever))
  ;(await server.next()).answer(200, { metadata: {}, items: [tenantOf()] })
  ;(await server.next()).refuse(403, 'Forbidden')
  assert.is(await code, 'KubeForbidden')
})

type Answer = readonly [
  rule: string,
  answer: (call: Awaited<ReturnType<FakeApiServer['next']>>) => void,
  deleted: boolean,
]

const DEFINITIONS: readonly Answer[] = [
  ['that stays is not', (call) => call.answer(200, { metadata: {} }), false],
  ['with a deletion time is', (call) => call.answer(200, { metadata: { deletionTimestamp: 'x' } }), true],
  ['that is not there is', (call) => call.refuse(404, 'NotFound'), true],
  ['that may not be looked at is', (call) => call.refuse(403, 'Forbidden'), true],
]

for (const [rule, answer, deleted] of DEFINITIONS) {
  test(`a definition ${rule} being deleted`, async () => {
    const { server, definitions } = await begin(tenantOf())
    const result = definitions.beingDeleted('raitenants', forever)
    const call = await server.next()
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    assert.is(call.path, `${crds}/raitenants.tenants.resistant.ai`)
    assert.match(call.headers.accept ?? '', 'as=PartialObjectMetadata')
    answer(call)
    assert.is(await result, deleted)
  })
}

test('whether a definition is being deleted is not guessed when the API server does not say', async () => {
  const { server, definitions } = await begin(tenantOf())
  const code = codeOf(definitions.beingDeleted('raitenants', forever))
  ;(await server.next()).refuse(500, 'InternalError')
  assert.is(await code, 'KubeUnavailable')
})

test.run()
