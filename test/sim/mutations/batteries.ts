// Sets of cases that a mutation is tried against, until the first one notices.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { carryOut } from '../crash-plan.ts'
import { KeyPool } from '../key-pool.ts'
import { distinctMishapsAt, MISHAPS } from '../life.ts'
import type { Mode } from '../lifecycle.ts'
import { carryOutDay, failureOf } from '../second-day/plan.ts'
import { disturb, DISTURBANCES } from '../stale-events.ts'
import { freezeLeader, FREEZES } from '../two-leaders.ts'

type UvuSuite = () => Promise<[errors: string | true, passed: number, skipped: number, total: number]>
type UvuGlobals = { UVU_DEFER: number; UVU_INDEX: number; UVU_QUEUE: UvuSuite[][] }

const ROOT = join(import.meta.dirname, '../../..')
const FAILED = '✘'

/** What the first case says that is not as it should be: `crash MODE`, `day OPERATION MODE`, `freeze MODE`, `event MODE` or `file PATH`. */
export async function firstFault(battery: string): Promise<string | undefined> {
  const [kind, what = '', mode] = battery.split(' ')
  try {
    switch (kind) {
      case 'crash':
        return await firstCrash(what as Mode)
      case 'day':
        return await firstOfDay(what, mode as Mode)
      case 'freeze':
        return await firstFreeze(what as Mode)
      case 'event':
        return await firstEvent(what as Mode)
      case 'file':
      case undefined:
      default:
        return await firstFailure(what)
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function poolFor(mode: Mode): Promise<KeyPool> {
  return KeyPool.make({ rsa: mode === 'RSA' })
}

async function firstCrash(mode: Mode): Promise<string | undefined> {
  const pool = await poolFor(mode)
  const learned = await carryOut(pool, mode, new Map(), true)
  if (learned.faults.length > 0 || learned.posts !== 1) return `${learned.posts} POSTs, ${learned.faults.join('; ')}`
  for (const index of learned.all.keys()) {
    for (const mishap of MISHAPS) {
      const { faults, posts } = await carryOut(pool, mode, new Map([[index, mishap]]), true)
      const rest = mode === 'ClientSecret' ? faults.filter((fault) => fault !== 'suspect') : faults
      if (rest.length > 0 || posts > 2) return `${index}:${mishap}: ${rest.join('; ')}, ${posts} POSTs`
    }
  }
  return undefined
}

async function firstOfDay(name: string, mode: Mode): Promise<string | undefined> {
  const pool = await poolFor(mode)
  const { labels } = await carryOutDay(pool, name, mode, new Map())
  for (const [index, label] of labels.entries()) {
    for (const mishap of distinctMishapsAt(label)) {
      const failure = await failureOf(pool, name, mode, new Map([[index, mishap]]))
      if (failure !== undefined) return failure
    }
  }
  return undefined
}

async function firstFreeze(mode: Mode): Promise<string | undefined> {
  const pool = await poolFor(mode)
  const { labels } = await freezeLeader(pool, mode, undefined, 'freeze-before')
  for (const [index, label] of labels.entries()) {
    for (const freeze of FREEZES) {
      const { faults, posts } = await freezeLeader(pool, mode, index, freeze)
      const isLost = label.endsWith('CLIENT_SECRET') && !freeze.startsWith('freeze-b')
      const rest = isLost ? faults.filter((fault) => fault !== 'suspect') : faults
      if (rest.length > 0 || posts > 2) return `${freeze} at ${index}, ${label}: ${rest.join('; ')}, ${posts} POSTs`
    }
  }
  return undefined
}

async function firstEvent(mode: Mode): Promise<string | undefined> {
  const pool = await poolFor(mode)
  const { events } = await disturb(pool, mode, undefined, 'drop')
  for (const index of events.keys()) {
    for (const disturbance of DISTURBANCES) {
      const { faults } = await disturb(pool, mode, index, disturbance)
      if (faults.length > 0) return `${disturbance} at ${index}: ${faults.join('; ')}`
    }
  }
  return undefined
}

/** Runs a test file as the runner does, up to its first failure. */
async function firstFailure(path: string): Promise<string | undefined> {
  const uvu = globalThis as unknown as UvuGlobals
  const suites: UvuSuite[] = []
  uvu.UVU_DEFER = 1
  uvu.UVU_INDEX = 0
  uvu.UVU_QUEUE = [suites]
  await import(pathToFileURL(join(ROOT, path)).href)
  const failed = firstMark().then(() => `a test of ${path} fails`)
  for (const suite of suites) {
    const fault = await Promise.race([failed, suite().then(([errors]) => faultIn(errors))])
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultIn(errors: string | true): string | undefined {
  return errors === true || errors === '' ? undefined : errors.trim().split('\n')[0]
}

/** uvu says what failed when all tests of a suite are through, and only that one did, by a mark, at once. */
function firstMark(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.stdout.write = (chunk: Uint8Array | string) => {
    if (String(chunk).includes(FAILED)) resolve()
    return true
  }
  return promise
}
