// One exchange over real sockets: what counts as sent, as answered, and as neither.
import { getEventListeners } from 'node:events'
import { fake } from 'sinon'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Connections } from '../../src/controlplane/connections.ts'
import type { HttpCall } from '../../src/controlplane/http-client.ts'
import { HttpClient } from '../../src/controlplane/http-client.ts'
import { NoAnswer } from '../../src/controlplane/no-answer.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { answer, bodyOf, deadPort, LoopbackServers } from './loopback-server.ts'
import { RecordedCalls } from './recorded-calls.ts'

const forever = new AbortController().signal
const MOST_BYTES = 1_048_576

const servers = new LoopbackServers()
const connections = new Connections({})
const certificate = makeServerCertificate(['127.0.0.1'], Date.now())

function setUp() {
  const metrics = new RecordedCalls()
  const log = new RecordedLog()
  const client = new HttpClient({ connections, clock: new ManualClock(), metrics, logger: log })
  return { client, metrics, log }
}

function call(method: HttpCall['method'], url: string): HttpCall {
  const isPost = method === 'POST'
  const operation = isPost ? 'createTenant' : 'getTenants'
  return {
    operation,
    method,
    url: new URL(url),
    headers: { Authorization: 'Bearer s3cr3t' },
    ...(isPost && { body: '{}' }),
  }
}

/** What a POST came to, and whether it may have left. */
async function post(url: string, signal = forever) {
  const onSending = fake()
  const { client } = setUp()
  const result = await client.send(call('POST', url), signal, onSending).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof NoAnswer ? error.why : error),
  )
  assert.ok(onSending.callCount <= 1)
  assert.is(getEventListeners(signal, 'abort').length, 0, 'nothing of a call is left behind')
  return { result, isSent: onSending.called }
}

const httpClient = suite('http client')

httpClient.after(async () => {
  connections.close()
  await servers.closeAll()
})

httpClient('a call goes out as it is given, once, and any answer comes back whole', async () => {
  const seen: unknown[] = []
  const { port } = await servers.http(async (request, response) => {
    const { method, url, headers } = request
    seen.push([method, url, headers.authorization, headers['content-length'], await bodyOf(request)])
    response.setHeader('Retry-After', '3')
    response.setHeader('Date', 'Thu, 01 Jan 2026 00:00:07 GMT')
    answer(response, 418, { is: 'a teapot' })
  })
  const { client } = setUp()
  const result = await client.send(call('POST', `http://127.0.0.1:${port}/v0/tenants?a=b`), forever)
  const dateMs = Date.UTC(2026, 0, 1, 0, 0, 7)
  assert.equal(result, { status: 418, retryAfterMs: 3_000, dateMs, text: '{"is":"a teapot"}' })
  assert.equal(seen, [['POST', '/v0/tenants?a=b', 'Bearer s3cr3t', '2', '{}']])
})

for (const [title, date] of [
  ['no Date', undefined],
  ['a Date that is none', 'soon'],
] as const) {
  httpClient(`an answer with ${title} does not tell the time`, async () => {
    const { port } = await servers.http((_, response) => {
      response.sendDate = false
      if (date !== undefined) response.setHeader('Date', date)
      answer(response, 200)
    })
    const { dateMs } = await setUp().client.send(call('GET', `http://127.0.0.1:${port}/`), forever)
    assert.is(dateMs, undefined)
  })
}

httpClient('what may be repeated keeps its connection, and what may not takes a fresh one each time', async () => {
  const { port, connections } = await servers.http((_, response) => answer(response, 200))
  const { client } = setUp()
  const url = `http://127.0.0.1:${port}/`
  for (const method of ['GET', 'DELETE', 'POST', 'GET'] as const) await client.send(call(method, url), forever)
  assert.is(connections(), 1)
  for (let i = 0; i < 3; i++) await client.send(call('POST', url), forever, () => undefined)
  assert.is(connections(), 4)
  await client.send(call('GET', url), forever)
  assert.is(connections(), 4)
})

httpClient('a redirect is an answer like any other', async () => {
  let reached = 0
  const target = await servers.http((_, response) => {
    reached++
    answer(response, 200)
  })
  const { port } = await servers.http((_, response) => {
    response.writeHead(307, { Location: `http://127.0.0.1:${target.port}/` }).end()
  })
  const { client } = setUp()
  for (const method of ['GET', 'POST'] as const) {
    assert.is((await client.send(call(method, `http://127.0.0.1:${port}/`), forever)).status, 307)
  }
  assert.is(reached, 0)
})

httpClient('an answer of 1 MiB is read, and a longer one is none', async () => {
  const { port } = await servers.http((request, response) => {
    response.end('x'.repeat(MOST_BYTES + (request.url === '/long' ? 1 : 0)))
  })
  const { client } = setUp()
  const url = `http://127.0.0.1:${port}`
  assert.is((await client.send(call('GET', `${url}/`), forever)).text.length, MOST_BYTES)
  assert.equal(await post(`${url}/long`), { result: 'the answer is larger than 1 MiB', isSent: true })
})

httpClient('a compressed answer is not asked for', async () => {
  let encoding: string | undefined = 'unseen'
  const { port } = await servers.http((request, response) => {
    encoding = request.headers['accept-encoding']?.toString()
    answer(response, 200)
  })
  await setUp().client.send(call('GET', `http://127.0.0.1:${port}/`), forever)
  assert.is(encoding, undefined)
})

