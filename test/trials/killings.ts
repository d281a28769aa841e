// An operator that is killed again and again while it makes fifty applications, and what must be true in the end.
import { setTimeout as sleep } from 'node:timers/promises'
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import type { Operator } from '../stack/operator.ts'
import { untilLogged } from '../stack/program.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'
import { seeded } from '../sim/random.ts'
import { remainders } from './remainders.ts'
import type { Remainders } from './remainders.ts'

const TENANTS = ['a', 'b', 'c', 'd', 'e']
const APPLICATIONS = 50
const KILLS = 4
/** A life ends after as many creates as chance says, but fewer than this: it takes several to make everything. */
const MOST_CREATES = 20
/** … and so long after that, again as chance says: some twice as long as a create takes. */
const LONGEST_REST_MS = 250
const POLL_MS = 10
/** Before and after the effect of every call: a kill meets either half. */
const DELAY_SECONDS = 0.05
/** A lost answer is waited for, made good, and perhaps proven late. */
const PATIENCE_MS = 180_000
/** The Lease of a process that was killed is not long in the way. */
const FLAGS = {
  'lease-duration': '3s',
  'renew-deadline': '2s',
  'retry-period': '500ms',
  'requests-per-second': 50,
  burst: 50,
  'log-level': 'info',
}

/** What one trial came to; it throws where something is wrong. */
export type Survived = {
  readonly seconds: number
  /** How many creates had been asked for at each kill. */
  readonly createsAtKills: readonly number[]
  /** How many applications were left of lost answers, and discarded. */
  readonly suspects: number
}

/** What to say of a trial that fails. */
export function repeatBy(seed: number): string {
  return `seed ${seed}; again: node test/trials/killed.ts --seed ${seed}`
}

/** One trial, in a stack of its own. The moments of the kills follow from the seed; all else is as it happens. */
export async function surviveKills(seed: number): Promise<Survived> {
  const startedAt = performance.now()
  const stack = await startStack(`killed-${seed}`, { flags: FLAGS })
  try {
    const survived = await new Killings(stack, seeded(seed)).run()
    return { ...survived, seconds: (performance.now() - startedAt) / 1000 }
  } catch (error) {
    throw new Error(`${repeatBy(seed)}\n${(error as Error).message}`, { cause: error })
  } finally {
    await stack.stop()
  }
}

class Killings {
  readonly #stack: Stack
  readonly #random: () => number
  #operator: Operator
  #lives = 1

  constructor(stack: Stack, random: () => number) {
    this.#stack = stack
    this.#random = random
    this.#operator = stack.operator
  }

  async run(): Promise<Omit<Survived, 'seconds'>> {
    const { controlPlane } = this.#stack
    for (const when of ['before', 'after']) {
      await controlPlane.disturb({ kind: 'delay', seconds: DELAY_SECONDS, when, count: -1 })
    }
    const applied = this.#apply()
    const createsAtKills: number[] = []
    for (let kill = 0; kill < KILLS; kill++) createsAtKills.push(await this.#killAndStart())
    await applied
    await this.#settle()
    await controlPlane.calm()
    await this.#works()
    const { unexplained, suspects } = await this.#remainders()
    if (unexplained.length > 0) throw new Error(`made twice or lost: ${unexplained.join(', ')}`)
    await this.#discard(suspects)
    const { unexplained: lost, suspects: left } = await this.#remainders()
    if (lost.length + left.length > 0) throw new Error(`left after discarding: ${JSON.stringify([...lost, ...left])}`)
    await this.#delete()
    return { createsAtKills, suspects: suspects.length }
  }

  async #apply(): Promise<void> {
    const resources = Array.from({ length: APPLICATIONS }, (_, i) =>
      application(`app-${i}`, TENANTS[i % TENANTS.length]!, { auth: { type: i % 2 ? 'ClientSecret' : 'EC' } }),
    )
    await this.#stack.apply(...TENANTS.map((name) => tenant(name)), ...resources)
  }

