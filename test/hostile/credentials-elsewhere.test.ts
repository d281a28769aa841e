// However an answer tries to have a credential sent elsewhere: the one who waits for it there gets nothing.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tokenUrlFor } from '../../src/controllers/delivery.ts'
import { Connections } from '../../src/controlplane/connections.ts'
import { HttpClient } from '../../src/controlplane/http-client.ts'
import type { Http } from '../../src/controlplane/http-client.ts'
import type { Credential } from '../../src/domain/external.ts'
import { Failure } from '../../src/errors.ts'
import { failureOf } from '../doubles/failure-of.ts'
import { makeModes } from '../controlplane/fault-grid/modes.ts'
import type { Handler } from '../controlplane/loopback-server.ts'
import { answer, LoopbackServers } from '../controlplane/loopback-server.ts'
import { openOrganization } from '../controlplane/organization.ts'
import { EagerClock, RecordedCalls } from '../controlplane/recorded-calls.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { unfitToTell } from './judgement.ts'
import type { Plane, Told } from './operations.ts'
import { CREDENTIALS, OPERATIONS, SCOPES, VALID_GRANT } from './operations.ts'
import { TOKEN_HOSTS, WAYS } from './ways-elsewhere.ts'

const forever = new AbortController().signal
const servers = new LoopbackServers()
const connections = new Connections({})
const modes = (await makeModes()).filter(({ name }) => name !== 'RSA')

/** Answers everything with a token, and keeps what it was sent. */
const loot: string[] = []
const thief = await servers.http((request, response) => {
  loot.push(`${request.method} ${request.url} ${request.headers.authorization}`)
  answer(response, 200, VALID_GRANT)
})

const application = OPERATIONS.find(({ column }) => column === 'getTenantApplication')!.document!
const page = OPERATIONS.find(({ column }) => column === 'getTenants')!.document!

/** A client whose control plane is answered for by `handler`; `asked` has the origin of each request that was sent. */
async function setUp(handler: Handler, { mode = modes[0]!, tokenHosts = TOKEN_HOSTS } = {}) {
  const { port } = await servers.http((request, response) => {
    return request.url === '/token' ? answer(response, 200, VALID_GRANT) : handler(request, response)
  })
  const origin = `http://127.0.0.1:${port}`
  const clock = new EagerClock()
  const logger = new RecordedLog()
  const client = new HttpClient({ connections, clock, metrics: new RecordedCalls(), logger })
  const asked: string[] = []
  const http: Http = {
    send(call, signal, onSending) {
      asked.push(call.url.origin)
      return client.send(call, signal, onSending)
    },
  }
  const { plane } = openOrganization({
    baseUrl: `${origin}/v0`,
    tokenUrl: `${origin}/token`,
    credentials: { read: () => mode.credential },
    tokenHosts,
    http,
    clock,
    logger,
  })
  return { plane, origin, asked }
}

/** Nobody but this server was asked, and the thief has nothing. */
function assertNothingLeft({ asked, origin }: { readonly asked: readonly string[]; readonly origin: string }): void {
  assert.equal(
    asked.filter((one) => one !== origin),
    [],
  )
  assert.equal([loot, thief.connections()], [[], 0])
}

/** Where the operator would send the credential of the application that is shown like this. */
async function tokenUrlOf(plane: Plane): Promise<string | undefined> {
  const ports = { api: plane.applications, prover: plane.prover }
  const shown = await plane.applications.get('t-1', 'a-1', forever)
  return tokenUrlFor(ports, 't-1', shown!, forever)
}

async function assertRefused(plane: Plane, credential: Credential, url: string): Promise<void> {
  const { code, disposition, message } = await failureOf(plane.prover.prove(credential, url, SCOPES, forever))
  assert.equal([code, disposition], ['Rejected', 'stall'])
  assert.match(message, /token URL is not on a host that may receive credentials: see the setting token-hosts/)
  assert.equal(unfitToTell(message), [])
}

const elsewhere = suite('credentials elsewhere')

elsewhere.after(async () => {
  connections.close()
  await servers.closeAll()
})

elsewhere('the table has far more than 15 ways, no two the same', () => {
  assert.ok(WAYS.length >= 50)
  assert.is(new Set(WAYS.map(([, url]) => url(1))).size, WAYS.length)
})

