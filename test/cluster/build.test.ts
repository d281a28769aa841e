// A build from source: what it needs, what it tells, and what cannot disturb it.
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { buildProgram, duration, requireGo } from './build.ts'

const test = suite('cluster/build')

let folder = ''
test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rai-build-'))
})
test.after.each(async () => rm(folder, { recursive: true, force: true }))

/** An environment in which `go` is this shell script. */
async function withGo(script: string, env: NodeJS.ProcessEnv = {}): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, 'go')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return { ...env, PATH: [folder, '/usr/bin', '/bin'].join(delimiter) }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, Failure)
  return error as Failure
}

const versions: { go: string; code?: string; words?: string }[] = [
  { go: 'go1.26.0' },
  { go: 'go1.27rc1' },
  { go: 'go2.0' },
  { go: 'devel go1.28-abcdef' },
  { go: 'go1.25.9', code: 'GoTooOld', words: '1.25.9' },
  { go: 'go1.9', code: 'GoTooOld', words: '1.26' },
]

for (const { go, code, words = '' } of versions) {
  test(`${go} ${code ? 'is too old, which is told' : 'can build'}`, async () => {
    const asked = requireGo(await withGo(`echo "${go}"`))
    if (code === undefined) return assert.is(await asked, undefined)
    const failure = await failureOf(asked)
    assert.is(failure.code, code)
    assert.match(failure.message, words)
  })
}

test('a machine without Go is told apart', async () => {
  assert.is((await failureOf(requireGo({ PATH: folder }))).code, 'GoMissing')
})

const PLATFORM = { os: 'linux', arch: 'arm64' } as const

test('a build says what it does, how long that takes, and how long it took', async () => {
  const lines: string[] = []
  const env = await withGo('while [ "$1" != -o ]; do shift; done; echo built > "$2"')
  const path = join(folder, 'made')
  const made = await buildProgram('kube-apiserver', path, PLATFORM, env, (line) => lines.push(line))
  assert.is(await readFile(path, 'utf8'), 'built\n')
  assert.is(made.origin, 'k8s.io/kubernetes/cmd/kube-apiserver')
  assert.is(lines.length, 2)
  assert.match(
    lines[0] ?? '',
    /^building kube-apiserver 1\.\d+\.\d+ from source \(about 7 minutes on two cores\) \.\.\.$/,
  )
  assert.match(lines[1] ?? '', /^built kube-apiserver in \d+s$/)
})

test('settings for other Go work do not reach a build', async () => {
  const odd = {
    GOFLAGS: '-mod=vendor',
    GOTOOLCHAIN: 'go1.20.0',
    GOWORK: '/w',
    GOOS: 'windows',
    GOARCH: '386',
    CGO_ENABLED: '1',
  }
  const env = await withGo(`env > ${join(folder, 'env')}`, odd)
  await buildProgram('etcd', join(folder, 'made'), PLATFORM, env, () => undefined)
  const seen = (await readFile(join(folder, 'env'), 'utf8')).split('\n').filter((line) => /^(GO|CGO)/.test(line))
  assert.equal(seen.sort(), [
    'CGO_ENABLED=0',
    'GOARCH=arm64',
    'GOFLAGS=-mod=readonly -buildvcs=false',
    'GOOS=linux',
    'GOTOOLCHAIN=local',
    'GOWORK=off',
  ])
})

test('a failed build names the file with what the compiler said', async () => {
  const env = await withGo('echo "module lookup disabled" >&2; exit 1')
  const path = join(folder, 'made')
  const failure = await failureOf(buildProgram('kubectl', path, PLATFORM, env, () => undefined))
  assert.is(failure.code, 'BuildFailed')
  assert.match(failure.message, `${path}.log`)
  assert.match(await readFile(`${path}.log`, 'utf8'), 'module lookup disabled')
})

test('an aborted build ends its compiler', async () => {
  const given = new AbortController()
  const [begun, interrupted] = [join(folder, 'begun'), join(folder, 'interrupted')]
  const env = await withGo(
    `trap 'echo yes > ${interrupted}; exit 1' INT; echo yes > ${begun}; while :; do sleep 0.02; done`,
  )
  const building = buildProgram('etcd', join(folder, 'made'), PLATFORM, env, () => undefined, given.signal)
  await existing(begun)
  given.abort()
  assert.is(
    await building.then(
      () => 'built',
      (error: Error) => error.name,
    ),
    'AbortError',
  )
  await existing(interrupted)
})

async function existing(path: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!existsSync(path)) {
    if (performance.now() > deadline) assert.unreachable(`${path} did not appear`)
    await setImmediate()
  }
}

test('durations are in minutes from one minute on', () => {
  assert.equal([400, 59_400, 60_000, 406_000].map(duration), ['0s', '59s', '1m00s', '6m46s'])
})

test.run()
