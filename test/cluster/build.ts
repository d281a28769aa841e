// Builds the programs of the test cluster from the pinned Go modules.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Failure } from '../../src/errors.ts'
import { ETCD_VERSION, KUBERNETES_VERSION, MODULE_DIR } from './programs.ts'
import type { Platform, Program, Report } from './programs.ts'

type Recipe = { readonly package: string; readonly version: string; readonly flags: string; readonly about: string }

const [major, minor] = KUBERNETES_VERSION.split('.')
/** As upstream's own build sets them; modules do not know their commit. */
const VERSION_FLAGS = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  .flatMap((where) => [
    `-X ${where}.gitVersion=v${KUBERNETES_VERSION}`,
    `-X ${where}.gitMajor=${major}`,
    `-X ${where}.gitMinor=${minor}`,
    `-X ${where}.gitCommit=unknown`,
    `-X ${where}.gitTreeState=clean`,
  ])
  .join(' ')

const kubernetes = (command: string, about: string): Recipe => ({
  package: `k8s.io/kubernetes/cmd/${command}`,
  version: KUBERNETES_VERSION,
  flags: `-s -w ${VERSION_FLAGS}`,
  about,
})

/** Times: Go 1.26, two cores, nothing built before. */
const RECIPES: Readonly<Record<Program, Recipe>> = {
  etcd: { package: 'go.etcd.io/etcd/server/v3', version: ETCD_VERSION, flags: '-s -w', about: 'less than a minute' },
  'kube-apiserver': kubernetes('kube-apiserver', 'about 7 minutes on two cores'),
  kubectl: kubernetes('kubectl', 'half a minute'),
  'kube-controller-manager': kubernetes('kube-controller-manager', 'about 2 minutes on two cores'),
}

const OLDEST_GO = { major: 1, minor: 26 }
const HEARTBEAT_MS = 30_000

/** Fails with `GoMissing` or `GoTooOld` when this machine cannot build. The message holds no remedy: the caller knows them all. */
export async function requireGo(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const oldest = `${OLDEST_GO.major}.${OLDEST_GO.minor}`
  let version: string
  try {
    const run = await promisify(execFile)('go', ['env', 'GOVERSION'], {
      env: goEnvironment(env),
      ...(signal && { signal }),
    })
    version = run.stdout.trim()
  } catch (error) {
    signal?.throwIfAborted()
    throw new Failure('GoMissing', 'stall', `there is no Go toolchain (>= ${oldest}) to build with`, { cause: error })
  }
  const [, foundMajor, foundMinor] = /^go(\d+)\.(\d+)/.exec(version)?.map(Number) ?? []
  // A development version ("devel ...") is newer than any release that could be asked for.
  if (foundMajor === undefined || foundMinor === undefined) return
  if (foundMajor < OLDEST_GO.major || (foundMajor === OLDEST_GO.major && foundMinor < OLDEST_GO.minor)) {
    throw new Failure('GoTooOld', 'stall', `Go ${oldest} or newer is needed to build, this is ${version.slice(2)}`)
  }
}

/**
 * Builds one program to `path`, reporting its start, its end, and a sign of life every half minute in between. What the
 * compiler says goes to `<path>.log`. Returns what the cache records. Fails with `BuildFailed`, naming that file.
 */
export async function buildProgram(
  program: Program,
  path: string,
  platform: Platform,
  env: NodeJS.ProcessEnv,
  report: Report,
  signal?: AbortSignal,
): Promise<{ version: string; origin: string }> {
  const recipe = RECIPES[program]
  const startedAt = performance.now()
  const elapsed = () => duration(performance.now() - startedAt)
  report(`building ${program} ${recipe.version} from source (${recipe.about}) ...`)
  const heartbeat = setInterval(() => report(`still building ${program}, ${elapsed()} so far ...`), HEARTBEAT_MS)
  try {
    const code = await runGo(recipe, path, { ...goEnvironment(env), GOOS: platform.os, GOARCH: platform.arch }, signal)
    if (code !== 0) {
      throw new Failure(
        'BuildFailed',
        'stall',
        `building ${program} from source failed after ${elapsed()}: see ${path}.log`,
      )
    }
  } finally {
    clearInterval(heartbeat)
  }
  report(`built ${program} in ${elapsed()}`)
  return { version: recipe.version, origin: recipe.package }
}

async function runGo(
  recipe: Recipe,
  path: string,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<number | null> {
  const log = await open(`${path}.log`, 'w')
  try {
    const go = spawn('go', ['build', '-trimpath', '-ldflags', recipe.flags, '-o', path, recipe.package], {
      cwd: MODULE_DIR,
      env,
      stdio: ['ignore', log.fd, log.fd],
      // The go command removes its scratch folder on SIGINT only.
      killSignal: 'SIGINT',
      ...(signal && { signal }),
    })
    const [code] = (await once(go, 'close')) as [number | null]
    return code
  } finally {
    await log.close()
  }
}

/** Neither flags nor a cross-compilation that somebody set for their own work may change what is built here. */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local', GOWORK: 'off', CGO_ENABLED: '0' }
}

/** `42s`, `6m46s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
}
