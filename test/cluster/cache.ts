// The folder of finished programs: nothing half-made is ever found in it, and several processes may fill it at once.
import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from './programs.ts'

/** What the cache knows about a program: `<program>.json` beside it. */
export type ProgramRecord = {
  readonly version: string
  /** The address it was downloaded from, or the Go module it was built from. */
  readonly origin: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * Path of a finished program, or `undefined`.
 *
 * Finished means: its record, which is written last, is there and tells its size. The checksum is for people; hashing
 * 300 MB at every start would cost more than it finds.
 */
export async function findProgram(folder: string, program: Program): Promise<string | undefined> {
  const path = join(folder, program)
  try {
    const record: Partial<ProgramRecord> = JSON.parse(await readFile(`${path}.json`, 'utf8'))
    return (await stat(path)).size === record.bytes ? path : undefined
  } catch {
    return undefined
  }
}

/** A new name beside the finished programs for something in the making, so that a rename can finish it. */
export function partialPath(folder: string, program: Program): string {
  return join(folder, `.partial-${program}-${randomUUID()}`)
}

/** Makes the file at `partial` the finished program. Atomic: another process finds either all of it or nothing. */
export async function finishProgram(
  folder: string,
  program: Program,
  partial: string,
  from: Pick<ProgramRecord, 'version' | 'origin'>,
): Promise<string> {
  const path = join(folder, program)
  await chmod(partial, 0o755)
  const record: ProgramRecord = { ...from, ...(await digest(partial)) }
  const partialRecord = `${partial}.json`
  await writeFile(partialRecord, `${JSON.stringify(record, null, 2)}\n`)
  // A record without its program would vouch for the wrong file, the reverse is merely made again.
  await rm(`${path}.json`, { force: true })
  await rename(partial, path)
  await rename(partialRecord, `${path}.json`)
  return path
}

async function digest(path: string): Promise<Pick<ProgramRecord, 'sha256' | 'bytes'>> {
  const file = await open(path, 'r+')
  try {
    // On disk before it gets its name: a power cut must not leave a finished name with holes.
    await file.sync()
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      hash.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
    }
    return { sha256: hash.digest('hex'), bytes }
  } finally {
    await file.close()
  }
}

export type LockTiming = {
  /** How often the holder shows that it lives. */
  readonly beatMs: number
  /** Silence after which a holder is taken for dead. */
  readonly staleMs: number
  readonly pollMs: number
  /** How often one that waits is told so. */
  readonly tellMs: number
}

const TIMING: LockTiming = { beatMs: 2_000, staleMs: 10_000, pollMs: 250, tellMs: 30_000 }

/**
 * Runs `work` while no other process runs its own on this folder; `waiting` is called at once and then
 * every half minute while that means to wait.
 *
 * The lock saves work and is not what keeps results whole: a holder that was suspended may find that another one took
 * over, and then both make the same programs, each finished by a rename.
 */
export async function withLock<T>(
  folder: string,
  waiting: () => void,
  work: () => Promise<T>,
  signal?: AbortSignal,
  timing = TIMING,
): Promise<T> {
  await mkdir(folder, { recursive: true })
  const lock = join(folder, '.lock')
  const mine = randomUUID()
  let tellAt = 0
  while (!(await take(lock, mine, timing.staleMs))) {
    if (performance.now() >= tellAt) {
      waiting()
      tellAt = performance.now() + timing.tellMs
    }
    await sleep(timing.pollMs, undefined, signal && { signal })
  }
  const beat = setInterval(() => {
    const now = new Date()
    utimes(lock, now, now).catch(() => undefined)
  }, timing.beatMs)
  try {
    await removeLeftovers(folder)
    return await work()
  } finally {
    clearInterval(beat)
    if ((await readFile(lock, 'utf8').catch(() => '')) === mine) await rm(lock, { force: true })
  }
}

async function take(lock: string, mine: string, staleMs: number): Promise<boolean> {
  try {
    await writeFile(lock, mine, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const held = await stat(lock).catch(() => undefined)
  if (held && Date.now() - held.mtimeMs > staleMs) await rm(lock, { force: true })
  return false
}

const LEFTOVER_AGE_MS = 60 * 60_000

/** What interrupted processes left; young ones may belong to somebody who lost the lock while suspended. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.partial-')) continue
    const path = join(folder, name)
    const left = await stat(path).catch(() => undefined)
    if (left && Date.now() - left.mtimeMs > LEFTOVER_AGE_MS) await rm(path, { recursive: true, force: true })
  }
}
