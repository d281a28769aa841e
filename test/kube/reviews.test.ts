// What the API server is asked about who wants to read the metrics, and what its answers mean.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { AccessReviews } from '../../src/kube/reviews.ts'
import type { Review } from '../../src/kube/reviews.ts'
import { Redacted } from '../../src/redacted.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { FakeApiServer, thrownBy } from './fake-api-server.ts'

const TOKEN = 'eyJ.CANARY.sig'
const TOKENS = '/apis/authentication.k8s.io/v1/tokenreviews'
const ACCESS = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
const USER = { username: 'system:serviceaccount:monitoring:prometheus', uid: 'u-1', groups: ['a', 'b'] }
const KNOWN = { authenticated: true, user: { ...USER, extra: { 'example.com/node': ['n'] } } }

const test = suite('kube/reviews')
const clock = new ManualClock()
let server: FakeApiServer

test.before.each(async () => {
  server = await FakeApiServer.start()
})
test.after.each(() => server.close())

function review(signal = new AbortController().signal): Promise<Review> {
  return new AccessReviews(server.transport({ clock }), '/metrics').review(new Redacted(TOKEN), signal)
}

/** Answers the next call as a review that came to this; the API server gives back what it was asked. */
async function conclude(status: unknown) {
  const call = await server.next()
  call.answer(201, { ...(call.body as object), status })
  return call
}

test('whose token it is is asked first, then whether exactly they may get the path', async () => {
  const answer = review()
  const first = await conclude(KNOWN)
  const second = await conclude({ allowed: true })
  assert.equal(await answer, { is: 'allowed' })
  assert.is(`${first.method} ${first.path}`, `POST ${TOKENS}`)
  assert.equal(first.body, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: TOKEN },
  })
  assert.is(`${second.method} ${second.path}`, `POST ${ACCESS}`)
  assert.equal(second.body, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      nonResourceAttributes: { path: '/metrics', verb: 'get' },
      user: USER.username,
      uid: USER.uid,
      groups: USER.groups,
      extra: { 'example.com/node': ['n'] },
    },
  })
})

for (const [title, status] of [
  ['that is not authenticated', { authenticated: false, error: 'invalid bearer token' }],
  ['of which nothing is said', {}],
  ['of somebody without a name', { authenticated: true, user: { groups: ['system:masters'] } }],
  ['of nobody', { authenticated: true }],
  ['that is authenticated in so many words', { authenticated: 'true', user: USER }],
] as const) {
  test(`a token ${title} is unknown, and nothing more is asked`, async () => {
    const answer = review()
    await conclude(status)
    assert.equal(await answer, { is: 'unknown' })
    assert.is(server.calls.length, 1)
  })
}

for (const [title, status] of [
  ['no opinion', { allowed: false }],
  ['a refusal', { allowed: false, denied: true }],
  ['an error', { evaluationError: 'no such role' }],
  ['something that is not true', { allowed: 'yes' }],
] as const) {
  test(`${title} forbids, and names the user`, async () => {
    const answer = review()
    await conclude(KNOWN)
    await conclude(status)
    assert.equal(await answer, { is: 'forbidden', user: USER.username })
  })
}

/** What a failed review throws, which must not hold the token anywhere. */
async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await thrownBy(work)
  assert.instance(error, Failure)
  assert.not.match(inspect(error, { depth: 9, showHidden: true }), 'CANARY')
  return error as Failure
}

for (const [plural, group, steps] of [
  ['tokenreviews', 'authentication.k8s.io', []],
  ['subjectaccessreviews', 'authorization.k8s.io', [KNOWN]],
] as const) {
  test(`that ${plural} are not permitted is a failure that says which permission is missing`, async () => {
    const failure = failureOf(review())
    for (const status of steps) await conclude(status)
    const missing = `User "rai" cannot create resource "${plural}" in API group "${group}"`
    const message = `${plural}.${group} is forbidden: ${missing} at the cluster scope`
    ;(await server.next()).refuse(403, 'Forbidden', { message })
    const { code, message: told } = await failure
    assert.is(code, 'KubeForbidden')
    assert.match(told, missing)
    assert.match(told, `needs to create ${plural}.${group}, see deploy/components/metrics-auth`)
    assert.not.match(told, '\n')
  })
}

for (const [title, respond] of [
  ['a fault', (call) => call.refuse(500, 'InternalError', { message: `about ${TOKEN}` })],
  ['a request that is called wrong', (call) => call.refuse(422, 'Invalid', { message: `about ${TOKEN}` })],
  ['a refusal that quotes the token', (call) => call.refuse(403, 'Forbidden', { message: `about ${TOKEN}` })],
  ['a connection that is cut', (call) => call.cut()],
  ['an answer without a status', (call) => call.answer(201, { spec: { token: TOKEN } })],
  ['an answer that is nothing', (call) => call.answer(201, null)],
] as readonly (readonly [string, (call: Awaited<ReturnType<FakeApiServer['next']>>) => void])[]) {
  test(`${title} is a failure without the token in it`, async () => {
    const failure = failureOf(review())
    respond(await server.next())
    await failure
  })
}

test('an answer that does not come within four seconds is a failure', async () => {
  const failure = failureOf(review())
  await server.next()
  await clock.advance(4_000)
  assert.is((await failure).code, 'KubeUnavailable')
})

test('a review can be given up', async () => {
  const controller = new AbortController()
  const ended = thrownBy(review(controller.signal))
  await server.next()
  controller.abort('enough')
  assert.is(await ended, 'enough')
})

test.run()
