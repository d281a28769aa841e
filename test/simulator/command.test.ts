// `rai-operator simulator` understands its flags, says how to use it, and ends when it is told to.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../../src/clock.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { runSimulator } from '../../src/simulator/command.ts'
import { readCredential } from '../../src/simulator/organization.ts'
import { requestOrganizationToken, send } from '../conformance/client.ts'

type Run = {
  /** What was printed once it is ready; empty when it ended instead. */
  readonly printed: Promise<string>
  readonly complaints: string[]
  /** Tells it to end and returns its exit status. */
  end(): Promise<number>
}

/** What a test has started: it is ended after it, also when the test has failed. */
const started: (() => Promise<number>)[] = []

function run(...argv: readonly string[]): Run {
  const stop = new AbortController()
  const complaints: string[] = []
  let ended: Promise<number> = Promise.resolve(0)
  const printed = new Promise<string>((resolve) => {
    const io = { print: resolve, complain: (line: string) => void complaints.push(line), clock: systemClock }
    ended = runSimulator(argv, io, stop.signal)
    void ended.then(() => resolve(''))
  })
  const end = () => {
    stop.abort()
    return ended
  }
  started.push(end)
  return { printed, complaints, end }
}

/** The value of one of the settings that it prints for the operator. */
const setting = (printed: string, name: string) => new RegExp(`${name}: (\\S+)`).exec(printed)?.[1] ?? ''

const command = suite<{ directory: string }>('simulator: command')

command.before.each(async (context) => {
  context.directory = await mkdtemp(join(tmpdir(), 'simulator-test-'))
})
command.after.each(async ({ directory }) => {
  await Promise.all(started.splice(0).map((end) => end()))
  await rm(directory, { recursive: true, force: true })
})

command('it prints what the operator needs to log in, and exits 0 when it is stopped', async () => {
  const simulator = run('--listen', '127.0.0.1:0')
  const printed = await simulator.printed
  const credential = await readCredential(setting(printed, 'credentials-dir'))
  if (!credential?.privateKey) throw new Error('no key was written')
  const url = setting(printed, 'token-url')
  const reply = await requestOrganizationToken(url, credential, 'tenants.read', Date.now())
  const headers = { Authorization: `Bearer ${reply.document.access_token}` }
  assert.is((await send('GET', `${setting(printed, 'control-plane-url')}/tenants`, headers)).status, 200)
  assert.is(await simulator.end(), 0)
  assert.equal(simulator.complaints, [])
  assert.is(await readCredential(setting(printed, 'credentials-dir')), undefined)
})

command(
  'a credential is written where it is asked for, for the owner alone, and accepted again',
  async ({ directory }) => {
    for (const kind of ['key', 'secret']) {
      const credentials = join(directory, kind)
      const files = { key: ['client_id', 'kid', 'private_key.pem'], secret: ['client_id', 'client_secret'] }[kind]
      const argv = ['--listen', '127.0.0.1:0', '--credentials-dir', credentials, '--credential-type', kind]
      const first = run(...argv)
      await first.printed
      assert.is(await first.end(), 0)
      assert.equal((await readdir(credentials)).sort(), files)
      assert.is((await stat(join(credentials, 'client_id'))).mode & 0o777, 0o600)
      const written = await readCredential(credentials)
      const again = run(...argv)
      const printed = await again.printed
      const reply = await requestOrganizationToken(setting(printed, 'token-url'), written!, 'tenants.read', Date.now())
      assert.is(reply.status, 200)
      assert.is(await again.end(), 0)
    }
  },
)

command('each setting has a flag', async () => {
  const flags = ['--quota=3', '--cells=eu-1,xx-9', '--retry-after=false', '--order=by-id', '--requests-per-second=0.5']
  const simulator = run('--listen', '127.0.0.1:0', ...flags)
  const admin = /admin API at (\S+)/.exec(await simulator.printed)?.[1] ?? ''
  const { document } = await send('GET', `${admin}/config`)
  const { quota, cells, retryAfter, order, requestsPerSecond } = document
  assert.equal([quota, cells, retryAfter, order, requestsPerSecond], [3, ['eu-1', 'xx-9'], false, 'by-id', 0.5])
  assert.is(await simulator.end(), 0)
})

