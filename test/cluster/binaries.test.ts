// Where the programs of the test cluster come from, in which order, and what is told when they cannot be had.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { ensureBinaries } from './binaries.ts'
import type { Surroundings } from './binaries.ts'
import { finishProgram, partialPath } from './cache.ts'
import { PROGRAMS, cacheFolder, thisPlatform } from './programs.ts'
import type { Program } from './programs.ts'

const test = suite('cluster/binaries')

const ALL = [...PROGRAMS]
const FROM_ARCHIVE: Program[] = ['etcd', 'kube-apiserver', 'kubectl']
const LAST: Program = 'kube-controller-manager'

let root = ''
test.before.each(async () => {
  root = await mkdtemp(join(tmpdir(), 'rai-binaries-'))
})
test.after.each(async () => rm(root, { recursive: true, force: true }))

type World = {
  /** What `KUBEBUILDER_ASSETS` holds; `undefined`: it is not set. */
  assets?: Program[]
  cached?: Program[]
  /** What a download brings. */
  published?: Program[]
  go?: Failure
  build?: Surroundings['build']
}

/** A machine below `root`, and a diary of what was asked of it. */
async function machine({ assets, cached = [], published = [], go, build }: World) {
  const folder = join(root, 'cache')
  const assetsDir = join(root, 'assets')
  for (const program of assets ?? []) {
    await mkdir(assetsDir, { recursive: true })
    await writeFile(join(assetsDir, program), 'the user’s')
  }
  await mkdir(folder, { recursive: true })
  const finish = async (program: Program) => {
    const partial = partialPath(folder, program)
    await writeFile(partial, program)
    await finishProgram(folder, program, partial, { version: '1', origin: 'test' })
  }
  for (const program of cached) await finish(program)
  const diary: string[] = []
  const around: Surroundings = {
    env: assets ? { KUBEBUILDER_ASSETS: assetsDir } : {},
    platform: { os: 'linux', arch: 'amd64' },
    folder,
    async download(programs) {
      diary.push(`download ${programs.join(' ')}`)
      for (const program of programs) if (published.includes(program)) await finish(program)
      return programs.every((program) => published.includes(program))
        ? []
        : [new Failure('DownloadFailed', 'wait', 'no way')]
    },
    async requireGo() {
      if (go) throw go
    },
    async build(program, path, ...rest) {
      diary.push(`build ${program}`)
      if (build) return build(program, path, ...rest)
      await writeFile(path, program)
      return { version: '1', origin: 'test' }
    },
  }
  return { around, diary, folder, assetsDir }
}

const reported: string[] = []
const report = (line: string) => void reported.push(line)

const order: { title: string; world: World; users?: Program[]; expected: string[] }[] = [
  {
    title: 'KUBEBUILDER_ASSETS with everything is all that is looked at',
    world: { assets: ALL, cached: ALL },
    users: ALL,
    expected: [],
  },
  {
    title: 'what KUBEBUILDER_ASSETS lacks comes from the cache',
    world: { assets: FROM_ARCHIVE, cached: ALL },
    users: FROM_ARCHIVE,
    expected: [],
  },
  {
    title: 'what KUBEBUILDER_ASSETS and the cache lack is downloaded',
    world: { assets: FROM_ARCHIVE, published: ALL },
    users: FROM_ARCHIVE,
    expected: [`download ${LAST}`],
  },
  {
    title: 'what KUBEBUILDER_ASSETS, the cache and the archives lack is built',
    world: { assets: FROM_ARCHIVE },
    users: FROM_ARCHIVE,
    expected: [`download ${LAST}`, `build ${LAST}`],
  },
  { title: 'a full cache is not refreshed', world: { cached: ALL, published: ALL }, expected: [] },
  {
    title: 'only what the cache lacks is downloaded',
    world: { cached: ['etcd', 'kubectl'], published: ALL },
    expected: [`download kube-apiserver ${LAST}`],
  },
  {
    title: 'nothing is built that could be downloaded',
    world: { published: ALL },
    expected: [`download ${ALL.join(' ')}`],
  },
  {
    title: 'only what could not be downloaded is built',
    world: { published: FROM_ARCHIVE },
    expected: [`download ${ALL.join(' ')}`, `build ${LAST}`],
  },
  {
    title: 'everything is built where nothing can be downloaded',
    world: {},
    expected: [`download ${ALL.join(' ')}`, ...ALL.map((program) => `build ${program}`)],
  },
]

