// A crash plan of a second day: one operation on what is at rest goes wrong at planned calls, to the end of all sweeps.
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import { heldIds } from '../../../src/domain/recovery.ts'
import { leftovers } from '../crash-plan.ts'
import type { KeyPool } from '../key-pool.ts'
import { Life, writePlan } from '../life.ts'
import type { Plan } from '../life.ts'
import { allReady, APPLICATION, faultsOf, MINUTE_MS } from '../lifecycle.ts'
import type { Mode } from '../lifecycle.ts'
import { made } from './operation.ts'
import type { Day, Operation } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { Witness } from './witness.ts'
import type { World } from '../world.ts'

export type Evening = {
  /** Empty, when everything is as without any mishap. */
  readonly faults: readonly string[]
  /** POSTs of the operation. */
  readonly posts: number
  /** The calls of the operation, until all was at rest again. */
  readonly labels: readonly string[]
  readonly trace: readonly string[]
}

const OVERLAP_MS = 5 * MINUTE_MS
/** Longer than anything that an operation waits for: the next healing, a lost answer, the last of three overlaps. */
const PATIENCE_MS = 60 * MINUTE_MS
/** A journal that ended well is swept by then. */
const SWEPT_MS = 3 * MINUTE_MS

/** The one namespace may take over the one tenant that there is. */
const FLAGS = { 'allow-adoption': 'team=acme' }
/** What nobody points at is found by the sweep of the organization alone. */
const SWEPT = { ...FLAGS, 'sweep-interval': '10m' }

/** Carries out one of {@link OPERATIONS} while the plan goes wrong. */
export async function carryOutDay(pool: KeyPool, name: string, mode: Mode, plan: Plan): Promise<Evening> {
  const operation = OPERATIONS[name]
  if (!operation) throw new Error(`no such operation: ${name}`)
  const life = new Life(pool, operation.noticedInMs === undefined ? FLAGS : SWEPT)
  const { world } = life
  world.api.create({ kind: 'Secret', metadata: { namespace: 'team', name: 'foreign' }, data: {} })
  const first = await (operation.morning ?? ((...one) => made(...one, operation)))(life, mode)
  const before = world.ledger.posts
  const witness = new Witness(world, {
    overlapMs: OVERLAP_MS,
    lostAnswers: plan.size,
    noticedInMs: operation.noticedInMs,
  })
  const faults: string[] = []
  const run = (ms: number, isSo: () => boolean) => {
    let isSoNow = isSo()
    return world.run(ms, () => (witness.look() ? (isSoNow = isSo()) : isSoNow))
  }
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    if (!(await run(PATIENCE_MS, isSo))) faults.push(`not so: ${what}`)
  }
  const day: Day = { life, world, witness, mode, first, until }
  life.follow(plan, () => operation.atCreate?.(day))
  await operation.act(day)
  await until('at rest', () => isAtRest(day, operation))
  await run(SWEPT_MS, () => false)
  const { labels } = life
  life.calm()
  await life.end()
  faults.push(...witness.faults, ...(operation.stands === 'nothing' ? leftovers(world) : await remains(day)))
  await world.end()
  return { faults: faults.sort(), posts: world.ledger.posts - before, labels, trace: world.trace }
}

/**
 * What is wrong with one plan, with the command that repeats it, if anything is. A lost answer with `ClientSecret` leaves one
 * application, which is told.
 */
export async function failureOf(pool: KeyPool, name: string, mode: Mode, plan: Plan): Promise<string | undefined> {
  const { faults, posts } = await carryOutDay(pool, name, mode, plan)
  const rest = faults.filter((fault) => fault !== 'suspect')
  const suspects = faults.length - rest.length
  const isFine = rest.length === 0 && suspects <= plan.size && posts <= OPERATIONS[name]!.makes + plan.size
  if (isFine) return undefined
  const said = [...rest, `${suspects} suspects`, `${posts} POSTs`].join('; ')
  return `${said}. repeat: node test/sim/replay.ts day ${name} ${writePlan(mode, plan)}`
}

/** What is asked for stands, and what it replaced has gone. */
function isAtRest({ world, first }: Day, { stands }: Operation): boolean {
  const application = world.api.get(APPLICATION)
  if (stands === 'nothing' || !application) return stands === 'nothing'
  const { metadata, status } = application
  return (
    allReady(world) &&
    status.observedGeneration === metadata.generation &&
    heldIds(application).length === 1 &&
    (stands === 'either' || (status.applicationId === first) === (stands === 'first'))
  )
}

async function remains({ life, world }: Day): Promise<string[]> {
  const application = world.api.get(APPLICATION)
  return [
    ...(await faultsOf(world, life.people)),
    ...life.unreported(),
    ...(application ? unlike(world, application) : ['the resource is gone']),
    ...strangers(world),
  ]
}

/** What is bound is what is asked for. */
function unlike(world: World, { spec, status }: RaiTenantApplication): string[] {
  const bound = world.person.look().applications.find(({ id }) => id === status.applicationId)
  const types = { EC: 'EC', RSA: 'RSA', ClientSecret: 'CLIENT_SECRET' } as const
  const isAlike =
    bound?.cell === spec.cell &&
    bound.auth === types[spec.auth.type] &&
    [...bound.scopes].sort().join() === [...spec.scopes].sort().join()
  return isAlike ? [] : ['what is bound is not what is asked for']
}

/** Of all Secrets only the one that is asked for is left; and a stranger's, as it was. */
function strangers(world: World): string[] {
  const names = world.api.all('Secret', 'team').map(({ metadata }) => metadata.name)
  const wanted = world.api.get(APPLICATION)?.spec.secret?.name ?? 'web'
  const records = world.api.all('Secret', world.operatorNamespace).map(({ metadata }) => metadata.name)
  const unknown = records.filter((name) => !/^(sealing-key|tenant-.*)$/.test(name))
  return [
    ...(names.sort().join() === [wanted, 'foreign'].sort().join() ? [] : [`Secrets: ${names.join(', ')}`]),
    ...(world.api.get('Secret/team/foreign')?.metadata.ownerReferences ? ['a foreign Secret was taken'] : []),
    ...(records.length - unknown.length === 2 ? [] : ['binding records are not one']),
    ...unknown.map(() => 'a record is left'),
  ]
}
