// The programs a test cluster consists of, their versions, and where this machine keeps them.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../src/errors.ts'

/** In the order in which they are obtained. */
export const PROGRAMS = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'] as const
export type Program = (typeof PROGRAMS)[number]

/** Absolute path of each program. */
export type Programs = Readonly<Record<Program, string>>

/** Tells a person what takes time; one line a call, without a line break. */
export type Report = (line: string) => void

/** Set to `oldest`, it has tests run on the oldest release of Kubernetes that is supported. */
const RELEASE_VARIABLE = 'RAI_TEST_KUBERNETES'
const MODULES: Readonly<Record<string, string>> = { '': 'binaries/', oldest: 'binaries-oldest/' }

/** The Go module that pins every program: the one place where versions are written. */
export const MODULE_DIR = fileURLToPath(new URL(moduleOf(process.env[RELEASE_VARIABLE] ?? ''), import.meta.url))

const goMod = readFileSync(join(MODULE_DIR, 'go.mod'), 'utf8')

/** Without the leading `v`. */
export const KUBERNETES_VERSION = pinned('k8s.io/kubernetes')
/** Without the leading `v`. */
export const ETCD_VERSION = pinned('go.etcd.io/etcd/server/v3')

function moduleOf(release: string): string {
  const module = MODULES[release]
  if (module === undefined) throw new Error(`${RELEASE_VARIABLE} takes "oldest" or nothing, not "${release}"`)
  return module
}

function pinned(module: string): string {
  for (const line of goMod.split('\n')) {
    const [path, version] = line.trim().split(' ')
    if (path === module && version?.startsWith('v')) return version.slice(1)
  }
  throw new Error(`${MODULE_DIR}go.mod does not require ${module}`)
}

/** An operating system and processor in the words of Go and of the official archives. */
export type Platform = { readonly os: 'linux' | 'darwin'; readonly arch: 'amd64' | 'arm64' }

/** The platform of this process. Fails with `UnsupportedPlatform` where the control plane is not published for it. */
export function thisPlatform(os: string = process.platform, arch: string = process.arch): Platform {
  const goArch = arch === 'x64' ? 'amd64' : arch
  if ((os === 'linux' || os === 'darwin') && (goArch === 'amd64' || goArch === 'arm64')) return { os, arch: goArch }
  throw new Failure(
    'UnsupportedPlatform',
    'stall',
    `the test cluster runs on Linux and macOS (amd64, arm64), not on ${os}/${arch}: use one of these or a container`,
  )
}

/**
 * The folder for the programs of exactly these versions on this platform, below the user's cache folder
 * (`XDG_CACHE_HOME`, by default `~/.cache`; on macOS `~/Library/Caches`).
 */
export function cacheFolder(env: NodeJS.ProcessEnv, platform: Platform, home = homedir()): string {
  const caches =
    platform.os === 'darwin' ? join(home, 'Library', 'Caches') : env['XDG_CACHE_HOME'] || join(home, '.cache')
  return join(
    caches,
    'rai-operator',
    `test-cluster-kubernetes-${KUBERNETES_VERSION}-etcd-${ETCD_VERSION}-${platform.os}-${platform.arch}`,
  )
}
