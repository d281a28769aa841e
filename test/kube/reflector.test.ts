// The reflector against an API server that does everything wrong that API servers and networks do.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Reflector } from '../../src/kube/reflector.ts'
import { Store } from '../../src/kube/store.ts'
import type { Stored } from '../../src/kube/store.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { FakeApiServer, statusOf, until } from './fake-api-server.ts'
import type { Call } from './fake-api-server.ts'

const test = suite('kube/reflector')

const PATH = '/apis/example/v1/things'
/** A reflector at rest has one timer armed, one that watches two. */
const RESTING = 1
const WATCHING = 2

/** Shows how often a timer was armed: how a test knows that something was heard. */
class CountingClock extends ManualClock {
  rearmed = 0

  override after(ms: number, wake: () => void): () => void {
    this.rearmed++
    return super.after(ms, wake)
  }
}

const begun: { end(): Promise<void> }[] = []
test.after.each(async () => {
  await Promise.all(begun.splice(0).map((one) => one.end()))
})

async function begin(options: { namespace?: string; labelSelector?: string; metadataOnly?: boolean } = {}) {
  const server = await FakeApiServer.start()
  const clock = new CountingClock()
  const log = new RecordedLog()
  const told: string[] = []
  const store = new Store<Stored>({ requested: () => {}, staleReadSkipped: () => {} }, log)
  store.onChange((key, before, after) => {
    const sign = before ? (after ? '~' : '-') : '+'
    told.push(`${sign}${key.split('/')[1]}@${(after ?? before)!.metadata.resourceVersion}`)
  })
  const reflector = new Reflector({
    name: 'things',
    transport: server.transport(),
    path: PATH,
    namespace: options.namespace,
    labelSelector: options.labelSelector,
    metadataOnly: options.metadataOnly ?? false,
    project: (object) => object as Stored,
    store,
    clock,
    random: () => 0,
    logger: log,
  })
  let isSynced = false
  void reflector.synced.then(() => (isSynced = true))
  const stop = new AbortController()
  const run = reflector.run(stop.signal)
  const started = {
    server,
    clock,
    log,
    told,
    store,
    reflector,
    isSynced: () => isSynced,
    /** Waits until the reflector rests, and then for `ms` of its time. */
    async rest(ms: number) {
      await until(() => clock.armed === RESTING)
      await clock.advance(ms)
    },
    /** Lets minutes pass in which a watch brings nothing but bookmarks, from this version on. */
    async quietMinutes(watch: Call, minutes: number, version: number) {
      for (let minute = 0; minute < minutes; minute++) {
        await clock.advance(61_000)
        const heard = clock.rearmed
        watch.send(bookmark(version + minute))
        await until(() => clock.rearmed > heard)
      }
    },
    /** Answers a list, however it is asked for, and returns the watch that follows it. */
    async list(version: number, ...objects: object[]): Promise<Call> {
      const call = await server.next()
      const isStream = call.query['sendInitialEvents'] === 'true'
      if (isStream) call.send(...objects.map((object) => ({ type: 'ADDED', object })), complete(version))
      else call.answer(200, page(version, objects))
      await until(() => reflector.state.synced)
      return isStream ? call : server.next()
    },
    async end() {
      stop.abort()
      await run
      await server.close()
    },
  }
  begun.push(started)
  return started
}

function thing(name: string, version: number, uid = `uid-${name}`) {
  return { metadata: { name, namespace: 'team', uid, resourceVersion: String(version), creationTimestamp: 'x' } }
}

const added = (name: string, version: number, uid?: string) => ({ type: 'ADDED', object: thing(name, version, uid) })
const modified = (name: string, version: number) => ({ type: 'MODIFIED', object: thing(name, version) })
const deleted = (name: string, version: number) => ({ type: 'DELETED', object: thing(name, version) })
const bookmark = (version: number) => ({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })
const error = (code: number, reason: string) => ({ type: 'ERROR', object: statusOf(code, reason) })
const complete = (version: number) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } } },
})
const page = (version: number, items: readonly object[] | null, more: object = {}) => ({
  metadata: { resourceVersion: String(version), ...more },
  items,
})

