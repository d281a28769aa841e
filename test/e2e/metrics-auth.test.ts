// Metrics for whom the API server lets: by HTTPS, with tokens of service accounts, and a certificate that is renewed.
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { NODE_ENV, operatorCommand } from '../stack/operator.ts'
import type { Operator } from '../stack/operator.ts'
import { lastWords, startProgram } from '../stack/program.ts'
import { allow } from '../stack/roles.ts'
import { eventually, startStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

type Scrape = { readonly status: number; readonly body: string }

const test = suite('metrics-auth')
let stack: Stack
let directory: string
/** Of the certificate that lies in the directory. */
let ca: string
let user: string
let reader: string
let stranger: string
const tokens: string[] = []

async function renewCertificate(): Promise<void> {
  const made = makeServerCertificate(['127.0.0.1'], Date.now())
  await writeFile(join(directory, 'tls.crt'), made.cert)
  await writeFile(join(directory, 'tls.key'), made.key)
  ca = made.ca
}

/** By TokenRequest, as the kubelet gets it for a Pod. */
async function tokenOf(account: string, ...args: readonly string[]): Promise<string> {
  const token = (await stack.kubectl(['create', 'token', account, ...args])).trim()
  tokens.push(token)
  return token
}

async function scrape(
  { metricsUrl }: Operator,
  token?: string,
  options: https.RequestOptions = {},
  path = '/metrics',
): Promise<Scrape> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const url = new URL(path, metricsUrl.replace('http:', 'https:'))
  const request = https.get(url, { ca, agent: false, headers, ...options })
  const [response] = await once(request, 'response')
  return { status: response.statusCode, body: await text(response) }
}

test.before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metrics-auth-'))
  await renewCertificate()
  const flags = { 'metrics-auth': 'kubernetes', 'metrics-cert-dir': directory }
  stack = await startStack('metrics-auth', { flags })
  user = `rai-operator-${stack.namespace}`
  for (const account of ['reader', 'stranger']) await stack.kubectl(['create', 'serviceaccount', account])
  reader = await tokenOf('reader')
  stranger = await tokenOf('stranger')
})

test.after(async () => {
  await stack.kubectl(['delete', 'clusterrolebinding', `${user}-reader`, '--ignore-not-found'])
  await stack.stop()
  await rm(directory, { recursive: true })
})

test('while the operator may not ask, nobody is let in, and the log says which permission is missing', async () => {
  assert.is((await scrape(stack.operator, reader)).status, 503)
  const lines = (await readFile(stack.operator.logFile, 'utf8')).split('\n')
  const { level, err } = JSON.parse(lines.find((line) => line.includes('metrics withheld'))!)
  assert.equal([level, err.code], ['warn', 'KubeForbidden'])
  assert.match(err.message, `User "${user}" cannot create resource "tokenreviews" in API group "authentication.k8s.io"`)
  assert.match(err.message, 'deploy/components/metrics-auth')
})

test('an account that may get /metrics is let in as soon as the operator may ask, by HTTPS', async () => {
  await allow(stack.cluster, user, 'metrics-auth')
  const account = `--serviceaccount=${stack.namespace}:reader`
  const role = '--clusterrole=rai-operator-metrics-reader'
  await stack.kubectl(['create', 'clusterrolebinding', `${user}-reader`, role, account])
  const { body } = await eventually('the metrics', async () => {
    const seen = await scrape(stack.operator, reader)
    return seen.status === 200 && seen
  })
  assert.match(body, 'rai_build_info')
})

test('an account that may not is refused by its name', async () => {
  const { status, body } = await scrape(stack.operator, stranger)
  assert.is(status, 403)
  assert.match(body, `system:serviceaccount:${stack.namespace}:stranger`)
  assert.not.match(body, 'rai_')
})

test('a token that is made up, forged, or for somebody else is a 401, as is none', async () => {
  const [header, claims] = reader.split('.')
  const forged = [header, claims, Buffer.alloc(256, 1).toString('base64url')].join('.')
  const elsewhere = await tokenOf('reader', '--audience=elsewhere')
  for (const token of [undefined, 'made-up', forged, elsewhere]) {
    const { status, body } = await scrape(stack.operator, token)
    assert.is(status, 401, token)
    assert.not.match(body, 'rai_')
  }
})

test('a standby is scraped like the leader', async () => {
  const standby = await stack.startOperator('standby')
  assert.is((await scrape(standby, reader)).status, 200)
  assert.is((await scrape(standby, stranger)).status, 403)
  assert.equal(await standby.stop(), { code: 0, signal: null })
})

test('probes are plain HTTP for everybody, and tell no more than how each part fares', async () => {
  for (const probe of ['healthz', 'readyz']) {
    const answer = await fetch(`${stack.operator.healthUrl}/${probe}`)
    assert.is(answer.status, 200)
    const { ok, ...parts } = (await answer.json()) as Record<string, unknown>
    assert.is(ok, true)
    assert.equal(
      new Set(Object.values(parts).filter((state) => !/^(?:ok|synced|tries)$/.test(String(state)))),
      new Set(),
    )
    assert.not.ok('metrics' in parts)
  }
  assert.is((await fetch(`${stack.operator.healthUrl}/metrics`)).status, 404)
})

test('a renewed certificate is taken up by the process that runs, which drops no connection for it', async () => {
  const formerCa = ca
  const kept = new https.Agent({ keepAlive: true, maxSockets: 1 })
  const overKept = () => scrape(stack.operator, reader, { ca: formerCa, agent: kept })
  assert.is((await overKept()).status, 200)
  const [socket] = Object.values(kept.freeSockets)[0]!
  await renewCertificate()
  await eventually('the new certificate', async () => {
    // In use all the time, or the server would close it for idleness.
    assert.is((await overKept()).status, 200)
    const seen = await scrape(stack.operator, reader).catch(() => undefined)
    return seen?.status === 200
  })
  const untrusted = await scrape(stack.operator, reader, { ca: formerCa }).catch((error: unknown) => error)
  assert.is((untrusted as { code?: string }).code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  assert.is((await overKept()).status, 200)
  assert.is(Object.values(kept.freeSockets)[0]![0], socket, 'the same connection')
  kept.destroy()
})

test('a certificate that is missing ends the start with code 2 and a line that says what to do', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'metrics-auth-empty-'))
  const logFile = join(stack.directory, 'without-certificate.log')
  const command = operatorCommand({ ...stack.settings, 'metrics-cert-dir': empty })
  const program = await startProgram(command, { logFile, env: NODE_ENV })
  assert.equal(await program.exited, { code: 2, signal: null })
  assert.match(await lastWords(program), `metrics-cert-dir: ${empty}/tls.crt is missing: put the certificate there`)
  await rm(empty, { recursive: true })
})

test('tokens without HTTPS are refused at the start with code 2 and a line with both settings', async () => {
  const logFile = join(stack.directory, 'without-https.log')
  const { 'metrics-cert-dir': _, ...settings } = stack.settings
  const program = await startProgram(operatorCommand(settings), { logFile, env: NODE_ENV })
  assert.equal(await program.exited, { code: 2, signal: null })
  assert.match(await lastWords(program), /metrics-cert-dir is required with metrics-auth kubernetes/)
})

test('no token is in any log', async () => {
  const logs = await Promise.all(
    ['operator', 'standby'].map((name) => readFile(join(stack.directory, `${name}.log`), 'utf8')),
  )
  for (const token of tokens) {
    // Its last part is what makes it a credential.
    for (const log of logs) assert.not.ok(log.includes(token.split('.')[2]!))
  }
})

test.run()
