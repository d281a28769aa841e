// The simulated service without sockets: calls go in and answers come out as plain objects.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Answer } from '../../src/simulator/answers.ts'
import { Calls } from '../../src/simulator/calls.ts'
import type { HttpReply } from '../../src/simulator/http-server.ts'
import { newOrganizationCredential, organizationClient } from '../../src/simulator/organization.ts'
import { Person } from '../../src/simulator/person.ts'
import { DEFAULT_SETTINGS } from '../../src/simulator/settings.ts'
import { newWorld, ORGANIZATION_AUTH_SERVER, tokenUrl } from '../../src/simulator/world.ts'
import { ALL_SCOPES, basic } from '../conformance/client.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'

type Ended = { readonly how: 'answered' | 'cut' | 'hungUp'; readonly answer?: Answer; readonly bytes?: number }

async function setUp() {
  const clock = new ManualClock()
  const world = newWorld(clock, DEFAULT_SETTINGS, 'http://simulator.test')
  const closing = new AbortController()
  const calls = new Calls(world, closing.signal)
  const organization = await newOrganizationCredential()
  world.state.addClient(organizationClient(organization))

  /** Resolves with what the client sees, once it sees something. */
  function call(method: string, target: string, authorization: string, content = '', gone = new AbortController()) {
    const { promise, resolve } = Promise.withResolvers<Ended>()
    const reply: HttpReply = {
      send: (answer) => resolve({ how: 'answered', answer }),
      cut: (answer, bytes) => resolve({ how: 'cut', answer, bytes }),
      hangUp: () => resolve({ how: 'hungUp' }),
      gone: gone.signal,
    }
    const { pathname: path, searchParams: query } = new URL(target, world.origin)
    const isToken = path.startsWith('/oauth2/')
    const contentType = isToken ? 'application/x-www-form-urlencoded' : 'application/json'
    void calls.handle({ method, path, query, authorization, contentType, body: content, local: true }, reply)
    return promise
  }

  const { clientId, clientSecret } = organization
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope: ALL_SCOPES }).toString()
  const url = tokenUrl(world, ORGANIZATION_AUTH_SERVER)
  const { answer } = await call('POST', url, basic(clientId, clientSecret.reveal()), form)
  const { access_token } = JSON.parse(String(answer?.body)) as { access_token: string }
  const authorized = (method: string, target: string, content?: string, gone?: AbortController) =>
    call(method, target, `Bearer ${access_token}`, content, gone)
  return { clock, calls, closing, person: new Person(world), call: authorized }
}

const create = ['POST', '/v0/tenants', '{"name":"a"}'] as const

const inProcess = suite('simulator: in process')

inProcess('a call is answered', async () => {
  const { call, person } = await setUp()
  const { answer } = await call(...create)
  assert.is(answer?.status, 201)
  assert.is(JSON.parse(String(answer?.body)).id, person.look().tenants[0]?.id)
  assert.match(String((await call('GET', '/v0/tenants?limit=1')).answer?.body), /"name":"a"/)
})

const ENDS: readonly (readonly [fault: object, how: Ended['how'], status: number | undefined])[] = [
  [{ kind: 'close' }, 'hungUp', undefined],
  [{ kind: 'cut' }, 'cut', 201],
  [{ kind: 'late', seconds: 1 }, 'hungUp', undefined],
  [{ kind: 'invalid', as: 'notUtf8' }, 'answered', 201],
  [{ kind: 'oversized' }, 'answered', 201],
  [{ kind: 'redirect', location: '/' }, 'answered', 307],
  [{ kind: 'twice', answer: 'second' }, 'answered', 400],
]

for (const [fault, how, status] of ENDS) {
  inProcess(`a fault acts: ${JSON.stringify(fault)}`, async () => {
    const { call, calls } = await setUp()
    calls.faults.add(fault)
    const ended = await call(...create)
    assert.equal([ended.how, ended.answer?.status], [how, status])
  })
}

inProcess('a call that stalls ends with its client, or with the simulator', async () => {
  const { call, calls, closing, clock } = await setUp()
  calls.faults.add({ kind: 'stall', count: 2 })
  const gone = new AbortController()
  const [one, other] = [call(...create, gone), call(...create)]
  await clock.advance(1_000_000)
  assert.equal(
    calls.log.entries(2).map((entry) => entry.status),
    [null, null],
  )
  gone.abort()
  assert.is((await one).how, 'hungUp')
  closing.abort()
  assert.is((await other).how, 'hungUp')
})

inProcess('time is the clock that it is given', async () => {
  const { call, calls, clock, person } = await setUp()
  calls.faults.add({ kind: 'late', seconds: 1800 })
  assert.is((await call(...create)).how, 'hungUp')
  await settled()
  await clock.advance(1_800_000)
  assert.is(person.look().tenants.length, 1)
})

inProcess.run()
