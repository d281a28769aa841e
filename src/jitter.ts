// Chance in the length of waits, so that those who were told the same do not come back at the same moment.

/** At least so wide is the time over which those spread who wait for a short while. */
const LEAST_SPREAD_MS = 1_000

/** `ms`, and by chance up to a quarter of it more, or up to a second where that is more: never sooner. `random` in [0, 1). */
export function notBefore(ms: number, random: number): number {
  return ms + random * Math.max(ms / 4, LEAST_SPREAD_MS)
}
