// Metrics and probes over HTTP on loopback.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import type { ServerCertificate } from '../../src/simulator/certificate.ts'
import { plain } from '../../src/telemetry/answer.ts'
import { CertificateFiles } from '../../src/telemetry/certificate.ts'
import type { Report } from '../../src/telemetry/health.ts'
import type { ListenAddress, TelemetryServer } from '../../src/telemetry/server.ts'
import { healthServer, metricsServer } from '../../src/telemetry/server.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const LOOPBACK: ListenAddress = { host: '127.0.0.1', port: 0 }

const clock = new ManualClock()
const log = new RecordedLog()
const started: TelemetryServer[] = []

function optionsOf(address: ListenAddress = LOOPBACK) {
  return { address, clock, logger: log }
}

async function start(server: TelemetryServer): Promise<string> {
  started.push(server)
  await server.start()
  return `http://127.0.0.1:${server.port}`
}

function health(ok: boolean): { healthz(): Report; readyz(): Report } {
  const report = { ok, parts: { RaiTenant: 'synced' } }
  return { healthz: () => ({ ok: true, parts: {} }), readyz: () => report }
}

const metrics = { expose: () => Promise.resolve({ type: 'text/plain; version=0.0.4', body: '# HELP ä\n' }) }

const test = suite('telemetry server')

test.after.each(async () => {
  for (const server of started.splice(0)) await server.stop()
})

test('metrics are served as the registry has them', async () => {
  const url = await start(metricsServer(metrics, optionsOf()))
  const answer = await fetch(`${url}/metrics?format=text`)
  assert.is(answer.status, 200)
  assert.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4')
  assert.is(await answer.text(), '# HELP ä\n')
})

for (const [ok, status] of [
  [true, 200],
  [false, 503],
] as const) {
  test(`a probe that is ${ok ? 'ok' : 'not ok'} is answered by ${status} and says why`, async () => {
    const url = await start(healthServer(health(ok), optionsOf()))
    const answer = await fetch(`${url}/readyz`)
    assert.is(answer.status, status)
    assert.equal(await answer.json(), { ok, RaiTenant: 'synced' })
    assert.is((await fetch(`${url}/healthz`)).status, 200)
  })
}

test('HEAD is GET without a body', async () => {
  const url = await start(metricsServer(metrics, optionsOf()))
  const answer = await fetch(`${url}/metrics`, { method: 'HEAD' })
  assert.is(answer.status, 200)
  assert.is(answer.headers.get('content-length'), '10')
  assert.is(await answer.text(), '')
})

test('nothing can be changed by way of it', async () => {
  const url = await start(healthServer(health(true), optionsOf()))
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(`${url}/readyz`, { method })
    assert.is(answer.status, 405, method)
    assert.is(answer.headers.get('allow'), 'GET, HEAD')
  }
})

test('each server has its own pages, and says which when asked for another', async () => {
  const url = await start(healthServer(health(true), optionsOf()))
  for (const path of ['/', '/metrics', '/healthz/', '/toString', '//x']) {
    const answer = await fetch(url + path)
    assert.is(answer.status, 404, path)
    assert.match(await answer.text(), '/healthz and /readyz')
  }
})

test('a page that cannot be made is a 500 that tells nothing, and a line in the log', async () => {
  const broken = { expose: () => Promise.reject(new Error('s3cret')) }
  const url = await start(metricsServer(broken, optionsOf()))
  const answer = await fetch(`${url}/metrics`)
  assert.is(answer.status, 500)
  assert.not.match(await answer.text(), 's3cret')
  assert.ok(log.lines.some(({ level, message }) => level === 'error' && message === 'a page could not be made'))
})

test('one that is off listens nowhere', async () => {
  const server = metricsServer(metrics, optionsOf('off'))
  await server.start()
  assert.is(server.port, undefined)
  await server.stop()
})

