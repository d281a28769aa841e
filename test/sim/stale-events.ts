// One watch event of a life is late, lost, doubled or out of order, or a list shows an older state: what is done outside stays the same.
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import {
  allReady,
  APPLICATION,
  applyApplication,
  applyTenant,
  isReady,
  journals,
  nothingLeft,
  TENANT,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

/** What becomes of one event, or of the watch at that moment. */
export const DISTURBANCES = ['drop', 'twice', 'hold', 'hold-reversed', 'expire', 'cut', 'older-list'] as const
export type Disturbance = (typeof DISTURBANCES)[number]

export type Disturbed = {
  readonly faults: readonly string[]
  /** The events that there were, in words. */
  readonly events: readonly string[]
  readonly trace: readonly string[]
}

const MINUTE_MS = 60_000
/** Longer than any single reconcile takes here. */
const HELD_MS = 20_000
/** How long a lost event stays lost. */
const LOST_MS = 90_000
/** Longer than one call is tried again: what was decided before goes on so long. */
const RETRIED_MS = 5_000
const KEY = 'tenants.resistant.ai'

/** Disturbs event number `at` of a life; without one, nothing. */
export async function disturb(
  pool: KeyPool,
  mode: Mode,
  at: number | undefined,
  disturbance: Disturbance,
): Promise<Disturbed> {
  const world = new World({ pool, random: seeded(3) })
  const events = watchEvents(world, at, disturbance)
  world.startOperator('p1')
  const faults = await live(world, mode)
  const { trace } = world
  await world.end()
  return { faults: [...faults, ...world.ledger.violations], events, trace }
}

function watchEvents(world: World, at: number | undefined, disturbance: Disturbance): readonly string[] {
  const events: string[] = []
  let before = world.api.snapshot()
  world.api.deliver = (event, path) => {
    if (event.type === 'BOOKMARK') return 'now'
    const { kind, metadata } = event.object
    const index = events.push(`${event.type} ${kind}`) - 1
    const older = before
    before = world.api.snapshot()
    if (index !== at || !path.includes('/')) return 'now'
    const soon = (ms: number, act: () => void) => void world.time.arm(ms, act)
    switch (disturbance) {
      case 'drop':
        // A watch that loses an event has lost its place, and finds out when it begins anew.
        soon(LOST_MS, () => world.api.expire())
        return 'drop'
      case 'twice':
        return 'twice'
      case 'hold':
        soon(HELD_MS, () => world.api.releaseHeld('fifo'))
        return 'hold'
      case 'hold-reversed':
        holdNext(world, HELD_MS)
        return 'hold'
      case 'expire':
        soon(0, () => world.api.expire())
        return 'now'
      case 'cut':
        soon(0, () => world.api.cutWatches())
        return 'drop'
      case 'older-list':
        world.api.serveNextListFrom(older, metadata.namespace === 'team' ? pluralOf(kind) : undefined)
        soon(0, () => world.api.expire())
        return 'drop'
    }
  }
  return events
}

/** Holds whatever comes for a while, and lets it go last first. */
function holdNext(world: World, ms: number): void {
  const { deliver } = world.api
  world.api.deliver = (event, path) => (deliver(event, path) === 'now' && event.type !== 'BOOKMARK' ? 'hold' : 'now')
  world.time.arm(ms, () => {
    world.api.deliver = deliver
    world.api.releaseHeld('reversed')
  })
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}s`
}

/**
 * A life in which an operator that goes by what it remembers would do harm: policies and protection change just before a
 * deletion, and a resource is made again under its old name.
 */
async function live(world: World, mode: Mode): Promise<string[]> {
  const faults: string[] = []
  const expect = async (what: string, isSo: () => boolean) => {
    if (!(await world.run(25 * MINUTE_MS, isSo))) faults.push(`not so: ${what}`)
  }
  const made = (count: number) => world.ledger.count('createTenantApplication') === count
  const there = (count: number) => world.person.look().applications.length === count
  applyTenant(world)
  applyApplication(world, mode, { overlap: '5m' })
  await expect('made', () => allReady(world) && there(1))
  await world.run(2 * MINUTE_MS)

  // Rotated once, whatever is remembered of that.
  change(world, 'RaiTenantApplication', 'web', { annotations: { [`${KEY}/rotate`]: 'one' } })
  await expect('rotated', () => allReady(world) && made(2))
  await expect('retired', () => there(1) && world.api.get(APPLICATION)?.status.credentials?.length === 1)

  // Retained at the last moment, while the deletion waits for the control plane.
  let refusedAt = Infinity
  world.judge = (call) => {
    if (call.label !== 'deleteTenantApplication') return PASS
    refusedAt = world.time.elapsedMs
    return { fate: 'refuse' }
  }
  world.api.delete(APPLICATION)
  await world.run(MINUTE_MS)
  await expect('a rest between two passes', () => world.time.elapsedMs > refusedAt + RETRIED_MS)
  change(world, 'RaiTenantApplication', 'web', { spec: { deletionPolicy: 'Retain' } })
  world.judge = () => PASS
  await expect('the resource goes', () => world.api.get(APPLICATION) === undefined)
  if (!there(1)) faults.push('what was to be retained is gone')

  // Made again: bound again, by its Secret.
  applyApplication(world, mode, { deletionPolicy: 'Delete' })
  await expect('relinked', () => isReady(world.api.get(APPLICATION)) && made(2))
  const { applicationId } = world.api.get(APPLICATION)?.status ?? {}
  change(world, 'RaiTenantApplication', 'web', { annotations: { [`${KEY}/confirm`]: applicationId } })
  await expect('confirmed', () => world.api.get(APPLICATION)?.status.provenance === 'Created')

  // Protected, at the last moment.
  change(world, 'RaiTenant', 'acme', { spec: { deletionProtection: true } })
  world.api.delete(TENANT)
  await world.run(2 * MINUTE_MS)
  if (world.person.look().tenants.length !== 1 || !there(1)) faults.push('what was protected is gone')
  change(world, 'RaiTenant', 'acme', { spec: { deletionProtection: false } })
  await expect('all goes', () => nothingLeft(world))
  await world.run(5 * MINUTE_MS)

  const { tenants, applications } = world.person.look()
  if (tenants.length + applications.length > 0) faults.push('something is left outside')
  if (!made(2) || world.ledger.count('createTenant') !== 1) faults.push('something was made twice')
  if (journals(world).length > 0) faults.push('a journal is left')
  return faults
}

function change(
  world: World,
  kind: 'RaiTenant' | 'RaiTenantApplication',
  name: string,
  { spec, annotations = {} }: { readonly spec?: object; readonly annotations?: object },
): void {
  world.api.update({ kind, metadata: { namespace: 'team', name, annotations }, ...(spec && { spec }) })
}
