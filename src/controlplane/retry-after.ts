// Reads the Retry-After header (RFC 9110 section 10.2.3).

/** A server that asks for more is asked again nevertheless: it may have meant the client of another day. */
const MOST_MS = 300_000

/** How long to wait from `now`, in milliseconds; `undefined` where the header is missing or neither seconds nor a date. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(MOST_MS, Number(text) * 1_000)
  const at = text.endsWith('GMT') ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.min(MOST_MS, Math.max(0, at - now))
}