test('a list comes as a stream, and counts when it is complete', async () => {
  const { server, told, store, isSynced, clock } = await begin()
  const call = await server.next()
  assert.is(call.path, PATH)
  assert.equal(call.query, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: '300',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
  })
  const heard = clock.rearmed
  call.send(added('a', 3), added('b', 4), added('c', 5), modified('a', 6), deleted('b', 7))
  await until(() => clock.rearmed === heard + 5)
  assert.is(store.size, 0)
  assert.not(isSynced())
  call.send(complete(8), added('d', 9))
  await until(() => store.size === 3)
  assert.ok(isSynced())
  assert.equal(told, ['+a@6', '+c@5', '+d@9'])
})

test('an API server that does not stream lists is asked for pages, never for a cached one', async () => {
  const { server, told, store } = await begin({ labelSelector: 'a in (b,c)' })
  const refused = await server.next()
  refused.refuse(422, 'Invalid', { details: { kind: 'ListOptions', causes: [{ field: 'sendInitialEvents' }] } })
  const first = await server.next()
  assert.equal(first.query, { limit: '500', labelSelector: 'a in (b,c)' })
  first.answer(200, page(10, [thing('a', 3)], { continue: 'token' }))
  const second = await server.next()
  assert.equal(second.query, { limit: '500', continue: 'token', labelSelector: 'a in (b,c)' })
  assert.is(store.size, 0)
  second.answer(200, page(10, [thing('b', 4)]))
  const watch = await server.next()
  assert.equal(told, ['+a@3', '+b@4'])
  assert.is(watch.query['resourceVersion'], '10')
  assert.is(watch.query['labelSelector'], 'a in (b,c)')
  assert.not(watch.query['sendInitialEvents'])
})

test('who wants metadata alone asks for them in the form that watches and lists have, each', async () => {
  const { server } = await begin({ metadataOnly: true })
  const streamed = await server.next()
  assert.match(streamed.headers.accept ?? '', /;as=PartialObjectMetadata;g=meta\.k8s\.io;v=v1(,|$)/)
  streamed.refuse(422, 'Invalid')
  const listed = await server.next()
  assert.match(listed.headers.accept ?? '', /;as=PartialObjectMetadataList;g=meta\.k8s\.io;v=v1(,|$)/)
  listed.answer(200, page(10, [thing('a', 3)]))
  const watched = await server.next()
  assert.is(watched.headers.accept, streamed.headers.accept)
})

test('who wants the whole does not ask for less', async () => {
  const { server } = await begin()
  const streamed = await server.next()
  streamed.refuse(422, 'Invalid')
  const listed = await server.next()
  assert.equal([streamed.headers.accept, listed.headers.accept], ['application/json', 'application/json'])
})

test('an empty list is a list', async () => {
  const { server, isSynced } = await begin()
  ;(await server.next()).refuse(422, 'Invalid')
  ;(await server.next()).answer(200, page(10, null))
  await server.next()
  assert.ok(isSynced())
})

test('pages that expire in the middle are asked for again from the first', async () => {
  const { server, rest, told } = await begin()
  ;(await server.next()).refuse(422, 'Invalid')
  ;(await server.next()).answer(200, page(10, [thing('a', 3)], { continue: 'token' }))
  ;(await server.next()).refuse(410, 'Expired')
  await rest(500)
  const again = await server.next()
  assert.is(again.query['limit'], '500')
  assert.not(again.query['continue'])
  again.answer(200, page(20, [thing('b', 14)]))
  assert.is((await server.next()).query['resourceVersion'], '20')
  assert.equal(told, ['+b@14'])
})

test('a list that does not come to its end is asked for as pages, and streamed the next time', async () => {
  const { server, clock, rest, log } = await begin()
  const endless = await server.next()
  endless.send(added('a', 3))
  await until(() => clock.armed === WATCHING)
  await clock.advance(80_000)
  await until(() => endless.isAbandoned)
  await rest(500)
  ;(await server.next()).answer(200, page(10, [thing('a', 3)]))
  ;(await server.next()).refuse(410, 'Expired')
  await rest(1_000)
  assert.is((await server.next()).query['sendInitialEvents'], 'true')
  assert.ok(log.lines.every(({ level }) => level === 'debug'))
})

