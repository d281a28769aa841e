// The lease on the wire: what is sent, and what is made of leases that people made.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Lease, LeaseRecord } from '../../src/engine/leader.ts'
import { Failure, isFailure } from '../../src/errors.ts'
import { KubeLeases } from '../../src/kube/leases.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { FakeApiServer, statusOf, thrownBy } from './fake-api-server.ts'

const test = suite('kube/leases')

const forever = new AbortController().signal
const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/rai-system/leases'
const PATH = `${COLLECTION}/rai-operator`
const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

const RECORD: LeaseRecord = {
  holder: 'pod_1',
  durationMs: 15_000,
  acquiredAt: AT,
  renewedAt: AT + 1_000,
  transitions: 2,
}
const SPEC = {
  holderIdentity: 'pod_1',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-02T03:04:05.678000Z',
  renewTime: '2026-01-02T03:04:06.678000Z',
  leaseTransitions: 2,
}
const METADATA = { name: 'rai-operator', namespace: 'rai-system', uid: 'u-1', resourceVersion: '7' }

const wire = (version = '7', spec: unknown = SPEC) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { ...METADATA, resourceVersion: version },
  spec,
})

let server: FakeApiServer
let clock: ManualClock
let leases: KubeLeases
test.before.each(async () => {
  server = await FakeApiServer.start()
  clock = new ManualClock()
  leases = leasesOf({})
})
test.after.each(() => server.close())

function leasesOf(options: { readonly deadlineMs?: number }): KubeLeases {
  const transport = server.transport({ clock })
  return new KubeLeases({ transport, namespace: 'rai-system', name: 'rai-operator', ...options })
}

/** A lease as it comes when it is read as `object`. */
async function readAs(object: unknown): Promise<Lease | undefined> {
  const answer = leases.read(forever)
  ;(await server.next()).answer(200, object)
  return answer
}

test('a lease is read with everything that it says', async () => {
  const answer = leases.read(forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `GET ${PATH}`)
  call.answer(200, wire())
  assert.equal(await answer, { ...RECORD, version: '7', origin: wire() })
})

test('a lease that is not there is none', async () => {
  const answer = leases.read(forever)
  ;(await server.next()).refuse(404, 'NotFound')
  assert.is(await answer, undefined)
})

const NOTHING: LeaseRecord = {
  holder: '',
  durationMs: undefined,
  acquiredAt: undefined,
  renewedAt: undefined,
  transitions: 0,
}

const ODD: readonly (readonly [what: string, spec: unknown, record: LeaseRecord])[] = [
  ['no spec', undefined, NOTHING],
  ['a spec of null', null, NOTHING],
  ['an empty spec', {}, NOTHING],
  ['nulls', { holderIdentity: null, leaseDurationSeconds: null, renewTime: null, leaseTransitions: null }, NOTHING],
  [
    'types of its own',
    { holderIdentity: 7, leaseDurationSeconds: '15', acquireTime: 1, leaseTransitions: {} },
    NOTHING,
  ],
  ['a spec that is a text', 'free', NOTHING],
  ['no time at all', { leaseDurationSeconds: 0, renewTime: 'yesterday', leaseTransitions: -1 }, NOTHING],
  ['a fraction of a second', { leaseDurationSeconds: 0.5, leaseTransitions: 1.5 }, NOTHING],
  ['more than there can be', { leaseDurationSeconds: 2 ** 31, leaseTransitions: 1e99 }, NOTHING],
  ['a holder alone', { holderIdentity: 'pod_1' }, { ...NOTHING, holder: 'pod_1' }],
  ['times in nanoseconds', { renewTime: '2026-01-02T03:04:05.678901234Z' }, { ...NOTHING, renewedAt: AT }],
]

for (const [what, spec, record] of ODD) {
  test(`a lease with ${what} says what it can`, async () => {
    const { origin: _, ...said } = (await readAs({ ...wire(), spec }))!
    assert.equal(said, { ...record, version: '7' })
  })
}

for (const answer of [null, {}, { metadata: {} }, [], 'a secret text']) {
  test(`an answer of ${JSON.stringify(answer)} is no lease, and is not quoted`, async () => {
    const error = await thrownBy(readAs(answer))
    assert.ok(isFailure(error, 'KubeUnavailable'))
    assert.not.match(error.message, 'secret')
  })
}

test('a lease is made with six fraction digits', async () => {
  const answer = leases.create(RECORD, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `POST ${COLLECTION}`)
  assert.equal(call.query, { fieldManager: 'rai-operator' })
  assert.equal(call.body, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'rai-operator', namespace: 'rai-system' },
    spec: SPEC,
  })
  call.answer(201, wire('8'))
  assert.is((await answer).version, '8')
})

test('a lease is written over the version and the UID that were seen; what others put into it stays', async () => {
  const labels = { team: 'a' }
  const seen = await readAs({ ...wire(), metadata: { ...METADATA, labels }, spec: { ...SPEC, strategy: 'Own' } })
  const answer = leases.update(seen!, { ...RECORD, renewedAt: AT + 2_000 }, forever)
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `PUT ${PATH}`)
  assert.equal(call.query, { fieldManager: 'rai-operator' })
  assert.equal(call.body, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...METADATA, labels },
    spec: { ...SPEC, renewTime: '2026-01-02T03:04:07.678000Z', strategy: 'Own' },
  })
  call.answer(200, wire('8'))
  assert.is((await answer).version, '8')
})

