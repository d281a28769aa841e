// What is known of the packages that a bundle holds parts of: from esbuild's account of it, and from what npm installed.
import type { Metafile } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Package = {
  /** Below the root of the project. */
  readonly folder: string
  readonly name: string
  readonly version: string
  /** An SPDX expression, as the package names it. */
  readonly licence: string
  /** Of the archive that npm fetched: algorithm and base64, from the lock file. */
  readonly integrity: string
}

type Manifest = { readonly name: string; readonly version: string; readonly license?: string }
type Lock = { readonly packages: Readonly<Record<string, { readonly integrity?: string }>> }

/** The folder of the package that a source stands in, below the root; `undefined` for our own. */
function folderOf(path: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
}

/** The packages that a bundle holds parts of, by their folder below the root, sorted. */
export function packagesOf(metafile: Metafile): string[] {
  const folders = Object.keys(metafile.inputs).map(folderOf)
  return [...new Set(folders.filter((folder) => folder !== undefined))].toSorted()
}

/** The folders of the packages that the sources in `folder` import from, `undefined` being our own; sorted. */
export function importsOf(metafile: Metafile, folder: string | undefined): string[] {
  const inputs = Object.entries(metafile.inputs).filter(([path]) => folderOf(path) === folder)
  const imported = inputs.flatMap(([, { imports }]) => imports.map(({ path }) => folderOf(path)))
  return [...new Set(imported.filter((other) => other !== undefined))].filter((other) => other !== folder).toSorted()
}

/** Those in these folders, in their order. Throws where one names no licence, or was not fetched by the lock file. */
export async function readPackages(root: string, folders: readonly string[]): Promise<Package[]> {
  const read = async <T>(path: string) => JSON.parse(await readFile(join(root, path), 'utf8')) as T
  const lock = await read<Lock>('package-lock.json')
  return Promise.all(
    folders.map(async (folder) => {
      const { name, version, license } = await read<Manifest>(`${folder}/package.json`)
      const integrity = lock.packages[folder]?.integrity
      if (license === undefined)
        throw new Error(`${folder}/package.json names no licence: ask its authors, or do without it`)
      if (integrity === undefined) throw new Error(`${folder} is not in package-lock.json: run npm ci`)
      return { folder, name, version, licence: license, integrity }
    }),
  )
}
