// How calls fare over real sockets when the control plane is in every kind of trouble.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CreateOutcome } from '../../src/controllers/ports.ts'
import { CALL_CLASSES } from '../../src/controlplane/call-class.ts'
import type { Http } from '../../src/controlplane/http-client.ts'
import { Budget } from '../../src/engine/budget.ts'
import { LeaseGate } from '../../src/engine/gate.ts'
import { failureOf } from '../doubles/failure-of.ts'
import { settled } from '../doubles/manual-clock.ts'
import type { Handler } from './loopback-server.ts'
import { answer, bodyOf, LoopbackServers } from './loopback-server.ts'
import type { Organization } from './organization.ts'
import { openOrganization } from './organization.ts'
import { EagerClock } from './recorded-calls.ts'

const forever = new AbortController().signal
const TENANT = { id: 't-1', name: 'acme', created: 'c', updated: 'u', cells: ['eu-1'] }
const REQUEST = { name: 'acme', cells: ['eu-1'] }
const LEASE_MS = 600_000

const servers = new LoopbackServers()
const opened: Organization[] = []

/** Acts, in order, on each call but token requests; the last one on all that come later. */
async function setUp(...handlers: Handler[]) {
  const seen: string[] = []
  const bearers: (string | undefined)[] = []
  let tokens = 0
  const { port, connections } = await servers.http((request, response) => {
    if (request.url === '/token') {
      return answer(response, 200, { access_token: `t${++tokens}`, token_type: 'Bearer', expires_in: 3600 })
    }
    seen.push(`${request.method} ${request.url}`)
    bearers.push(request.headers.authorization)
    handlers[Math.min(seen.length, handlers.length) - 1]?.(request, response)
  })
  const url = `http://127.0.0.1:${port}`
  const clock = new EagerClock()
  const gate = new LeaseGate(clock)
  gate.extend(clock.monotonic(), clock.now(), LEASE_MS)
  const organization = openOrganization({ baseUrl: `${url}/v0`, tokenUrl: `${url}/token`, clock, gate })
  opened.push(organization)
  return { ...organization, gate, seen, bearers, connections, tokens: () => tokens }
}

const reply =
  (status: number, document?: unknown): Handler =>
  (_, response) =>
    answer(response, status, document)
const hangUp: Handler = (request) => request.socket.destroy()
const silence: Handler = () => undefined

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settled()
}

const told = <T>(result: CreateOutcome<T>) =>
  result.outcome === 'created' ? [result.outcome] : [result.outcome, result.failure.code, result.failure.disposition]

const managementApi = suite('management api')

managementApi.after(async () => {
  for (const { plane } of opened) plane.close()
  await servers.closeAll()
})

managementApi('a GET is repeated when there is no answer or a 5xx, with longer and longer pauses', async () => {
  const { plane, clock, seen, metrics } = await setUp(hangUp, reply(500), reply(503), reply(200, TENANT))
  assert.is((await plane.tenants.get('t-1', forever))?.name, 'acme')
  assert.is(seen.length, 4)
  assert.equal(clock.pauses, [250, 500, 1_000])
  assert.equal(metrics.calls, [
    'organizationToken 200',
    'getTenant error',
    'getTenant 500',
    'getTenant 503',
    'getTenant 200',
  ])
})

managementApi('a GET is given up after four attempts', async () => {
  const { plane, seen } = await setUp(reply(502))
  const { code, disposition, message } = await failureOf(plane.tenants.get('t-1', forever))
  assert.equal([code, disposition, seen.length], ['ControlPlaneUnavailable', 'retry', 4])
  assert.match(message, /getTenant with 502/)
})

managementApi('a GET that gets no answer at all says why', async () => {
  const { plane } = await setUp(hangUp)
  const { code, message } = await failureOf(plane.tenants.list(forever))
  assert.is(code, 'ControlPlaneUnavailable')
  assert.match(message, /does not answer getTenants \(ECONNRESET\)/)
})

managementApi('a server that says when to come back is not asked before', async () => {
  const { plane, seen } = await setUp((_, response) => {
    response.setHeader('Retry-After', '20')
    answer(response, 503)
  })
  const { code, retryAfterMs } = await failureOf(plane.tenants.list(forever))
  assert.equal([code, retryAfterMs, seen.length], ['ControlPlaneUnavailable', 20_000, 1])
})

managementApi('a 4xx is not repeated', async () => {
  for (const [status, code] of [
    [400, 'Rejected'],
    [403, 'Forbidden'],
    [409, 'Rejected'],
  ] as const) {
    const { plane, seen } = await setUp(reply(status))
    assert.equal([(await failureOf(plane.tenants.delete('t-1', forever))).code, seen.length], [code, 1])
  }
})

