// The organization's token: one for all, with a clock that the tests move and an endpoint that they answer for.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ClientCredential } from '../../src/controlplane/client-auth.ts'
import { OrganizationToken } from '../../src/controlplane/organization-token.ts'
import type { TokenAnswer } from '../../src/controlplane/token-request.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'

const forever = new AbortController().signal
const HOUR_MS = 3_600_000
const REFUSED: TokenAnswer = { result: 'refused', why: '401 invalid_client' }
const DOWN: TokenAnswer = { result: 'unavailable', why: 'ECONNREFUSED', retryAfterMs: undefined }
const LIMITED: TokenAnswer = { result: 'limited', retryAfterMs: 7_000 }

function credential(clientId = 'abc'): ClientCredential {
  return { clientId, proof: { type: 'ClientSecret', clientSecret: new Redacted('s') } }
}

function setUp(lifeMs = HOUR_MS) {
  const clock = new ManualClock()
  const requests: string[] = []
  const given: { credential: ClientCredential | Failure; answer: TokenAnswer | undefined; gate: Promise<void> } = {
    credential: credential(),
    answer: undefined,
    gate: Promise.resolve(),
  }
  const token = new OrganizationToken({
    credentials: {
      read() {
        if (given.credential instanceof Failure) throw given.credential
        return given.credential
      },
    },
    async request({ clientId }, signal) {
      requests.push(clientId)
      await given.gate
      signal.throwIfAborted()
      const accessToken = new Redacted(`token ${requests.length}`)
      return given.answer ?? { result: 'granted', accessToken, expiresInMs: lifeMs }
    },
    tokenUrl: 'https://id.example.com/token',
    clock,
    random: () => 1,
  })
  const bearer = async () => (await token.get(forever)).bearer.reveal()
  const failure = () =>
    token.get(forever).then(
      () => assert.unreachable('there was a token'),
      (error: Failure) => error,
    ) as Promise<Failure>
  return { clock, given, requests, token, bearer, failure }
}

const tokens = suite('organization token')

tokens('a token serves until shortly before it expires', async () => {
  const { clock, requests, bearer } = setUp()
  for (let minute = 0; minute < 55; minute++) {
    assert.is(await bearer(), 'token 1')
    await clock.advance(60_000)
  }
  assert.is(requests.length, 1)
})

tokens('it is replaced early, while the old one still serves', async () => {
  const { clock, requests, bearer } = setUp()
  await bearer()
  await clock.advance(HOUR_MS - 299_000)
  assert.is(await bearer(), 'token 1')
  await settled()
  assert.is(await bearer(), 'token 2')
  assert.is(requests.length, 2)
})

tokens('when it cannot be replaced early, the old one serves until it expires', async () => {
  const { clock, given, requests, bearer, failure } = setUp()
  await bearer()
  given.answer = DOWN
  await clock.advance(HOUR_MS - 200_000)
  assert.is(await bearer(), 'token 1')
  await settled()
  assert.is(await bearer(), 'token 1')
  assert.is(requests.length, 2, 'the endpoint is left alone for a while')
  await clock.advance(180_000)
  assert.is((await failure()).code, 'ControlPlaneUnavailable')
})

tokens('a short life is used for the most part', async () => {
  const { clock, requests, bearer } = setUp(10_000)
  await bearer()
  await clock.advance(7_999)
  assert.is(await bearer(), 'token 1')
  await clock.advance(1)
  assert.is(await bearer(), 'token 2')
  assert.is(requests.length, 2)
})

tokens('all who ask at the same time share one request', async () => {
  const { requests, bearer } = setUp()
  const bearers = await Promise.all(Array.from({ length: 50 }, bearer))
  assert.is(requests.length, 1)
  assert.equal([...new Set(bearers)], ['token 1'])
})

tokens('who gives up does not end the request for the others', async () => {
  const { given, token, bearer } = setUp()
  const gate = Promise.withResolvers<void>()
  given.gate = gate.promise
  const gone = new AbortController()
  const impatient = token.get(gone.signal)
  const patient = bearer()
  gone.abort(new Error('given up'))
  await impatient.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'given up'),
  )
  gate.resolve()
  assert.is(await patient, 'token 1')
})

tokens('a refusal is remembered for 30 s, so that many resources do not ask many times', async () => {
  const { clock, given, requests, failure, bearer } = setUp()
  given.answer = REFUSED
  for (let i = 0; i < 500; i++) assert.is((await failure()).code, 'Unauthorized')
  assert.is(requests.length, 1)
  await clock.advance(10_000)
  const { disposition, retryAfterMs, message } = await failure()
  assert.is(disposition, 'wait')
  assert.is(retryAfterMs, 20_000)
  assert.match(message, /id\.example\.com refuses .* \(401 invalid_client\): .*credentials-dir/)
  given.answer = undefined
  await clock.advance(20_000)
  assert.is(await bearer(), 'token 2')
})