test('a list that is cut is asked for again', async () => {
  const { server, rest, list, told } = await begin()
  const cut = await server.next()
  cut.send(added('a', 3))
  cut.end()
  await rest(500)
  await list(10, thing('a', 3))
  assert.equal(told, ['+a@3'])
})

test('a watch that is cut goes on where it was, bookmarks included', async () => {
  const { list, server, rest, told } = await begin()
  const first = await list(10, thing('a', 3))
  first.send(modified('a', 12))
  await until(() => told.length === 2)
  first.cut()
  await rest(500)
  const second = await server.next()
  assert.is(second.query['resourceVersion'], '12')
  second.send(bookmark(40))
  second.write(JSON.stringify(added('b', 41)).slice(0, 30))
  second.end()
  await rest(1_000)
  const third = await server.next()
  assert.is(third.query['resourceVersion'], '40')
  third.send(added('b', 41), deleted('a', 42))
  await until(() => told.length === 4)
  assert.equal(told, ['+a@3', '~a@12', '+b@41', '-a@12'])
})

test('a watch that the API server ends in its time goes on without a rest', async () => {
  const { list, server, rest, quietMinutes } = await begin()
  const watch = await list(10)
  await quietMinutes(watch, 4, 20)
  watch.end()
  await rest(0)
  assert.is((await server.next()).query['resourceVersion'], '23')
})

test('a watch that says nothing is given up within 90 seconds', async () => {
  const { list, server, clock, rest, told } = await begin()
  const lost = await list(10)
  await until(() => clock.armed === WATCHING)
  await clock.advance(79_000)
  assert.not(lost.isAbandoned)
  await clock.advance(1_000)
  await until(() => lost.isAbandoned)
  await rest(500)
  const next = await server.next()
  assert.is(next.query['resourceVersion'], '10')
  next.send(added('a', 11))
  await until(() => told.length === 1)
})

test('a watch that does not end as agreed is given up half a minute later', async () => {
  const { list, server, clock, rest, quietMinutes } = await begin()
  const endless = await list(10)
  await quietMinutes(endless, 5, 20)
  await clock.advance(329_000 - clock.monotonic())
  assert.not(endless.isAbandoned)
  await clock.advance(1_000)
  await until(() => endless.isAbandoned)
  await rest(500)
  assert.is((await server.next()).query['resourceVersion'], '24')
})

const TOO_OLD: readonly (readonly [how: string, answer: (call: Call) => void])[] = [
  ['in the answer', (call) => call.refuse(410, 'Expired')],
  ['in an event', (call) => call.send(error(410, 'Expired'))],
]

for (const [how, answer] of TOO_OLD) {
  test(`a version that is too old (${how}) means a new list, and what it lacks has gone`, async () => {
    const { list, server, rest, told, log } = await begin()
    const first = await list(10, thing('a', 3), thing('b', 4), thing('c', 5))
    first.cut()
    await rest(500)
    answer(await server.next())
    await rest(1_000)
    const again = await server.next()
    assert.is(again.query['sendInitialEvents'], 'true')
    again.send(added('a', 3), added('b', 19, 'another'), complete(20))
    await until(() => told.length === 6)
    assert.equal(told.slice(3), ['-b@4', '+b@19', '-c@5'])
    assert.ok(log.lines.every(({ level }) => level === 'debug'))
  })
}

test('an error in the stream that is none of ours is tried again from where it was', async () => {
  const { list, server, rest } = await begin()
  const watch = await list(10)
  watch.send(bookmark(15), error(500, 'InternalError'))
  await rest(500)
  assert.is((await server.next()).query['resourceVersion'], '15')
})

test('a version that brings nothing is suspected to lie in the future, as after a restore, and listed anew', async () => {
  const { list, server, clock, rest, told } = await begin()
  const first = await list(900, thing('a', 800), thing('b', 850))
  first.cut()
  await rest(500)
  const silent = await server.next()
  assert.is(silent.query['resourceVersion'], '900')
  await until(() => clock.armed === WATCHING)
  await clock.advance(80_000)
  await rest(1_000)
  const again = await server.next()
  assert.is(again.query['sendInitialEvents'], 'true')
  again.send(added('a', 100), complete(120), modified('a', 130))
  await until(() => told.length === 5)
  assert.equal(told.slice(2), ['~a@100', '-b@850', '~a@130'])
})

