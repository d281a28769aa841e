// Text of a server on its way to people: status, Events and log hold none of it that is not plain, short and on one line.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { Events } from '../../src/kube/events.ts'
import { failureOfStatus } from '../../src/kube/failures.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { makeHarness } from '../controllers/harness.ts'
import { LoopbackServers, answer } from '../controlplane/loopback-server.ts'
import { openOrganization } from '../controlplane/organization.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import type { LogLine } from '../doubles/recorded-log.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { applicationOf, boundTenant, tenantOf } from '../doubles/resources.ts'
import { FakeApiServer } from '../kube/fake-api-server.ts'
import { unfitToTell, UNPRINTABLE } from './judgement.ts'
import { SCOPES, VALID_GRANT, VALID_TENANT } from './operations.ts'
import { UNPRINTABLE as COMMANDS } from './values.ts'

const TEXTS: Readonly<Record<string, string>> = {
  ...COMMANDS,
  'two lines': 'first\nsecond',
  '100 kB': 'x'.repeat(100_000),
  HTML: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  Markdown: '[click here](https://evil.example) ![](https://evil.example/x.png) `code`',
}
const MARKUP = /<script|<img|\]\(|`code/

/** What the control plane answers to a create, and the token endpoint after that. */
type Server = { readonly create: (tokenUrl: string) => [number, object]; readonly token?: [number, object] }

const made = (tokenUrl: string, more: object = {}): [number, object] => [
  201,
  {
    id: 'a-1',
    client_id: 'c-1',
    auth_server: 'aus1',
    cell: 'eu-1',
    scopes: SCOPES,
    credentials: { type: 'CLIENT_SECRET', client_secret: 'open sesame' },
    _links: { token_url: tokenUrl },
    ...more,
  },
]

const REFUSING = [401, { error: 'invalid_client' }] as [number, object]

/** Where text of the server may stand, and how that is told when it is a plain word. */
const PLACES: Readonly<Record<string, readonly [reason: string, server: (text: string) => Server]>> = {
  'the message of a 422': ['Rejected', (message) => ({ create: () => [422, { message }] })],
  'the message of a 403': ['Forbidden', (message) => ({ create: () => [403, { message }] })],
  'the message of a 404': ['TenantNotReady', (message) => ({ create: () => [404, { message }] })],
  'the message of a 500': ['AmbiguousCreate', (message) => ({ create: () => [500, { message }] })],
  'a kind of credential': ['AmbiguousCreate', (type) => ({ create: (url) => made(url, { credentials: { type } }) })],
  'the description of an OAuth error': [
    'CredentialRejected',
    (text) => ({ create: (url) => made(url), token: [401, { error: 'invalid_client', error_description: text }] }),
  ],
  'the code of an OAuth error': [
    'ControlPlaneUnavailable',
    (error) => ({ create: (url) => made(url), token: [400, { error }] }),
  ],
  'the id': ['CredentialRejected', (id) => ({ create: (url) => made(url, { id }), token: REFUSING })],
  'the client id': [
    'CredentialRejected',
    (text) => ({ create: (url) => made(url, { client_id: text }), token: REFUSING }),
  ],
  'the authorization server': [
    'Rejected',
    (text) => ({ create: (url) => made(url, { auth_server: text, _links: {} }) }),
  ],
  'the token URL': ['Rejected', (text) => ({ create: (url) => made(url, { _links: { token_url: text } }) })],
}

const servers = new LoopbackServers()
const apiServer = await FakeApiServer.start()

/** The controllers over the real client of a server that answers like this: what they tell of an application. */
async function toldOf({ create, token = [200, VALID_GRANT] }: Server) {
  let held: object | undefined
  const { port } = await servers.http((request, response) => {
    if (request.url === '/token') return answer(response, 200, VALID_GRANT)
    if (request.url === '/application-token') return answer(response, ...token)
    if (request.method === 'GET') {
      const isList = request.url?.endsWith('/applications')
      return isList ? answer(response, 200, { items: [] }) : answer(response, held ? 200 : 404, held)
    }
    const [status, document] = create(`http://127.0.0.1:${port}/application-token`)
    if (status === 201) held = document
    answer(response, status, document)
  })
  const origin = `http://127.0.0.1:${port}`
  const { plane, log } = openOrganization({ baseUrl: `${origin}/v0`, tokenUrl: `${origin}/token` })
  const harness = makeHarness()
  Object.assign(harness.plane.applications, plane.applications)
  Object.assign(harness.plane.prover, plane.prover)
  harness.tenants.apply(boundTenant('t-1'))
  const application = harness.applications.apply(applicationOf({ spec: { auth: { type: 'ClientSecret' } } }))
  for (let look = 0; look < 2; look++) {
    await harness.lookAtApplication(application)
    await harness.clock.advance(600_000)
  }
  plane.close()
  const status = harness.applicationNow(application)!.status
  const lines = [...log.lines, ...harness.logger.lines]
  return { status, notes: harness.events.published.map(({ note }) => note), lines }
}

