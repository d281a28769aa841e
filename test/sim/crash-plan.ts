// A crash plan: which calls of a life go wrong and how; carried out on the whole operator, to the end of all sweeps.
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import {
  allReady,
  APPLICATION,
  applyApplication,
  applyTenant,
  faultsOf,
  journals,
  nothingLeft,
  sweepAll,
  TENANT,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import type { OperatorProcess } from './process.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

/** What may go wrong at one call: the process dies before it or after it, or its answer is lost. */
export const MISHAPS = ['crash-before', 'crash-after', 'lose'] as const
export type Mishap = (typeof MISHAPS)[number]

/** By the index of the call. */
export type Plan = ReadonlyMap<number, Mishap>

export type Outcome = {
  /** Empty, when everything is as without any mishap. */
  readonly faults: readonly string[]
  readonly posts: number
  /** Labels of the calls that there were, until everything was made, and until everything was gone. */
  readonly made: readonly string[]
  readonly all: readonly string[]
  readonly trace: readonly string[]
}

const MINUTE_MS = 60_000
const RESTART_MS = 1_000

/** `EC 17:lose 20:crash-after`, and back. */
export function writePlan(mode: Mode, plan: Plan): string {
  return [mode, ...Array.from(plan, ([index, mishap]) => `${index}:${mishap}`)].join(' ')
}

export function readPlan(words: readonly string[]): { readonly mode: Mode; readonly plan: Plan } {
  const [mode, ...steps] = words
  const entries = steps
    .map((step) => step.split(':'))
    .map(([index, mishap]) => [Number(index), mishap as Mishap] as const)
  return { mode: mode as Mode, plan: new Map(entries) }
}

/** A world with one operator at a time, which is started again a second after it died. */
class Life {
  readonly world: World
  readonly labels: string[] = []
  readonly people: string[] = []
  process: OperatorProcess
  #starts = 0

  constructor(pool: KeyPool, plan: Plan) {
    this.world = new World({ pool, random: seeded(1) })
    this.world.judge = (call) => this.#judge(call, plan)
    this.process = this.#start()
  }

  #start(): OperatorProcess {
    return (this.process = this.world.startOperator(`p${++this.#starts}`))
  }

  #judge(call: Call, plan: Plan): Fate {
    const index = this.labels.push(`${call.kind} ${call.label}`) - 1
    if (call.label.startsWith('createTenantApplication') && this.people.length === 0) this.#interfere()
    const mishap = plan.get(index)
    if (mishap?.startsWith('crash')) this.world.time.arm(RESTART_MS, () => void this.#start())
    return mishap ? { fate: mishap } : PASS
  }

  /** Between list and POST, a person makes an application that looks the same. */
  #interfere(): void {
    const made = this.world.person.createApplication('acme', {
      cell: 'eu-1',
      scopes: ['documents.submissions.read', 'documents.submissions.write'],
      auth_method: { type: 'CLIENT_SECRET' },
    })
    this.people.push(made.id)
    this.world.ledger.ofPeople.add(made.id)
  }
}

/** Makes a tenant and an application while the plan goes wrong; with `deletes`, takes them down again. */
export async function carryOut(pool: KeyPool, mode: Mode, plan: Plan, deletes: boolean): Promise<Outcome> {
  const life = new Life(pool, plan)
  const { world, labels } = life
  applyTenant(world)
  applyApplication(world, mode)
  const isMadeNow = () => allReady(world) && world.calls > 0
  if (!(await world.run(20 * MINUTE_MS, isMadeNow))) {
    // Two answers of which nothing can be proven hold even `Replace`: a person decides.
    await discardSuspects(life)
    await world.run(20 * MINUTE_MS, isMadeNow)
  }
  const made = [...labels]
  const faults: string[] = []
  const isMade = plan.size > 0 && Math.max(...plan.keys()) < made.length
  if (!deletes || isMade) {
    await endOf(life)
    faults.push(...(await faultsOf(world, life.people)), ...unreported(life))
  }
  if (deletes) {
    await discardSuspects(life)
    // With a key the tenant's deletion drains it; else both are deleted at once.
    if (mode === 'ClientSecret') world.api.delete(APPLICATION)
    for (const id of life.people) if (isThere(world, id)) world.person.deleteApplication('acme', id)
    world.api.delete(TENANT)
    if (!(await world.run(20 * MINUTE_MS, () => nothingLeft(world)))) faults.push('the resources do not go')
    await endOf(life)
    faults.push(...leftovers(world))
  }
  await world.end()
  return { faults: faults.sort(), posts: world.ledger.posts, made, all: labels, trace: world.trace }
}

/** A day on, when the last journal has been swept. */
async function endOf(life: Life): Promise<void> {
  const { world } = life
  await world.run(3 * MINUTE_MS)
  life.process.kill()
  life.process = await sweepAll(world, 'swept')
}

/** With `ClientSecret`, what may be left of a lost answer is told in three places. */
function unreported({ world, process }: Life): string[] {
  const suspects = world.api.get(APPLICATION)?.status.suspects ?? []
  if (suspects.length === 0) return []
  const events = world.api.all('Event').filter((event) => event['reason'] === 'OrphanSuspected')
  return [
    ...(events.length > 0 ? [] : ['a suspect without an Event']),
    ...(process.metrics.resources.suspects() === suspects.length ? [] : ['a suspect without a metric']),
  ]
}

/** A person gives up every suspect that nobody uses, one after the other. */
async function discardSuspects({ world, people }: Life): Promise<void> {
  const suspects = world.api.get(APPLICATION)?.status.suspects ?? []
  for (const { applicationId } of suspects.filter((one) => !people.includes(one.applicationId))) {
    world.ledger.givenUp.add(applicationId)
    const annotations = { 'tenants.resistant.ai/discard-suspect': applicationId }
    world.api.update({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web', annotations } })
    await world.run(5 * MINUTE_MS, () => !isThere(world, applicationId))
  }
}

function isThere(world: World, id: string): boolean {
  return world.person.look().applications.some((one) => one.id === id)
}

function leftovers(world: World): string[] {
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
