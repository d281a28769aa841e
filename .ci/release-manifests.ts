// Writes the manifests of a release into dist/: crds.yaml, and install.yaml, which has everything.
// `--image REPOSITORY@sha256:…` names the image in it.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '..')
const BASE = join(ROOT, 'deploy/base')
/** As the manifests have it. */
const IMAGE = /^( +image: ).*$/m

/** The text of each file of a release. Fails when there is no image to name. */
export async function releaseManifests(image?: string): Promise<Readonly<Record<string, string>>> {
  const crds = await joined(
    globSync('crds/*.yaml', { cwd: ROOT })
      .toSorted()
      .map((path) => join(ROOT, path)),
  )
  const { resources } = parse(await readFile(join(BASE, 'kustomization.yaml'), 'utf8')) as { resources: string[] }
  const base = await joined(resources.map((name) => join(BASE, name)))
  if (!IMAGE.test(base)) throw new Error('deploy/base names no image')
  const operator = image === undefined ? base : base.replace(IMAGE, `$1${image}`)
  return { 'crds.yaml': crds, 'install.yaml': crds + operator }
}

async function joined(paths: readonly string[]): Promise<string> {
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return texts.map((text) => `---\n${text}`).join('')
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { image: { type: 'string' } } })
  await mkdir(join(ROOT, 'dist'), { recursive: true })
  for (const [name, text] of Object.entries(await releaseManifests(values.image))) {
    await writeFile(join(ROOT, 'dist', name), text)
  }
}
