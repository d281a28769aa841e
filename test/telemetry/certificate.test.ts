// A certificate that is renewed under a running server, and ones that cannot be used.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { makeServerCertificate } from '../../src/simulator/certificate.ts'
import { CertificateFiles } from '../../src/telemetry/certificate.ts'
import type { KeyPair } from '../../src/telemetry/certificate.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const LOOK_MS = 10_000
const CERTIFICATES = [1, 2].map(() => makeServerCertificate(['127.0.0.1'], Date.now()))
const [FIRST, SECOND] = CERTIFICATES as [(typeof CERTIFICATES)[0], (typeof CERTIFICATES)[0]]

const root = mkdtempSync(join(tmpdir(), 'certificate-'))
let directories = 0

/** What may lie in a directory; a file that is left out is not there. */
type Content = { readonly cert?: string; readonly key?: string }

/** A directory as the kubelet makes it of a Secret: files that are links by way of one link, which is swapped. */
class MountedSecret {
  readonly directory = join(root, `${++directories}`)
  #versions = 0

  constructor(content: Content) {
    mkdirSync(this.directory)
    for (const file of ['tls.crt', 'tls.key']) symlinkSync(join('..data', file), join(this.directory, file))
    this.swap(content)
  }

  swap({ cert, key }: Content): void {
    const version = `..${++this.#versions}`
    mkdirSync(join(this.directory, version))
    if (cert !== undefined) writeFileSync(join(this.directory, version, 'tls.crt'), cert)
    if (key !== undefined) writeFileSync(join(this.directory, version, 'tls.key'), key)
    symlinkSync(version, join(this.directory, '..next'))
    renameSync(join(this.directory, '..next'), join(this.directory, '..data'))
  }
}

function filesOf(content: Content) {
  const secret = new MountedSecret(content)
  const clock = new ManualClock()
  const logger = new RecordedLog()
  const files = new CertificateFiles({ directory: secret.directory, setting: 'metrics-cert-dir', clock, logger })
  const used: KeyPair[] = []
  return {
    secret,
    clock,
    files,
    used,
    start: () => files.start((pair) => used.push(pair)),
    /** Has it look again, and waits until it has. */
    async look() {
      await clock.advance(LOOK_MS)
      while (clock.armed === 0) await settled()
    },
    warnings: () => logger.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['err'] as Failure),
    told: () => logger.lines.map(({ message }) => message),
  }
}

const test = suite('certificate')

test.after(() => rmSync(root, { recursive: true }))

test('the pair that is there is used', async () => {
  const { start, used, files, clock } = filesOf(FIRST)
  await start()
  assert.equal(
    used.map(({ cert, key }) => [cert.toString(), key.toString()]),
    [[FIRST.cert, FIRST.key]],
  )
  files.stop()
  assert.is(clock.armed, 0)
})

test('a renewed pair is used ten seconds later at most, and told once', async () => {
  const { start, used, secret, look, told } = filesOf(FIRST)
  await start()
  await look()
  assert.is(used.length, 1)
  secret.swap(SECOND)
  await look()
  await look()
  assert.equal(
    used.map(({ cert }) => cert.toString()),
    [FIRST.cert, SECOND.cert],
  )
  assert.equal(told(), ['certificate in use', 'certificate renewed'])
})

const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString()

const unusable: readonly (readonly [title: string, content: Content, line: RegExp])[] = [
  ['a certificate that is missing', { key: FIRST.key }, /tls\.crt is missing: put the certificate there/],
  ['a key that is missing', { cert: FIRST.cert }, /tls\.key is missing: put the private key/],
  ['a certificate that is none', { ...FIRST, cert: 'CANARY' }, /tls\.crt is no certificate for TLS/],
  ['an empty certificate', { ...FIRST, cert: '' }, /tls\.crt is no certificate for TLS/],
  ['a key that is none', { ...FIRST, key: 'CANARY' }, /tls\.key is no private key/],
  ['a key in place of the certificate', { cert: FIRST.key, key: FIRST.key }, /tls\.crt is no certificate for TLS/],
  ['a key with a password', { ...FIRST, key: encrypted }, /tls\.key is no private key .*without a password/],
  ['the key of another', { cert: FIRST.cert, key: SECOND.key }, /tls\.key does not belong to .*tls\.crt: renew both/],
  ['a chain in the wrong order', { ...FIRST, cert: FIRST.ca + FIRST.cert }, /does not belong to the first certificate/],
]

for (const [title, content, line] of unusable) {
  test(`${title} ends the start in one line, with the setting, the file and the remedy`, async () => {
    const { start, used, secret, clock } = filesOf(content)
    try {
      await start()
      assert.unreachable('it started')
    } catch (error) {
      assert.instance(error, Failure)
      const { code, message } = error as Failure
      assert.is(code, 'WrongConfiguration')
      assert.ok(message.startsWith(`metrics-cert-dir: ${secret.directory}/tls.`), message)
      assert.match(message, line)
      assert.not.match(message, /CANARY|\n/)
    }
    assert.equal([used.length, clock.armed], [0, 0])
  })

  test(`${title} is no renewal: the old pair stays, and a warning says so once`, async () => {
    const { start, used, secret, look, warnings } = filesOf(FIRST)
    await start()
    secret.swap(content)
    await look()
    await look()
    assert.is(used.length, 1)
    assert.equal(
      warnings().map(({ message }) => line.test(message)),
      [true],
    )
    secret.swap(SECOND)
    await look()
    assert.is(used.at(-1)?.cert.toString(), SECOND.cert)
    assert.is(warnings().length, 1)
  })
}

test('what is wrong in another way is another warning, and what is wrong again after it was right', async () => {
  const { start, secret, look, warnings } = filesOf(FIRST)
  await start()
  for (const content of [{}, { ...FIRST, key: SECOND.key }, FIRST, {}]) {
    secret.swap(content)
    await look()
  }
  assert.is(warnings().length, 3)
})

test('a swap between the readings of both files is no pair that does not match', async () => {
  const secret = new MountedSecret(FIRST)
  const logger = new RecordedLog()
  const clock = new ManualClock()
  let readings = 0
  const read = async (path: string): Promise<Buffer> => {
    // The certificate is the fifth reading: the start took four.
    const isBefore = ++readings === 5
    const content = readFileSync(path)
    if (isBefore) secret.swap(SECOND)
    return content
  }
  const files = new CertificateFiles({ directory: secret.directory, setting: 'x', clock, logger, read })
  const used: KeyPair[] = []
  await files.start((pair) => used.push(pair))
  await clock.advance(LOOK_MS)
  assert.equal(
    used.map(({ cert, key }) => [cert.toString(), key.toString()]),
    [
      [FIRST.cert, FIRST.key],
      [SECOND.cert, SECOND.key],
    ],
  )
  assert.equal(
    logger.lines.map(({ message }) => message),
    ['certificate in use', 'certificate renewed'],
  )
})

test('a file that may not be read, or is none, is told by the system’s code', async () => {
  const { start, secret } = filesOf(FIRST)
  rmSync(join(secret.directory, 'tls.crt'))
  mkdirSync(join(secret.directory, 'tls.crt'))
  const message = await start().catch((error: unknown) => (error as Failure).message)
  assert.match(message!, /tls\.crt cannot be read \(EISDIR\): let the operator read it/)
})

test('one that is stopped while it looks does not look again', async () => {
  const { start, files, clock } = filesOf(FIRST)
  await start()
  const looking = clock.advance(LOOK_MS)
  files.stop()
  await looking
  await settled()
  assert.is(clock.armed, 0)
})

test.run()
