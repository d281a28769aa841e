// What a directory of credentials is taken for, and when it is looked at again.
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CredentialsDirectory } from '../../src/controlplane/credentials.ts'
import { Failure } from '../../src/errors.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { ecPem, rsaPem } from './private-keys.ts'

type Files = Readonly<Record<string, string>>

const root = mkdtempSync(join(tmpdir(), 'credentials-'))
let directories = 0

function directory(files: Files): string {
  const path = join(root, String(++directories))
  mkdirSync(path)
  fill(path, files)
  return path
}

function fill(path: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
}

function failureOf(act: () => unknown): Failure {
  try {
    act()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('it did not fail')
}

const read = (path: string) => new CredentialsDirectory(path, new ManualClock()).read()

const credentials = suite('credentials')

credentials.after(() => rmSync(root, { recursive: true }))

credentials('client_id and client_secret are a secret', () => {
  const { clientId, proof } = read(directory({ client_id: 'abc\n', client_secret: 'se cret\n' }))
  assert.is(clientId, 'abc')
  assert.is(proof.type === 'ClientSecret' && proof.clientSecret.reveal(), 'se cret')
})

credentials('a secret keeps the spaces around it', () => {
  const { proof } = read(directory({ client_id: 'abc', client_secret: ' s \r\n' }))
  assert.is(proof.type === 'ClientSecret' && proof.clientSecret.reveal(), ' s ')
})

for (const [type, pem] of [
  ['EC', ecPem()],
  ['RSA', rsaPem()],
] as const) {
  credentials(`client_id, private_key.pem and kid are a key: ${type}`, () => {
    const { clientId, proof } = read(directory({ client_id: 'abc', 'private_key.pem': pem, kid: 'k1\n' }))
    assert.is(clientId, 'abc')
    assert.is(proof.type, type)
    assert.ok(proof.type !== 'ClientSecret' && proof.kid === 'k1')
  })
}

credentials('where both are there, the key counts', () => {
  const files = { client_id: 'abc', client_secret: 's', 'private_key.pem': ecPem(), kid: 'k1' }
  assert.is(read(directory(files)).proof.type, 'EC')
})

const UNUSABLE: readonly (readonly [rule: string, files: Files, message: RegExp])[] = [
  ['an empty directory', {}, /client_id is missing: put/],
  ['no client_id', { client_secret: 's3cr3t' }, /client_id is missing/],
  ['an empty client_id', { client_id: ' \n', client_secret: 's3cr3t' }, /client_id is empty/],
  ['a client_id alone', { client_id: 'abc' }, /client_secret is missing: put it there, or private_key.pem with kid/],
  ['an empty secret', { client_id: 'abc', client_secret: '\n' }, /client_secret is empty/],
  ['a key without kid', { client_id: 'abc', 'private_key.pem': ecPem() }, /kid is missing/],
  ['a kid without key', { client_id: 'abc', kid: 'k' }, /client_secret is missing/],
  ['a key that is none', { client_id: 'abc', 'private_key.pem': 's3cr3t', kid: 'k' }, /private_key.pem is no such key/],
  ['a key on another curve', { client_id: 'abc', 'private_key.pem': ecPem('P-384'), kid: 'k' }, /EC key on P-256/],
]

for (const [rule, files, message] of UNUSABLE) {
  credentials(`${rule} is no credential, and the message names the file and the remedy`, () => {
    const path = directory(files)
    const failure = failureOf(() => read(path))
    assert.is(failure.code, 'Unauthorized')
    assert.is(failure.disposition, 'wait')
    assert.match(failure.message, message)
    assert.ok(failure.message.startsWith(path))
    assert.not.match(failure.message, /s3cr3t/)
    assert.not.match(failure.message, /\n/)
  })
}

credentials('a directory that is not there is no credential', () => {
  assert.match(failureOf(() => read(join(root, 'nowhere'))).message, /nowhere\/client_id is missing/)
})

credentials('a file that cannot be read is told with the reason', () => {
  const path = directory({ client_id: 'abc' })
  mkdirSync(join(path, 'client_secret'))
  assert.match(failureOf(() => read(path)).message, /client_secret cannot be read \(EISDIR\)/)
  // Root may read everything.
  if (process.getuid?.() === 0) return
  const secret = directory({ client_id: 'abc', client_secret: 's' })
  chmodSync(join(secret, 'client_secret'), 0)
  assert.match(failureOf(() => read(secret)).message, /client_secret cannot be read \(EACCES\): let/)
})

credentials(
  'the files are looked at again after a second, and the credential is the same object until it changes',
  async () => {
    const clock = new ManualClock()
    const path = directory({ client_id: 'abc', client_secret: 'old' })
    const source = new CredentialsDirectory(path, clock)
    const old = source.read()
    fill(path, { client_secret: 'new' })
    assert.is(source.read(), old)
    await clock.advance(1_000)
    const { proof } = source.read()
    assert.is(proof.type === 'ClientSecret' && proof.clientSecret.reveal(), 'new')
    await clock.advance(1_000)
    assert.is(source.read().proof, proof)
  },
)

credentials('what is missing may come, and go again', async () => {
  const clock = new ManualClock()
  const path = directory({ client_id: 'abc' })
  const source = new CredentialsDirectory(path, clock)
  assert.throws(() => source.read(), /client_secret is missing/)
  fill(path, { client_secret: 's' })
  await clock.advance(1_000)
  assert.is(source.read().clientId, 'abc')
  rmSync(join(path, 'client_id'))
  await clock.advance(1_000)
  assert.throws(() => source.read(), /client_id is missing/)
})

credentials('a Secret volume is followed as Kubernetes swaps it', async () => {
  const clock = new ManualClock()
  const path = directory({})
  mkdirSync(join(path, '..1'))
  fill(join(path, '..1'), { client_id: 'abc', client_secret: 's' })
  symlinkSync('..1', join(path, '..data'))
  for (const name of ['client_id', 'client_secret', 'kid', 'private_key.pem']) {
    symlinkSync(join('..data', name), join(path, name))
  }
  const source = new CredentialsDirectory(path, clock)
  assert.is(source.read().proof.type, 'ClientSecret')
  mkdirSync(join(path, '..2'))
  fill(join(path, '..2'), { client_id: 'abc', 'private_key.pem': ecPem(), kid: 'k2' })
  symlinkSync('..2', join(path, '..data_tmp'))
  renameSync(join(path, '..data_tmp'), join(path, '..data'))
  await clock.advance(1_000)
  const { proof } = source.read()
  assert.ok(proof.type === 'EC' && proof.kid === 'k2')
})

credentials.run()