test('events that come twice or too late change nothing', async () => {
  const { list, told } = await begin()
  const watch = await list(10, thing('a', 3))
  watch.send(modified('a', 12), modified('a', 12), modified('a', 11), added('a', 3), added('b', 13))
  await until(() => told.includes('+b@13'))
  assert.equal(told, ['+a@3', '~a@12', '+b@13'])
})

test('a handler that throws does not end the watch', async () => {
  const { list, store, told, server } = await begin()
  store.onChange(() => {
    throw new Error('oh')
  })
  const watch = await list(10, thing('a', 3))
  watch.send(modified('a', 12))
  await until(() => told.length === 2)
  assert.is(server.calls.length, 1)
})

test('a missing permission is told once, and its end too', async () => {
  const { server, rest, log, list } = await begin()
  for (const restMs of [250, 500, 1_000]) {
    ;(await server.next()).refuse(403, 'Forbidden', { message: 'User "x" cannot list resource' })
    await rest(restMs)
  }
  await list(10)
  const lines = log.lines.filter(({ level }) => level !== 'debug')
  assert.equal(
    lines.map(({ level, fields }) => [level, fields['reflector'], fields['code']]),
    [
      ['warn', 'things', 'KubeForbidden'],
      ['info', 'things', undefined],
    ],
  )
  assert.match((lines[0]!.fields['err'] as Error).message, 'cannot list resource')
})

test('a kind that does not exist yet is waited for, at an unhurried pace and without a word', async () => {
  const { server, log, clock, list } = await begin()
  const askedAt: number[] = []
  for (let times = 0; times < 9; times++) {
    const call = await server.next()
    askedAt.push(clock.monotonic())
    call.answer(404, '404 page not found')
    await until(() => clock.armed === RESTING)
    while (clock.armed === RESTING) await clock.advance(250)
  }
  assert.equal(
    askedAt.slice(1).map((at, index) => at - askedAt[index]!),
    [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000],
  )
  await list(10, thing('a', 3))
  assert.is(log.lines.filter(({ level }) => level === 'warn').length, 1)
})

test('an API server that cannot be reached is told of from the third time on', async () => {
  const { server, rest, log } = await begin()
  const warnings = () => log.lines.filter(({ level }) => level === 'warn').length
  for (const [restMs, told] of [
    [250, 0],
    [500, 0],
    [1_000, 1],
    [2_000, 1],
  ] as const) {
    ;(await server.next()).cut()
    await until(() => log.lines.length > 0)
    await rest(restMs - 1)
    assert.is(server.waiting, 0)
    assert.is(warnings(), told)
    await rest(1)
  }
})

test('an API server under pressure is given the time that it asks for', async () => {
  const { server, rest } = await begin()
  ;(await server.next()).answer(429, statusOf(429, 'TooManyRequests'), { 'retry-after': '7' })
  await rest(6_999)
  assert.is(server.waiting, 0)
  await rest(1)
  await server.next()
})

test('what is no JSON is tried again', async () => {
  const { list, server, rest } = await begin()
  const watch = await list(10)
  watch.write('<html>\n')
  await rest(500)
  assert.is((await server.next()).query['resourceVersion'], '10')
})

test('the end of the process ends an open watch', async () => {
  const { list, end, server } = await begin()
  const watch = await list(10)
  begun.splice(0)
  await end()
  assert.ok(watch.isAbandoned)
  assert.is(server.calls.length, 1)
})

test('a probe sees when it last tried, and that no attempt may take longer than its deadline', async () => {
  const { list, server, clock, reflector, rest } = await begin()
  assert.is(reflector.state.name, 'things')
  assert.not(reflector.state.synced)
  const watch = await list(10)
  assert.ok(reflector.state.synced)
  assert.is(reflector.state.triedAt, 0)
  await clock.advance(50_000)
  watch.cut()
  await rest(500)
  await server.next()
  assert.is(reflector.state.triedAt, 50_250)
  assert.ok(reflector.state.deadlineMs >= 600_000 + 30_000)
})

test.run()
