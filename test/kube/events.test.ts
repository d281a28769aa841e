// Events: told in order, counted when they repeat, and never in anybody's way.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Transition } from '../../src/controllers/ports.ts'
import { Events } from '../../src/kube/events.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { tenantOf } from '../doubles/resources.ts'
import { FakeApiServer, until } from './fake-api-server.ts'

const test = suite('kube/events')

const PATH = '/apis/events.k8s.io/v1/namespaces/team/events'
const READY: Transition = { type: 'Normal', reason: 'Ready', action: 'Reconcile', note: 'works' }
const acme = tenantOf({ metadata: { uid: 'u-1', resourceVersion: '7' } })

type Body = { metadata: { name: string }; note: string; eventTime: string; series?: object }

const begun: FakeApiServer[] = []
test.after.each(async () => {
  await Promise.all(begun.splice(0).map((server) => server.close()))
})

async function begin() {
  const server = await FakeApiServer.start()
  begun.push(server)
  const clock = new ManualClock()
  const log = new RecordedLog()
  const events = new Events({ transport: server.transport(), instance: 'pod-1', clock, logger: log })
  /** Answers the next request well, and says what it was. */
  const told = async () => {
    const call = await server.next()
    call.answer(201, {})
    return `${call.method} ${call.path.replace(PATH, '')} ${(call.body as Body).note ?? ''}`.trim()
  }
  return { server, clock, log, events, told, lines: () => log.lines.map(({ level }) => level) }
}

test('an Event says what happened to whom, by whom and when', async () => {
  const { server, events } = await begin()
  events.publish(acme, { ...READY, note: 'two\nlines' })
  const call = await server.next()
  assert.is(`${call.method} ${call.path}`, `POST ${PATH}`)
  const body = call.body as Body & Record<string, unknown>
  assert.match(body.metadata.name, /^acme\.[0-9a-f]{16}$/)
  assert.equal(body, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace: 'team', name: body.metadata.name },
    eventTime: '2026-01-01T00:00:00.000000Z',
    type: 'Normal',
    reason: 'Ready',
    action: 'Reconcile',
    note: 'two lines',
    regarding: {
      apiVersion: 'tenants.resistant.ai/v1alpha1',
      kind: 'RaiTenant',
      namespace: 'team',
      name: 'acme',
      uid: 'u-1',
      resourceVersion: '7',
    },
    reportingController: 'tenants.resistant.ai/rai-operator',
    reportingInstance: 'pod-1',
  })
})

test('a note is cut at 1,024 bytes, and not within a character', async () => {
  const { server, events } = await begin()
  events.publish(acme, { ...READY, note: `x${'ž'.repeat(1000)}` })
  const { note } = (await server.next()).body as Body
  assert.is(note, `x${'ž'.repeat(511)}`)
})

test('a long name leaves room for what makes the name of an Event its own', async () => {
  const { server, events } = await begin()
  events.publish(tenantOf({ metadata: { name: `${'a'.repeat(235)}.${'b'.repeat(17)}` } }), READY)
  const { metadata } = (await server.next()).body as Body
  assert.match(metadata.name, /^a{235}\.[0-9a-f]{16}$/)
})

test('Events are told one after the other', async () => {
  const { server, events, told } = await begin()
  for (const note of ['a', 'b', 'c']) events.publish(acme, { ...READY, note })
  assert.is(await told(), 'POST  a')
  assert.is(await told(), 'POST  b')
  assert.is(await told(), 'POST  c')
  assert.is(server.waiting, 0)
})

test('the same Event again within minutes is counted on the first one', async () => {
  const { server, events, told, clock } = await begin()
  events.publish(acme, READY)
  assert.is(await told(), 'POST  works')
  for (const count of [2, 3]) {
    await events.flush(1_000)
    await clock.advance(300_000)
    events.publish(acme, READY)
    const call = await server.next()
    assert.is(call.method, 'PATCH')
    assert.match(call.path, /\/events\/acme\.[0-9a-f]{16}$/)
    assert.is(call.headers['content-type'], 'application/merge-patch+json')
    const lastObservedTime = count === 2 ? '2026-01-01T00:05:00.000000Z' : '2026-01-01T00:10:00.000000Z'
    assert.equal(call.body, { series: { count, lastObservedTime } })
    call.answer(200, {})
  }
  await events.flush(1_000)
  await clock.advance(360_000)
  events.publish(acme, READY)
  assert.is(await told(), 'POST  works')
})

