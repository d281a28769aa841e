// What is told of resources: how many are in which condition, and how long becoming Ready and going away took.
import type { Registry } from 'prom-client'
import { Counter, Gauge, Histogram } from 'prom-client'
import { APPLICATION_KIND, TENANT_KIND } from '../api/names.ts'
import type { ControllerMetrics } from '../controllers/ports.ts'

/** As much of a resource as is counted. */
export type Counted = {
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[]
    readonly suspects?: readonly unknown[]
    readonly credentials?: readonly { readonly state: string; readonly issuedAt: string }[]
  }
}

export const KINDS = [TENANT_KIND, APPLICATION_KIND]

const STATUSES = ['True', 'False', 'Unknown']
/** The statuses with which a condition can be met. Source: docs/api.md, "Conditions": the latter two exist only while True. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  Ready: STATUSES,
  Synced: STATUSES,
  Reconciling: ['True'],
  Stalled: ['True'],
}
/** From a create that goes well to a tenant that waits a day for somebody. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86_400]

export class ResourceMetrics implements ControllerMetrics {
  readonly #sources = new Map<string, () => Iterable<Counted>>()
  readonly #firstReady
  readonly #deletion
  readonly #abandoned
  readonly #ambiguousCreates
  readonly #rotations

  constructor(registry: Registry) {
    const registers = [registry]
    const ofKind = { labelNames: ['kind'] as const, buckets: BUCKETS, registers }
    this.#firstReady = new Histogram({
      name: 'rai_first_ready_seconds',
      help: "From a resource's creation until it was Ready for the first time.",
      ...ofKind,
    })
    this.#deletion = new Histogram({
      name: 'rai_deletion_seconds',
      help: 'From the request to delete a resource until nothing of it was left.',
      ...ofKind,
    })
    this.#abandoned = new Counter({
      name: 'rai_abandoned_total',
      help: 'Resources that were let go on request, with what they stood for left outside.',
      labelNames: ['kind'],
      registers,
    })
    this.#ambiguousCreates = new Counter({
      name: 'rai_ambiguous_creates_total',
      help: 'Creates whose answer was lost, by how that ended.',
      labelNames: ['outcome'],
      registers,
    })
    for (const outcome of ['recovered', 'abandoned', 'suspected'] as const) this.#ambiguousCreates.inc({ outcome }, 0)
    for (const kind of KINDS) {
      this.#firstReady.zero({ kind })
      this.#deletion.zero({ kind })
      this.#abandoned.inc({ kind }, 0)
    }
    this.#rotations = new Counter({
      name: 'rai_rotations_total',
      help: 'Credentials that were replaced by new ones, or failed to be.',
      labelNames: ['result'],
      registers,
    })
    for (const result of ['success', 'error'] as const) this.#rotations.inc({ result }, 0)
    const age: Gauge = new Gauge({
      name: 'rai_credential_age_seconds',
      help: 'Age of the oldest credential in use.',
      registers,
      collect: () => age.set(this.#oldestAge(Date.now())),
    })
    const suspects: Gauge = new Gauge({
      name: 'rai_suspects',
      help: 'Applications that may be left from a create whose answer was lost.',
      registers,
      collect: () => suspects.set(this.suspects()),
    })
    const resources = new Gauge({
      name: 'rai_resources',
      help: 'Resources by the status of each condition.',
      labelNames: ['kind', 'condition', 'status'],
      registers,
      collect: () => {
        for (const kind of KINDS) {
          for (const { condition, status, count } of countConditions(this.of(kind))) {
            resources.set({ kind, condition, status }, count)
          }
        }
      },
    })
  }

  rotated(result: 'success' | 'error'): void {
    this.#rotations.inc({ result })
  }

  /** In seconds; 0 when there is none. */
  #oldestAge(now: number): number {
    let oldest = now
    for (const { status } of this.of(APPLICATION_KIND)) oldest = Math.min(oldest, activeSince(status) ?? oldest)
    return Math.max(0, (now - oldest) / 1000)
  }

  /** Applications that may be left from a create whose answer was lost, as the resources name them now. */
  suspects(): number {
    let count = 0
    for (const { status } of this.of(APPLICATION_KIND)) count += status?.suspects?.length ?? 0
    return count
  }

  /** Called once per kind, at composition: what to count when somebody scrapes. */
  observe(kind: string, source: () => Iterable<Counted>): void {
    this.#sources.set(kind, source)
  }

  /** The resources of a kind, as they are now. */
  of(kind: string): Iterable<Counted> {
    return this.#sources.get(kind)?.() ?? []
  }

  firstReady(kind: string, seconds: number): void {
    this.#firstReady.observe({ kind }, span(seconds))
  }

  deleted(kind: string, seconds: number): void {
    this.#deletion.observe({ kind }, span(seconds))
  }

  abandoned(kind: string): void {
    this.#abandoned.inc({ kind })
  }

  ambiguousCreate(outcome: 'recovered' | 'abandoned' | 'suspected'): void {
    this.#ambiguousCreates.inc({ outcome })
  }
}

/** When the credential in use was issued, in milliseconds since the epoch; `undefined` while there is none. */
export function activeSince(status: Counted['status']): number | undefined {
  const active = status?.credentials?.find(({ state }) => state === 'Active')
  return active && Date.parse(active.issuedAt)
}

/** Measured between two clocks, the API server's and ours, which may disagree. */
function span(seconds: number): number {
  return Math.max(0, seconds)
}

function countConditions(resources: Iterable<Counted>) {
  const counts = new Map<string, number>()
  const key = (condition: string, status: string) => `${condition} ${status}`
  for (const resource of resources) {
    for (const condition of Object.keys(CONDITIONS)) {
      const counted = key(condition, statusOf(resource, condition))
      counts.set(counted, (counts.get(counted) ?? 0) + 1)
    }
  }
  return Object.entries(CONDITIONS).flatMap(([condition, statuses]) =>
    statuses.map((status) => ({ condition, status, count: counts.get(key(condition, status)) ?? 0 })),
  )
}

/** Unknown where the resource says nothing yet, so that the numbers of Ready, and of Synced, add up to all. */
function statusOf({ status }: Counted, condition: string): string {
  return status?.conditions?.find(({ type }) => type === condition)?.status ?? 'Unknown'
}
