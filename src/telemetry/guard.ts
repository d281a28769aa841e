// Who may read the metrics: lets nobody in of whom the API server does not say so.
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { Redacted } from '../redacted.ts'
import type { Answer } from './answer.ts'
import { plain } from './answer.ts'
import type { Reviewer } from './verdicts.ts'
import { Verdicts } from './verdicts.ts'

export type GuardOptions = { readonly reviewer: Reviewer; readonly clock: Clock; readonly logger: Logger }

/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i
/** Several times what a service account's token has, or one of an identity provider with many groups. */
const MOST_CHARACTERS = 8192
/** The same complaint again stands in the log once in this time, however many ask. */
const SILENCE_MS = 60_000
/** There are not so many things that can be wrong; still, they are told by a server elsewhere. */
const MOST_COMPLAINTS = 16

export class Guard {
  readonly #verdicts: Verdicts
  readonly #clock: Clock
  readonly #logger: Logger
  /** When each was last told. */
  readonly #complaints = new Map<string, number>()

  constructor({ reviewer, clock, logger }: GuardOptions) {
    this.#verdicts = new Verdicts(reviewer, clock)
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * The answer to a request with this header for whoever may not read the metrics: 401 without a token that belongs to
   * somebody, 403 for whom they are none of their business, 503 when that cannot be found out. `undefined`: let them.
   */
  async refusal(authorization: string | undefined): Promise<Answer | undefined> {
    const token = tokenIn(authorization)
    if (!token) return unauthorized('a bearer token is needed')
    try {
      const verdict = await this.#verdicts.of(token)
      switch (verdict.is) {
        case 'allowed':
          return undefined
        case 'unknown':
          return unauthorized('this token is not known to the API server')
        case 'forbidden':
          return plain(403, `${JSON.stringify(verdict.user)} may not get the nonResourceURL /metrics`)
      }
    } catch (error) {
      this.#complain(error)
      return plain(503, 'the API server could not be asked whether you may read this: see the log')
    }
  }

  /** Gives up what is under way. */
  close(): void {
    this.#verdicts.close()
  }

  #complain(error: unknown): void {
    if (error instanceof Failure && error.code === 'Closed') return
    const message = error instanceof Error ? error.message : 'unknown'
    const now = this.#clock.monotonic()
    if (now - (this.#complaints.get(message) ?? Number.NEGATIVE_INFINITY) < SILENCE_MS) return
    if (this.#complaints.size >= MOST_COMPLAINTS) this.#complaints.clear()
    this.#complaints.set(message, now)
    this.#logger.warn({ err: error }, 'metrics withheld: it could not be found out who asks, or whether they may')
  }
}

function tokenIn(authorization = ''): Redacted | undefined {
  if (authorization.length > MOST_CHARACTERS) return undefined
  const [, token] = BEARER.exec(authorization) ?? []
  return token === undefined ? undefined : new Redacted(token)
}

function unauthorized(text: string): Answer {
  return plain(401, text, { 'www-authenticate': 'Bearer' })
}
