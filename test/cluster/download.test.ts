// Downloads against servers on loopback that lie, break off, or say nothing.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Agent } from 'undici'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findProgram } from './cache.ts'
import { OFFICIAL, downloadPrograms } from './download.ts'
import type { DownloadOptions } from './download.ts'
import { KUBERNETES_VERSION, PROGRAMS } from './programs.ts'
import type { Platform, Program } from './programs.ts'

const test = suite('cluster/download')

const LINUX: Platform = { os: 'linux', arch: 'amd64' }
const IN_ARCHIVE: Program[] = ['etcd', 'kube-apiserver', 'kubectl']
const MANAGER: Program = 'kube-controller-manager'
const MANAGER_PATH = `/release/v${KUBERNETES_VERSION}/bin/linux/amd64/${MANAGER}`
const [major, minor] = KUBERNETES_VERSION.split('.')
/** Not every patch release has an archive. */
const ARCHIVED = `v${major}.${minor}.0`

let root = ''
let folder = ''
let archive = Buffer.alloc(0)
test.before(async () => {
  root = await mkdtemp(join(tmpdir(), 'rai-download-'))
  const inner = join(root, 'controller-tools', 'envtest')
  await mkdir(inner, { recursive: true })
  for (const program of IN_ARCHIVE) await writeFile(join(inner, program), `the ${program}`)
  await promisify(execFile)('tar', ['-czf', join(root, 'archive.tar.gz'), '-C', root, 'controller-tools'])
  archive = await readFile(join(root, 'archive.tar.gz'))
})
test.before.each(async () => {
  folder = await mkdtemp(join(root, 'cache-'))
})
test.after(async () => rm(root, { recursive: true, force: true }))

const sha512 = (data: string | Buffer) => createHash('sha512').update(data).digest('hex')

type Answer = string | Buffer | ((response: ServerResponse) => void)
const silence: Answer = () => undefined
const missing: Answer = (response) => response.writeHead(404).end()
const brokenOff: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000000' })
  response.write('the beginning', () => response.destroy())
}
const drop: Answer = (response) => {
  const timer = setInterval(() => response.write('.'), 20)
  response.on('close', () => clearInterval(timer))
}

/** For whoever answers: a busy machine takes its time. */
const PATIENCE_MS = 30_000
/** For who does not, and whose test lasts as long. */
const LITTLE_PATIENCE_MS = 1_000