httpClient('not sent: nobody listens', async () => {
  assert.equal(await post(`http://127.0.0.1:${await deadPort()}/`), { result: 'ECONNREFUSED', isSent: false })
  assert.equal(await post(`https://127.0.0.1:${await deadPort()}/`), { result: 'ECONNREFUSED', isSent: false })
})

httpClient('not sent: the name cannot be resolved', async () => {
  // A label is at most 63 characters long, so no name server is asked.
  assert.equal(await post(`http://${'x'.repeat(64)}.invalid/`), { result: 'ENOTFOUND', isSent: false })
})

httpClient('not sent: the other side does not speak TLS', async () => {
  const { port } = await servers.http((_, response) => answer(response, 201))
  const { result, isSent } = await post(`https://127.0.0.1:${port}/`)
  assert.equal([typeof result, isSent], ['string', false])
})

httpClient('not sent: the certificate is not trusted', async () => {
  let requests = 0
  const { port } = await servers.https(certificate, (_, response) => {
    requests++
    answer(response, 201)
  })
  const { result, isSent } = await post(`https://127.0.0.1:${port}/`)
  assert.match(String(result), /CERT/)
  assert.not(isSent)
  assert.is(requests, 0)
})

httpClient('not sent: the connection is closed during the TLS handshake', async () => {
  const { port } = await servers.tcp((socket) => socket.once('data', () => socket.destroy()))
  assert.equal(await post(`https://127.0.0.1:${port}/`), { result: 'ECONNRESET', isSent: false })
})

httpClient('not sent: given up before there is a connection', async () => {
  const gone = new AbortController()
  const { port } = await servers.tcp((socket) => socket.once('data', () => gone.abort('given up')))
  assert.equal(await post(`https://127.0.0.1:${port}/`, gone.signal), { result: 'given up', isSent: false })
})

httpClient('not sent: given up before it began', async () => {
  const { port, connections } = await servers.http((_, response) => answer(response, 201))
  assert.equal(await post(`http://127.0.0.1:${port}/`, AbortSignal.abort('late')), { result: 'late', isSent: false })
  assert.is(connections(), 0)
})

httpClient('perhaps sent: the connection is closed as soon as it stands', async () => {
  const { port } = await servers.tcp((socket) => socket.destroy())
  assert.equal(await post(`http://127.0.0.1:${port}/`), { result: 'ECONNRESET', isSent: true })
})

httpClient('perhaps sent: the connection is reset after the request', async () => {
  const { port } = await servers.tcp((socket) => socket.once('data', () => socket.resetAndDestroy()))
  assert.equal(await post(`http://127.0.0.1:${port}/`), { result: 'ECONNRESET', isSent: true })
})

httpClient('perhaps sent: no answer in time', async () => {
  const gone = new AbortController()
  const { port } = await servers.http(() => gone.abort('too late'))
  assert.equal(await post(`http://127.0.0.1:${port}/`, gone.signal), { result: 'too late', isSent: true })
})

const CUT: readonly (readonly [what: string, text: string])[] = [
  ['before the end that was announced', 'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id":'],
  ['before the last chunk', 'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n'],
  ['within the headers', 'HTTP/1.1 201 Created\r\nContent-Le'],
  ['after something that is not HTTP', 'SSH-2.0-OpenSSH\r\n'],
]

for (const [what, text] of CUT) {
  httpClient(`perhaps sent: the answer is cut ${what}`, async () => {
    const { port } = await servers.tcp((socket) => socket.once('data', () => socket.end(text)))
    const { result, isSent } = await post(`http://127.0.0.1:${port}/`)
    assert.ok(typeof result === 'string' && isSent, String(result))
  })
}

httpClient('a signal ends the reading of an answer, too', async () => {
  const gone = new AbortController()
  const { port } = await servers.tcp((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id":')
      setImmediate(() => gone.abort('enough'))
    })
  })
  assert.equal(await post(`http://127.0.0.1:${port}/`, gone.signal), { result: 'enough', isSent: true })
})

httpClient('every call is counted and logged, by operation and outcome alone', async () => {
  const { port } = await servers.http((request, response) => {
    if (request.url === '/cut') return void request.socket.destroy()
    answer(response, request.url === '/limited' ? 429 : 200, { token: 's3cr3t' })
  })
  const { client, metrics, log } = setUp()
  const url = `http://127.0.0.1:${port}`
  await client.send(call('GET', `${url}/`), forever)
  await client.send(call('POST', `${url}/limited`), forever)
  await client.send(call('POST', `${url}/cut`), forever).catch(() => undefined)
  assert.equal(metrics.calls, ['getTenants 200', 'createTenant 429', 'createTenant error'])
  assert.is(metrics.limited, 1)
  assert.equal(
    log.lines.map(({ level, fields }) => [level, fields['operation'], fields['status'] ?? fields['error']]),
    [
      ['debug', 'getTenants', 200],
      ['debug', 'createTenant', 429],
      ['debug', 'createTenant', 'ECONNRESET'],
    ],
  )
  assert.not.match(JSON.stringify(log.lines), /s3cr3t/)
})

httpClient.run()
