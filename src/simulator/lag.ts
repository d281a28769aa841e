// How far the rest of the world lags behind what a call has made.

/** Each in milliseconds from the effect on; absent: not at all. */
export type Lag = {
  /** What is made is missing from lists. */
  readonly unlistedMs?: number
  /** What is made is not found when it alone is asked for. */
  readonly unreadableMs?: number
  /** The token endpoint refuses the application that is made. */
  readonly refusedMs?: number
  /** The token that is issued stops working after this time, whatever it says. */
  readonly tokenLifeMs?: number
}

/** From when on something that exists is known: instants of the monotonic clock. */
export type Known = { readonly listedAt: number; readonly readableAt: number; readonly acceptedAt: number }

/** When something made at `now` becomes known. */
export function knownFrom(now: number, { unlistedMs, unreadableMs, refusedMs }: Lag): Known {
  const at = (ms: number | undefined) => (ms === undefined ? -Infinity : now + ms)
  return { listedAt: at(unlistedMs), readableAt: at(unreadableMs), acceptedAt: at(refusedMs) }
}
