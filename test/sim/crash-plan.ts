// A crash plan of a first day: a tenant and an application are made and taken down while calls go wrong, to the end of all sweeps.
import type { KeyPool } from './key-pool.ts'
import { Life } from './life.ts'
import type { Plan } from './life.ts'
import {
  allReady,
  APPLICATION,
  applyApplication,
  applyTenant,
  faultsOf,
  journals,
  MINUTE_MS,
  nothingLeft,
  TENANT,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import type { World } from './world.ts'

export type Outcome = {
  /** Empty, when everything is as without any mishap. */
  readonly faults: readonly string[]
  readonly posts: number
  /** Labels of the calls that there were, until everything was made, and until everything was gone. */
  readonly made: readonly string[]
  readonly all: readonly string[]
  readonly trace: readonly string[]
}

/** Makes a tenant and an application while the plan goes wrong; with `deletes`, takes them down again. */
export async function carryOut(pool: KeyPool, mode: Mode, plan: Plan, deletes: boolean): Promise<Outcome> {
  const life = new Life(pool)
  const { world, people } = life
  life.follow(plan)
  applyTenant(world)
  applyApplication(world, mode)
  const isMadeNow = () => allReady(world) && world.calls > 0
  if (!(await world.run(20 * MINUTE_MS, isMadeNow))) {
    // Two answers of which nothing can be proven hold even `Replace`: a person decides.
    await life.discardSuspects()
    await world.run(20 * MINUTE_MS, isMadeNow)
  }
  const made = [...life.labels]
  const faults: string[] = []
  const isMade = plan.size > 0 && Math.max(...plan.keys()) < made.length
  if (!deletes || isMade) {
    await life.end()
    faults.push(...(await faultsOf(world, people)), ...life.unreported())
  }
  if (deletes) {
    await life.discardSuspects()
    // With a key the tenant's deletion drains it; else both are deleted at once.
    if (mode === 'ClientSecret') world.api.delete(APPLICATION)
    for (const id of people) if (life.isThere(id)) world.person.deleteApplication('acme', id)
    world.api.delete(TENANT)
    if (!(await world.run(20 * MINUTE_MS, () => nothingLeft(world)))) faults.push('the resources do not go')
    await life.end()
    faults.push(...leftovers(world))
  }
  await world.end()
  return { faults: faults.sort(), posts: world.ledger.posts, made, all: life.labels, trace: world.trace }
}

/** What is left where nothing should be: empty, when nothing is. */
export function leftovers(world: World): string[] {
  const { tenants, applications } = world.person.look()
  const secrets = world.api.all('Secret', world.operatorNamespace)
  const records = secrets.filter(({ metadata }) => metadata.name.startsWith('tenant-'))
  return [
    ...world.ledger.violations,
    ...tenants.map(() => 'leaked a tenant'),
    ...applications.map(() => 'leaked an application'),
    ...journals(world).map(() => 'a journal is left'),
    ...(records.length > 0 ? ['a binding record is left'] : []),
  ]
}