const DIFFERENT: readonly (readonly [what: string, about: typeof acme, transition: Transition])[] = [
  ['another note', acme, { ...READY, note: 'works well' }],
  ['another reason', acme, { ...READY, reason: 'Provisioning' }],
  ['another resource of that name', tenantOf({ metadata: { uid: 'u-2' } }), READY],
]

for (const [what, about, transition] of DIFFERENT) {
  test(`${what} makes another Event`, async () => {
    const { events, told } = await begin()
    events.publish(acme, READY)
    await told()
    events.publish(about, transition)
    assert.is(await told(), `POST  ${transition.note}`)
  })
}

test('an Event that has expired when it is to be counted is told anew', async () => {
  const { server, events, told } = await begin()
  events.publish(acme, READY)
  await told()
  events.publish(acme, READY)
  ;(await server.next()).refuse(404, 'NotFound')
  assert.is(await told(), 'POST  works')
})

test('an Event is told again when the API server was away, under the same name', async () => {
  const { server, events, clock, lines } = await begin()
  events.publish(acme, READY)
  const first = await server.next()
  first.cut()
  await until(() => clock.armed === 1)
  await clock.advance(1_000)
  const second = await server.next()
  assert.equal((second.body as Body).metadata, (first.body as Body).metadata)
  second.refuse(409, 'AlreadyExists')
  await events.flush(1_000)
  assert.equal(lines(), [])
})

test('an Event that cannot be told three times is lost, logged, and the next one is told', async () => {
  const { server, events, clock, lines, told } = await begin()
  events.publish(acme, READY)
  events.publish(acme, { ...READY, note: 'next' })
  for (const restMs of [1_000, 2_000, 0]) {
    ;(await server.next()).refuse(503, 'ServiceUnavailable')
    if (restMs === 0) break
    await until(() => clock.armed === 1)
    await clock.advance(restMs)
  }
  assert.is(await told(), 'POST  next')
  assert.equal(lines(), ['warn'])
})

const LOST: readonly (readonly [why: string, level: string, refusal: readonly [number, string, object]])[] = [
  ['may not be told', 'warn', [403, 'Forbidden', {}]],
  ['is about a namespace that has gone', 'debug', [404, 'NotFound', {}]],
  [
    'is about a namespace that is going',
    'debug',
    [403, 'Forbidden', { details: { causes: [{ reason: 'NamespaceTerminating' }] } }],
  ],
]

for (const [why, level, refusal] of LOST) {
  test(`an Event that ${why} is a line of level ${level}`, async () => {
    const { server, events, log, lines } = await begin()
    events.publish(acme, READY)
    ;(await server.next()).refuse(...refusal)
    await events.flush(1_000)
    assert.equal(lines(), [level])
    assert.is(log.lines[0]!.fields['key'], 'team/acme')
    assert.is(log.lines[0]!.fields['reason'], 'Ready')
  })
}

test('more Events than can wait are lost with one word of warning', async () => {
  const { server, events, clock, lines } = await begin()
  for (let times = 0; times < 1_100; times++) events.publish(acme, { ...READY, note: `${times}` })
  assert.equal(lines(), ['warn'])
  await server.next()
  const flushed = events.flush(0)
  await clock.advance(0)
  await flushed
  assert.is(server.calls.length, 1)
})

test('a stop waits for Events that are still to be told, and not for long', async () => {
  const { server, events, clock } = await begin()
  events.publish(acme, READY)
  events.publish(acme, { ...READY, note: 'never' })
  const call = await server.next()
  let isOver = false
  const flushed = events.flush(3_000).then(() => (isOver = true))
  await clock.advance(2_999)
  assert.not(isOver)
  await clock.advance(1)
  await flushed
  await until(() => call.isAbandoned)
  assert.is(server.waiting, 0)
})

test('a stop with nothing to tell is over at once', async () => {
  const { events, clock } = await begin()
  await events.flush(3_000)
  assert.is(clock.armed, 0)
})

test.run()
