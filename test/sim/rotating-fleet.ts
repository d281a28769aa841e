// A fleet whose credentials are replaced each day, looked at all the time, with or without an operator that dies once a day.
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { heldIds } from '../../src/domain/recovery.ts'
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import { CredentialAudit } from './credential-audit.ts'
import { applyMany, unready } from './many-tenants.ts'
import type { ManyTenants } from './many-tenants.ts'
import type { KeyPool } from './key-pool.ts'
import type { OperatorProcess } from './process.ts'
import { pick, seeded } from './random.ts'
import { World } from './world.ts'

const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** What a call to the control plane or to a token endpoint takes at most. */
const SLOWEST_MS = 800
const MOST_RESTART_MS = MINUTE_MS
const SAMPLES_A_DAY = 6
/** What is wrong once is mostly wrong a thousand times. */
const MOST_TOLD = 10

export type RotatingFleetOptions = Pick<ManyTenants, 'tenants' | 'applications'> & {
  readonly pool: KeyPool
  readonly seed: number
  readonly overlapHours: number
  /** Whether the operator dies once a day, at any of its calls, and is started again within a minute. */
  readonly crashes: boolean
}

/** What one day left behind, at its end. */
export type Day = {
  /** How many journals there were at most at a time. */
  readonly mostJournals: number
  /** The operator's own records: journals, bindings of tenants, its key. */
  readonly records: number
  /** What waits for a time: of the operator, and of the servers of this world. */
  readonly timers: number
  readonly events: number
}

/** Each application rotates every 24 h. Every fifth has an EC key, the first one an RSA key, the others a secret. */
export class RotatingFleet {
  readonly world: World
  readonly audit: CredentialAudit
  readonly days: Day[] = []
  crashes = 0
  readonly #options: RotatingFleetOptions
  readonly #random: () => number
  #operator: OperatorProcess
  #starts = 0
  #callsToday = 0
  /** At which of today's calls the operator dies. */
  #diesAt: number | undefined

  constructor(options: RotatingFleetOptions) {
    const { pool, seed, overlapHours } = options
    this.#options = options
    this.#random = seeded(seed)
    this.world = new World({ pool: pool.endless, random: seeded(seed + 1) })
    this.world.judge = (call) => this.#judge(call)
    this.audit = new CredentialAudit(this.world, overlapHours * HOUR_MS)
    this.#operator = this.#start()
  }

  /** Until all is Ready, for the first time. */
  async begin(): Promise<void> {
    const { tenants, applications, overlapHours } = this.#options
    applyMany(this.world, {
      tenants,
      applications,
      spec: (index) => ({
        auth: { type: index === 0 ? 'RSA' : index % 5 === 1 ? 'EC' : 'ClientSecret' },
        rotation: { every: '24h' },
        overlap: `${overlapHours}h`,
      }),
    })
    await this.world.run(10 * MINUTE_MS)
  }

  async live(days: number): Promise<void> {
    for (let day = 0; day < days; day++) await this.#liveADay()
  }

  /** Nobody dies any more, all that is under way comes to its end, and the sweeps of a day have been made. */
  async settle(): Promise<void> {
    this.#diesAt = undefined
    await this.world.run(DAY_MS + 5 * MINUTE_MS)
    this.#discardSuspects()
    this.world.judge = () => PASS
    await this.world.run(5 * MINUTE_MS)
  }

  /** What is wrong when all has settled. */
  faults(): string[] {
    const { world, audit } = this
    const { applications } = world.person.look()
    const held = new Set(Array.from(world.api.stored('RaiTenantApplication')).flatMap(heldIds))
    const [made, deleted] = [
      world.ledger.count('createTenantApplication'),
      world.ledger.count('deleteTenantApplication'),
    ]
    const isEven = made === deleted + applications.length
    return [
      ...audit.violations.slice(0, MOST_TOLD),
      ...world.ledger.violations,
      ...unready(world).map((name) => `${name} is not Ready`),
      ...applications.filter(({ id }) => !held.has(id)).map(() => 'leaked an application'),
      ...(held.size === applications.length ? [] : ['bound to nothing']),
      ...(isEven ? [] : [`made ${made}, deleted ${deleted}, and there are ${applications.length}`]),
    ]
  }

  /** How many rotations the operator that runs has counted. */
  async counted(): Promise<number> {
    const { body } = await this.#operator.metrics.expose()
    return Number(/^rai_rotations_total\{result="success"\} (\d+)$/m.exec(body)?.[1])
  }

  async end(): Promise<void> {
    await this.world.end()
  }

  #start(): OperatorProcess {
    return (this.#operator = this.world.startOperator(`p${++this.#starts}`))
  }

  async #liveADay(): Promise<void> {
    const { world, audit } = this
    for (let samples = 0; samples < SAMPLES_A_DAY; samples++) {
      world.time.arm(this.#random() * DAY_MS, () => void audit.sample(this.#random))
    }
    // As many calls as yesterday, more or less.
    if (this.#options.crashes) this.#diesAt = Math.floor(this.#random() * this.#callsToday)
    this.#callsToday = 0
    await world.run(DAY_MS)
    this.#discardSuspects()
    this.days.push({
      mostJournals: audit.mostJournals,
      records: Array.from(world.api.stored('Secret')).filter(
        ({ metadata }) => metadata.namespace === world.operatorNamespace,
      ).length,
      timers: world.time.armed,
      events: Array.from(world.api.stored('Event')).length,
    })
    audit.mostJournals = 0
    // What nobody reads here would fill the memory.
    for (const told of [world.trace, world.ledger.mutations, this.#operator.log.lines]) told.length = 0
  }

  #judge(call: Call): Fate {
    const isFirst = call.index === call.origin
    if (isFirst && this.#callsToday++ === this.#diesAt) {
      this.crashes++
      this.world.time.arm(this.#random() * MOST_RESTART_MS, () => void this.#start())
      return { fate: pick(this.#random, ['crash-before', 'crash-after'] as const) }
    }
    return isFirst && call.kind !== 'kube' ? { fate: 'slow', afterMs: this.#random() * SLOWEST_MS } : PASS
  }

  /** A person gives up what a lost answer left, and nobody uses. */
  #discardSuspects(): void {
    const { world } = this
    for (const { metadata, status } of world.api.all('RaiTenantApplication')) {
      const suspected = status.suspects?.[0]?.applicationId
      if (suspected === undefined) continue
      world.ledger.givenUp.add(suspected)
      const { namespace, name } = metadata
      const annotations = { [REQUEST_ANNOTATIONS.discardSuspect]: suspected }
      world.api.update({ kind: 'RaiTenantApplication', metadata: { namespace, name, annotations } })
    }
  }
}