command('a flag that it does not understand is named in one line, and it exits 2', async () => {
  const wrong: readonly (readonly [argv: readonly string[], named: string])[] = [
    [['--unheard'], '--unheard'],
    [['extra'], 'extra'],
    [['--quota', 'many'], '--quota'],
    [['--quota', '-1'], '--quota'],
    [['--quota', ''], '--quota'],
    [['--retry-after', 'yes'], '--retry-after'],
    [['--order', 'up'], '--order'],
    [['--listen', 'localhost'], '--listen'],
    [['--listen', '127.0.0.1:99999'], '--listen'],
    [['--public-url', 'localhost:80'], '--public-url'],
    [['--public-url', 'http://x.test/path'], '--public-url'],
    [['--tls-cert', 'x'], '--tls-key'],
    [['--tls-cert', 'x', '--tls-key', 'y', '--self-signed', 'z'], '--self-signed'],
    [['--credential-type', 'both'], '--credential-type'],
  ]
  for (const [argv, named] of wrong) {
    const simulator = run(...argv)
    assert.is(await simulator.printed, '', argv.join(' '))
    assert.is(await simulator.end(), 2, argv.join(' '))
    assert.is(simulator.complaints.length, 1)
    assert.ok(simulator.complaints[0]?.includes(named), simulator.complaints[0])
    assert.not.ok(simulator.complaints[0]?.includes('\n'))
  }
})

command('what it cannot use or where it cannot listen is one line, and it exits 1', async ({ directory }) => {
  await writeFile(join(directory, 'client_id'), 'x')
  const first = run('--listen', '127.0.0.1:0')
  const port = new URL(setting(await first.printed, 'token-url')).port
  const wrong = [
    ['--listen', `127.0.0.1:${port}`],
    ['--listen', '127.0.0.1:0', '--credentials-dir', directory],
    ['--listen', '127.0.0.1:0', '--tls-cert', join(directory, 'none'), '--tls-key', join(directory, 'none')],
  ]
  for (const argv of wrong) {
    const simulator = run(...argv)
    assert.is(await simulator.printed, '')
    assert.is(await simulator.end(), 1)
    assert.is(simulator.complaints.length, 1)
  }
  assert.is(await first.end(), 0)
})

command('help names every flag, and it exits 0', async () => {
  const simulator = run('--help')
  const printed = await simulator.printed
  for (const flag of ['--listen', '--self-signed', '--credentials-dir', '--duplicate-name-status', '--next-href']) {
    assert.ok(printed.includes(flag), flag)
  }
  assert.is(await simulator.end(), 0)
})

command('links are made of the public URL, which is the audience of assertions too', async ({ directory }) => {
  const simulator = run(
    '--listen',
    '127.0.0.1:0',
    '--public-url',
    'https://simulator.test',
    '--credentials-dir',
    directory,
  )
  const printed = await simulator.printed
  assert.is(setting(printed, 'control-plane-url'), 'https://simulator.test/v0')
  assert.match(setting(printed, 'token-url'), /^https:\/\/simulator\.test\/oauth2\//)
  assert.is(await simulator.end(), 0)
})

/** The status of a request that trusts only this authority. */
function statusOverTls(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { ca, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

command('a self-signed certificate is trusted through the CA that it writes', async ({ directory }) => {
  const simulator = run('--listen', '127.0.0.1:0', '--self-signed', directory)
  const url = setting(await simulator.printed, 'control-plane-url')
  const ca = await readFile(join(directory, 'ca.crt'), 'utf8')
  assert.match(url, /^https:/)
  assert.is(await statusOverTls(`${url}/tenants`, ca), 401)
  assert.is(await statusOverTls(`${url.replace('127.0.0.1', 'localhost')}/tenants`, ca), 401)
  assert.is(await simulator.end(), 0)
})

command('a certificate and its key can be given, and must belong together', async ({ directory }) => {
  const [one, other] = [makeServerCertificate(['127.0.0.1'], Date.now()), makeServerCertificate(['x.test'], Date.now())]
  const [cert, key, wrongKey] = ['cert', 'key', 'wrong'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  await Promise.all([writeFile(cert, one.cert), writeFile(key, one.key), writeFile(wrongKey, other.key)])
  const simulator = run('--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key)
  const url = setting(await simulator.printed, 'control-plane-url')
  assert.is(await statusOverTls(`${url}/tenants`, one.ca), 401)
  assert.is(await simulator.end(), 0)
  const wrong = run('--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', wrongKey)
  assert.is(await wrong.printed, '')
  assert.is(await wrong.end(), 2)
})

command('a certificate is for exactly the hosts it was made for, for a year', () => {
  const now = Date.UTC(2026, 0, 1)
  const { ca, cert } = makeServerCertificate(['localhost', 'sim.svc', '127.0.0.1', '::1', 'fe80::1:2'], now)
  const [authority, server] = [new X509Certificate(ca), new X509Certificate(cert)]
  assert.ok(server.verify(authority.publicKey))
  assert.ok(server.checkIssued(authority))
  assert.ok(authority.ca)
  assert.not.ok(server.ca)
  for (const host of ['localhost', 'sim.svc']) assert.is(server.checkHost(host), host)
  for (const ip of ['127.0.0.1', '::1', 'fe80::1:2']) assert.is(server.checkIP(ip), ip)
  assert.is(server.checkHost('other.test'), undefined)
  assert.equal(
    [server.validFromDate.getTime(), server.validToDate.getTime()],
    [now - 3_600_000, now + 365 * 86_400_000],
  )
})

command.run()
