// A chain of valid changes of one tenant and one application, and whether it ends as if only the last had been applied.
import { Applied, conditionOf } from './applied.ts'
import type { EndState } from './end-state.ts'
import { differences, endStateOf } from './end-state.ts'
import { journals } from './lifecycle.ts'
import type { Manifests } from './manifests.ts'
import { chainOf } from './manifests.ts'
import { seeded } from './random.ts'
import type { RecurringKeys } from './recurring-keys.ts'

export type Changed = {
  readonly faults: readonly string[]
  readonly trace: readonly string[]
  /** What was applied, one after the other. */
  readonly chain: readonly Manifests[]
  /** How often everything was compared; and how often, since the spec is refused, what is told. */
  readonly compared: { readonly done: number; readonly refused: number }
}

/** More than the journal of a create needs. */
const FRESH_MS = 5 * 60_000
/** More than the calls of a create with its Secret and its token. */
const MOST_CALLS = 30
/** How often the next change comes only when all is at rest. */
const AT_REST = 0.4

/** Lives through the seed's chain. The same seed has the same trace. */
export async function liveThroughChanges(keys: RecurringKeys, seed: number): Promise<Changed> {
  const random = seeded(seed)
  const chain = chainOf(random)
  const changed = new Applied(keys, seed)
  const compared = { done: 0, refused: 0 }
  const faults: string[] = []
  for (const [index, manifests] of chain.entries()) {
    const isLast = index === chain.length - 1
    await changed.apply(manifests)
    if (!isLast && random() >= AT_REST) {
      await changed.letCall(Math.floor(random() * MOST_CALLS))
      continue
    }
    const fresh = new Applied(keys, seed)
    await fresh.apply(asIfFirst(manifests, changed))
    await fresh.settle(() => fresh.isDone, FRESH_MS)
    const how = fresh.isDone ? 'done' : 'refused'
    const found = fresh.isDone ? await compareAll(changed, fresh, isLast) : await compareRefused(changed, fresh)
    faults.push(...found.map((fault) => `${how} after ${index} changes: ${fault}`))
    compared[how]++
    await fresh.world.end()
  }
  const { trace } = changed.world
  await changed.world.end()
  return { faults, trace, chain, compared }
}

/**
 * `adoptionPolicy` decides on the first binding only: a tenant that is bound already is not looked for again. Where it is
 * to exist already, a fresh start must be allowed to make it.
 */
function asIfFirst(manifests: Manifests, { tenant }: Applied): Manifests {
  const { adoptionPolicy } = manifests.tenant
  const isBound = tenant?.status.tenantId !== undefined
  if (!isBound || adoptionPolicy !== 'MustExist') return manifests
  return { ...manifests, tenant: { ...manifests.tenant, adoptionPolicy: 'IfExists' } }
}

async function compareAll(changed: Applied, fresh: Applied, isLast: boolean): Promise<string[]> {
  await changed.settle(() => changed.isDone)
  const found = differences(await endStateOf(changed), await endStateOf(fresh))
  if (!isLast || found.length > 0) return found
  await Promise.all([changed.delete(), fresh.delete()])
  const left = differences(await endStateOf(changed), await endStateOf(fresh))
  return left.map((fault) => `deleted, ${fault}`)
}

/**
 * What is refused changes nothing outside: a fresh start has nothing there, and otherwise what came before goes on working.
 * It is told in the same words, to which one that works may add that it goes on; and by the resource at fault, since an
 * application that is bound asks nothing of its tenant any more.
 */
async function compareRefused(changed: Applied, fresh: Applied): Promise<string[]> {
  const isOfTenant = conditionOf(fresh.tenant, 'Ready')?.status !== 'True'
  const reasonsOf = ({ tenant, application }: Applied) =>
    [tenant, ...(isOfTenant ? [] : [application])].map((one) => conditionOf(one, 'Synced')?.reason)
  const expected = reasonsOf(fresh).join()
  await changed.settle(() => reasonsOf(changed).join() === expected && journals(changed.world).length === 0)
  const { length } = conditionOf(fresh.application, 'Synced')?.message ?? ''
  const toldOf = ({ told: { tenant, application }, journals, strays, violations }: EndState) => {
    const { message, ...synced } = application?.conditions['Synced'] ?? {}
    const words = { ...synced, message: String(message).slice(0, length) }
    return { tenant: tenant?.conditions, ...(!isOfTenant && { application: words }), journals, strays, violations }
  }
  const state = await endStateOf(changed)
  const isBound = changed.application?.status.applicationId !== undefined
  const working = Object.values(state.secrets).filter(({ credential }) => credential?.works)
  return [
    ...differences(toldOf(state), toldOf(await endStateOf(fresh))),
    ...(working.length === Number(isBound) ? [] : [`${working.length} Secrets hold a credential that works`]),
  ]
}
