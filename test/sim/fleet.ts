// Many tenants and applications at once, in a world that counts what is asked of the control plane and when.
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { heldIds } from '../../src/domain/recovery.ts'
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import type { KeyPool } from './key-pool.ts'
import { isReady, obtainsTokenOf } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

type Resource = RaiTenant | RaiTenantApplication

/** The defaults, and what users are promised of them: never more than `burst` and so many a second, over any time. */
export const RATE = 10
export const BURST = 15

const SECOND_MS = 1_000
/** Sums of fractions of a call miss a whole one by less than this. */
const ROUNDING = 1e-6

export class Fleet {
  readonly world: World
  /** When each call of the management API was sent, in milliseconds of the world. */
  readonly calls: number[] = []
  /** When each look at an application began that had something to do. */
  readonly looks: number[] = []
  /** What becomes of calls of the management API. */
  fate: Fate = PASS

  constructor(pool: KeyPool, seed: number) {
    this.world = new World({ pool, random: seeded(seed) })
    this.world.judge = (call) => this.#judge(call)
    this.world.startOperator('operator', { 'requests-per-second': RATE, burst: BURST })
  }

  #judge({ kind, label }: Call): Fate {
    const { elapsedMs } = this.world.time
    if (kind === 'kube' && /^GET .*raitenantapplications\/[^/]+$/.test(label)) this.looks.push(elapsedMs)
    if (kind !== 'plane') return PASS
    this.calls.push(elapsedMs)
    return this.fate
  }

  applyTenant(name: string): void {
    this.world.api.create({ kind: 'RaiTenant', metadata: { namespace: 'team', name }, spec: {} })
  }

  applyApplication(name: string, tenant: string, spec: object): void {
    const cell = { cell: 'eu-1', scopes: ['documents.submissions.read'] }
    const all = { tenantRef: { name: tenant }, ...cell, auth: { type: 'ClientSecret' }, ...spec }
    this.world.api.create({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name }, spec: all })
  }

  request(name: string, annotations: object): void {
    this.world.api.update({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name, annotations } })
  }

  applications(): readonly RaiTenantApplication[] {
    return this.world.api.all('RaiTenantApplication')
  }

  /** All that is there, being deleted or not. */
  all(): readonly Resource[] {
    return [...this.world.api.all('RaiTenant'), ...this.applications()]
  }

  /** Looks each virtual second; returns after how many milliseconds it was so, or `undefined` when that took longer. */
  async until(isDone: () => boolean, limitMs: number): Promise<number | undefined> {
    const since = this.world.time.elapsedMs
    for (;;) {
      const elapsedMs = this.world.time.elapsedMs - since
      if (isDone()) return elapsedMs
      if (elapsedMs >= limitMs) return undefined
      await this.world.run(SECOND_MS)
    }
  }

  isAtRest(): boolean {
    return this.all().every((resource) => isReady(resource) && resource.metadata.deletionTimestamp === undefined)
  }

  /** What is lost or left: nothing outside but what a resource holds, and in each Secret a credential that works. */
  async faults(): Promise<string[]> {
    const { tenants, applications } = this.world.person.look()
    const held = this.applications().flatMap(heldIds).sort()
    const faults = [...this.world.ledger.violations]
    if (
      applications
        .map(({ id }) => id)
        .sort()
        .join() !== held.join()
    )
      faults.push('other applications than are held')
    if (tenants.length !== this.world.api.all('RaiTenant').length) faults.push('other tenants than are asked for')
    return [...faults, ...(await this.silentSecrets())]
  }

  /** Names of Secrets whose credential obtains no token. */
  async silentSecrets(): Promise<string[]> {
    const silent: string[] = []
    for (const { metadata, status } of this.applications()) {
      const isOut = status.applicationId !== undefined && metadata.deletionTimestamp === undefined
      if (isOut && !(await obtainsTokenOf(this.world, metadata.name))) silent.push(metadata.name)
    }
    return silent
  }
}

/** How many calls went beyond the budget: over whatever time, `BURST` and `RATE` a second are allowed. */
export function beyondBudget(calls: readonly number[]): number {
  let [permits, filledAt, beyond] = [BURST, 0, 0]
  for (const at of calls) {
    permits = Math.min(BURST, permits + ((at - filledAt) / SECOND_MS) * RATE)
    filledAt = at
    if (permits < 1 - ROUNDING) beyond++
    else permits -= 1
  }
  return beyond
}

/** The most that fall into any one second, wherever that begins. */
export function mostInASecond(times: readonly number[]): number {
  let most = 0
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= SECOND_MS) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** Those from then on. */
export function since(times: readonly number[], ms: number): number[] {
  return times.filter((at) => at >= ms)
}
