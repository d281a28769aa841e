// A transport whose writes pass the gate: what passes is sent as it is, what does not is not sent at all.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { gated } from '../../src/kube/gated-transport.ts'
import type { Method } from '../../src/kube/transport.ts'
import { FakeApiServer, thrownBy } from './fake-api-server.ts'

const test = suite('kube/gated-transport')

const forever = new AbortController().signal
const SHUT = new Failure('LeaseLost', 'retry', 'shut')
const WRITES: readonly Method[] = ['POST', 'PUT', 'PATCH', 'DELETE']

let server: FakeApiServer
let isOpen: boolean
let asked: (number | undefined)[]
const gate = {
  check(spareMs?: number): void {
    asked.push(spareMs)
    if (!isOpen) throw SHUT
  },
}
test.before.each(async () => {
  server = await FakeApiServer.start()
  isOpen = true
  asked = []
})
test.after.each(() => server.close())

for (const method of WRITES) {
  for (const query of [{}, { dryRun: 'All' }]) {
    const what = `a ${method}${'dryRun' in query ? ', dry as it is,' : ''}`

    test(`${what} is sent as it is while the gate is open`, async () => {
      const transport = gated(server.transport(), gate)
      const answer = transport.request(method, '/x', { query, body: { a: 1 }, contentType: 'application/y' }, forever)
      const call = await server.next()
      assert.equal([call.method, call.path, call.query, call.body], [method, '/x', query, { a: 1 }])
      assert.is(call.headers['content-type'], 'application/y')
      call.answer(200, { ok: true })
      assert.equal(await answer, { ok: true })
      assert.equal(asked, [undefined])
    })

    test(`${what} is not sent while the gate is shut`, async () => {
      isOpen = false
      const transport = gated(server.transport(), gate)
      assert.is(await thrownBy(transport.request(method, '/x', { query, body: {} }, forever)), SHUT)
      assert.is(server.calls.length, 0)
    })
  }
}

test('the gate is asked anew for each write', async () => {
  const transport = gated(server.transport(), gate)
  const first = transport.request('POST', '/x', { body: {} }, forever)
  isOpen = false
  ;(await server.next()).answer(201, {})
  await first
  assert.is(await thrownBy(transport.request('POST', '/x', { body: {} }, forever)), SHUT)
  assert.is(server.calls.length, 1)
})

test('reading needs no lease', async () => {
  isOpen = false
  const transport = gated(server.transport(), gate)
  const answer = transport.request('GET', '/x', { query: { a: 'b' } }, forever)
  ;(await server.next()).answer(200, { read: true })
  assert.equal(await answer, { read: true })
  const lines = transport.lines('/y', { watch: 'true' }, forever)
  const line = lines.next()
  const watch = await server.next()
  watch.write('one\n')
  assert.equal(await line, { done: false, value: 'one' })
  assert.equal(watch.query, { watch: 'true' })
  await lines.return()
  assert.equal(asked, [])
})

test('it has the host of the transport, and closes it', async () => {
  const inner = server.transport()
  const transport = gated(inner, gate)
  assert.is(transport.host, inner.host)
  const answer = thrownBy(transport.request('GET', '/x', {}, forever))
  await server.next()
  transport.close()
  assert.instance(await answer, Failure)
})

test.run()
