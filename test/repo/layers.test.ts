// Holds src/ to the table of layers, so that a newcomer can trust it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Layer } from './layers.ts'
import { LAYERS, PACKAGE_HOMES } from './layers.ts'
import type { Import } from './source-files.ts'
import { importsOf, read, repositoryFiles } from './source-files.ts'

const SOURCES = repositoryFiles(/^src\/.*\.ts$/)

function layerOf(path: string): string | undefined {
  const within = (file: string): boolean => (file.endsWith('/') ? path.startsWith(file) : path === file)
  return Object.keys(LAYERS).find((name) => LAYERS[name]!.files.some(within))
}

/** Why `path` may not import this, or nothing. */
function objection(layerName: string, layer: Layer, { kind, target, typeOnly }: Import): string | undefined {
  switch (kind) {
    case 'node':
      return layer.node || typeOnly ? undefined : `${layerName} does without Node's own modules`
    case 'package':
      return PACKAGE_HOMES[target]?.includes(layerName) ? undefined : `the package is not at home in ${layerName}`
    case 'file': {
      const other = layerOf(target)
      if (other === undefined) return 'it is outside src/'
      const allowed = [layerName, ...layer.imports, ...(typeOnly ? layer.types : [])]
      if (allowed.includes(other) || allowed.includes(target)) return undefined
      const asType = layer.types.includes(other) || layer.types.includes(target)
      return asType ? `${layerName} may import its types only` : `${layerName} may not import ${other}`
    }
  }
}

function objections(path: string, source: string): string[] {
  const name = layerOf(path)
  if (name === undefined) return [`${path}: belongs to no layer of test/repo/layers.ts`]
  return importsOf(path, source).flatMap((one) => {
    const why = objection(name, LAYERS[name]!, one)
    return why === undefined ? [] : [`${path} imports ${one.target}: ${why}`]
  })
}

const layers = suite('layers')

layers('every file imports only what its layer may', () => {
  assert.equal(
    SOURCES.flatMap((path) => objections(path, read(path))),
    [],
  )
})

layers('a file passes on nothing that it imports', () => {
  const barrels = SOURCES.filter((path) => importsOf(path, read(path)).some(({ passedOn }) => passedOn))
  assert.equal(barrels, [])
})

layers('every package has a home that uses it', () => {
  const homes = Object.entries(PACKAGE_HOMES).flatMap(([name, layer]) => layer.map((home) => `${name} in ${home}`))
  const uses = SOURCES.flatMap((path) =>
    importsOf(path, read(path))
      .filter(({ kind }) => kind === 'package')
      .map(({ target }) => `${target} in ${layerOf(path)}`),
  )
  assert.equal([...new Set(uses)].toSorted(), homes.toSorted())
})

layers('CONTRIBUTING.md shows the same table', () => {
  const row = ([name, { purpose, imports, types }]: [string, Layer]): string => {
    const allowed = [...imports, ...types.map((type) => `types of ${type}`)].join(', ')
    return `| \`${name}\` | ${purpose} | ${name === 'roots' ? 'all' : allowed || 'nothing'} |`
  }
  const shown = read('CONTRIBUTING.md').replaceAll(/ +/g, ' ').split('\n')
  const rows = shown.filter((line) => Object.keys(LAYERS).some((name) => line.startsWith(`| \`${name}\` |`)))
  assert.equal(rows, Object.entries(LAYERS).map(row))
})

layers('the test itself sees what is wrong', () => {
  const wrong: readonly (readonly [path: string, source: string, complaint: RegExp])[] = [
    ['src/domain/x.ts', "import { readFile } from 'node:fs/promises'", /without Node/],
    ['src/domain/x.ts', "import {\n  a,\n  b,\n} from '../controllers/ports.ts'", /domain may not import controllers/],
    ['src/kube/x.ts', "import { a } from '../controllers/ports.ts'", /types only/],
    ['src/kube/x.ts', "import type { A } from '../controlplane/x.ts'", /may not import controlplane/],
    ['src/kube/x.ts', "const a = await import('../../test/a.ts')", /outside src/],
    ['src/kube/x.ts', "import { SignJWT } from 'jose'", /not at home/],
    ['src/stray.ts', '', /no layer/],
  ]
  for (const [path, source, complaint] of wrong) assert.match(objections(path, source).join('\n'), complaint)
  const right =
    "import type { Secrets } from '../controllers/ports.ts'\nimport type { KubeConfig } from '@kubernetes/client-node/dist/config.js'\nimport './y.ts'"
  assert.equal(objections('src/kube/x.ts', right), [])
})

layers.run()
