// What the answers of a token endpoint mean, over real sockets.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Connections } from '../../src/controlplane/connections.ts'
import { HttpClient } from '../../src/controlplane/http-client.ts'
import { requestToken } from '../../src/controlplane/token-request.ts'
import { Redacted } from '../../src/redacted.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import type { Handler } from './loopback-server.ts'
import { answer, bodyOf, deadPort, LoopbackServers } from './loopback-server.ts'
import { RecordedCalls } from './recorded-calls.ts'

const forever = new AbortController().signal
const SECRET = { type: 'ClientSecret', clientSecret: new Redacted('p w') } as const
const GRANT = { access_token: 'abc', token_type: 'Bearer', expires_in: 3600, scope: 'r' }

const servers = new LoopbackServers()
const connections = new Connections({})
const clock = new ManualClock()
const metrics = new RecordedCalls()
const client = new HttpClient({ connections, clock, metrics, logger: new RecordedLog() })

async function ask(handler: Handler, proof: Parameters<typeof requestToken>[1]['credential']['proof'] = SECRET) {
  const { port } = await servers.http(handler)
  const request = { operation: 'applicationToken', credential: { clientId: 'id', proof }, scopes: ['r', 'w'] } as const
  return requestToken(client, { ...request, tokenUrl: `http://127.0.0.1:${port}/token` }, clock, forever)
}

const reply =
  (status: number, document: unknown): Handler =>
  (_, response) =>
    answer(response, status, document)

const tokenRequests = suite('token requests')

tokenRequests.after(() => servers.closeAll())

tokenRequests('a token is granted with its life', async () => {
  let sent = ''
  const result = await ask(async (request, response) => {
    const { method, url, headers } = request
    sent = [method, url, headers['content-type'], headers.authorization, await bodyOf(request)].join(' ')
    answer(response, 200, GRANT)
  })
  assert.ok(result.result === 'granted')
  assert.equal([result.accessToken.reveal(), result.expiresInMs], ['abc', 3_600_000])
  const basic = Buffer.from('id:p+w').toString('base64')
  const form = 'grant_type=client_credentials&scope=r+w'
  assert.is(sent, `POST /token application/x-www-form-urlencoded Basic ${basic} ${form}`)
})

const REFUSALS: readonly (readonly [status: number, document: unknown, why: string])[] = [
  [401, { error: 'invalid_client', error_description: 's3cr3t' }, '401 invalid_client'],
  [400, { error: 'invalid_client' }, '400 invalid_client'],
  [400, { error: 'invalid_scope' }, '400 invalid_scope'],
  [403, { error: 'unauthorized_client' }, '403 unauthorized_client'],
  [401, { error: 's3cr3t' }, '401'],
  [401, undefined, '401'],
]

for (const [status, document, why] of REFUSALS) {
  tokenRequests(`${status} ${JSON.stringify(document)} is a refusal`, async () => {
    assert.equal(await ask(reply(status, document)), { result: 'refused', why })
  })
}

const OTHERS: readonly (readonly [status: number, document: unknown, why: string])[] = [
  [400, { message: 'bad gateway configuration' }, '400'],
  [403, undefined, '403'],
  [404, { error: 'not_found' }, '404'],
  [500, { error: 'invalid_client' }, '500'],
  [302, undefined, '302'],
  [200, undefined, '200 without a token'],
  [200, { ...GRANT, access_token: '' }, '200 without a token'],
  [200, { ...GRANT, access_token: 'a\r\nb' }, '200 without a token'],
  [200, { ...GRANT, token_type: 'DPoP' }, '200 without a token'],
  [200, { ...GRANT, expires_in: '3600' }, '200 without a token'],
]

for (const [status, document, why] of OTHERS) {
  tokenRequests(`${status} ${JSON.stringify(document)} is neither a token nor a refusal`, async () => {
    assert.equal(await ask(reply(status, document)), { result: 'unavailable', why, retryAfterMs: undefined })
  })
}

tokenRequests('a 429 is a request for patience', async () => {
  const result = await ask((_, response) => {
    response.setHeader('Retry-After', '9')
    answer(response, 429)
  })
  assert.equal(result, { result: 'limited', retryAfterMs: 9_000 })
})

tokenRequests('it is asked once, whatever happens', async () => {
  let requests = 0
  const result = await ask((request) => {
    requests++
    request.socket.destroy()
  })
  assert.equal([result.result, requests], ['unavailable', 1])
})

tokenRequests('nobody there is not a refusal', async () => {
  const tokenUrl = `http://127.0.0.1:${await deadPort()}/token`
  const credential = { clientId: 'id', proof: SECRET }
  const question = { operation: 'organizationToken', credential, tokenUrl, scopes: ['r'] } as const
  const result = await requestToken(client, question, clock, forever)
  assert.equal(result, { result: 'unavailable', why: 'ECONNREFUSED', retryAfterMs: undefined })
})

tokenRequests('an endpoint that says nothing for 30 s is not there', async () => {
  const asked: unknown[] = []
  const asking = ask((request) => asked.push(request.url))
  while (asked.length === 0) await settled()
  await clock.advance(30_000)
  assert.equal(await asking, { result: 'unavailable', why: 'no answer within 30 s', retryAfterMs: undefined })
})

tokenRequests('a key that is none is refused without asking', async () => {
  const result = await ask(() => assert.unreachable(), { type: 'EC', kid: 'k', privateKeyPem: new Redacted('none') })
  assert.equal(result, { result: 'refused', why: 'the private key cannot be used' })
})

tokenRequests.run()
