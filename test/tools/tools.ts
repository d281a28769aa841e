// Outside tools that tests run: from the cache, or built from the modules that are pinned in the folders beside this file.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../../src/errors.ts'
import { goEnvironment, requireGo } from '../cluster/build.ts'
import { withLock } from '../cluster/cache.ts'
import { cacheFolder, thisPlatform } from '../cluster/programs.ts'
import type { Report } from '../cluster/programs.ts'

type Recipe = {
  /** The folder that pins it, by `go.mod` or by `package-lock.json`. */
  readonly module: string
  /** Two cores, nothing built before; Go 1.26. */
  readonly about: string
} & (GoProgram | NodeScript)

type GoProgram = { readonly package: string; readonly flags?: readonly string[] }

/** A file of the folder, run beside the packages that it imports. */
type NodeScript = { readonly script: string }

const RECIPES = {
  helm3: { module: 'helm3', package: 'helm.sh/helm/v3/cmd/helm', about: '3 minutes' },
  helm4: { module: 'helm4', package: 'helm.sh/helm/v4/cmd/helm', about: '3 minutes' },
  helmrelease: { module: 'helmrelease', package: '.', about: 'a minute' },
  kstatus: { module: 'kstatus', package: '.', about: 'a minute and a half' },
  kubeconform: {
    module: 'kubeconform',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    about: 'some seconds',
  },
  'kustomize-controller': { module: 'flux', package: 'github.com/fluxcd/kustomize-controller', about: '6 minutes' },
  lua: { module: 'lua', package: '.', about: 'some seconds' },
  mermaid: { module: 'mermaid', script: 'errors.js', about: 'some seconds' },
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
 * Absolute path of `tool`, a program or a script for Node, whose version is the one that its folder pins. Idempotent, and safe in
 * several processes at once. Takes minutes where it has to be built first. Fails with `GoMissing`, `GoTooOld` or `ToolNotBuilt`.
 */
export async function ensureTool(tool: Tool, report: Report): Promise<string> {
  const recipe: Recipe = RECIPES[tool]
  const sources = join(import.meta.dirname, recipe.module)
  const built = join(dirname(cacheFolder(process.env, thisPlatform())), 'tools', `${tool}-${await digest(sources)}`)
  const path = 'script' in recipe ? join(built, recipe.script) : built
  if (existsSync(path)) return path
  if ('package' in recipe) await requireGo(process.env)
  // One at a time: each build takes all cores.
  const waiting = () => report(`waiting for another process that builds tools ...`)
  await withLock(dirname(built), waiting, async () => {
    if (!existsSync(path)) await build(tool, recipe, sources, built, report)
  })
  return path
}

async function build(tool: Tool, recipe: Recipe, sources: string, built: string, report: Report): Promise<void> {
  report(`building ${tool} from source (about ${recipe.about} on two cores) ...`)
  await mkdir(dirname(built), { recursive: true })
  const partial = join(dirname(built), `.partial-${tool}-${process.pid}`)
  try {
    if ('script' in recipe) await install(sources, partial)
    else await compile(recipe, sources, partial)
    await rename(partial, built)
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim()
    const remedy = 'see whether the registry of its modules can be reached'
    throw new Failure('ToolNotBuilt', 'stall', `${tool} does not build (${said.split('\n').at(-1)}): ${remedy}`)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function compile(program: GoProgram, sources: string, path: string): Promise<void> {
  const flags = ['-trimpath', '-ldflags', '-s -w', ...(program.flags ?? [])]
  await promisify(execFile)('go', ['build', ...flags, '-o', path, program.package], {
    cwd: sources,
    env: goEnvironment(process.env),
    maxBuffer: 64 << 20,
  })
}

async function install(sources: string, folder: string): Promise<void> {
  await cp(sources, folder, { recursive: true })
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
}

/** Asks a tool that reads a JSON array from its standard input, and writes one with an answer to each. */
export async function askTool(
  tool: Tool,
  args: readonly string[],
  questions: readonly unknown[],
): Promise<readonly unknown[]> {
  const path = await ensureTool(tool, (line) => process.stderr.write(`${line}\n`))
  const command = 'script' in RECIPES[tool] ? [process.execPath, path] : [path]
  const [program, ...own] = command as [string, ...string[]]
  const running = promisify(execFile)(program, [...own, ...args], { maxBuffer: 256 << 20 })
  // One that fails early closes its input: its own words say more than EPIPE.
  running.child.stdin?.on('error', () => undefined).end(JSON.stringify(questions))
  return JSON.parse((await running).stdout) as unknown[]
}

/** Of all that the tool is built from: another version has another name in the cache. */
async function digest(sources: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(sources)).toSorted()) hash.update(await readFile(join(sources, name)))
  return hash.digest('hex').slice(0, 16)
}
