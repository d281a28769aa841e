// The organization's token: one for all callers, for as long as it lives.
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Redacted } from '../redacted.ts'
import { unlessAborted } from '../abort.ts'
import type { ClientCredential } from './client-auth.ts'
import type { Credentials } from './credentials.ts'
import { ORGANIZATION_SCOPES, rateLimited } from './failures.ts'
import type { TokenAnswer } from './token-request.ts'

/** A token as callers hold it. */
export type Token = { readonly bearer: Redacted }

/** What is known of the credential: `missing` also when it cannot be read or is incomplete. */
export type CredentialState = 'untried' | 'accepted' | 'missing' | 'refused' | 'unreachable'

type HeldToken = Token & {
  readonly credential: ClientCredential
  /** On the clock's monotonic time. */
  readonly refreshAt: number
  readonly expiresAt: number
}

/** Until then nobody asks again with the same credential. */
type Rest = { readonly credential: ClientCredential; readonly failure: Failure; readonly until: number }

/** A token is replaced this long before it expires, or after 80 % of a short life. */
const EARLY_MS = 300_000
const LEAST_LIFE = 0.8
/** No longer handed out from here: the call that carries it may take as long as this. */
const LAST_MS = 30_000
/** How long a refusal is remembered, so that hundreds of resources do not ask hundreds of times. */
const REFUSED_MS = 30_000
/** How soon {@link OrganizationToken.first} looks again: cheap, since what is remembered is not asked. */
const LOOK_AGAIN_MS = 2_000
/** The same for an endpoint that does not answer: doubles with each time in a row. */
const FIRST_REST_MS = 1_000
const MOST_REST_MS = 30_000

export type OrganizationTokenOptions = {
  readonly credentials: Credentials
  /** Asks the token endpoint once. Rejects only when the signal aborts. */
  readonly request: (credential: ClientCredential, signal: AbortSignal) => Promise<TokenAnswer>
  /** For messages. */
  readonly tokenUrl: string
  readonly clock: Clock
  readonly random: () => number
}

export class OrganizationToken {
  readonly #options: OrganizationTokenOptions
  readonly #closing = new AbortController()
  #held: HeldToken | undefined
  #inFlight: { readonly credential: ClientCredential; readonly token: Promise<HeldToken> } | undefined
  #rest: Rest | undefined
  #restsInARow = 0
  #lastRefusedAt = -Infinity
  #state: Exclude<CredentialState, 'missing'> = 'untried'
  #everHadOne = false

  constructor(options: OrganizationTokenOptions) {
    this.#options = options
  }

  /**
   * A token that is good for another call. Throws a {@link Failure}: `Unauthorized` while there is no credential or it is
   * refused, `RateLimited` or `ControlPlaneUnavailable` while the endpoint does not answer. Asks at most once at a time.
   */
  async get(signal: AbortSignal): Promise<Token> {
    const credential = this.#options.credentials.read()
    const held = this.#held
    const now = this.#options.clock.monotonic()
    if (held?.credential !== credential || now >= held.expiresAt) return unlessAborted(this.#renew(credential), signal)
    // Whatever comes of it: the old one serves until it expires.
    if (now >= held.refreshAt) this.#renew(credential).catch(() => undefined)
    return held
  }

  /**
   * A call with this token got a 401. True when another token may help: the first one that is refused in a while is
   * replaced, but a control plane that refuses that one, too, is believed.
   */
  refused(token: Token): boolean {
    const held = this.#held
    if (token !== held) return true
    this.#held = undefined
    const now = this.#options.clock.monotonic()
    const isFirst = now - this.#lastRefusedAt > REFUSED_MS
    this.#lastRefusedAt = now
    if (!isFirst) this.#remember(held.credential, 'refused', refusal('the control plane', '401'), REFUSED_MS)
    return isFirst
  }

  /** Resolves once there has been a token; asks for one until then. Rejects with the signal's reason. */
  async first(signal: AbortSignal): Promise<void> {
    while (!this.#everHadOne) {
      try {
        await this.get(signal)
      } catch {
        await this.#options.clock.sleep(LOOK_AGAIN_MS, signal)
      }
    }
  }

  get everHadOne(): boolean {
    return this.#everHadOne
  }

  get state(): CredentialState {
    try {
      this.#options.credentials.read()
      return this.#state
    } catch {
      return 'missing'
    }
  }

  /** Ends the request that is under way. */
  close(): void {
    this.#closing.abort(new Failure('ControlPlaneUnavailable', 'retry', 'the operator is shutting down'))
  }

  #renew(credential: ClientCredential): Promise<HeldToken> {
    if (this.#inFlight?.credential === credential) return this.#inFlight.token
    const rest = this.#rest
    const leftMs = rest?.credential === credential ? rest.until - this.#options.clock.monotonic() : 0
    if (rest && leftMs > 0) return Promise.reject(resting(rest.failure, leftMs))
    const token = this.#request(credential).finally(() => {
      if (this.#inFlight?.token === token) this.#inFlight = undefined
    })
    this.#inFlight = { credential, token }
    return token
  }

  async #request(credential: ClientCredential): Promise<HeldToken> {
    const { clock, request } = this.#options
    const askedAt = clock.monotonic()
    const answer = await request(credential, this.#closing.signal)
    if (answer.result !== 'granted') throw this.#noToken(credential, answer)
    const lifeMs = answer.expiresInMs
    const held = {
      bearer: answer.accessToken,
      credential,
      refreshAt: askedAt + Math.max(lifeMs - EARLY_MS, lifeMs * LEAST_LIFE),
      expiresAt: askedAt + Math.max(lifeMs - LAST_MS, lifeMs * LEAST_LIFE),
    }
    this.#held = held
    this.#state = 'accepted'
    this.#everHadOne = true
    this.#rest = undefined
    this.#restsInARow = 0
    return held
  }

  #noToken(credential: ClientCredential, answer: Exclude<TokenAnswer, { result: 'granted' }>): Failure {
    const { tokenUrl, random } = this.#options
    const { host } = new URL(tokenUrl)
    if (answer.result === 'refused') {
      const failure = refusal(`the token endpoint ${host}`, answer.why)
      return this.#remember(credential, 'refused', failure, REFUSED_MS)
    }
    const ownMs = Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** this.#restsInARow++) * (0.5 + random() / 2)
    const failure =
      answer.result === 'limited'
        ? rateLimited(`the token endpoint ${host}`)
        : new Failure(
            'ControlPlaneUnavailable',
            'retry',
            `the token endpoint ${host} gives no token (${answer.why}): check token-url, the network and the proxy`,
          )
    return this.#remember(credential, 'unreachable', failure, answer.retryAfterMs || ownMs)
  }

  #remember(credential: ClientCredential, state: 'refused' | 'unreachable', failure: Failure, ms: number): Failure {
    this.#state = state
    this.#rest = { credential, failure, until: this.#options.clock.monotonic() + ms }
    return resting(failure, ms)
  }
}

function refusal(by: string, why: string): Failure {
  const remedy = why.endsWith('invalid_scope')
    ? `have its application granted ${ORGANIZATION_SCOPES.join(', ')}`
    : 'check the files in credentials-dir, and that they belong to this control plane'
  return new Failure('Unauthorized', 'wait', `${by} refuses the organization's credential (${why}): ${remedy}`)
}

function resting({ code, disposition, message }: Failure, retryAfterMs: number): Failure {
  return new Failure(code, disposition, message, { retryAfterMs })
}
