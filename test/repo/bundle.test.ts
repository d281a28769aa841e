// What the build makes is small, whole, and holds nothing that only development needs.
import { execFileSync } from 'node:child_process'
import { builtinModules } from 'node:module'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bundle } from '../../.ci/build.ts'
import type { Bundle } from '../../.ci/build.ts'
import { packagesOf, readPackages } from '../../.ci/packages.ts'
import { read, ROOT } from './source-files.ts'

const MAIN = 'rai-operator.js'
/** Far above what it takes today, far below what one careless import of client-node adds. */
const MOST_BYTES = 4_000_000
/** Asked for in a `try` by packages that do without. */
const OPTIONAL = new Set(['supports-color'])
/** They ask for a notice, and for nothing else. */
const LICENCES = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])

type Bill = {
  readonly components: readonly {
    readonly 'bom-ref': string
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly hashes: readonly { readonly content: string }[]
  }[]
  readonly dependencies: readonly { readonly dependsOn: readonly string[] }[]
}
type Lock = {
  readonly packages: Readonly<
    Record<string, { version: string; integrity: string; dev?: boolean; hasInstallScript?: boolean }>
  >
}

let built: Bundle
let folder: string

const bundled = suite('bundle')

bundled.before(async () => {
  built = await bundle()
  folder = await mkdtemp(join(tmpdir(), 'rai-bundle-'))
  for (const [name, contents] of built.files) await writeFile(join(folder, name), contents)
  await writeFile(join(folder, 'package.json'), '{"type": "module"}')
})

bundled.after(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true })
})

bundled('it holds none of the models of Kubernetes, no tests and no tools', () => {
  const unwanted = Object.keys(built.metafile.inputs).filter((path) =>
    /client-node\/dist\/gen\/models\/|^test\/|^\.ci\//.test(path),
  )
  assert.equal(unwanted, [])
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  const tools = new Set(Object.keys(devDependencies).map((name) => `node_modules/${name}`))
  assert.equal(
    packagesOf(built.metafile).filter((name) => tools.has(name)),
    [],
  )
})

bundled(`it has at most ${MOST_BYTES / 1_000_000} MB`, () => {
  assert.ok(built.files.get(MAIN)!.length <= MOST_BYTES)
})

bundled('it needs Node and nothing else', () => {
  const builtin = new Set(builtinModules)
  const outside = Object.values(built.metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  assert.equal(
    outside.filter((path) => !path.startsWith('node:') && !builtin.has(path) && !OPTIONAL.has(path)),
    [],
  )
})

bundled('the licence of every package in it stands beside it', () => {
  const licences = Buffer.from(built.files.get('LICENSES.txt')!).toString()
  const unnamed = packagesOf(built.metafile).filter(
    (path) => !licences.includes(`\n${path.split('node_modules/').at(-1)} `),
  )
  assert.equal(unnamed, [])
  assert.not.match(licences, 'no licence named')
})

bundled('no licence in it asks for more than a notice', async () => {
  const packages = await readPackages(ROOT, packagesOf(built.metafile))
  assert.equal(
    packages.filter(({ licence }) => !LICENCES.has(licence)),
    [],
  )
})

bundled('its bill of materials lists what is in it, and nothing else', () => {
  const { components, dependencies } = JSON.parse(Buffer.from(built.files.get('sbom.cdx.json')!).toString()) as Bill
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  assert.equal(
    components.map((component) => component['bom-ref']),
    packagesOf(built.metafile),
  )
  for (const { 'bom-ref': folder, name, version, purl, hashes } of components) {
    assert.is(purl, `pkg:npm/${name.replace('@', '%40')}@${version}`)
    assert.is(packages[folder]!.version, version)
    assert.is(`sha512-${Buffer.from(hashes[0]!.content, 'hex').toString('base64')}`, packages[folder]!.integrity)
  }
  const asked = new Set(dependencies.flatMap(({ dependsOn }) => dependsOn))
  assert.equal([...asked].toSorted(), packagesOf(built.metafile), 'somebody asks for each')
})

bundled('two builds give the same bytes, with nothing of the machine in them', async () => {
  const again = await bundle()
  assert.equal([...again.files.keys()], [...built.files.keys()])
  for (const [name, contents] of built.files) {
    assert.ok(Buffer.from(contents).equals(again.files.get(name)!), name)
    assert.not.ok(Buffer.from(contents).includes(ROOT), `${name} names the folder that it was built in`)
  }
})

bundled('nothing that runs in production has a script that runs when it is installed', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock
  const production = Object.entries(packages).filter(([folder, { dev }]) => folder !== '' && !dev)
  assert.ok(production.length > 50)
  assert.equal(
    production.filter(([, { hasInstallScript }]) => hasInstallScript).map(([folder]) => folder),
    [],
  )
})

bundled('--version tells the version of the package, with no node_modules anywhere near', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  const printed = execFileSync(process.execPath, [join(folder, MAIN), '--version'], { cwd: folder, env: {} })
  assert.match(printed.toString(), version)
})

bundled.run()
