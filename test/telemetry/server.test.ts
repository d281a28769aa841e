// Metrics and probes over HTTP on loopback.
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import type { Report } from '../../src/telemetry/health.ts'
import type { ListenAddress, TelemetryServer } from '../../src/telemetry/server.ts'
import { healthServer, metricsServer } from '../../src/telemetry/server.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
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

test.run()
