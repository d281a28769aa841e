// Durations as Go writes them.

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
}

const PART = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|s|us|µs|ns)/g
const WHOLE = new RegExp(`^(?:${PART.source})+$`)

/** Milliseconds, rounded, of a duration such as `10m`, `1h30m` or `1.5s`; `undefined` for text that is none or negative. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!WHOLE.test(text)) return undefined
  const parts = Array.from(text.matchAll(PART), ([, count, unit]) => Number(count) * (UNIT_MS[unit!] ?? Number.NaN))
  return Math.round(parts.reduce((sum, ms) => sum + ms, 0))
}