managementApi('a redirect is not followed', async () => {
  const { plane, seen } = await setUp((_, response) => response.writeHead(302, { Location: '/token' }).end())
  const { code, message } = await failureOf(plane.tenants.get('t-1', forever))
  assert.is(code, 'ControlPlaneUnavailable')
  assert.match(message, /302/)
  assert.is(seen.length, 1)
})

managementApi('a 404 is absence to a GET and to a DELETE', async () => {
  const { plane } = await setUp(reply(404))
  assert.is(await plane.tenants.get('t-1', forever), undefined)
  assert.is(await plane.applications.get('t-1', 'a-1', forever), undefined)
  assert.is(await plane.applications.list('t-1', forever), undefined)
  assert.is(await plane.tenants.delete('t-1', forever), 'absent')
  assert.is(await plane.applications.delete('t-1', 'a-1', forever), 'absent')
  assert.is((await failureOf(plane.tenants.list(forever))).code, 'Rejected')
})

managementApi('a DELETE whose answer was lost and that then finds nothing is not taken for its own doing', async () => {
  const { plane, seen } = await setUp(hangUp, reply(404))
  assert.is(await plane.tenants.delete('t-1', forever), 'absent')
  assert.is(seen.length, 2)
})

managementApi('an answer of another shape is a failure that holds nothing of it', async () => {
  const { plane, seen } = await setUp(reply(200, { id: 's3cr3t' }))
  const { code, message } = await failureOf(plane.tenants.get('t-1', forever))
  assert.equal([code, seen.length], ['ControlPlaneUnavailable', 1])
  assert.match(message, /getTenant is not what the contract says/)
  assert.not.match(message, /s3cr3t/)
})

managementApi('an id that would lead elsewhere is asked for nowhere', async () => {
  const { plane, seen } = await setUp(reply(204))
  assert.is((await failureOf(plane.tenants.delete('..', forever))).code, 'Rejected')
  assert.is((await failureOf(plane.applications.delete('t-1', 'a/../b', forever))).code, 'Rejected')
  const auth = { type: 'ClientSecret' } as const
  const created = await plane.applications.create('', { cell: 'eu-1', scopes: [], auth }, forever)
  assert.equal(told(created), ['notSent', 'Rejected', 'stall'])
  assert.equal(seen, [])
})

managementApi('a 401 gets one new token, with which the call is repeated', async () => {
  const { plane, bearers, tokens } = await setUp(reply(401), reply(200, TENANT))
  assert.ok(await plane.tenants.get('t-1', forever))
  assert.equal(bearers, ['Bearer t1', 'Bearer t2'])
  assert.is(tokens(), 2)
})

managementApi('a 401 to the new token as well is Unauthorized, and remembered', async () => {
  const { plane, seen, tokens } = await setUp(reply(401))
  const { code, disposition } = await failureOf(plane.tenants.get('t-1', forever))
  assert.equal([code, disposition], ['Unauthorized', 'wait'])
  for (let i = 0; i < 20; i++) assert.is((await failureOf(plane.tenants.list(forever))).code, 'Unauthorized')
  assert.equal([seen.length, tokens()], [2, 2])
  assert.equal(plane.credentialStatus(), { state: 'refused', hadToken: true })
})

managementApi('a 429 holds up all callers, who are told when to come back', async () => {
  const { plane, seen, budget, clock, metrics } = await setUp(
    (_, response) => {
      response.setHeader('Retry-After', '30')
      answer(response, 429)
    },
    reply(200, TENANT),
  )
  const first = await failureOf(plane.tenants.get('t-1', forever))
  assert.equal([first.code, first.disposition, first.retryAfterMs], ['RateLimited', 'retry', 30_000])
  assert.is(budget.pausedMs, 30_000)
  await clock.advance(10_000)
  const second = await failureOf(plane.tenants.get('t-1', forever))
  assert.equal([second.code, second.retryAfterMs, seen.length], ['RateLimited', 20_000, 1])
  assert.equal(told(await plane.tenants.create(REQUEST, forever)), ['notSent', 'RateLimited', 'retry'])
  assert.is(metrics.limited, 1)
  await clock.advance(20_001)
  assert.ok(await plane.tenants.get('t-1', forever))
})

