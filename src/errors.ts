// Failures as data: every error that crosses a layer says what went wrong in a stable code and what to do next.

/**
 * What the engine does with a failure: `retry` backs off and tries again, `wait` tries again at an unhurried pace
 * (the cause lies outside and is known), `stall` stops until a person changes something (looked at again hourly).
 */
export type Disposition = 'retry' | 'wait' | 'stall'

export type FailureOptions = {
  /** Earliest sensible moment for the next attempt, in milliseconds from now; from `Retry-After` where a server said so. */
  readonly retryAfterMs?: number
  /** What led here. Never rendered: it may hold bodies or headers of a foreign server. */
  readonly cause?: unknown
}

/**
 * An expected failure, translated at the edge where it happened.
 *
 * `code` is one of the reasons of `api/reasons.ts` or an adapter's own documented code; nobody matches messages.
 * `message` is one line, stable (no times, no counters), says what to do, and never holds a secret, a body or a header.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: string
  readonly disposition: Disposition
  readonly retryAfterMs: number | undefined

  constructor(code: string, disposition: Disposition, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.disposition = disposition
    this.retryAfterMs = options.retryAfterMs
  }
}

/** True for a {@link Failure} that carries this code. */
export function isFailure(error: unknown, code: string): error is Failure {
  return error instanceof Failure && error.code === code
}
