// The transport: one set of connections, credentials that change, deadlines, and answers that are none.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { FakeApiServer, statusOf, thrownBy, until } from './fake-api-server.ts'
import type { Transport } from '../../src/kube/transport.ts'

const test = suite('kube/transport')

const forever = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'transport-'))
const closing: { close(): unknown }[] = []

test.after.each(async () => {
  for (const one of closing.splice(0)) await one.close()
})
test.after(() => rmSync(folder, { recursive: true }))

async function start(tls?: Parameters<typeof FakeApiServer.start>[0]): Promise<FakeApiServer> {
  const server = await FakeApiServer.start(tls)
  closing.push(server)
  return server
}

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const get = (transport: Transport, path = '/x', signal = forever) => transport.request('GET', path, {}, signal)

/** Sends a request and has it answered well. */
async function exchange(transport: Transport, server: FakeApiServer) {
  const answer = get(transport)
  const call = await server.next()
  call.answer(200, { ok: true })
  await answer
  return call
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await thrownBy(work)
  assert.instance(error, Failure)
  return error as Failure
}

test('a request says what it wants and who asks', async () => {
  const server = await start()
  const told: string[][] = []
  const transport = server.transport({ user: { token: 'abc' }, requested: (...line) => told.push(line) })
  const options = { query: { dryRun: 'All', fieldManager: undefined }, body: { a: 1 }, contentType: 'application/x' }
  const answer = transport.request('PATCH', '/api/v1/things', options, forever)
  const call = await server.next()
  call.answer(201, { b: 2 })
  assert.equal(await answer, { b: 2 })
  assert.is(`${call.method} ${call.path}`, 'PATCH /api/v1/things')
  assert.equal(call.query, { dryRun: 'All' })
  assert.equal(call.body, { a: 1 })
  assert.is(call.headers['content-type'], 'application/x')
  assert.is(call.headers.authorization, 'Bearer abc')
  assert.is(call.headers['user-agent'], 'rai-operator/test')
  assert.is(call.headers.accept, 'application/json')
  assert.equal(told, [['PATCH', '201', new URL(server.url).host]])
})

test('an API server below a path, as behind a gateway, is asked below that path', async () => {
  const server = await start()
  const transport = server.transport({ cluster: { server: `${server.url}/k8s/clusters/c-1` } })
  assert.is((await exchange(transport, server)).path, '/k8s/clusters/c-1/x')
})

test('requests share kept connections', async () => {
  const server = await start()
  const transport = server.transport()
  for (let times = 0; times < 20; times++) await exchange(transport, server)
  // A connection is free again a moment after its answer was read.
  assert.ok(server.connections <= 2)
})

test('two transports share no connection', async () => {
  const server = await start()
  await exchange(server.transport(), server)
  await exchange(server.transport(), server)
  assert.is(server.connections, 2)
})

