// Two operators: the leader freezes at one call for longer than anybody waits, another takes over, and the first one thaws.
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { heldIds } from '../../src/domain/recovery.ts'
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import {
  allReady,
  APPLICATION,
  applyApplication,
  applyTenant,
  changeApplication,
  faultsOf,
  MINUTE_MS,
  sweepAll,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

/**
 * At which point of its call the leader freezes: `sent` has passed the fence, and is carried out after the thaw. `briefly` is
 * before it, and for less than a call's own deadline.
 */
export const FREEZES = ['freeze-before', 'freeze-briefly', 'freeze-sent', 'freeze-after'] as const
export type Freeze = (typeof FREEZES)[number]

/** What the leader is at when it freezes. */
export type Work = 'create' | 'rotation'

export type Thawed = {
  readonly faults: readonly string[]
  readonly posts: number
  readonly labels: readonly string[]
  readonly trace: readonly string[]
}

/** Longer than the lease (15 s) and the quarantine (75 s) together, with what a takeover needs. */
const FROZEN_MS = 3 * MINUTE_MS
/** Long enough for another to take over. */
const BRIEFLY_MS = 25_000
const FLAGS = { 'leader-elect': 'true' }

/** Freezes A, which leads first, at its call number `at` of a create, or of a rotation; without one nothing freezes. */
export async function freezeLeader(
  pool: KeyPool,
  mode: Mode,
  at: number | undefined,
  freeze: Freeze,
  work: Work = 'create',
): Promise<Thawed> {
  const world = new World({ pool, random: seeded(2) })
  const labels: string[] = []
  const unfenced: string[] = []
  let takenAt = Infinity
  let callsBefore = Infinity
  let isAtWork = work === 'create'
  world.judge = (call: Call): Fate => {
    if (takenAt === Infinity && holderOf(world) === 'B') {
      takenAt = world.time.elapsedMs
      callsBefore = world.calls
    }
    if (call.process !== 'A' || call.label.includes('/leases') || !isAtWork) return PASS
    if (call.origin >= callsBefore && isGated(call)) unfenced.push(call.label)
    const index = labels.push(`${call.kind} ${call.label}`) - 1
    if (index !== at) return PASS
    if (freeze === 'freeze-briefly') return { fate: 'freeze-before', forMs: BRIEFLY_MS }
    return { fate: freeze, forMs: FROZEN_MS }
  }
  world.startOperator('A', FLAGS)
  await world.run(MINUTE_MS)
  world.startOperator('B', FLAGS)
  applyTenant(world)
  applyApplication(world, mode, { overlap: '5m' })
  await world.run(5 * MINUTE_MS, () => allReady(world) && world.time.elapsedMs > MINUTE_MS)
  if (work === 'rotation') {
    await world.run(5 * MINUTE_MS)
    isAtWork = true
    const first = world.api.get(APPLICATION)?.status.applicationId
    changeApplication(world, { annotations: { [REQUEST_ANNOTATIONS.rotate]: 'one' } })
    await world.run(30 * MINUTE_MS, () => hasRetired(world, first))
  }
  // B converges, A thaws and finds out.
  await world.run(6 * MINUTE_MS)
  world.killAll()
  await sweepAll(world, 'swept')
  // What A sent outside after B had taken over; but what had passed the fence before it froze is on its way. A DELETE has none,
  // since it may be repeated and may come late: what has retired is never used again.
  const late = world.ledger.mutations.filter(({ by, atMs }) => by === 'A' && atMs > takenAt)
  const sent = late.filter(({ operation }) => operation.startsWith('create')).map(({ operation }) => operation)
  if (freeze !== 'freeze-sent') unfenced.push(...sent)
  const faults = [...(await faultsOf(world, [])), ...unfenced.map((label) => `without the lease: ${label}`)]
  const { posts } = world.ledger
  await world.end()
  return { faults, posts, labels, trace: world.trace }
}

/** Another one has taken the place of `first`, and that has gone. */
function hasRetired(world: World, first: string | undefined): boolean {
  const application = world.api.get(APPLICATION)!
  return allReady(world) && application.status.applicationId !== first && heldIds(application).length === 1
}

function holderOf(world: World): unknown {
  const { spec } = (world.api.get('Lease/rai-system/rai-operator') ?? {}) as { spec?: { holderIdentity?: unknown } }
  return spec?.holderIdentity
}

/** A write to the cluster, but that of an answer into its journal. */
function isGated({ kind, isMutation, label }: Call): boolean {
  return kind === 'kube' && isMutation && !/^(PUT|POST) v1\/namespaces\/rai-system/.test(label)
}