const WRITTEN: readonly (readonly [what: string, parts: Partial<LeaseRecord>, spec: object])[] = [
  ['a broken second is rounded up', { durationMs: 2_001 }, { leaseDurationSeconds: 3 }],
  ['less than a second is one', { durationMs: 0 }, { leaseDurationSeconds: 1 }],
  ['more changes than fit are as many as fit', { transitions: 2 ** 31 }, { leaseTransitions: 2 ** 31 - 1 }],
  ['a free lease has an empty holder', { holder: '' }, { holderIdentity: '' }],
]

for (const [what, parts, spec] of WRITTEN) {
  test(what, async () => {
    const answer = leases.create({ ...RECORD, ...parts }, forever)
    const call = await server.next()
    assert.equal((call.body as { spec: object }).spec, { ...SPEC, ...spec })
    call.answer(201, wire())
    await answer
  })
}

test('whoever was second is told so', async () => {
  const creation = thrownBy(leases.create(RECORD, forever))
  ;(await server.next()).refuse(409, 'AlreadyExists')
  assert.ok(isFailure(await creation, 'KubeAlreadyExists'))
  const seen = await readAs(wire())
  const update = thrownBy(leases.update(seen!, RECORD, forever))
  ;(await server.next()).refuse(409, 'Conflict')
  assert.ok(isFailure(await update, 'KubeConflict'))
})

for (const [deadlineMs, options] of [
  [5_000, {}],
  [2_000, { deadlineMs: 2_000 }],
] as const) {
  test(`an answer is waited for ${deadlineMs / 1000} s`, async () => {
    leases = leasesOf(options)
    const asked = [thrownBy(leases.read(forever)), thrownBy(leases.create(RECORD, forever))]
    await server.next()
    await server.next()
    await clock.advance(deadlineMs - 1)
    assert.is(clock.armed, 2)
    await clock.advance(1)
    for (const error of await Promise.all(asked)) assert.ok(isFailure(error, 'KubeUnavailable'))
  })
}

/** Begins to watch a lease that is listed as `items`, and returns its changes and the watch. */
async function watch(items: readonly object[] | null, signal = forever) {
  const changes = leases.watch(signal)
  const first = changes.next()
  const list = await server.next()
  list.answer(200, { metadata: { resourceVersion: '10' }, items })
  const { value } = await first
  const next = changes.next()
  return { changes, list, first: value, next, call: await server.next() }
}

test('a watch begins with the lease as it is, and goes on from there', async () => {
  const { changes, list, first, next, call } = await watch([wire('7')])
  assert.equal([list.path, list.query], [COLLECTION, { fieldSelector: 'metadata.name=rai-operator' }])
  assert.is(first!.version, '7')
  assert.is(call.path, COLLECTION)
  assert.equal(call.query, { watch: 'true', fieldSelector: 'metadata.name=rai-operator', resourceVersion: '10' })
  call.send({ type: 'MODIFIED', object: wire('11') })
  const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '12' } } }
  call.send(bookmark, { type: 'DELETED', object: wire('13') }, { type: 'ADDED', object: wire('14', null) })
  const seen = [await next, await changes.next(), await changes.next()].map(({ value }) => value?.version)
  assert.equal(seen, ['11', undefined, '14'])
  call.end()
  assert.equal(await changes.next(), { done: true, value: undefined })
})

for (const items of [[], null]) {
  test(`a watch of ${JSON.stringify(items)} begins with none`, async () => {
    const { changes, first, next, call } = await watch(items)
    assert.is(first, undefined)
    call.end()
    await next
    await changes.return()
  })
}

const ENDS: readonly (readonly [what: string, line: object | string, code: string])[] = [
  ['is too old', { type: 'ERROR', object: statusOf(410, 'Expired') }, 'KubeGone'],
  ['is not permitted any more', { type: 'ERROR', object: statusOf(403, 'Forbidden') }, 'KubeForbidden'],
  ['makes no sense', 'a secret text', 'KubeUnavailable'],
  ['shows what is no lease', { type: 'ADDED', object: {} }, 'KubeUnavailable'],
]

for (const [what, line, code] of ENDS) {
  test(`a watch that ${what} fails with ${code}`, async () => {
    const { next, call } = await watch([])
    call.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
    const error = await thrownBy(next)
    assert.ok(isFailure(error, code))
    assert.not.match(error.message, 'secret')
  })
}

test('a watch that is refused fails', async () => {
  const { next, call } = await watch([])
  call.refuse(403, 'Forbidden')
  assert.ok(isFailure(await thrownBy(next), 'KubeForbidden'))
})

test('a watch ends when it is told so', async () => {
  const stop = new AbortController()
  const { next } = await watch([wire()], stop.signal)
  const failed = thrownBy(next)
  stop.abort(new Failure('Enough', 'stall', 'enough'))
  assert.ok(isFailure(await failed, 'Enough'))
})

test.run()
