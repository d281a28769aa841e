// What the probes answer: whether to restart the process, and whether it is ready.
import type { Clock } from '../clock.ts'

/** One look at one reflector. */
export type ReflectorState = {
  /** What it reflects. */
  readonly name: string
  readonly synced: boolean
  /** When it last asked the API server for something, by the monotonic clock; `undefined`: not yet. */
  readonly triedAt: number | undefined
  /** The longest that it lets a request take before it asks anew. */
  readonly deadlineMs: number
}

export type ControlPlaneState = {
  /** A token was obtained at least once. */
  readonly hadToken: boolean
  /** Why the last call failed, if it did; `Unauthorized`: credentials are missing or were refused. */
  readonly failure: { readonly code: string; readonly message: string } | undefined
}

/** The answer of a probe, with what each part has to say. */
export type Report = { readonly ok: boolean; readonly parts: Readonly<Record<string, string>> }

export type HealthOptions = {
  readonly reflectors: () => readonly ReflectorState[]
  readonly controlPlane: () => ControlPlaneState
  readonly clock: Clock
}

/** The probes of one process. Made when it starts: a reflector that never tries counts from then. */
export class Health {
  readonly #options: HealthOptions
  readonly #startedAt: number

  constructor(options: HealthOptions) {
    this.#options = options
    this.#startedAt = options.clock.monotonic()
  }

  /**
   * Not ok: only a restart helps. That is so when a reflector has not even tried for twice its deadline; an API server
   * that does not answer restarts nobody. That there is an answer at all shows that the event loop is alive.
   */
  healthz(): Report {
    const now = this.#options.clock.monotonic()
    return report(
      this.#options.reflectors().map(({ name, triedAt = this.#startedAt, deadlineMs }) => {
        const ok = now - triedAt <= 2 * deadlineMs
        return [name, ok, ok ? 'tries' : 'has not tried for twice its deadline']
      }),
    )
  }

  /**
   * Ok once all caches are synced, on a standby too and whatever the control plane says: its outage is nothing that a
   * rollout should wait for. Credentials that never worked are.
   */
  readyz(): Report {
    const { hadToken, failure } = this.#options.controlPlane()
    const state = failure ? `${failure.code}: ${failure.message}` : hadToken ? 'ok' : 'not asked yet'
    return report([
      ...this.#options
        .reflectors()
        .map(({ name, synced }): Part => [name, synced, synced ? 'synced' : 'not synced yet']),
      ['control plane', hadToken || failure?.code !== 'Unauthorized', state],
    ])
  }
}

type Part = readonly [name: string, ok: boolean, state: string]

function report(parts: readonly Part[]): Report {
  return {
    ok: parts.every(([, ok]) => ok),
    parts: Object.fromEntries(parts.map(([name, , state]) => [name, state])),
  }
}
