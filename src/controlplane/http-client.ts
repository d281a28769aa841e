// One HTTP exchange, counted and logged: the only file that knows node-fetch.
import fetch from 'node-fetch'
import { withOwnSignal } from '../abort.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Connections } from './connections.ts'
import type { ControlPlaneMetrics, Operation } from './metrics.ts'
import { NoAnswer } from './no-answer.ts'
import { parseRetryAfter } from './retry-after.ts'

export type HttpCall = {
  readonly operation: Operation
  readonly method: 'GET' | 'DELETE' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export type HttpAnswer = {
  readonly status: number
  /** From `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs: number | undefined
  /** From `Date`, in milliseconds since the epoch: the server's own clock. */
  readonly dateMs: number | undefined
  readonly text: string
}

/** Beyond this an answer is none. A page of 100 tenants has about 40 kB. */
const MOST_BYTES = 1_048_576

export type HttpClientOptions = {
  readonly connections: Connections
  readonly clock: Clock
  readonly metrics: ControlPlaneMetrics
  readonly logger: Logger
}

/** What callers need of it. */
export type Http = Pick<HttpClient, 'send'>

export class HttpClient {
  readonly #options: HttpClientOptions

  constructor(options: HttpClientOptions) {
    this.#options = options
  }

  /**
   * Sends `call` exactly once and gives back whatever whole answer came, a redirect included. Throws the signal's reason
   * when it aborts, else {@link NoAnswer}. What must not be repeated has `onSending`, which is called before its first byte can be
   * written, and takes a fresh connection: a kept one may be closed just when it is sent.
   */
  async send(call: HttpCall, signal: AbortSignal, onSending?: () => void): Promise<HttpAnswer> {
    const { clock, metrics, logger } = this.#options
    const { operation } = call
    const startedAt = clock.monotonic()
    let outcome: { readonly status: number } | { readonly error: string } = { error: 'aborted' }
    try {
      // node-fetch takes its listener off when an answer ends, and not when one breaks off.
      const answer = await withOwnSignal(signal, (own) => this.#exchange(call, own, onSending))
      outcome = { status: answer.status }
      if (answer.status === 429) metrics.rateLimited()
      return answer
    } catch (error) {
      if (error instanceof NoAnswer) outcome = { error: error.why }
      throw error
    } finally {
      const ms = clock.monotonic() - startedAt
      metrics.requested(operation, 'status' in outcome ? String(outcome.status) : 'error', ms / 1000)
      logger.debug({ operation, ...outcome, ms: Math.round(ms) }, 'called the control plane')
    }
  }

  async #exchange(
    { url, method, headers, body }: HttpCall,
    signal: AbortSignal,
    onSending: (() => void) | undefined,
  ): Promise<HttpAnswer> {
    const { connections, clock } = this.#options
    // node-fetch brings the process down when it is given a body and a signal that has aborted already.
    signal.throwIfAborted()
    const agent = onSending ? connections.fresh(url, onSending) : connections.kept(url)
    try {
      const response = await fetch(url, {
        method,
        headers: { Accept: 'application/json', 'User-Agent': 'rai-operator', ...headers },
        ...(body !== undefined && { body }),
        agent,
        signal,
        redirect: 'manual',
        compress: false,
        size: MOST_BYTES,
      })
      const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now())
      const dateMs = parseDate(response.headers.get('date'))
      return { status: response.status, retryAfterMs, dateMs, text: decoded(await response.arrayBuffer()) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof NoAnswer) throw error
      throw new NoAnswer(reasonOf(error), { cause: error })
    } finally {
      if (onSending) agent.destroy()
    }
  }
}

/** Text that is not UTF-8 would be other text: an id in it, another id. */
function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new NoAnswer('the answer is not UTF-8', { cause: error })
  }
}

function parseDate(header: string | null): number | undefined {
  const ms = Date.parse(header ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

/** node-fetch's messages hold the address, so only its codes are passed on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'broken off'
  if ('type' in error && error.type === 'max-size') return 'the answer is larger than 1 MiB'
  return 'code' in error && typeof error.code === 'string' && error.code !== '' ? error.code : 'broken off'
}
