// What the tests run is run as the image runs it, and the image can be made from what the Dockerfile copies.
import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bundle } from '../../.ci/build.ts'
import { readStages } from '../stack/image.ts'
import { NODE_ENV, NODE_FLAGS } from '../stack/operator.ts'
import { read, ROOT } from './source-files.ts'

const test = suite('image')
const [build, final] = readStages()

test('the operator of the tests has the flags of the image', () => {
  assert.equal(final!.entrypoint, ['/nodejs/bin/node', ...NODE_FLAGS, '/app/dist/rai-operator.js'])
})

test('the operator of the tests has the environment of the image', () => assert.equal(final!.env, NODE_ENV))

test('what the first stage copies is all that the build reads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rai-image-'))
  try {
    for (const { sources, to } of build!.copies) {
      await mkdir(join(folder, to), { recursive: true })
      for (const source of sources) {
        const isFolder = source === to
        await cp(join(ROOT, source), join(folder, to, isFolder ? '' : basename(source)), { recursive: true })
      }
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    execFileSync(process.execPath, ['.ci/build.ts'], { cwd: folder, stdio: 'pipe' })
    const { files } = await bundle()
    const kept = final!.copies.filter(({ from }) => from === 'build').flatMap(({ sources }) => sources)
    assert.is(kept.length, 3)
    for (const name of kept.map((path) => basename(path))) {
      const contents = files.get(name)!
      assert.ok(Buffer.from(contents).equals(await readFile(join(folder, 'dist', name))), `dist/${name} is the same`)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('it runs as nobody, by number', () => assert.is(final!.user, '65532:65532'))

test('it says what it is, and which version', () => {
  const { name, description, license, version } = JSON.parse(read('package.json')) as Record<string, string>
  const labels = Array.from(final!.text.matchAll(/org\.opencontainers\.image\.(\w+)="(.*)"/g), ([, label, value]) => [
    label,
    value,
  ])
  assert.equal(Object.fromEntries(labels), {
    title: name,
    version,
    revision: '${REVISION}',
    description,
    licenses: license,
  })
})

test('no signal opens a debugger in it', () => assert.ok(NODE_FLAGS.includes('--disable-sigusr1')))

/** What writes down what is in memory, or lets somebody look at it. */
const REVEALING = /^--(?:inspect|heapsnapshot|heap-prof|cpu-prof|prof|report|trace|diagnostic-dir|abort-on-uncaught)/

test('no flag has it write its memory, a profile or a report, nor listen to a debugger', () => {
  const flags = [...NODE_FLAGS, ...(final!.text.match(/--[\w-]+/g) ?? [])]
  assert.equal(
    flags.filter((flag) => REVEALING.test(flag)),
    [],
  )
  assert.not.match(final!.text, 'NODE_OPTIONS')
})

test.run()
