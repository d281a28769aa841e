// A reviewer that answers when the test says so.
import type { Redacted } from '../../src/redacted.ts'
import type { Reviewer, Verdict } from '../../src/telemetry/verdicts.ts'

type Question = {
  readonly token: string
  readonly resolve: (verdict: Verdict) => void
  readonly reject: (error: unknown) => void
}

export class HeldReviewer implements Reviewer {
  /** Tokens that it was asked about. */
  readonly asked: string[] = []
  readonly #open: Question[] = []

  review(token: Redacted, signal: AbortSignal): Promise<Verdict> {
    this.asked.push(token.reveal())
    return new Promise((resolve, reject) => {
      this.#open.push({ token: token.reveal(), resolve, reject })
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }

  /** Answers all that is open. */
  answer(is: 'allowed' | 'unknown' | 'forbidden'): void {
    for (const { resolve } of this.#open.splice(0)) resolve(is === 'forbidden' ? { is, user: 'jane' } : { is })
  }

  /** Fails all that is open. */
  fail(error: unknown): void {
    for (const { reject } of this.#open.splice(0)) reject(error)
  }
}
