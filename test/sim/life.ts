// A life whose calls go wrong by a plan: one operator at a time, started again a second after it died, and people beside it.
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import { APPLICATION, MINUTE_MS, sweepAll } from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import type { OperatorProcess } from './process.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

/** What may go wrong at one call: the process dies before it or after it, or its answer is lost. */
export const MISHAPS = ['crash-before', 'crash-after', 'lose'] as const
export type Mishap = (typeof MISHAPS)[number]

/**
 * Of the mishaps at this call those that leave the world as no mishap at another call does: to die before a call is to die
 * after the one before it, and a read changes nothing.
 */
export function distinctMishapsAt(label: string): readonly Mishap[] {
  const isRead = /^(kube GET|kube .*[(]dry run[)]$|plane get|token)/.test(label)
  return isRead ? ['lose'] : ['crash-after', 'lose']
}

/** By the index of the call. */
export type Plan = ReadonlyMap<number, Mishap>

const NOTHING: Plan = new Map()
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

export class Life {
  readonly world: World
  /** Ids that people made outside. */
  readonly people: string[] = []
  /** The calls that there were since the plan began. */
  labels: string[] = []
  process: OperatorProcess
  #plan: Plan = NOTHING
  #atCreate: (() => void) | undefined
  #starts = 0

  readonly #flags: Readonly<Record<string, string>>

  constructor(pool: KeyPool, flags: Readonly<Record<string, string>> = {}) {
    this.#flags = flags
    this.world = new World({ pool, random: seeded(1) })
    this.world.judge = (call) => this.#judge(call)
    this.process = this.start()
  }

  start(): OperatorProcess {
    return (this.process = this.world.startOperator(`p${++this.#starts}`, this.#flags))
  }

  /**
   * From now on calls are counted and go wrong as planned. When the first application is asked for, a person makes one that
   * looks the same, and then does `atCreate`.
   */
  follow(plan: Plan, atCreate: () => void = () => {}): void {
    this.labels = []
    this.#plan = plan
    this.#atCreate = atCreate
  }

  /** All goes well from now on. */
  calm(): void {
    this.follow(NOTHING)
    this.#atCreate = undefined
  }

  #judge(call: Call): Fate {
    const index = this.labels.push(`${call.kind} ${call.label}`) - 1
    if (call.label.startsWith('createTenantApplication')) this.#interfere()
    const mishap = this.#plan.get(index)
    if (mishap?.startsWith('crash')) this.world.time.arm(RESTART_MS, () => void this.start())
    return mishap ? { fate: mishap } : PASS
  }

  /** Between list and POST. */
  #interfere(): void {
    const act = this.#atCreate
    this.#atCreate = undefined
    if (!act) return
    this.makeByHand()
    act()
  }

  /** A person makes an application that looks like those of the operator. */
  makeByHand(): void {
    const made = this.world.person.createApplication('acme', {
      cell: 'eu-1',
      scopes: ['documents.submissions.read', 'documents.submissions.write'],
      auth_method: { type: 'CLIENT_SECRET' },
    })
    this.people.push(made.id)
    this.world.ledger.ofPeople.add(made.id)
  }

  isThere(id: string): boolean {
    return this.world.person.look().applications.some((one) => one.id === id)
  }

  /** A day on, when the last journal has been swept. */
  async end(): Promise<void> {
    await this.world.run(3 * MINUTE_MS)
    this.process.kill()
    this.process = await sweepAll(this.world, 'swept')
  }

  /** With `ClientSecret`, what may be left of a lost answer is told in three places: which of them lack it. */
  unreported(): string[] {
    const suspects = this.world.api.get(APPLICATION)?.status.suspects ?? []
    if (suspects.length === 0) return []
    const events = this.world.api.all('Event').filter((event) => event['reason'] === 'OrphanSuspected')
    return [
      ...(events.length > 0 ? [] : ['a suspect without an Event']),
      ...(this.process.metrics.resources.suspects() === suspects.length ? [] : ['a suspect without a metric']),
    ]
  }

  /** A person gives up every suspect that nobody uses, one after the other. */
  async discardSuspects(): Promise<void> {
    const { world } = this
    const suspects = world.api.get(APPLICATION)?.status.suspects ?? []
    for (const { applicationId } of suspects.filter((one) => !this.people.includes(one.applicationId))) {
      world.ledger.givenUp.add(applicationId)
      const annotations = { 'tenants.resistant.ai/discard-suspect': applicationId }
      world.api.update({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web', annotations } })
      await world.run(5 * MINUTE_MS, () => !this.isThere(applicationId))
    }
  }
}
