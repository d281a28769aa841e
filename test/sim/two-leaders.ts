// Two operators: the leader freezes at one call for longer than anybody waits, another takes over, and the first one thaws.
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import { allReady, applyApplication, applyTenant, faultsOf, sweepAll } from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

/**
 * At which point of its call the leader freezes: `sent` has passed the fence, and is carried out after the thaw. `briefly` is
 * before it, and for less than a call's own deadline.
 */
export const FREEZES = ['freeze-before', 'freeze-briefly', 'freeze-sent', 'freeze-after'] as const
export type Freeze = (typeof FREEZES)[number]

export type Thawed = {
  readonly faults: readonly string[]
  readonly posts: number
  readonly labels: readonly string[]
  readonly trace: readonly string[]
}

const MINUTE_MS = 60_000
/** Longer than the lease (15 s) and the quarantine (75 s) together, with what a takeover needs. */
const FROZEN_MS = 3 * MINUTE_MS
/** Long enough for another to take over. */
const BRIEFLY_MS = 25_000
const FLAGS = { 'leader-elect': 'true' }

/** Freezes A, which leads first, at its call number `at`; without one nothing freezes. */
export async function freezeLeader(pool: KeyPool, mode: Mode, at: number | undefined, freeze: Freeze): Promise<Thawed> {
  const world = new World({ pool, random: seeded(2) })
  const labels: string[] = []
  const unfenced: string[] = []
  let takenAt = Infinity
  let callsBefore = Infinity
  world.judge = (call: Call): Fate => {
    if (takenAt === Infinity && holderOf(world) === 'B') {
      takenAt = world.time.elapsedMs
      callsBefore = world.calls
    }
    if (call.process !== 'A' || call.label.includes('/leases')) return PASS
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
  applyApplication(world, mode)
  await world.run(5 * MINUTE_MS, () => allReady(world) && world.time.elapsedMs > MINUTE_MS)
  // B converges, A thaws and finds out.
  await world.run(6 * MINUTE_MS)
  world.killAll()
  await sweepAll(world, 'swept')
  // What A sent outside after B had taken over; but what had passed the fence before it froze is on its way.
  const late = world.ledger.mutations.filter(({ by, atMs }) => by === 'A' && atMs > takenAt)
  const sent = late.filter(({ operation }) => !operation.endsWith('Token')).map(({ operation }) => operation)
  if (freeze !== 'freeze-sent') unfenced.push(...sent)
  const faults = [...(await faultsOf(world, [])), ...unfenced.map((label) => `without the lease: ${label}`)]
  const { posts } = world.ledger
  await world.end()
  return { faults, posts, labels, trace: world.trace }
}

function holderOf(world: World): unknown {
  const { spec } = (world.api.get('Lease/rai-system/rai-operator') ?? {}) as { spec?: { holderIdentity?: unknown } }
  return spec?.holderIdentity
}

/** A write to the cluster, but that of an answer into its journal. */
function isGated({ kind, isMutation, label }: Call): boolean {
  return kind === 'kube' && isMutation && !/^(PUT|POST) v1\/namespaces\/rai-system/.test(label)
}
