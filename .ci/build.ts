// Builds dist/, what `bin` names: one ES module that needs Node and nothing else, the licences of what is in it, and its bill of materials.
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import { build as esbuild } from 'esbuild'
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { packagesOf, readPackages } from './packages.ts'
import type { Package } from './packages.ts'
import { billOfMaterials } from './sbom.ts'
import type { Product } from './sbom.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const LEGAL = '.LEGAL.txt'

/** The files of dist/ by name, and esbuild's account of what went into them. */
export type Bundle = { readonly files: ReadonlyMap<string, Uint8Array>; readonly metafile: Metafile }

/**
 * Bundles one entry point in memory; writes nothing. Throws esbuild's error, already printed, when the source does not
 * bundle. The version comes from package.json, so that `--version` and the metrics cannot disagree with the package.
 */
export async function bundle(entry = join(ROOT, 'src/main.ts')): Promise<Bundle> {
  const product = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Product
  const { outputFiles, metafile } = await esbuild({
    ...OPTIONS,
    entryPoints: [entry],
    define: { BUILD_VERSION: JSON.stringify(product.version) },
  })
  const files = new Map<string, Uint8Array>()
  const comments = outputFiles.find(({ path }) => path.endsWith(LEGAL))
  for (const file of outputFiles) if (file !== comments) files.set(basename(file.path), file.contents)
  const packages = await readPackages(ROOT, packagesOf(metafile))
  files.set('LICENSES.txt', Buffer.from(await licences(packages, comments?.text ?? '')))
  files.set('sbom.cdx.json', Buffer.from(billOfMaterials(product, packages, metafile)))
  return { files, metafile }
}

/**
 * What packages import and never use here, replaced by what is asked of it: an import of anything else fails the build by
 * name. Measured together it took over 30 MB of memory, and most of the start.
 */
const TRIMMED: readonly { readonly imported: RegExp; readonly contents: string }[] = [
  {
    // For clients that `config.js` of client-node could make: two functions by way of an index that names all 900 models of
    // Kubernetes.
    imported: /^[.][/]gen[/]index[.]js$/,
    contents: 'export const createConfiguration = undefined, ServerConfiguration = undefined',
  },
  {
    // For requests that client-node could send: their parser is a WebAssembly, which alone costs 17 MB once it runs.
    imported: /^undici$/,
    contents: 'export const Agent = undefined, ProxyAgent = undefined',
  },
  // Streams for Node before 18, which has its own.
  { imported: /^web-streams-polyfill[/]/, contents: 'module.exports = {}' },
]

const trimmed: Plugin = {
  name: 'trimmed',
  setup(build) {
    for (const { imported, contents } of TRIMMED) {
      build.onResolve({ filter: imported }, ({ path }) => ({ path, namespace: 'trimmed', pluginData: contents }))
    }
    build.onLoad({ filter: /^/, namespace: 'trimmed' }, ({ pluginData }) => ({ contents: pluginData as string }))
  },
}

/**
 * Node's own modules are required, not imported: an import asks for each of their members at once, which with `node:http`
 * alone loads `fetch`, WebSocket and HTTP/2, 10 MB that nobody uses.
 */
const required: Plugin = {
  name: 'required',
  setup(build) {
    build.onResolve({ filter: /^/ }, ({ path, kind }) =>
      kind !== 'require-call' && isBuiltin(path) ? { path, namespace: 'required' } : undefined,
    )
    build.onLoad({ filter: /^/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }))
  },
}

const OPTIONS = {
  absWorkingDir: ROOT,
  outfile: join(DIST, 'rai-operator.js'),
  write: false,
  metafile: true,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // Packages' ES modules first: they shake better than their CommonJS twins.
  mainFields: ['module', 'main'],
  plugins: [trimmed, required],
  // Where a package is found does not show, so that a linked node_modules gives the same bytes.
  preserveSymlinks: true,
  sourcemap: 'external',
  // Node keeps the source in memory. Names stay, for stack traces that can be read without the map.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'external',
  logLevel: 'warning',
  banner: {
    // Packages written in CommonJS ask for Node's own modules by `require`, which an ES module does not have.
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
} as const satisfies BuildOptions

async function licences(packages: readonly Package[], comments: string): Promise<string> {
  const sections = await Promise.all(packages.map(licence))
  return [
    'rai-operator.js holds parts of the following packages, each under its own licence.\n',
    ...sections,
    ...(comments === '' ? [] : [heading('Notices in their sources'), comments]),
  ].join('\n')
}

async function licence({ folder, name, version, licence }: Package): Promise<string> {
  const at = join(ROOT, folder)
  const names = (await readdir(at)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).toSorted()
  const texts = await Promise.all(names.map((file) => readFile(join(at, file), 'utf8')))
  return [heading(`${name} ${version} (${licence})`), ...texts.map((text) => `${text.trim()}\n`)].join('\n')
}

function heading(text: string): string {
  return `${'='.repeat(80)}\n${text}\n${'='.repeat(80)}\n`
}

/**
 * Brings dist/ up to date: what is equal stays untouched, what is not is swapped in whole, so that a process that
 * starts meanwhile sees the old file or the new one.
 */
async function write({ files }: Bundle): Promise<void> {
  await mkdir(DIST, { recursive: true })
  for (const [name, contents] of files) {
    const path = join(DIST, name)
    const old = await readFile(path).catch(() => undefined)
    if (old?.equals(contents)) continue
    const next = `${path}.${process.pid}`
    await writeFile(next, contents)
    if (name.endsWith('.js')) await chmod(next, 0o755)
    await rename(next, path)
  }
}

if (import.meta.main) {
  const result = await bundle()
  await write(result)
  const kilobytes = Math.round((result.files.get('rai-operator.js')?.length ?? 0) / 1000)
  process.stdout.write(`dist/rai-operator.js: ${kilobytes} kB, ${packagesOf(result.metafile).length} packages inside\n`)
}