tokens('scopes that are not granted are named', async () => {
  const { given, failure } = setUp()
  given.answer = { result: 'refused', why: '400 invalid_scope' }
  assert.match((await failure()).message, /granted tenants\.write, tenants\.read, tenants\.applications\.write/)
})

tokens('a refusal is forgotten when the credential changes', async () => {
  const { given, requests, failure, bearer } = setUp()
  given.answer = REFUSED
  await failure()
  given.answer = undefined
  given.credential = credential('other')
  assert.is(await bearer(), 'token 2')
  assert.equal(requests, ['abc', 'other'])
})

tokens('a changed credential gets a token of its own at once', async () => {
  const { given, requests, bearer } = setUp()
  assert.is(await bearer(), 'token 1')
  given.credential = credential('other')
  assert.is(await bearer(), 'token 2')
  assert.equal(requests, ['abc', 'other'])
})

tokens('without a credential nobody is asked, whatever token there was', async () => {
  const { given, requests, bearer, failure, token } = setUp()
  await bearer()
  given.credential = new Failure('Unauthorized', 'wait', 'client_id is missing')
  assert.is((await failure()).message, 'client_id is missing')
  assert.is(token.state, 'missing')
  assert.is(requests.length, 1)
})

tokens('an endpoint that does not answer is left alone for longer each time, up to 30 s', async () => {
  const { clock, given, requests, failure, bearer } = setUp()
  given.answer = DOWN
  const rests: (number | undefined)[] = []
  for (let i = 0; i < 7; i++) {
    const { code, disposition, retryAfterMs = 0 } = await failure()
    assert.equal([code, disposition], ['ControlPlaneUnavailable', 'retry'])
    rests.push(retryAfterMs)
    await clock.advance(retryAfterMs)
  }
  assert.equal(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  assert.is(requests.length, 7)
  given.answer = undefined
  await bearer()
})

tokens('an endpoint that asks for fewer requests gets none for as long as it says', async () => {
  const { clock, given, requests, failure } = setUp()
  given.answer = LIMITED
  const { code, retryAfterMs } = await failure()
  assert.equal([code, retryAfterMs], ['RateLimited', 7_000])
  await clock.advance(6_999)
  await failure()
  assert.is(requests.length, 1)
})

tokens('a token that is refused is replaced once, and then the control plane is believed', async () => {
  const { clock, requests, token, bearer, failure } = setUp()
  const first = await token.get(forever)
  assert.ok(token.refused(first))
  const second = await token.get(forever)
  assert.is(second.bearer.reveal(), 'token 2')
  assert.not(token.refused(second))
  const { code, disposition } = await failure()
  assert.equal([code, disposition, token.state], ['Unauthorized', 'wait', 'refused'])
  assert.is(requests.length, 2)
  await clock.advance(30_000)
  assert.is(await bearer(), 'token 3')
})

tokens('many calls that were refused with one token get one new token', async () => {
  const { requests, token, bearer } = setUp()
  const old = await token.get(forever)
  for (let i = 0; i < 16; i++) {
    assert.ok(token.refused(old))
    assert.is(await bearer(), 'token 2')
  }
  assert.is(requests.length, 2)
})

tokens('the state tells never tried, had one, refused, unreachable and missing apart', async () => {
  const { clock, given, token, bearer, failure } = setUp()
  assert.equal([token.state, token.everHadOne], ['untried', false])
  given.answer = DOWN
  await failure()
  assert.equal([token.state, token.everHadOne], ['unreachable', false])
  await clock.advance(1_000)
  given.answer = REFUSED
  await failure()
  assert.equal([token.state, token.everHadOne], ['refused', false])
  await clock.advance(30_000)
  given.answer = undefined
  await bearer()
  assert.equal([token.state, token.everHadOne], ['accepted', true])
})

tokens('the first token is asked for until there is one', async () => {
  const { clock, given, requests, token } = setUp()
  given.credential = new Failure('Unauthorized', 'wait', 'client_id is missing')
  let isThere = false
  const first = token.first(forever).then(() => (isThere = true))
  await clock.advance(60_000)
  given.credential = credential()
  given.answer = REFUSED
  await clock.advance(60_000)
  assert.is(requests.length, 2, 'a refused one is tried every 30 s')
  given.answer = undefined
  assert.not(isThere)
  await clock.advance(32_000)
  await first
  await token.first(forever)
  assert.is(requests.length, 3)
})

tokens('waiting for the first token ends with its signal', async () => {
  const { given, token } = setUp()
  given.answer = DOWN
  const stop = new AbortController()
  const first = token.first(stop.signal)
  await settled()
  stop.abort(new Error('stopped'))
  await first.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'stopped'),
  )
})

tokens('closing ends the request that is under way', async () => {
  const { given, token, failure } = setUp()
  const gate = Promise.withResolvers<void>()
  given.gate = gate.promise
  const waiting = failure()
  token.close()
  gate.resolve()
  assert.match((await waiting).message, /shutting down/)
})

tokens('a token is never printed', async () => {
  const { token } = setUp()
  const held = await token.get(forever)
  assert.not.match(JSON.stringify(held), /token 1/)
})

tokens.run()
