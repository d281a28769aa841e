// Finds or makes the programs of the test cluster: the user's own, the cache, the official archives, a build, in this order.
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../src/errors.ts'
import { buildProgram, duration, requireGo } from './build.ts'
import { findProgram, finishProgram, partialPath, withLock } from './cache.ts'
import { downloadPrograms } from './download.ts'
import { PROGRAMS, cacheFolder, thisPlatform } from './programs.ts'
import type { Platform, Program, Programs, Report } from './programs.ts'

/** Everything outside of this process, so that tests can choose it. */
export type Surroundings = {
  readonly env: NodeJS.ProcessEnv
  readonly platform: Platform
  readonly folder: string
  readonly download: typeof downloadPrograms
  readonly requireGo: typeof requireGo
  readonly build: typeof buildProgram
}

function realSurroundings(): Surroundings {
  const platform = thisPlatform()
  const { env } = process
  return {
    env,
    platform,
    folder: cacheFolder(env, platform),
    download: downloadPrograms,
    requireGo,
    build: buildProgram,
  }
}

/**
 * Absolute paths of etcd, kube-apiserver, kubectl and kube-controller-manager.
 *
 * `KUBEBUILDER_ASSETS` comes first and may hold some of them only; it is never written to. What is missing comes from
 * the cache, which a download or else a build fills (up to ten minutes on two cores). Idempotent; safe in several
 * processes at once; what an interrupted run finished is kept. Fails with `AssetsMissing`, `ProgramsMissing` or
 * `BuildFailed`.
 */
export async function ensureBinaries(
  report: Report,
  signal?: AbortSignal,
  around: Surroundings = realSurroundings(),
): Promise<Programs> {
  const found = await userPrograms(around.env['KUBEBUILDER_ASSETS'])
  const missing = async () => {
    for (const program of PROGRAMS) {
      if (!found.has(program)) {
        const path = await findProgram(around.folder, program)
        if (path !== undefined) found.set(program, path)
      }
    }
    return PROGRAMS.filter((program) => !found.has(program))
  }
  if ((await missing()).length > 0) {
    await makeFolder(around.folder)
    const waiting = () => report(`waiting for another process that fills ${around.folder} ...`)
    await withLock(
      around.folder,
      waiting,
      async () => {
        const wanted = await missing()
        if (wanted.length > 0) await obtain(wanted, missing, report, signal, around)
      },
      signal,
    )
  }
  return Object.fromEntries(found) as Programs
}

async function obtain(
  wanted: readonly Program[],
  missing: () => Promise<Program[]>,
  report: Report,
  signal: AbortSignal | undefined,
  around: Surroundings,
): Promise<void> {
  const startedAt = performance.now()
  report(`the test cluster needs ${wanted.join(', ')}: looking for official archives ...`)
  const problems = await around.download(wanted, around.folder, around.platform, report, signal)
  const left = await missing()
  if (left.length === 0) return report(`downloaded in ${duration(performance.now() - startedAt)}`)
  const why =
    problems.length > 0 ? problems.map((problem) => problem.message).join('; ') : 'not published for this platform'
  report(`no download of ${left.join(', ')}: ${why}`)
  await requireGoOrTellRemedies(left, signal, around)
  for (const program of left) {
    const partial = partialPath(around.folder, program)
    try {
      const made = await around.build(program, partial, around.platform, around.env, report, signal)
      await finishProgram(around.folder, program, partial, made)
      await rm(`${partial}.log`, { force: true })
    } finally {
      await rm(partial, { force: true })
    }
  }
  await missing()
}

async function requireGoOrTellRemedies(
  left: readonly Program[],
  signal: AbortSignal | undefined,
  around: Surroundings,
) {
  try {
    await around.requireGo(around.env, signal)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(
      'ProgramsMissing',
      'stall',
      `the test cluster lacks ${left.join(', ')}: the official archives were not reached and ${error.message}; ` +
        'go online, or install Go 1.26 or newer, or point KUBEBUILDER_ASSETS at a folder that holds them',
      { cause: error },
    )
  }
}

async function userPrograms(assets: string | undefined): Promise<Map<Program, string>> {
  const found = new Map<Program, string>()
  if (!assets) return found
  for (const program of PROGRAMS) {
    const path = join(assets, program)
    if ((await stat(path).catch(() => undefined))?.isFile()) found.set(program, path)
  }
  if (found.size === 0) {
    throw new Failure(
      'AssetsMissing',
      'stall',
      `KUBEBUILDER_ASSETS names ${assets}, which holds none of ${PROGRAMS.join(', ')}: correct it or unset it`,
    )
  }
  return found
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new Failure(
      'CacheUnwritable',
      'stall',
      `cannot make ${folder} for the programs of the test cluster: set XDG_CACHE_HOME to a folder that can be written`,
      { cause: error },
    )
  }
}
