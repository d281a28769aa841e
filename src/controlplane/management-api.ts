// How calls of the management API are made: with token, budget and deadline, and repeated where that is safe.
import type { Clock } from '../clock.ts'
import type { Budget } from '../engine/budget.ts'
import type { Gate } from '../engine/gate.ts'
import type { Failure } from '../errors.ts'
import type { CallClass } from './call-class.ts'
import { within } from './deadline.ts'
import type { ApiOperation } from './failures.ts'
import { failureOfPost, failureOfSilence, failureOfStatus } from './failures.ts'
import type { Http, HttpAnswer, HttpCall } from './http-client.ts'
import { writeJson } from './json.ts'
import { NoAnswer } from './no-answer.ts'
import type { OrganizationToken, Token } from './organization-token.ts'
import { permit } from './permit.ts'
import { apiUrl } from './urls.ts'

export type ApiCall = {
  readonly operation: ApiOperation
  /** Segments below the base URL. */
  readonly path: readonly string[]
  readonly search?: URLSearchParams
}

/** How a POST fared. `lost`: it may have arrived. `isTokenStale`: the answer was a 401, and another token may do better. */
export type Posted =
  | { readonly result: 'answered'; readonly answer: HttpAnswer; readonly isTokenStale: boolean }
  | { readonly result: 'notSent' | 'lost'; readonly failure: Failure }

/** For all that one call consists of, from the moment at which the budget lets it through. Source: docs/api.md. */
const DEADLINE_MS = 30_000
/** Between attempts of a GET or DELETE, each shortened by chance to no less than half. */
const PAUSES_MS: readonly number[] = [250, 500, 1_000]
/** How much longer a lease must be held than until the first byte of a POST is written. Source: docs/reliability.md, "Steps". */
const FENCE_MS = 2_000
const SERVER = 'the control plane'

export type ManagementApiOptions = {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly http: Http
  readonly token: OrganizationToken
  readonly budget: Budget<CallClass>
  /** What its calls are made for. */
  readonly callClass: CallClass
  /** What every call passes that changes something. */
  readonly gate: Gate
  readonly clock: Clock
  readonly random: () => number
}

/** What the operations need of it. */
export type Api = Pick<ManagementApi, 'baseUrl' | 'query' | 'post'>

export class ManagementApi {
  readonly baseUrl: string
  readonly #options: ManagementApiOptions

  constructor(options: ManagementApiOptions) {
    this.baseUrl = options.baseUrl
    this.#options = options
  }

  /**
   * An answer whose status is one of `good`; any other is thrown as a {@link Failure}. Repeats the call when no answer
   * came or a 5xx did, and once, with another token, after a 401: what a DELETE finds may be its earlier attempt's doing.
   */
  async query(
    method: 'GET' | 'DELETE',
    call: ApiCall,
    good: readonly number[],
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    await this.#admit(signal)
    try {
      return await within(DEADLINE_MS, this.#options.clock, signal, (signal) =>
        this.#persist({ ...call, method }, good, signal),
      )
    } catch (error) {
      throw error instanceof NoAnswer ? failureOfSilence(call.operation, error) : error
    }
  }

  /**
   * Sends a POST once at most. Never throws. `signal` counts until the first byte may be written: from then on the answer
   * is the only one there will be, and is waited for until the deadline. Not sent, either, when the gate has no time to spare
   * at that very moment.
   */
  async post(call: ApiCall, body: unknown, signal: AbortSignal): Promise<Posted> {
    const giveUp = new AbortController()
    const abort = () => giveUp.abort(signal.reason)
    let isSending = false
    const onSending = () => {
      try {
        this.#options.gate.check(FENCE_MS)
      } catch (error) {
        return giveUp.abort(error)
      }
      isSending = true
      signal.removeEventListener('abort', abort)
    }
    try {
      const token = await this.#admit(signal)
      signal.throwIfAborted()
      signal.addEventListener('abort', abort)
      const answer = await within(DEADLINE_MS, this.#options.clock, giveUp.signal, (signal) =>
        this.#send({ ...call, method: 'POST', body: writeJson(body) }, token, signal, onSending),
      )
      const isTokenStale = answer.status === 401 && this.#options.token.refused(token)
      return { result: 'answered', answer, isTokenStale }
    } catch (error) {
      return { result: isSending ? 'lost' : 'notSent', failure: failureOfPost(call.operation, error) }
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** The token comes first: without one nobody need queue up for the budget. */
  async #admit(signal: AbortSignal): Promise<Token> {
    const { token } = this.#options
    await token.get(signal)
    await this.#permit(signal)
    return token.get(signal)
  }

  #permit(signal: AbortSignal): Promise<void> {
    return permit(this.#options.budget, this.#options.callClass, SERVER, signal)
  }

  async #persist(call: RepeatableCall, good: readonly number[], signal: AbortSignal): Promise<HttpAnswer> {
    const { clock, random } = this.#options
    for (let attempt = 0; ; attempt++) {
      const result = await this.#attempt(call, signal)
      const isAnswer = !(result instanceof NoAnswer)
      if (isAnswer && good.includes(result.status)) return result
      // Who names a time after which to come back is not asked before.
      const isPassing = !isAnswer || (result.status >= 500 && result.retryAfterMs === undefined)
      const pauseMs = isPassing ? PAUSES_MS[attempt] : undefined
      if (pauseMs === undefined) {
        throw isAnswer ? failureOfStatus(call.operation, result.status, result.retryAfterMs) : result
      }
      await clock.sleep(pauseMs * (0.5 + random() / 2), signal)
      await this.#permit(signal)
    }
  }

  /** One call, or two when the first one's token is refused. No answer is a result, unless there is no time left. */
  async #attempt(call: RepeatableCall, signal: AbortSignal): Promise<HttpAnswer | NoAnswer> {
    const { token } = this.#options
    try {
      const first = await token.get(signal)
      const answer = await this.#send(call, first, signal)
      if (answer.status !== 401 || !token.refused(first)) return answer
      const second = await token.get(signal)
      await this.#permit(signal)
      const again = await this.#send(call, second, signal)
      if (again.status === 401) token.refused(second)
      return again
    } catch (error) {
      if (error instanceof NoAnswer && !signal.aborted) return error
      throw error
    }
  }

  async #send(
    { operation, method, path, search, body }: ApiCall & Pick<HttpCall, 'method' | 'body'>,
    { bearer }: Token,
    signal: AbortSignal,
    onSending?: () => void,
  ): Promise<HttpAnswer> {
    const { http, baseUrl, budget, gate } = this.#options
    if (method === 'DELETE') gate.check()
    const headers = {
      Authorization: `Bearer ${bearer.reveal()}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    }
    const url = apiUrl(baseUrl, path, search)
    const answer = await http.send(
      { operation, method, url, headers, ...(body !== undefined && { body }) },
      signal,
      onSending,
    )
    if (answer.status !== 429) return answer
    return { ...answer, retryAfterMs: budget.pause(answer.retryAfterMs) }
  }
}

type RepeatableCall = ApiCall & { readonly method: 'GET' | 'DELETE' }