test('a port that is taken fails the start in one line', async () => {
  const first = metricsServer(metrics, optionsOf())
  await start(first)
  const second = healthServer(health(true), optionsOf({ host: '127.0.0.1', port: first.port! }))
  try {
    await second.start()
    assert.unreachable('it started')
  } catch (error) {
    assert.instance(error, Failure)
    const { code, message } = error as Failure
    assert.is(code, 'AddressUnavailable')
    assert.is(message, `the health server cannot listen on 127.0.0.1:${first.port} (EADDRINUSE)`)
  }
  await second.stop()
})

test('stopping closes connections that wait for a request', async () => {
  const server = metricsServer(metrics, optionsOf())
  await start(server)
  const socket = connect(server.port!, '127.0.0.1')
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await server.stop()
  await closed
  assert.is(server.port, undefined)
})

test('stopping waits a second for an answer in flight, and no longer', async () => {
  const asked = Promise.withResolvers<void>()
  const slow = {
    expose: () => {
      asked.resolve()
      return new Promise<never>(() => {})
    },
  }
  const server = metricsServer(slow, optionsOf())
  await start(server)
  const socket = connect(server.port!, '127.0.0.1')
  const closed = once(socket, 'close')
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked.promise
  const stopped = server.stop()
  assert.is(clock.armed, 1)
  await clock.advance(999)
  assert.not(socket.closed)
  await clock.advance(1)
  await Promise.all([stopped, closed])
  assert.is(clock.armed, 0)
})

for (const method of ['GET', 'HEAD']) {
  test(`whom the guard refuses gets its answer to ${method}, and the metrics are not even made`, async () => {
    const asked: (string | undefined)[] = []
    const guard = {
      refusal: (authorization?: string) => {
        asked.push(authorization)
        return Promise.resolve(authorization === 'Bearer good' ? undefined : plain(401, 'no', { 'x-a': 'b' }))
      },
      close: () => {},
    }
    let made = 0
    const counted = { expose: () => metrics.expose().finally(() => made++) }
    const url = await start(metricsServer(counted, { ...optionsOf(), guard }))
    const refused = await fetch(`${url}/metrics`, { method })
    assert.equal([refused.status, refused.headers.get('x-a'), made], [401, 'b', 0])
    const answer = await fetch(`${url}/metrics`, { method, headers: { authorization: 'Bearer good' } })
    assert.equal([answer.status, made], [200, 1])
    assert.equal(asked, [undefined, 'Bearer good'])
  })
}

test('a guard that breaks lets nobody in', async () => {
  const guard = { refusal: () => Promise.reject(new Error('broken')), close: () => {} }
  const url = await start(metricsServer(metrics, { ...optionsOf(), guard }))
  assert.is((await fetch(`${url}/metrics`)).status, 500)
})

test('the guard gives up what is under way when the server stops', async () => {
  let closed = 0
  const guard = { refusal: () => Promise.resolve(undefined), close: () => void closed++ }
  const server = metricsServer(metrics, { ...optionsOf(), guard })
  await start(server)
  await server.stop()
  assert.is(closed, 1)
})

test.run()

const secure = suite('telemetry server by HTTPS')
const LOOK_MS = 10_000
const HANDSHAKE_MS = 10_000

secure.before.each((context) => {
  context.directory = mkdtempSync(join(tmpdir(), 'metrics-tls-'))
})

secure.after.each(async (context) => {
  for (const server of started.splice(0)) await server.stop()
  rmSync(context.directory, { recursive: true })
})

function write(directory: string, { cert, key }: Pick<ServerCertificate, 'cert' | 'key'>): void {
  writeFileSync(join(directory, 'tls.crt'), cert)
  writeFileSync(join(directory, 'tls.key'), key)
}

function made(): ServerCertificate {
  return makeServerCertificate(['127.0.0.1'], Date.now())
}

/** A server with the certificate in this directory, and a clock of its own. */
function secureServer(directory: string) {
  const clock = new ManualClock()
  const log = new RecordedLog()
  const options = { address: LOOPBACK, clock, logger: log }
  const certificate = new CertificateFiles({ directory, setting: 'metrics-cert-dir', clock, logger: log })
  const server = metricsServer(metrics, { ...options, certificate })
  started.push(server)
  const toldOf = async (message: string) => {
    while (!log.lines.some((line) => line.message === message)) await settled()
  }
  return { server, clock, toldOf }
}

