// Asks the API server whom a token belongs to, and whether they may read a path that is no resource.
import { Failure, isFailure } from '../errors.ts'
import type { Redacted } from '../redacted.ts'
import { unavailable } from './failures.ts'
import type { Transport } from './transport.ts'

/** What came of it; `unknown`: the token is nobody's. */
export type Review = { readonly is: 'allowed' | 'unknown' } | { readonly is: 'forbidden'; readonly user: string }

/** Two of them fit into the ten seconds that Prometheus waits. */
const DEADLINE_MS = 4_000

const TOKENS = { group: 'authentication.k8s.io', plural: 'tokenreviews', kind: 'TokenReview' } as const
const ACCESS = { group: 'authorization.k8s.io', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview' } as const

/** As TokenReview has it, and SubjectAccessReview takes it. */
type Identity = {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Reviews are no objects: nothing of them stays, so that a standby may make them. */
export class AccessReviews {
  readonly #transport: Pick<Transport, 'request'>
  readonly #path: string

  /** `transport`: one without the gate. `path`: what is to be read. */
  constructor(transport: Pick<Transport, 'request'>, path: string) {
    this.#transport = transport
    this.#path = path
  }

  /**
   * Whether the token's owner may `get` the path. Throws a {@link Failure} when the API server does not answer, or does not
   * let us ask; the token is in none of them.
   */
  async review(token: Redacted, signal: AbortSignal): Promise<Review> {
    const user = await this.#ownerOf(token, signal)
    if (!user) return { is: 'unknown' }
    const { username, uid, groups, extra } = user
    const nonResourceAttributes = { path: this.#path, verb: 'get' }
    const status = await this.#ask(ACCESS, { nonResourceAttributes, user: username, uid, groups, extra }, signal)
    return status['allowed'] === true ? { is: 'allowed' } : { is: 'forbidden', user: username }
  }

  async #ownerOf(token: Redacted, signal: AbortSignal): Promise<Identity | undefined> {
    const { authenticated, user } = await this.#ask(TOKENS, { token: token.reveal() }, signal)
    const identity = user as Partial<Identity> | undefined
    // Somebody without a name would be asked about as nobody in particular.
    return authenticated === true && identity?.username ? { ...identity, username: identity.username } : undefined
  }

  async #ask(
    { group, plural, kind }: typeof TOKENS | typeof ACCESS,
    spec: object,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const path = `/apis/${group}/v1/${plural}`
    const body = { apiVersion: `${group}/v1`, kind, spec }
    try {
      const answer = await this.#transport.request('POST', path, { body, deadlineMs: DEADLINE_MS }, signal)
      const { status } = (answer ?? {}) as { readonly status?: unknown }
      if (typeof status === 'object' && status !== null) return status as Readonly<Record<string, unknown>>
    } catch (error) {
      if (!isFailure(error, 'KubeForbidden')) throw error
      const remedy = `the operator needs to create ${plural}.${group}, see deploy/components/metrics-auth`
      throw new Failure(error.code, error.disposition, `${error.message}: ${remedy}`)
    }
    throw unavailable('POST', path, `what came is no ${kind}`)
  }
}
