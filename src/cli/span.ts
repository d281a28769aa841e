// Lengths of time for people.

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** As `kubectl get` writes an AGE: two units while the second one matters, else one. Never negative. */
export function span(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}s`
  if (ms < 10 * MINUTE) return both(ms, [MINUTE, 'm'], [SECOND, 's'])
  if (ms < 3 * HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < 8 * HOUR) return both(ms, [HOUR, 'h'], [MINUTE, 'm'])
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  if (ms < 8 * DAY) return both(ms, [DAY, 'd'], [HOUR, 'h'])
  if (ms < 2 * YEAR) return `${Math.floor(ms / DAY)}d`
  if (ms < 8 * YEAR) return both(ms, [YEAR, 'y'], [DAY, 'd'])
  return `${Math.floor(ms / YEAR)}y`
}

/** The span between then, an RFC 3339 timestamp, and now; empty where there is none. */
export function since(then: string | undefined, now: number): string {
  return then === undefined || Number.isNaN(Date.parse(then)) ? '' : span(now - Date.parse(then))
}

/** `in 5m`, or `now` when the time has come. */
export function until(then: string, now: number): string {
  const left = Date.parse(then) - now
  return left > 0 ? `in ${span(left)}` : 'now'
}

type Unit = readonly [ms: number, name: string]

function both(ms: number, [large, l]: Unit, [small, s]: Unit): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)}${l}${rest === 0 ? '' : `${rest}${s}`}`
}
