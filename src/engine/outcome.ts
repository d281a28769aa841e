// What a reconciler says at its end; the worker's one switch turns it into the next look.

/**
 * `done`: nothing to do until something changes · `after`: look again in `afterMs` · `backOff`: look again soon, later each time
 * in a row, and not before `atLeastMs` · `woken`: somebody else has it looked at again; nothing was found out, so failures
 * before it still count. A reconciler may throw instead: see the worker for how a failure's disposition is read.
 */
export type Outcome =
  | { readonly next: 'done' | 'woken' }
  | { readonly next: 'after'; readonly afterMs: number }
  | { readonly next: 'backOff'; readonly atLeastMs?: number }

export const done: Outcome = { next: 'done' }

export function after(afterMs: number): Outcome {
  return { next: 'after', afterMs }
}

/** The same, but with a look in `ms` at the latest. */
export function sooner(outcome: Outcome, ms: number): Outcome {
  switch (outcome.next) {
    case 'done':
      return after(ms)
    case 'after':
      return after(Math.min(outcome.afterMs, ms))
    // A look comes soon anyway.
    case 'backOff':
    case 'woken':
      return outcome
  }
}

/** Brings the world closer to what one resource asks for. Must stop soon after the signal aborts. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Outcome>
