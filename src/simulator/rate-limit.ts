// The rate limit of the management API: a bucket of tokens, filled steadily.

/** Counts calls against a rate that may change at any time. */
export class RateLimit {
  #tokens = Infinity
  #filledAt = 0

  /**
   * Whether a call at `now` (monotonic milliseconds) is within `perSecond` calls with bursts of `burst`, and is then
   * counted. Returns the milliseconds until the next one is allowed, 0 when this one is. `perSecond` 0 means no limit.
   */
  take(now: number, perSecond: number, burst: number): number {
    if (perSecond === 0) return 0
    const gained = ((now - this.#filledAt) / 1000) * perSecond
    this.#tokens = Math.min(burst, this.#tokens + gained)
    this.#filledAt = now
    if (this.#tokens < 1) return ((1 - this.#tokens) / perSecond) * 1000
    this.#tokens -= 1
    return 0
  }
}
