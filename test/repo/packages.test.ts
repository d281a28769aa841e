// package.json says what the code needs: no more, no less, and always the same.
import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { importsOf, read, repositoryFiles, ROOT } from './source-files.ts'

type Manifest = Record<'dependencies' | 'devDependencies' | 'scripts' | 'bin', Record<string, string>>

type Locked = { readonly optionalDependencies?: Record<string, string> }

const MANIFEST = JSON.parse(read('package.json')) as Manifest
const RUNTIME = Object.keys(MANIFEST.dependencies)
const TOOLS = Object.keys(MANIFEST.devDependencies)

/** Packages that are used without being imported, and by whom. */
const USED_AS_COMMAND: Readonly<Record<string, string>> = {
  '@types/node': 'the compiler, for Node',
  '@types/sinon': 'the compiler, for sinon',
  node: 'every script: it puts Node 24 on the path',
  oxlint: 'the gate',
  'oxlint-tsgolint': 'oxlint --type-aware',
  prettier: 'the gate',
  typescript: 'the gate, as tsc',
}

function packagesUsedBy(pattern: RegExp): Set<string> {
  const imports = repositoryFiles(pattern).flatMap((path) => importsOf(path, read(path)))
  return new Set(imports.filter(({ kind }) => kind === 'package').map(({ target }) => target))
}

const packages = suite('packages')

packages('every version is exact, so that two builds are the same', () => {
  const versions = Object.entries({ ...MANIFEST.dependencies, ...MANIFEST.devDependencies })
  assert.equal(
    versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  )
})

packages('the lock file names no registry, so that any mirror will do', () => {
  const resolved = Array.from(read('package-lock.json').matchAll(/"resolved": "(.*)"/g), ([, url]) => url)
  assert.equal(resolved, [], 'npm config set omit-lockfile-registry-resolved true, then npm install')
})

packages('the lock file is complete: it names the platform packages of every machine', () => {
  const { packages: locked } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
  const missing = Object.entries(locked).flatMap(([at, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !locked[`node_modules/${name}`] && !locked[`${at}/node_modules/${name}`],
    ),
  )
  assert.equal(missing, [])
})

packages('each has its reason in docs/dependencies.md, and no other is told of there', () => {
  const [program, tools] = read('docs/dependencies.md')
    .split('\n## For building and testing\n')
    .map((part) => Array.from(part.matchAll(/^\| `([^`]+)` +\|/gm), ([, name]) => name!).toSorted())
  assert.equal(program, RUNTIME.toSorted())
  assert.equal(tools, TOOLS.toSorted())
})

packages('the program imports its dependencies, all of them, and nothing else', () => {
  assert.equal([...packagesUsedBy(/^src\/.*\.ts$/)].toSorted(), RUNTIME.toSorted())
})

packages('tests and tools import only what is declared', () => {
  const declared = new Set([...RUNTIME, ...TOOLS])
  const undeclared = [...packagesUsedBy(/^(?:test|\.ci)\/.*\.ts$/)].filter((name) => !declared.has(name))
  assert.equal(undeclared, [])
})

packages('every tool is used', () => {
  const imported = packagesUsedBy(/^(?:test|\.ci)\/.*\.ts$/)
  assert.equal(
    TOOLS.filter((name) => !imported.has(name) && USED_AS_COMMAND[name] === undefined),
    [],
  )
})

packages("Node's own modules are imported as node:", () => {
  const builtin = new Set(builtinModules)
  assert.equal(
    [...packagesUsedBy(/^(?:src|test|\.ci)\/.*\.ts$/)].filter((name) => builtin.has(name) && !RUNTIME.includes(name)),
    [],
  )
})

packages('every script runs a file that exists', () => {
  const files = Object.values(MANIFEST.scripts).flatMap((script) => script.match(/[\w./-]+\.(?:ts|sh)\b/g) ?? [])
  assert.ok(files.length > 0)
  assert.equal(
    files.filter((file) => !existsSync(join(ROOT, file))),
    [],
  )
})

packages.run()
