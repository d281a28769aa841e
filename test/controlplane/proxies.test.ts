// Through a proxy, to servers of a private authority: as HTTPS_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS say.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ProxyEnvironment } from '../../src/controlplane/connections.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { answer, bodyOf, deadPort, LoopbackServers } from './loopback-server.ts'
import { openOrganization } from './organization.ts'

const forever = new AbortController().signal
const HOST = 'control-plane.test'
/** No name server is asked for a label of more than 63 characters. */
const UNRESOLVABLE = `${'x'.repeat(64)}.test`

const servers = new LoopbackServers()
const certificate = makeServerCertificate([HOST, '127.0.0.1'], Date.now())
const folder = mkdtempSync(join(tmpdir(), 'proxies-'))

/** A proxy that connects whatever is asked for to `target`, or answers with `status`. */
async function startProxy({ target = 0, status = 200 }: { readonly target?: number; readonly status?: number }) {
  const connects: string[] = []
  const { port } = await servers.tcp((socket: Socket) => {
    socket.once('data', (head: Buffer) => {
      const [, where = ''] = /^CONNECT (\S+) /.exec(head.toString()) ?? []
      const [, authorization = ''] = /^proxy-authorization: (.*)\r$/im.exec(head.toString()) ?? []
      connects.push(`${where} ${authorization}`.trim())
      if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
      const onward = net.connect(target, '127.0.0.1')
      onward.on('error', () => socket.destroy())
      socket.on('close', () => onward.destroy())
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
  })
  return { connects, url: `http://127.0.0.1:${port}` }
}

/** What becomes of a POST when the token has been had some other way. */
async function create(baseUrl: string, proxyEnv: ProxyEnvironment) {
  const tokens = await servers.http((_, response) =>
    answer(response, 200, { access_token: 't', token_type: 'Bearer', expires_in: 3600 }),
  )
  const { plane } = openOrganization({ baseUrl, tokenUrl: `http://127.0.0.1:${tokens.port}/token`, proxyEnv })
  const result = await plane.tenants.create({ name: 'acme', cells: ['eu-1'] }, forever)
  plane.close()
  return result.outcome === 'created' ? result.outcome : `${result.outcome}: ${result.failure.message}`
}

const proxies = suite('proxies')

proxies.after(async () => {
  await servers.closeAll()
  rmSync(folder, { recursive: true })
})

proxies(
  'calls go through the proxy to a server of a private authority, each create by a tunnel of its own',
  async () => {
    const seen: string[] = []
    const server = await servers.https(certificate, async (request, response) => {
      seen.push(`${request.method} ${request.url}`)
      if (request.url === '/token') {
        return answer(response, 200, { access_token: 't', token_type: 'Bearer', expires_in: 3600 })
      }
      if (request.method === 'GET') return answer(response, 200, { items: [], _links: {} })
      const { name } = JSON.parse(await bodyOf(request)) as { name: string }
      if (name === 'reset') return request.socket.destroy()
      answer(response, 201, { id: name, name, created: 'c', updated: 'u', cells: ['eu-1'] })
    })
    const proxy = await startProxy({ target: server.port })
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, certificate.ca)

    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, 'proxied-program.ts'), `https://${HOST}/v0`, `https://${HOST}/token`],
      { env: { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: proxy.url.replace('//', '//user:pass@') } },
    )

    const result = JSON.parse(stdout) as { outcomes: string[]; calls: string[] }
    assert.equal(result.outcomes, ['created', 'created', 'ambiguous', '0', '0', '0'])
    assert.equal(seen, [
      'POST /token',
      ...Array.from({ length: 3 }, () => 'POST /v0/tenants'),
      ...Array.from({ length: 3 }, () => 'GET /v0/tenants?limit=100'),
    ])
    const tunnel = `${HOST}:443 Basic ${Buffer.from('user:pass').toString('base64')}`
    assert.equal(
      proxy.connects,
      Array.from({ length: 4 }, () => tunnel),
      '3 creates, and one for all else',
    )
  },
)

proxies('a POST that the proxy does not let through is not sent', async () => {
  for (const status of [407, 403, 502]) {
    const proxy = await startProxy({ status })
    assert.match(
      await create(`https://${HOST}/v0`, { HTTPS_PROXY: proxy.url }),
      /^notSent: .*ERR_PROXY_TUNNEL.*HTTPS_PROXY/,
    )
    assert.equal(proxy.connects, [`${HOST}:443`])
  }
})

proxies('a POST is not sent when the proxy is not there', async () => {
  const proxyEnv = { HTTPS_PROXY: `http://127.0.0.1:${await deadPort()}` }
  assert.match(await create(`https://${HOST}/v0`, proxyEnv), /^notSent: .*ECONNREFUSED/)
})

proxies('a POST is not sent when the server behind the proxy is not trusted', async () => {
  let requests = 0
  const server = await servers.https(certificate, (_, response) => {
    requests++
    answer(response, 201)
  })
  const proxy = await startProxy({ target: server.port })
  assert.match(await create(`https://${HOST}/v0`, { HTTPS_PROXY: proxy.url }), /^notSent: .*CERT.*NODE_EXTRA_CA_CERTS/)
  assert.equal([proxy.connects.length, requests], [1, 0])
})

proxies('NO_PROXY is honoured, in either case', async () => {
  const proxy = await startProxy({ status: 502 })
  for (const [proxyVariable, exempt] of [
    ['HTTPS_PROXY', 'NO_PROXY'],
    ['https_proxy', 'no_proxy'],
  ] as const) {
    const proxyEnv = { [proxyVariable]: proxy.url, [exempt]: 'example.com,.test' }
    assert.match(await create(`https://${UNRESOLVABLE}/v0`, proxyEnv), /^notSent: .*ENOTFOUND/)
  }
  assert.equal(proxy.connects, [])
})

proxies('no proxy is asked for what is on this machine', async () => {
  const proxy = await startProxy({ status: 502 })
  const proxyEnv = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }
  const secure = await servers.https(certificate, (_, response) => answer(response, 400))
  assert.match(await create(`https://127.0.0.1:${secure.port}/v0`, proxyEnv), /^notSent: .*CERT/)
  const plain = await servers.http((_, response) => answer(response, 400))
  assert.match(await create(`http://127.0.0.1:${plain.port}/v0`, proxyEnv), /^rejected/)
  assert.equal(proxy.connects, [])
})

proxies.run()