/** Both official servers in one, with some answers replaced. */
async function official(
  replaced: Record<string, Answer> = {},
  patienceMs = PATIENCE_MS,
): Promise<{ server: Server; options: DownloadOptions }> {
  const server = createServer((request, response) => {
    const answers: Record<string, Answer> = {
      '/index.yaml': index(`${base}/archive.tar.gz`),
      '/archive.tar.gz': archive,
      [MANAGER_PATH]: `the ${MANAGER}`,
      [`${MANAGER_PATH}.sha512`]: sha512(`the ${MANAGER}`),
      ...replaced,
    }
    const answer = answers[request.url ?? ''] ?? missing
    if (typeof answer === 'function') answer(response)
    else response.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    server,
    options: { indexUrl: `${base}/index.yaml`, releasesUrl: `${base}/release`, patienceMs, connect: () => new Agent() },
  }
}

const index = (link: string, hash = sha512(archive), version = ARCHIVED) =>
  `releases:\n  ${version}:\n    envtest-${version}-linux-amd64.tar.gz:\n      hash: ${hash}\n      selfLink: ${link}\n`

async function download(
  replaced: Record<string, Answer> = {},
  programs: readonly Program[] = PROGRAMS,
  platform = LINUX,
  patienceMs = PATIENCE_MS,
) {
  const { server, options } = await official(replaced, patienceMs)
  try {
    const problems = await downloadPrograms(programs, folder, platform, () => undefined, undefined, options)
    const found = []
    for (const program of PROGRAMS) if (await findProgram(folder, program)) found.push(program)
    return { problems, found }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('archive and controller manager are fetched, checked, and recorded with where they come from', async () => {
  const { problems, found } = await download()
  assert.equal(problems, [])
  assert.equal(found, [...PROGRAMS])
  for (const program of PROGRAMS) assert.is(await readFile(join(folder, program), 'utf8'), `the ${program}`)
  const etcd = JSON.parse(await readFile(join(folder, 'etcd.json'), 'utf8'))
  assert.is(`v${etcd.version}`, ARCHIVED)
  assert.match(etcd.origin, '/archive.tar.gz')
  const manager = JSON.parse(await readFile(join(folder, `${MANAGER}.json`), 'utf8'))
  assert.is(manager.version, KUBERNETES_VERSION)
  assert.match(manager.origin, MANAGER_PATH)
})

test('only what is asked for is put into the cache', async () => {
  const { problems, found } = await download({ [MANAGER_PATH]: missing }, ['kubectl'])
  assert.equal(problems, [])
  assert.equal(found, ['kubectl'])
})

test('the controller manager of macOS is published nowhere and not asked for', async () => {
  const darwin: Platform = { os: 'darwin', arch: 'arm64' }
  const { problems, found } = await download({}, [MANAGER], darwin)
  assert.equal({ problems, found }, { problems: [], found: [] })
})

type Mishap = {
  readonly title: string
  readonly replaced: Record<string, Answer>
  readonly patienceMs?: number
  readonly code?: string
  readonly words?: string
  readonly found: Program[]
}

const mishaps: readonly Mishap[] = [
  {
    title: 'an archive with another checksum is refused',
    replaced: { '/archive.tar.gz': Buffer.from('something else') },
    code: 'ChecksumMismatch',
    words: '/archive.tar.gz',
    found: [MANAGER],
  },
  {
    title: 'a controller manager with another checksum is refused',
    replaced: { [MANAGER_PATH]: 'something else' },
    code: 'ChecksumMismatch',
    words: MANAGER_PATH,
    found: IN_ARCHIVE,
  },
  {
    title: 'without a published checksum nothing is believed',
    replaced: { [`${MANAGER_PATH}.sha512`]: missing },
    words: 'answered 404',
    found: IN_ARCHIVE,
  },
  {
    title: 'an index without this version is told',
    replaced: { '/index.yaml': index('x', 'y', 'v1.1.1') },
    found: [MANAGER],
  },
  {
    title: 'an index that is none is told',
    replaced: { '/index.yaml': 'Sign in to the guest network' },
    found: [MANAGER],
  },
  {
    title: 'a download that breaks off is not taken for a finished one',
    replaced: { '/archive.tar.gz': brokenOff },
    found: [MANAGER],
  },
  {
    title: 'a server that never answers is given up',
    replaced: { '/index.yaml': silence },
    patienceMs: LITTLE_PATIENCE_MS,
    words: 'nothing came from 127.0.0.1',
    found: [MANAGER],
  },
  {
    title: 'an archive that never comes is given up',
    replaced: { '/archive.tar.gz': silence },
    patienceMs: LITTLE_PATIENCE_MS,
    words: 'nothing came from 127.0.0.1',
    found: [MANAGER],
  },
  {
    title: 'an archive that comes by the byte is given up',
    replaced: { '/archive.tar.gz': drop },
    patienceMs: LITTLE_PATIENCE_MS,
    words: 'nothing came from 127.0.0.1',
    found: [MANAGER],
  },
]

for (const { title, replaced, patienceMs, code = 'DownloadFailed', words = '', found } of mishaps) {
  test(title, async () => {
    const outcome = await download(replaced, PROGRAMS, LINUX, patienceMs)
    assert.equal(
      outcome.problems.map((problem) => problem.code),
      [code],
    )
    const message = outcome.problems[0]?.message ?? ''
    assert.match(message, words)
    assert.not.match(message, '\n')
    assert.equal(outcome.found, found)
    assert.equal(
      (await readdir(folder)).filter((name) => name.startsWith('.partial')),
      [],
    )
  })
}

test('two servers that never answer are given up at the same time, within ten seconds', async () => {
  const patienceMs = 1_000
  const { server, options } = await official(
    { '/index.yaml': silence, [`${MANAGER_PATH}.sha512`]: silence },
    patienceMs,
  )
  const startedAt = performance.now()
  const problems = await downloadPrograms(PROGRAMS, folder, LINUX, () => undefined, undefined, options)
  const tookMs = performance.now() - startedAt
  server.closeAllConnections()
  server.close()
  assert.is(problems.length, 2)
  assert.ok(tookMs < 2 * patienceMs, `${tookMs} ms`)
  assert.ok(OFFICIAL.patienceMs < 9_000)
})

test('an address where nobody listens is given up', async () => {
  const { server, options } = await official()
  await new Promise((resolve) => server.close(resolve))
  const problems = await downloadPrograms(PROGRAMS, folder, LINUX, () => undefined, undefined, options)
  assert.equal(
    problems.map((problem) => problem.code),
    ['DownloadFailed', 'DownloadFailed'],
  )
  assert.match(problems[0]?.message ?? '', 'ECONNREFUSED')
})

test('an abort ends the download and is passed on', async () => {
  const given = new AbortController()
  const { server, options } = await official({ '/index.yaml': () => given.abort(new Error('enough')) })
  try {
    await downloadPrograms(PROGRAMS, folder, LINUX, () => undefined, given.signal, { ...options, patienceMs: 60_000 })
    assert.unreachable('it was aborted')
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test.run()