for (const { title, world, users = [], expected } of order) {
  test(title, async () => {
    const { around, diary, folder, assetsDir } = await machine(world)
    const found = await ensureBinaries(report, undefined, around)
    for (const program of ALL) {
      assert.is(found[program], join(users.includes(program) ? assetsDir : folder, program))
    }
    assert.equal(diary, expected)
    if (world.assets)
      assert.equal((await readdir(assetsDir)).sort(), [...world.assets].sort(), 'the user’s folder is left alone')
  })
}

async function failureOf(around: Surroundings): Promise<Failure> {
  const error: unknown = await ensureBinaries(report, undefined, around).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, Failure)
  return error as Failure
}

test('a KUBEBUILDER_ASSETS without any program is a mistake that is told', async () => {
  const { around, diary, assetsDir } = await machine({ assets: [], cached: ALL })
  const failure = await failureOf(around)
  assert.is(failure.code, 'AssetsMissing')
  assert.match(failure.message, assetsDir)
  assert.equal(diary, [])
})

test('without a download and without Go one line names what is missing and each remedy', async () => {
  const go = new Failure('GoMissing', 'stall', 'there is no Go toolchain')
  const { around } = await machine({ cached: ['etcd'], go })
  const failure = await failureOf(around)
  assert.is(failure.code, 'ProgramsMissing')
  assert.not.match(failure.message, '\n')
  for (const words of [
    'kube-apiserver, kubectl, kube-controller-manager',
    go.message,
    'online',
    'Go 1.26',
    'KUBEBUILDER_ASSETS',
  ]) {
    assert.match(failure.message, words)
  }
})

test('a build that ends early leaves what was finished and nothing else', async () => {
  const interrupted = await machine({
    async build(program, path) {
      await writeFile(path, 'half of it')
      if (program === 'kubectl') throw new Failure('BuildFailed', 'stall', 'interrupted')
      return { version: '1', origin: 'test' }
    },
  })
  assert.is((await failureOf(interrupted.around)).code, 'BuildFailed')
  assert.equal((await readdir(interrupted.folder)).sort(), [
    'etcd',
    'etcd.json',
    'kube-apiserver',
    'kube-apiserver.json',
  ])

  const next = await machine({})
  await ensureBinaries(report, undefined, next.around)
  assert.equal(next.diary, [
    'download kubectl kube-controller-manager',
    'build kubectl',
    'build kube-controller-manager',
  ])
})

test('of two at the same time one builds and the other waits for it, saying so', async () => {
  reported.length = 0
  const one = await machine({})
  const other = await machine({})
  const [first, second] = await Promise.all([
    ensureBinaries(report, undefined, one.around),
    ensureBinaries(report, undefined, other.around),
  ])
  assert.equal(first, second)
  assert.is([...one.diary, ...other.diary].filter((entry) => entry.startsWith('build')).length, ALL.length)
  assert.is(reported.filter((line) => line.startsWith('waiting for another process')).length, 1)
})

test('an unwritable cache folder is told with its remedy', async () => {
  const { around } = await machine({})
  await writeFile(join(root, 'file'), '')
  const failure = await failureOf({ ...around, folder: join(root, 'file', 'cache') })
  assert.is(failure.code, 'CacheUnwritable')
  assert.match(failure.message, 'XDG_CACHE_HOME')
})

const folders: { title: string; env: NodeJS.ProcessEnv; os: 'linux' | 'darwin'; expected: string }[] = [
  { title: 'the cache is in ~/.cache on Linux', env: {}, os: 'linux', expected: '/h/.cache/rai-operator/' },
  { title: 'XDG_CACHE_HOME moves it', env: { XDG_CACHE_HOME: '/c' }, os: 'linux', expected: '/c/rai-operator/' },
  {
    title: 'an empty XDG_CACHE_HOME counts as unset',
    env: { XDG_CACHE_HOME: '' },
    os: 'linux',
    expected: '/h/.cache/rai-operator/',
  },
  { title: 'macOS has a place of its own', env: {}, os: 'darwin', expected: '/h/Library/Caches/rai-operator/' },
]

for (const { title, env, os, expected } of folders) {
  test(title, () => {
    const folder = cacheFolder(env, { os, arch: 'arm64' }, '/h')
    assert.ok(folder.startsWith(expected), folder)
    assert.match(folder, new RegExp(`kubernetes-\\d+\\.\\d+\\.\\d+-etcd-\\d+\\.\\d+\\.\\d+-${os}-arm64$`))
  })
}

test('a platform without published servers is refused by name', () => {
  assert.equal(thisPlatform('linux', 'x64'), { os: 'linux', arch: 'amd64' })
  assert.throws(() => thisPlatform('win32', 'x64'), /win32\/x64/)
  assert.throws(() => thisPlatform('linux', 'ia32'), /linux\/ia32/)
})

test.run()