/** As the API server gets it. */
async function noteOf(note: string): Promise<string> {
  const transport = apiServer.transport()
  const events = new Events({ transport, instance: 'pod', clock: new ManualClock(), logger: new RecordedLog() })
  events.publish(tenantOf(), { type: 'Warning', reason: 'Rejected', action: 'Reconcile', note })
  const call = await apiServer.next()
  call.answer(201, {})
  await events.flush(1_000)
  transport.close()
  return (call.body as { note: string }).note
}

const output: string[] = []
const destination = { write: (line: string) => void output.push(line) }
const loggers = await Promise.all(
  (['json', 'pretty'] as const).map((format) =>
    createLogger({ level: 'debug', format, clock: new ManualClock(), destination }),
  ),
)

/** As they are written, in either format. */
function written(lines: readonly LogLine[]): string[] {
  for (const logger of loggers) {
    for (const { level, fields, message } of lines) logger[level as 'warn'](fields, message)
  }
  return output.splice(0)
}

/** Lines of a log may be broken where the logger breaks them. */
function unseenIn(lines: readonly string[]): string[] {
  return lines.filter((line) => UNPRINTABLE.test(line.replaceAll('\n', '')) || MARKUP.test(line))
}

const texts = suite('texts of a server')

texts.after(async () => {
  await servers.closeAll()
  await apiServer.close()
})

for (const [place, [reason, serverOf]] of Object.entries(PLACES)) {
  texts(`${place} reaches status, Events and log only where it is plain and short`, async () => {
    const { status } = await toldOf(serverOf('plain'))
    assert.is(conditionsOf(status).find(({ type }) => type === 'Synced')?.reason, reason)
    for (const [what, text] of Object.entries(TEXTS)) {
      const { status, notes, lines } = await toldOf(serverOf(text))
      const messages = conditionsOf(status).map(({ message }) => message)
      assert.ok(messages.length > 0 && notes.length > 0, what)
      const all = [...messages, ...notes, await noteOf(notes.at(-1)!)]
      assert.equal(
        all.filter((one) => unfitToTell(one).length > 0 || MARKUP.test(one)),
        [],
        what,
      )
      assert.not(UNPRINTABLE.test(JSON.stringify(status)), what)
      assert.equal(unseenIn(written(lines)), [], what)
    }
  })
}

function conditionsOf({ conditions = [] }: RaiTenantApplication['status']) {
  return conditions
}

texts('what an API server or its webhooks say is told on one plain, short line', () => {
  const path = '/apis/tenants.resistant.ai/v1alpha1/namespaces/a/raitenants/x'
  for (const [what, text] of Object.entries(COMMANDS)) {
    const long = `${text} ${'and more '.repeat(1_000)}`
    for (const code of [403, 422, 500]) {
      const { message } = failureOfStatus('PUT', path, code, { reason: long, message: long, details: { kind: 'x' } })
      assert.not(UNPRINTABLE.test(message), what)
      assert.ok(message.length < 800, what)
    }
  }
})

texts('an error that nobody expected is logged without what its message commands', () => {
  for (const [what, text] of Object.entries(COMMANDS)) {
    const err = new SyntaxError(`Unexpected token in ${text}\n    at evil \u001b[2J${text}`)
    const lines = written([{ level: 'error', fields: { err, id: text, ids: [text] }, message: 'failed' }])
    assert.is(lines.length, 2)
    assert.equal(unseenIn(lines), [], what)
    assert.not.match(lines.join(''), /at evil/)
    assert.is((JSON.parse(lines[0]!) as { id: string }).id, text, 'an escape in JSON stands for the same text')
  }
})

texts('a tenant is told with as many links as a status takes, one for each cell', async () => {
  const { port } = await servers.http((request, response) => {
    const links = Array.from({ length: 500 }, (_, i) => ({ rel: `eu-${i % 100}`, href: `ui-${i}.example` }))
    const strange = Object.values(TEXTS).map((text) => ({ rel: text, href: text }))
    const document = { ...VALID_TENANT, _links: { 'documents-ui': [...strange, ...links, null, 7] } }
    answer(response, 200, request.url === '/token' ? VALID_GRANT : document)
  })
  const origin = `http://127.0.0.1:${port}`
  const { plane } = openOrganization({ baseUrl: `${origin}/v0`, tokenUrl: `${origin}/token` })
  const { links } = (await plane.tenants.get('t-1', new AbortController().signal))!
  plane.close()
  assert.is(links.length, 64)
  assert.is(new Set(links.map(({ cell }) => cell)).size, 64)
  assert.not(UNPRINTABLE.test(JSON.stringify(links)))
})

texts.run()
