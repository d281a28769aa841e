// Continual changes of a fleet, each seen to its end.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import { CHANGES, discard, nameOf, renewTenant } from './changes.ts'
import type { Change } from './changes.ts'
import { isSettled, SPARE } from './fleet.ts'
import type { Fleet } from './fleet.ts'

/** From one change to the next. */
const PACE_MS = 1_000
/** Changes that are under way at the same time. */
const AT_ONCE = 8
/** What loses its credential sooner after that was made gets another one only then. Source: docs/api.md, "What others change". */
const HEALED_MS = 620_000
/** Of each tenant, the applications that lose their credential. Nothing else is done to them, so that their credentials grow old. */
const HARMED = /-[89]$/

/** What keeps changing, and how often each change was made. */
export class Load {
  readonly counts: Record<string, number> = {}
  readonly failures: string[] = []
  readonly #fleet: Fleet
  readonly #busy = new Map<string, Promise<void>>()
  #last = 0

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** Goes on until `signal` aborts and what was begun has come to its end; until then a person gives up what is suspected. */
  async run(signal: AbortSignal): Promise<void> {
    for (let beat = 0; !signal.aborted || this.#busy.size > 0; beat++) {
      const all = await this.#fleet.applications()
      this.#giveUp(all)
      if (!signal.aborted && this.#busy.size < AT_ONCE) this.#change(beat, all)
      await sleep(PACE_MS)
    }
  }

  /** Also of one that is being changed: with two of them it waits for that. */
  #giveUp(all: readonly RaiTenantApplication[]): void {
    const suspected = all.find(
      ({ metadata, status }) => status.suspects?.length && !this.#busy.has(`${metadata.name}'s`),
    )
    if (suspected) this.#begin('suspect discarded', `${nameOf(suspected)}'s`, discard(this.#fleet, suspected))
  }

  #change(beat: number, all: readonly RaiTenantApplication[]): void {
    const change = CHANGES[beat % CHANGES.length]!
    const from = this.#last + 1
    const turned = [...all.slice(from), ...all.slice(0, from)]
    const found = turned.find((resource) => this.#may(change, resource))
    if (found) {
      this.#last = all.indexOf(found)
      this.#begin(change.name, nameOf(found), change.act(this.#fleet, found))
    }
    if (beat % CHANGES.length === 0 && !this.#busy.has(SPARE)) {
      this.#begin('tenant deleted and created', SPARE, renewTenant(this.#fleet))
    }
  }

  /** Nothing is begun that would have to wait for minutes: for a third application, or for a second healing. */
  #may({ single, harms }: Change, resource: RaiTenantApplication): boolean {
    const { metadata, status } = resource
    if (this.#busy.has(metadata.name) || !isSettled(resource) || metadata.deletionTimestamp) return false
    const { suspects = [], credentials = [] } = status
    if (suspects.length > 0 || (single && credentials.length > 1)) return false
    if (HARMED.test(metadata.name) !== (harms ?? false)) return false
    return !harms || credentials.every(({ issuedAt }) => Date.now() - Date.parse(issuedAt) > HEALED_MS)
  }

  #begin(change: string, name: string, work: Promise<void>): void {
    const ended = work
      .then(
        () => void (this.counts[change] = (this.counts[change] ?? 0) + 1),
        (error: unknown) => void this.failures.push(`${change}, ${name}: ${(error as Error).message}`),
      )
      .finally(() => this.#busy.delete(name))
    this.#busy.set(name, ended)
  }
}