for (const [what, urlAt] of WAYS) {
  const url = urlAt(thief.port)

  const SHOWN: readonly (readonly [where: string, more: object])[] = [
    ['token_url', { _links: { token_url: url } }],
    ['the href of token_url', { _links: { token_url: { href: url } } }],
    ['auth_server', { _links: {}, auth_server: url }],
  ]
  elsewhere(`no token URL comes of ${what} in token_url or auth_server, and no credential goes there`, async () => {
    for (const [where, more] of SHOWN) {
      const { plane, ...rest } = await setUp((_, response) => answer(response, 200, { ...application, ...more }))
      const result = await tokenUrlOf(plane).catch((error: unknown) => (error as Failure).code)
      // Text that cannot be shown is refused with all of the answer.
      assert.ok(result === undefined || result === 'ControlPlaneUnavailable', `${where}: ${result}`)
      for (const credential of CREDENTIALS) await assertRefused(plane, credential, url)
      assertNothingLeft(rest)
      plane.close()
    }
  })

  elsewhere(`a next page at ${what} is asked for nowhere but at the control plane`, async () => {
    const next = { href: `${url}${url.includes('?') ? '&' : '?'}after_id=t-1` }
    const { plane, ...rest } = await setUp((request, response) => {
      answer(response, 200, { ...page, _links: request.url?.includes('after_id') ? {} : { next } })
    })
    const told = await plane.tenants.list(forever).catch((error: unknown) => error as Failure)
    if (told instanceof Failure) {
      assert.is(told.code, 'ControlPlaneUnavailable')
      assert.match(told.message, /\(next (?:leads to another server|has no after_id)\)/)
    }
    assertNothingLeft(rest)
    plane.close()
  })
}

const REDIRECTS = [300, 301, 302, 303, 305, 307, 308]
const OTHERS = [200, 201, 204, 401, 407, 421, 426, 503]

for (const status of [...REDIRECTS, ...OTHERS]) {
  for (const { name, column, call } of OPERATIONS.filter(({ column }) => column !== 'organizationToken')) {
    elsewhere(`${name} follows no header of a ${status}`, async () => {
      for (const mode of modes) {
        const target = `http://127.0.0.1:${thief.port}/token`
        const { plane, ...rest } = await setUp(
          (_, response) => {
            const headers = {
              Location: target,
              'Content-Location': target,
              Refresh: `0; url=${target}`,
              Link: `<${target}>; rel=next`,
            }
            response.writeHead(status, {
              ...headers,
              'Alt-Svc': `h2="127.0.0.1:${thief.port}"`,
              'Proxy-Authenticate': 'Basic',
            })
            response.end('{}')
          },
          // The one host that an application's token may come from here: a redirect within it is not followed either.
          { mode, tokenHosts: ['127.0.0.1'] },
        )
        const told = await call(plane, rest.origin)
        if (REDIRECTS.includes(status)) assertNamed(told, column, status)
        assertNothingLeft(rest)
        plane.close()
      }
    })
  }
}

function assertNamed(told: Told, column: string, status: number): void {
  assert.ok(told.told === 'failed')
  assert.is(told.failure.code, 'ControlPlaneUnavailable')
  assert.match(
    told.failure.message,
    new RegExp(column === 'applicationToken' ? `no token \\(${status}\\)` : `${column} with ${status}`),
  )
}

for (const status of REDIRECTS) {
  for (const mode of modes) {
    elsewhere(`the organization's ${mode.name} follows no ${status} of its token endpoint`, async () => {
      const { port } = await servers.http((_, response) => {
        response.writeHead(status, { Location: `http://127.0.0.1:${thief.port}/token` }).end()
      })
      const origin = `http://127.0.0.1:${port}`
      const addresses = { baseUrl: `${origin}/v0`, tokenUrl: `${origin}/token` }
      const { plane } = openOrganization({ ...addresses, credentials: { read: () => mode.credential } })
      const { code, message } = await failureOf(plane.tenants.list(forever))
      assert.is(code, 'ControlPlaneUnavailable')
      assert.match(message, new RegExp(`gives no token \\(${status}\\)`))
      assertNothingLeft({ asked: [], origin })
      plane.close()
    })
  }
}

elsewhere.run()