/** The status and body that come to whom trusts this CA; over `agent`, or a connection of its own. */
async function get(port: number, ca: string, agent: https.Agent | false = false): Promise<[number?, string?]> {
  const request = https.get({ host: '127.0.0.1', port, path: '/metrics', ca, agent })
  const [response] = await once(request, 'response')
  return [response.statusCode, await text(response)]
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code,
  )
}

secure('metrics are served to whom trusts its certificate', async ({ directory }) => {
  const certificate = made()
  write(directory, certificate)
  const { server } = secureServer(directory)
  await server.start()
  assert.equal(await get(server.port!, certificate.ca), [200, '# HELP ä\n'])
  assert.is(await codeOf(get(server.port!, made().ca)), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

secure('plain HTTP gets no answer', async ({ directory }) => {
  write(directory, made())
  const { server } = secureServer(directory)
  await server.start()
  assert.is(await fetch(`http://127.0.0.1:${server.port}/metrics`).catch(() => 'none'), 'none')
})

secure('older versions of TLS than 1.2 are refused, before and after a renewal', async ({ directory }) => {
  write(directory, made())
  const { server, clock, toldOf } = secureServer(directory)
  await server.start()
  const speaks = async (version: tls.SecureVersion): Promise<string> => {
    const options = { port: server.port!, host: '127.0.0.1', rejectUnauthorized: false, ciphers: 'DEFAULT@SECLEVEL=0' }
    const socket = tls.connect({ ...options, minVersion: version, maxVersion: version })
    const code = await codeOf(once(socket, 'secureConnect'))
    socket.destroy()
    return code
  }
  const versions = async () => [await speaks('TLSv1.1'), await speaks('TLSv1.2'), await speaks('TLSv1.3')]
  const expected = ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'none', 'none']
  assert.equal(await versions(), expected)
  write(directory, made())
  await clock.advance(LOOK_MS)
  await toldOf('certificate renewed')
  assert.equal(await versions(), expected)
})

secure('a renewed certificate meets new connections, and those that are open go on', async ({ directory }) => {
  const [first, second] = [made(), made()]
  write(directory, first)
  const { server, clock, toldOf } = secureServer(directory)
  await server.start()
  const kept = new https.Agent({ keepAlive: true, maxSockets: 1 })
  assert.is((await get(server.port!, first.ca, kept))[0], 200)
  const [socket] = Object.values(kept.freeSockets)[0]!
  write(directory, second)
  await clock.advance(LOOK_MS)
  await toldOf('certificate renewed')
  assert.is((await get(server.port!, second.ca))[0], 200)
  assert.is(await codeOf(get(server.port!, first.ca)), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  assert.is((await get(server.port!, first.ca, kept))[0], 200)
  assert.is(Object.values(kept.freeSockets)[0]![0], socket, 'the same connection')
  kept.destroy()
})

secure('without a certificate it does not start, and listens nowhere', async ({ directory }) => {
  const { server, clock } = secureServer(directory)
  assert.is(await codeOf(server.start()), 'WrongConfiguration')
  assert.is(server.port, undefined)
  assert.is(clock.armed, 0)
})

secure('one that is off needs no certificate', async ({ directory }) => {
  const certificate = new CertificateFiles({ directory, setting: 'metrics-cert-dir', clock, logger: log })
  await metricsServer(metrics, { ...optionsOf('off'), certificate }).start()
})

secure('stopping waits a second for who does not speak TLS, and no longer', async ({ directory }) => {
  write(directory, made())
  const { server, clock } = secureServer(directory)
  await server.start()
  const socket = connect(server.port!, '127.0.0.1')
  // Sooner than the server gives up a handshake by itself.
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(HANDSHAKE_MS / 2) })
  await once(socket, 'connect')
  // Whoever comes later is answered: by then the server knows of the first.
  await codeOf(get(server.port!, made().ca))
  const stopped = server.stop()
  await clock.advance(1000)
  await Promise.all([stopped, closed])
  assert.is(clock.armed, 0)
})

secure.run()
