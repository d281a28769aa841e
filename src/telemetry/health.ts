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
  /** How the organization's credential fares. */
  readonly state: 'untried' | 'accepted' | 'missing' | 'refused' | 'unreachable'
  /** A token was obtained at least once. */
  readonly hadToken: boolean
}

const TOLD: Readonly<Record<ControlPlaneState['state'], string>> = {
  untried: 'not asked yet',
  accepted: 'ok',
  missing: "Unauthorized: the organization's credential is missing or cannot be read",
  refused: "Unauthorized: the organization's credential is refused",
  unreachable: 'ControlPlaneUnavailable: the token endpoint does not answer',
}

/** The answer of a probe, with what each part has to say. */
export type Report = { readonly ok: boolean; readonly parts: Readonly<Record<string, string>> }

export type HealthOptions = {
  readonly reflectors: () => readonly ReflectorState[]
  /** Those without which the process is ready, too. */
  readonly optionalReflectors: () => readonly ReflectorState[]
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
    const { reflectors, optionalReflectors } = this.#options
    return report(
      [...reflectors(), ...optionalReflectors()].map(({ name, triedAt = this.#startedAt, deadlineMs }) => {
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
    const { state, hadToken } = this.#options.controlPlane()
    const isUsable = hadToken || (state !== 'missing' && state !== 'refused')
    return report([
      ...this.#options
        .reflectors()
        .map(({ name, synced }): Part => [name, synced, synced ? 'synced' : 'not synced yet']),
      ...this.#options
        .optionalReflectors()
        .map(({ name, synced }): Part => [name, true, synced ? 'synced' : 'not synced yet']),
      ['control plane', isUsable, TOLD[state]],
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