managementApi('of the calls that wait those of the more urgent class go first', async () => {
  const clock = new EagerClock()
  const budget = new Budget({ classes: CALL_CLASSES, perSecond: 1, burst: 1, random: () => 0, clock })
  const seen: string[] = []
  const http: Http = {
    async send({ url, operation }) {
      const text = JSON.stringify({ access_token: 't', token_type: 'Bearer', expires_in: 3600 })
      if (operation === 'organizationToken') return { status: 200, text, retryAfterMs: undefined, dateMs: undefined }
      seen.push(url.pathname.split('/').at(-1)!)
      return { status: 404, text: '', retryAfterMs: undefined, dateMs: undefined }
    },
  }
  const baseUrl = 'http://127.0.0.1:1/v0'
  const { plane } = openOrganization({ baseUrl, tokenUrl: `${baseUrl}/token`, clock, budget, http })
  await plane.tenants.get('first', forever)
  const asked = CALL_CLASSES.toReversed().map((by) => plane.as(by).tenants.get(by, forever))
  await clock.advance(4_000)
  await Promise.all(asked)
  assert.equal(seen, ['first', ...CALL_CLASSES])
})

managementApi('a 429 that does not say when holds up for a second first', async () => {
  const { plane, budget } = await setUp(reply(429))
  assert.is((await failureOf(plane.tenants.get('t-1', forever))).retryAfterMs, 1_000)
  assert.is(budget.pausedMs, 1_000)
})

managementApi('a GET ends with its deadline', async () => {
  const { plane, clock, seen } = await setUp(silence)
  const failing = failureOf(plane.tenants.get('t-1', forever))
  await until(() => seen.length === 1)
  await clock.advance(30_000)
  const { code, message } = await failing
  assert.is(code, 'ControlPlaneUnavailable')
  assert.match(message, /no answer within 30 s/)
  assert.is(clock.armed, 0)
})

managementApi('a GET ends with its signal', async () => {
  const { plane, seen, clock } = await setUp(silence)
  const gone = new AbortController()
  const result = plane.tenants.get('t-1', gone.signal).catch((error: unknown) => error)
  await until(() => seen.length === 1)
  gone.abort('given up')
  assert.is(await result, 'given up')
  assert.is(clock.armed, 0)
})

managementApi('a POST is created by a 201 that matches, with what was asked for in its body', async () => {
  let sent = ''
  const { plane } = await setUp(async (request, response) => {
    sent = `${request.headers['content-type']} ${await bodyOf(request)}`
    answer(response, 201, TENANT)
  })
  const result = await plane.tenants.create(REQUEST, forever)
  assert.is(result.outcome === 'created' && result.value.id, 't-1')
  assert.is(sent, 'application/json {"name":"acme","cells":["eu-1"]}')
})

managementApi('a POST whose 201 speaks of another tenant is ambiguous', async () => {
  const { plane } = await setUp(reply(201, { ...TENANT, name: 'other' }))
  assert.equal(told(await plane.tenants.create(REQUEST, forever)), ['ambiguous', 'ControlPlaneUnavailable', 'retry'])
})

const ONCE: readonly (readonly [what: string, handler: Handler, told: readonly string[]])[] = [
  ['a hang-up', hangUp, ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 500', reply(500), ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 503', reply(503), ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 408', reply(408), ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 307', reply(307), ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 200', reply(200, TENANT), ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 201 without a tenant', reply(201), ['ambiguous', 'ControlPlaneUnavailable', 'retry']],
  ['a 400', reply(400), ['rejected', 'Rejected', 'stall']],
  ['a 403', reply(403), ['rejected', 'Forbidden', 'wait']],
  ['a 404', reply(404), ['rejected', 'Rejected', 'stall']],
  ['a 429', reply(429), ['rejected', 'RateLimited', 'retry']],
]

for (const [what, handler, expected] of ONCE) {
  managementApi(`a POST is never repeated: ${what}`, async () => {
    const { plane, seen } = await setUp(handler, reply(201, TENANT))
    assert.equal(told(await plane.tenants.create(REQUEST, forever)), expected)
    assert.equal(seen, ['POST /v0/tenants'])
  })
}

managementApi('a POST that gets a 401 is rejected, and the next one has a new token', async () => {
  const { plane, bearers } = await setUp(reply(401), reply(201, TENANT))
  assert.equal(told(await plane.tenants.create(REQUEST, forever)), ['rejected', 'Unauthorized', 'retry'])
  assert.equal(told(await plane.tenants.create(REQUEST, forever)), ['created'])
  assert.equal(bearers, ['Bearer t1', 'Bearer t2'])
})

