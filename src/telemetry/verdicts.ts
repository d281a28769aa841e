// Whose tokens may read the metrics: asked once, remembered briefly, and never asked faster than the API server can bear.
import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Redacted } from '../redacted.ts'

/** `unknown`: the token is nobody's. `forbidden`: it is the user's, who may not. */
export type Verdict = { readonly is: 'allowed' | 'unknown' } | { readonly is: 'forbidden'; readonly user: string }

/** Knows whom tokens belong to, and what they may. */
export interface Reviewer {
  /** Whether whoever has this token may read the metrics. Throws a {@link Failure}, which never holds the token. */
  review(token: Redacted, signal: AbortSignal): Promise<Verdict>
}

/** So long a token works on after it was revoked, as with controller-runtime. */
const ALLOWED_MS = 60_000
/** So long a permission that was just given is not noticed. */
const REFUSED_MS = 10_000
/** Far more than there are who scrape one operator. */
const MOST_ALLOWED = 256
const MOST_REFUSED = 1024
/** Tokens that are asked about at a time. */
const PLACES = 8
/** A place is taken at least so long, so that there are no more than 16 reviews a second, however fast the answers. */
const PLACE_MS = 500

type Refusal = { readonly verdict: Verdict; readonly until: number }

/**
 * Verdicts by a keyed hash of the token; the token itself is not kept. Who was let in is remembered apart from who was not:
 * no number of made-up tokens drives them out, or keeps them from being asked about anew.
 */
export class Verdicts {
  readonly #reviewer: Reviewer
  readonly #clock: Clock
  readonly #secret = randomBytes(32)
  readonly #closed = new AbortController()
  /** Until when each is allowed. What is past stays, as the mark of somebody who is no stranger. */
  readonly #allowed = new Map<string, number>()
  readonly #refused = new Map<string, Refusal>()
  readonly #underWay = new Map<string, Promise<Verdict>>()
  #taken = 0

  constructor(reviewer: Reviewer, clock: Clock) {
    this.#reviewer = reviewer
    this.#clock = clock
  }

  /**
   * A verdict that is fresh enough; those who ask for the same token meanwhile share it. Throws a {@link Failure} when there
   * is no answer, which nobody else is told later, and `ReviewsBusy` when too many strangers are being asked about.
   */
  async of(token: Redacted): Promise<Verdict> {
    const key = createHmac('sha256', this.#secret).update(token.reveal()).digest('base64')
    return this.#remembered(key) ?? this.#underWay.get(key) ?? this.#ask(key, token)
  }

  /** Gives up what is under way: those who wait get no answer. */
  close(): void {
    this.#closed.abort(new Failure('Closed', 'retry', 'the metrics server stops'))
  }

  #remembered(key: string): Verdict | undefined {
    const now = this.#clock.monotonic()
    if (now < (this.#allowed.get(key) ?? 0)) return { is: 'allowed' }
    const refused = this.#refused.get(key)
    return refused && now < refused.until ? refused.verdict : undefined
  }

  async #ask(key: string, token: Redacted): Promise<Verdict> {
    const isStranger = !this.#allowed.has(key)
    if (isStranger && this.#taken >= PLACES) {
      throw new Failure('ReviewsBusy', 'retry', 'too many tokens that nobody knows yet are tried at a time')
    }
    this.#closed.signal.throwIfAborted()
    const answer = this.#reviewer.review(token, this.#closed.signal)
    if (isStranger) void this.#takePlace(answer)
    this.#underWay.set(key, answer)
    try {
      const verdict = await answer
      this.#remember(key, verdict)
      return verdict
    } finally {
      this.#underWay.delete(key)
    }
  }

  async #takePlace(answer: Promise<Verdict>): Promise<void> {
    this.#taken++
    await Promise.allSettled([answer, this.#clock.sleep(PLACE_MS, this.#closed.signal)])
    this.#taken--
  }

  #remember(key: string, verdict: Verdict): void {
    const now = this.#clock.monotonic()
    if (verdict.is === 'allowed') {
      this.#refused.delete(key)
      putLast(this.#allowed, key, now + ALLOWED_MS, MOST_ALLOWED)
    } else {
      this.#allowed.delete(key)
      putLast(this.#refused, key, { verdict, until: now + REFUSED_MS }, MOST_REFUSED)
    }
  }
}

/** The oldest makes room. */
function putLast<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= most) return
    map.delete(oldest)
  }
}