  /** Lets the operator live for a while, kills it and starts another one. How many creates there were by then. */
  async #killAndStart(): Promise<number> {
    await untilLogged(this.#operator, /"msg":"running"/)
    const enough = (await this.#creates()) + Math.floor(this.#random() * MOST_CREATES)
    while ((await this.#creates()) < enough && !(await this.#areAllReady())) await sleep(POLL_MS)
    await sleep(this.#random() * LONGEST_REST_MS)
    await this.#replace()
    return this.#creates()
  }

  async #replace(): Promise<void> {
    this.#operator.kill('SIGKILL')
    await this.#operator.exited
    this.#operator = await this.#stack.startOperator(`operator-${++this.#lives}`)
  }

  async #creates(): Promise<number> {
    const { createTenant = 0, createTenantApplication = 0 } = await this.#stack.controlPlane.counts()
    return createTenant + createTenantApplication
  }

  async #areAllReady(): Promise<boolean> {
    return (await this.#stack.applications()).filter(isReady).length === APPLICATIONS
  }

  /**
   * Until all are Ready. Two kills may meet the same create, the second one its replacement; without a key nobody knows
   * what came of either, and no third is made: such a resource is released as a person would, by discarding what it lists.
   */
  async #settle(): Promise<void> {
    for (;;) {
      const unsettled = await this.#unsettled()
      if (unsettled.length === 0) return
      await this.#discard(unsettled.flatMap(suspectsOf))
    }
  }

  /** Waits until no resource goes on by itself: those that are not Ready then. */
  async #unsettled(): Promise<readonly RaiTenantApplication[]> {
    let open: readonly RaiTenantApplication[] = []
    const told = () =>
      open.filter((one) => !isHeld(one)).map(({ metadata, status }) => `${metadata.name} (${reasonOf(status)})`)
    await eventually(
      () => `all are Ready, or held by their suspects, but ${told().join(', ')}`,
      async () => {
        open = (await this.#stack.applications()).filter((one) => !isReady(one))
        return open.every(isHeld)
      },
      PATIENCE_MS,
    )
    return open
  }

  async #works(): Promise<void> {
    const secrets = await this.#stack.secrets()
    for (const { metadata } of await this.#stack.applications()) {
      const secret = secrets.get(metadata.name)
      if (!secret) throw new Error(`${metadata.name} is Ready without a Secret`)
      await obtainToken(secret)
    }
  }

  async #remainders(): Promise<Remainders> {
    const state = await this.#stack.controlPlane.state()
    return remainders(await this.#stack.applications(), state, TENANTS)
  }

  async #discard(suspects: Remainders['suspects']): Promise<void> {
    for (const { holder, id } of suspects) {
      const request = `${REQUEST_ANNOTATIONS.discardSuspect}=${id}`
      await this.#stack.kubectl(['annotate', '--overwrite', 'raiapp', holder, request])
      await eventually(`${id} leaves the list of ${holder}`, async () => {
        const { status } = (await this.#stack.application(holder))!
        return status.lastHandledDiscard === id && !status.suspects?.some(({ applicationId }) => applicationId === id)
      })
    }
  }

  /** … with one more kill while it is under way. */
  async #delete(): Promise<void> {
    const deleted = this.#stack.kubectl(['delete', 'rai', '--all', '--timeout=120s'])
    await eventually(
      'deletes are under way',
      async () => ((await this.#stack.controlPlane.counts())['deleteTenantApplication'] ?? 0) > 0,
    )
    await sleep(this.#random() * LONGEST_REST_MS)
    await this.#replace()
    await deleted
    const { tenants, applications } = await this.#stack.controlPlane.state()
    const left = [...tenants, ...applications].map(({ id }) => id)
    if (left.length > 0) throw new Error(`left outside after all was deleted: ${left.join(', ')}`)
  }
}

/** Two of its answers are unresolved: it waits for a person. */
function isHeld({ status }: RaiTenantApplication): boolean {
  return reasonOf(status) === 'AmbiguousCreate' && (status.suspects ?? []).length > 1
}

function reasonOf({ conditions }: RaiTenantApplication['status']): string | undefined {
  return conditions?.find(({ type }) => type === 'Ready')?.reason
}

function suspectsOf({ metadata, status }: RaiTenantApplication): Remainders['suspects'] {
  return (status.suspects ?? []).map(({ applicationId }) => ({ holder: metadata.name, id: applicationId }))
}