managementApi('POSTs that always get a 401 do not ask for a token each', async () => {
  const { plane, seen, tokens } = await setUp(reply(401))
  const results = []
  for (let i = 0; i < 20; i++) results.push(told(await plane.tenants.create(REQUEST, forever)).join(' '))
  assert.equal(results.slice(0, 3), [
    'rejected Unauthorized retry',
    'rejected Unauthorized wait',
    'notSent Unauthorized wait',
  ])
  assert.equal([seen.length, tokens()], [2, 2])
})

managementApi('an application in a tenant that is not known is told apart', async () => {
  const { plane } = await setUp(reply(404))
  const request = { cell: 'eu-1', scopes: ['r'], auth: { type: 'ClientSecret' } } as const
  const result = await plane.applications.create('t-1', request, forever)
  assert.equal(told(result), ['rejected', 'TenantNotReady', 'wait'])
})

managementApi('a POST that is given up while it waits for its turn is not sent', async () => {
  const { plane, seen, budget } = await setUp(reply(201, TENANT))
  await plane.tenants.create(REQUEST, forever)
  budget.pause(3_000)
  const gone = new AbortController()
  const creating = plane.tenants.create(REQUEST, gone.signal)
  await settled()
  gone.abort('given up')
  assert.equal(told(await creating), ['notSent', 'ControlPlaneUnavailable', 'retry'])
  assert.is(seen.length, 1)
})

managementApi('a POST that is on its way is waited for, whoever gives up', async () => {
  const gate = Promise.withResolvers<void>()
  const { plane, seen } = await setUp(async (_, response) => {
    await gate.promise
    answer(response, 201, TENANT)
  })
  const gone = new AbortController()
  const creating = plane.tenants.create(REQUEST, gone.signal)
  await until(() => seen.length === 1)
  gone.abort('given up')
  await settled()
  gate.resolve()
  assert.equal(told(await creating), ['created'])
})

for (const [spareMs, isSent] of [
  [2_000, true],
  [1_999, false],
  [0, false],
] as const) {
  managementApi(`a POST with ${spareMs} ms of the lease to spare is ${isSent ? '' : 'not '}sent`, async () => {
    const { plane, clock, seen } = await setUp(reply(201, TENANT))
    await plane.tenants.list(forever).catch(() => undefined)
    seen.length = 0
    await clock.advance(LEASE_MS - spareMs)
    const expected = isSent ? ['created'] : ['notSent', 'ControlPlaneUnavailable', 'retry']
    assert.equal(told(await plane.tenants.create(REQUEST, forever)), expected)
    assert.equal(seen, isSent ? ['POST /v0/tenants'] : [])
  })
}

managementApi('whether a POST may go is asked when its connection stands, not before', async () => {
  const { plane, clock, gate, seen } = await setUp(reply(201, TENANT))
  await clock.advance(LEASE_MS)
  const creating = plane.tenants.create(REQUEST, forever)
  gate.extend(clock.monotonic(), clock.now(), LEASE_MS)
  assert.equal(told(await creating), ['created'])
  assert.is(seen.length, 1)
})

managementApi('without the lease nothing is deleted, and everything can be read', async () => {
  const { plane, gate, seen } = await setUp(reply(200, TENANT))
  gate.close()
  const failure = await failureOf(plane.tenants.delete('t-1', forever))
  assert.equal([failure.code, failure.disposition], ['LeaseLost', 'retry'])
  assert.ok(await plane.tenants.get('t-1', forever))
  assert.equal(seen, ['GET /v0/tenants/t-1'])
})

managementApi('a DELETE is not repeated once the lease is lost', async () => {
  const { plane, gate, seen } = await setUp((_, response) => {
    gate.close()
    answer(response, 500)
  })
  assert.is((await failureOf(plane.tenants.delete('t-1', forever))).code, 'LeaseLost')
  assert.is(seen.length, 1)
})

managementApi('a POST that is not answered in time is ambiguous', async () => {
  const { plane, clock, seen } = await setUp(silence)
  const creating = plane.tenants.create(REQUEST, forever)
  await until(() => seen.length === 1)
  await clock.advance(29_999)
  await settled()
  await clock.advance(1)
  const result = await creating
  assert.equal(told(result), ['ambiguous', 'ControlPlaneUnavailable', 'retry'])
  assert.ok(result.outcome === 'ambiguous' && /no answer within 30 s/.test(result.failure.message))
})

managementApi('neither failures nor logs hold a secret', async () => {
  const { plane, log } = await setUp(reply(403, { message: 's3cr3t' }))
  const failure = await failureOf(plane.tenants.list(forever))
  for (const text of [failure.message, JSON.stringify(log.lines)]) {
    assert.not.match(text, /s3cr3t|Bearer|Basic|\bt1\b/)
  }
})

managementApi.run()
