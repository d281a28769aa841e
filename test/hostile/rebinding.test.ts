// A name that leads elsewhere the second time: TLS tells who is there before a credential is sent.
import dns from 'node:dns'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { replace, restore } from 'sinon'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { failureOf } from '../doubles/failure-of.ts'
import type { Mode } from '../controlplane/fault-grid/modes.ts'
import { makeModes } from '../controlplane/fault-grid/modes.ts'
import { answer } from '../controlplane/loopback-server.ts'
import { openOrganization } from '../controlplane/organization.ts'
import { unfitToTell } from './judgement.ts'
import { VALID_GRANT } from './operations.ts'

const forever = new AbortController().signal
const HOST = 'control-plane.test'
const modes = (await makeModes()).filter(({ name }) => name !== 'RSA')
const certificateOf = (host: string) => makeServerCertificate([host], Date.now())
const [ours, other, stranger] = [certificateOf(HOST), certificateOf('evil.test'), certificateOf(HOST)]
const trusted = tls.getCACertificates('default')

/** Every name leads here, and whoever asks is told so. */
const looked: string[] = []
const lookup: LookupFunction = (name, { all }, callback) => {
  looked.push(name)
  const address = '127.0.0.1'
  setImmediate(() => (all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4)))
}

/** Takes a port, and gives it back with all of its connections. */
async function listen(
  certificate: { readonly cert: string; readonly key: string },
  port: number,
  answerTo: RequestListener,
) {
  const server = https.createServer(certificate, answerTo)
  const sockets = new Set<Duplex>()
  let handshakes = 0
  server.on('connection', (socket) => {
    handshakes++
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    handshakes: () => handshakes,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** What comes of a list and a create, and what the thief got, once the name leads to him. */
async function rebound(mode: Mode, thiefs: { readonly cert: string; readonly key: string }) {
  const loot: string[] = []
  const real = await listen(ours, 0, (request, response) => {
    if (request.url === '/token') return answer(response, 200, { ...VALID_GRANT, expires_in: 60 })
    answer(response, 200, { items: [], _links: {} })
  })
  const origin = `https://${HOST}:${real.port}`
  const credentials = { read: () => mode.credential }
  const { plane, clock } = openOrganization({ baseUrl: `${origin}/v0`, tokenUrl: `${origin}/token`, credentials })
  try {
    assert.equal((await plane.tenants.list(forever)).tenants, [])
    await real.close()
    const thief = await listen(thiefs, real.port, (request, response) => {
      loot.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      answer(response, 200, VALID_GRANT)
    })
    try {
      const told = [await failureOf(plane.tenants.list(forever)), await failureOf(create(plane))]
      // By then the token has expired: the credential itself would go out.
      await clock.advance(60_000)
      return { told: [...told, await failureOf(plane.tenants.list(forever))], loot, handshakes: thief.handshakes() }
    } finally {
      plane.close()
      await thief.close()
    }
  } finally {
    plane.close()
  }
}

async function create(plane: ReturnType<typeof openOrganization>['plane']): Promise<void> {
  const created = await plane.tenants.create({ name: 'acme', cells: ['eu-1'] }, forever)
  assert.is(created.outcome, 'notSent')
  if (created.outcome === 'notSent') throw created.failure
}

const rebinding = suite('rebinding')

rebinding.before(() => {
  replace(dns, 'lookup', lookup as typeof dns.lookup)
  tls.setDefaultCACertificates([...trusted, ours.ca, other.ca])
})

rebinding.after(() => {
  restore()
  tls.setDefaultCACertificates(trusted)
})

const THIEVES = [
  ['a certificate of another name, of a trusted authority', other, /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['a certificate of this name, of an authority of his own', stranger, /CERT|SIGNATURE/],
] as const

for (const mode of modes) {
  for (const [what, certificate, why] of THIEVES) {
    rebinding(`neither token nor ${mode.name} goes to who has ${what}`, async () => {
      const { told, loot, handshakes } = await rebound(mode, certificate)
      for (const { code, message } of told) {
        assert.is(code, 'ControlPlaneUnavailable')
        assert.match(message, why)
        assert.equal(unfitToTell(message), [])
      }
      assert.ok(handshakes >= 3, 'he was asked who he is')
      assert.ok(looked.filter((name) => name === HOST).length >= 4)
      assert.equal(loot, [])
    })
  }
}

rebinding.run()
