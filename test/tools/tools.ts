// Outside tools that tests run: from the cache, or built from the Go modules that are pinned in the folders beside this file.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../../src/errors.ts'
import { goEnvironment, requireGo } from '../cluster/build.ts'
import { withLock } from '../cluster/cache.ts'
import { cacheFolder, thisPlatform } from '../cluster/programs.ts'
import type { Report } from '../cluster/programs.ts'

type Recipe = {
  /** The folder whose `go.mod` pins it. */
  readonly module: string
  readonly package: string
  readonly flags?: readonly string[]
  /** Go 1.26, two cores, nothing built before. */
  readonly about: string
}

const RECIPES = {
  helm3: { module: 'helm3', package: 'helm.sh/helm/v3/cmd/helm', about: '3 minutes' },
  helm4: { module: 'helm4', package: 'helm.sh/helm/v4/cmd/helm', about: '3 minutes' },
  kstatus: { module: 'kstatus', package: '.', about: 'a minute and a half' },
  kubeconform: {
    module: 'kubeconform',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    about: 'some seconds',
  },
  'kustomize-controller': { module: 'flux', package: 'github.com/fluxcd/kustomize-controller', about: '6 minutes' },
  lua: { module: 'lua', package: '.', about: 'some seconds' },
  // Discovery of clouds is most of it, and of no use here.
  prometheus: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/prometheus',
    flags: ['-tags', 'remove_all_sd'],
    about: '2 minutes',
  },
  promtool: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    flags: ['-tags', 'remove_all_sd'],
    about: '3 minutes',
  },
} as const satisfies Record<string, Recipe>

export type Tool = keyof typeof RECIPES
export const TOOLS = Object.keys(RECIPES) as readonly Tool[]

/**
 * Absolute path of `tool`, whose version is the one that its `go.mod` says. Idempotent, and safe in several processes at once.
 * Takes minutes where it has to be built first. Fails with `GoMissing`, `GoTooOld` or `ToolNotBuilt`.
 */
export async function ensureTool(tool: Tool, report: Report): Promise<string> {
  const recipe: Recipe = RECIPES[tool]
  const sources = join(import.meta.dirname, recipe.module)
  const path = join(dirname(cacheFolder(process.env, thisPlatform())), 'tools', `${tool}-${await digest(sources)}`)
  if (existsSync(path)) return path
  await requireGo(process.env)
  // One at a time: each build takes all cores.
  const waiting = () => report(`waiting for another process that builds tools ...`)
  await withLock(dirname(path), waiting, async () => {
    if (!existsSync(path)) await build(tool, recipe, sources, path, report)
  })
  return path
}

async function build(tool: Tool, recipe: Recipe, sources: string, path: string, report: Report): Promise<void> {
  report(`building ${tool} from source (about ${recipe.about} on two cores) ...`)
  await mkdir(dirname(path), { recursive: true })
  const partial = join(dirname(path), `.partial-${tool}-${process.pid}`)
  const flags = ['-trimpath', '-ldflags', '-s -w', ...(recipe.flags ?? [])]
  try {
    await promisify(execFile)('go', ['build', ...flags, '-o', partial, recipe.package], {
      cwd: sources,
      env: goEnvironment(process.env),
      maxBuffer: 64 << 20,
    })
    await rename(partial, path)
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim()
    const remedy = 'see whether the module proxy can be reached'
    throw new Failure('ToolNotBuilt', 'stall', `${tool} does not build (${said.split('\n').at(-1)}): ${remedy}`)
  } finally {
    await rm(partial, { force: true })
  }
}

/** Of all that the tool is built from: another version has another name in the cache. */
async function digest(sources: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(sources)).toSorted()) hash.update(await readFile(join(sources, name)))
  return hash.digest('hex').slice(0, 16)
}