test('a password and whom to stand in for are sent', async () => {
  const server = await start()
  const transport = server.transport({ user: { username: 'u', password: 'p', impersonateUser: 'jane' } })
  const { headers } = await exchange(transport, server)
  assert.is(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`)
  assert.is(headers['impersonate-user'], 'jane')
})

test('a token in a file is read again when half a minute has passed', async () => {
  const server = await start()
  const clock = new ManualClock()
  const tokenFile = file('token', 'first\n')
  const transport = server.transport({ clock, user: { authProvider: { name: 'tokenFile', config: { tokenFile } } } })
  const sent = async () => (await exchange(transport, server)).headers.authorization
  assert.is(await sent(), 'Bearer first')
  file('token', 'second')
  assert.is(await sent(), 'Bearer first')
  await clock.advance(30_000)
  assert.is(await sent(), 'Bearer second')
})

test('a 401 is answered with the newest credential, once', async () => {
  const server = await start()
  const clock = new ManualClock()
  const told: string[] = []
  const tokenFile = file('token', 'first')
  const user = { authProvider: { name: 'tokenFile', config: { tokenFile } } }
  const transport = server.transport({ clock, user, requested: (_, code) => told.push(code) })
  await exchange(transport, server)
  file('token', 'second')
  const answer = get(transport)
  ;(await server.next()).refuse(401, 'Unauthorized')
  const again = await server.next()
  assert.is(again.headers.authorization, 'Bearer second')
  again.refuse(401, 'Unauthorized')
  const failure = await failureOf(answer)
  assert.is(failure.code, 'KubeForbidden')
  assert.is(failure.message, 'GET /x: 401 Unauthorized')

  const later = get(transport)
  ;(await server.next()).refuse(401, 'Unauthorized')
  assert.is((await failureOf(later)).code, 'KubeForbidden')
  assert.equal(told, ['200', '401', '401', '401'])
})

test('a file that cannot be read is named, and read again at the next request', async () => {
  const server = await start()
  const caFile = join(folder, 'later.crt')
  const transport = server.transport({ cluster: { caFile } })
  const failure = await failureOf(get(transport))
  assert.is(failure.code, 'KubeUnavailable')
  assert.is(failure.message, `${caFile}, which the kubeconfig names, cannot be read`)
  file('later.crt', 'x')
  await exchange(transport, server)
})

test('requests at the same moment share one run of an exec plugin, and later ones its answer', async () => {
  const server = await start()
  const runs = file('runs', '')
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'made' },
  }
  const script = `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x'); console.log('${JSON.stringify(credential)}')`
  const transport = server.transport({ user: { exec: { command: process.execPath, args: ['-e', script] } } })
  const answers = [get(transport), get(transport)]
  for (let times = 0; times < 2; times++) {
    const call = await server.next()
    assert.is(call.headers.authorization, 'Bearer made')
    call.answer(200, {})
  }
  await Promise.all(answers)
  await exchange(transport, server)
  assert.is(readFileSync(runs, 'utf8'), 'x')
})

test('what a failing exec plugin says is not passed on', async () => {
  const server = await start()
  const args = ['-e', "console.error('hidden'); process.exit(1)"]
  const failure = await failureOf(get(server.transport({ user: { exec: { command: process.execPath, args } } })))
  assert.is(failure.code, 'KubeUnavailable')
  assert.is(failure.message, "the kubeconfig's user tester gets no credential: run its plugin by hand")
})

for (const [part, begin] of [
  ['at all', () => {}],
  ['in full', (call: { write(bytes: string): void }) => call.write('{')],
] as const) {
  test(`an answer that does not come ${part} in time is given up`, async () => {
    const server = await start()
    const clock = new ManualClock()
    const told: string[] = []
    const transport = server.transport({ clock, requested: (_, code) => told.push(code) })
    const ending = failureOf(transport.request('GET', '/x', { deadlineMs: 5_000 }, forever))
    const call = await server.next()
    begin(call)
    if (part === 'in full') await until(() => told.length === 1)
    await clock.advance(5_000)
    const failure = await ending
    assert.is(failure.code, 'KubeUnavailable')
    assert.is(failure.message, 'GET /x: no answer within 5 s')
    await until(() => call.isAbandoned)
    assert.equal(told, [part === 'in full' ? '200' : 'error'])
  })
}

test('who gives up hears their own reason', async () => {
  const server = await start()
  const stop = new AbortController()
  const ending = thrownBy(get(server.transport(), '/x', stop.signal))
  const call = await server.next()
  const reason = new Error('enough')
  stop.abort(reason)
  assert.is(await ending, reason)
  await until(() => call.isAbandoned)
  assert.is(await thrownBy(get(server.transport(), '/x', stop.signal)), reason)
})

test('a connection that breaks is an API server that cannot be reached', async () => {
  const server = await start()
  const answer = get(server.transport())
  ;(await server.next()).cut()
  const failure = await failureOf(answer)
  assert.is(failure.code, 'KubeUnavailable')
  assert.is(failure.message, 'GET /x: no answer from the API server (ECONNRESET)')
})

test('a body that is no JSON is not quoted', async () => {
  const server = await start()
  const answer = get(server.transport())
  const call = await server.next()
  call.write('hidden')
  call.end()
  const failure = await failureOf(answer)
  assert.is(failure.code, 'KubeUnavailable')
  assert.not.match(`${failure.message} ${String(failure.cause)}`, 'hidden')
})

test('a refusal says why, and when to come again', async () => {
  const server = await start()
  const refused = get(server.transport())
  ;(await server.next()).refuse(403, 'Forbidden', { message: 'not you' })
  assert.is((await failureOf(refused)).message, 'GET /x: 403 Forbidden: not you')
  const later = get(server.transport())
  ;(await server.next()).answer(429, statusOf(429, 'TooManyRequests'), { 'retry-after': '3' })
  assert.is((await failureOf(later)).retryAfterMs, 3_000)
  const stranger = get(server.transport())
  ;(await server.next()).answer(502, { message: 'not a Status' })
  assert.is((await failureOf(stranger)).message, 'GET /x: 502')
})

test('lines come as they are sent, until the signal aborts', async () => {
  const server = await start()
  const stop = new AbortController()
  const lines = server.transport().lines('/x', { watch: 'true' }, stop.signal)
  const first = lines.next()
  const call = await server.next()
  assert.equal(call.query, { watch: 'true' })
  call.write('one\n')
  assert.is((await first).value, 'one')
  const ending = thrownBy(lines.next())
  const reason = new Error('enough')
  stop.abort(reason)
  assert.is(await ending, reason)
  await until(() => call.isAbandoned)
})

test('lines come in the form that is asked for', async () => {
  const server = await start()
  const transport = server.transport()
  for (const [asked, accept] of [
    [undefined, 'application/json'],
    ['application/json;as=X', 'application/json;as=X'],
  ]) {
    const first = transport.lines('/x', {}, forever, asked).next()
    const call = await server.next()
    assert.is(call.headers.accept, accept)
    call.end()
    await first
  }
})

test('lines that do not begin in time are given up; once begun they may take their time', async () => {
  const server = await start()
  const clock = new ManualClock()
  const transport = server.transport({ clock })
  const late = failureOf(transport.lines('/x', {}, forever).next())
  await server.next()
  await clock.advance(15_000)
  assert.is((await late).message, 'GET /x: no answer within 15 s')

  const lines = transport.lines('/x', {}, forever)
  const first = lines.next()
  const call = await server.next()
  call.write('one\n')
  await first
  await clock.advance(600_000)
  const second = lines.next()
  call.write('two\n')
  assert.is((await second).value, 'two')
  await lines.return()
})

test('lines that nobody reads any more are not sent any more', async () => {
  const server = await start()
  const lines = server.transport().lines('/x', {}, forever)
  const first = lines.next()
  const call = await server.next()
  call.write('one\n')
  await first
  await lines.return()
  await until(() => call.isAbandoned)
})

test('lines that are refused are a failure', async () => {
  const server = await start()
  const first = server.transport().lines('/x', {}, forever).next()
  ;(await server.next()).refuse(410, 'Expired')
  assert.is((await failureOf(first)).code, 'KubeGone')
})

test('a server of another authority is not trusted, and a new CA in its file is, without a restart', async () => {
  const [old, current] = [0, 1].map(() => makeServerCertificate(['127.0.0.1'], Date.now())) as [
    Certificate,
    Certificate,
  ]
  const server = await start(old)
  const clock = new ManualClock()
  const cluster = { caFile: file('ca.crt', old.ca) }
  const transport = server.transport({ clock, cluster })
  const underWay = transport.request('GET', '/x', { deadlineMs: 60_000 }, forever)
  const call = await server.next()

  server.present(current)
  const failure = await failureOf(get(server.transport({ cluster })))
  assert.match(failure.message, /^GET \/x: no answer from the API server \((?:CERT|UNABLE|DEPTH|SELF)\w+\)$/)
  file('ca.crt', current.ca)
  await clock.advance(30_000)
  await exchange(transport, server)
  // What was under way when the CA changed ends as it would have.
  call.answer(200, { old: true })
  assert.equal(await underWay, { old: true })
})

type Certificate = ReturnType<typeof makeServerCertificate>

/** What a proxy reads and writes before it hands bytes on; tells what it was asked for. */
const GREETINGS: Readonly<Record<string, (next: () => Promise<Buffer>, socket: Socket) => Promise<string>>> = {
  async http(next, socket) {
    const [asked] = (await next()).toString().split(' HTTP')
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    return asked!.replace('CONNECT ', '')
  },
  // Version 5 without a password, for a name. Source: RFC 1928.
  async socks5h(next, socket) {
    await next()
    socket.write(Buffer.from([5, 0]))
    const asked = await next()
    socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    const end = 5 + asked[4]!
    return `${asked.toString('latin1', 5, end)}:${asked.readUInt16BE(end)}`
  },
}

for (const [scheme, greet] of Object.entries(GREETINGS)) {
  test(`a proxy that the kubeconfig names is gone through: ${scheme}`, async () => {
    const certificate = makeServerCertificate(['localhost'], Date.now())
    const server = await start(certificate)
    const { port } = new URL(server.url)
    const asked: string[] = []
    const sockets = new Set<Socket>()
    const lead = async (socket: Socket) => {
      sockets.add(socket)
      asked.push(await greet(async () => (await once(socket, 'data'))[0] as Buffer, socket))
      const onward = net.connect(Number(port), '127.0.0.1')
      sockets.add(onward)
      socket.pipe(onward).pipe(socket)
    }
    const proxy = net.createServer((socket) => void lead(socket))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const proxyUrl = `${scheme}://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const caData = Buffer.from(certificate.ca).toString('base64')
    const transport = server.transport({ cluster: { server: `https://localhost:${port}`, proxyUrl, caData } })
    closing.push({
      close() {
        transport.close()
        for (const socket of sockets) socket.destroy()
        proxy.close()
      },
    })
    await exchange(transport, server)
    assert.equal(asked, [`localhost:${port}`])
  })
}

test('closing breaks off what is under way', async () => {
  const server = await start()
  const transport = server.transport()
  const ending = failureOf(get(transport))
  const call = await server.next()
  transport.close()
  assert.is((await ending).code, 'KubeUnavailable')
  await until(() => call.isAbandoned)
})

test.run()
