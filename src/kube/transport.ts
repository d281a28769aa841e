// Sends requests to one API server over connections that are kept.
import type { IncomingMessage } from 'node:http'
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import { unlessAborted } from '../abort.ts'
import { Authentication } from './authentication.ts'
import { Connections } from './connections.ts'
import { exchange, textOf } from './exchange.ts'
import type { Outgoing } from './exchange.ts'
import { failureOfSilence, failureOfStatus, unavailable } from './failures.ts'
import { linesOf } from './lines.ts'
import type { KubeMetrics } from './metrics.ts'
import type { Status } from './wire.ts'

/** Longer than admission webhooks are given by default (10 s), shorter than a reconcile. */
const DEADLINE_MS = 15_000

export type TransportOptions = {
  readonly kubeconfig: KubeConfig
  /** How we name ourselves in the API server's logs. */
  readonly userAgent: string
  readonly clock: Clock
  readonly metrics: KubeMetrics
}

export type Query = Readonly<Record<string, string | undefined>>

export type RequestOptions = {
  readonly query?: Query
  /** Sent as JSON. */
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  readonly deadlineMs?: number
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A client of one API server, with connections of its own. All failures are as `failures.ts` says. */
export interface Transport {
  /** The API server's, with its port. */
  readonly host: string
  /** The answer's body, parsed. Not repeated, but for one 401 that a new credential may mend. */
  request(method: Method, path: string, options: RequestOptions, signal: AbortSignal): Promise<unknown>
  /** The answer's lines as they come. An answer has to begin in time; how long it goes on is up to server and `signal`. */
  lines(path: string, query: Query, signal: AbortSignal, accept?: string): AsyncGenerator<string, void, void>
  /** Breaks off what is under way. */
  close(): void
}

/** Opens no connection until the first request. */
export function createTransport(options: TransportOptions): Transport {
  return new HttpTransport(options)
}

class HttpTransport implements Transport {
  readonly host: string
  readonly #options: TransportOptions
  /** Where requests go, and what their paths begin with. */
  readonly #server: Pick<Outgoing, 'protocol' | 'hostname' | 'port'>
  readonly #prefix: string
  readonly #authentication: Authentication
  readonly #connections: Connections

  constructor(options: TransportOptions) {
    this.#options = options
    const server = new URL(options.kubeconfig.getCurrentCluster()!.server)
    const { protocol, hostname, port, pathname } = server
    // As a URL has it, an IPv6 address stands in brackets.
    this.#server = { protocol, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port }
    this.#prefix = pathname.replace(/\/$/, '')
    this.host = server.host
    this.#connections = new Connections(server)
    this.#authentication = new Authentication(options.kubeconfig, options.clock)
  }

  async request(method: Method, path: string, options: RequestOptions, signal: AbortSignal): Promise<unknown> {
    const end = this.#endOf(method, path, options.deadlineMs ?? DEADLINE_MS, signal)
    try {
      const answer = await this.#answer(method, path, options, end.signal)
      return parse(method, path, await textOf(answer))
    } catch (error) {
      throw translated(method, path, error, end.signal)
    } finally {
      end.disarm()
      end.detach()
    }
  }

  async *lines(path: string, query: Query, signal: AbortSignal, accept?: string): AsyncGenerator<string, void, void> {
    const end = this.#endOf('GET', path, DEADLINE_MS, signal)
    try {
      const options = { query, ...(accept !== undefined && { accept }) }
      const answer = await this.#answer('GET', path, options, end.signal)
      end.disarm()
      yield* linesOf(answer)
    } catch (error) {
      throw translated('GET', path, error, end.signal)
    } finally {
      end.disarm()
      end.detach()
    }
  }

  close(): void {
    this.#connections.close()
  }

  /** A signal for one exchange. It aborts as `signal` does until it is detached, and at its deadline until it is disarmed. */
  #endOf(method: Method, path: string, deadlineMs: number, signal: AbortSignal) {
    const end = new AbortController()
    const abort = () => end.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    const lateness = () => end.abort(unavailable(method, path, `no answer within ${deadlineMs / 1000} s`))
    const disarm = this.#options.clock.after(deadlineMs, lateness)
    return { signal: end.signal, disarm, detach: () => signal.removeEventListener('abort', abort) }
  }

  /** An answer that is a success, its body unread. */
  async #answer(method: Method, path: string, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
    let answer = await this.#send(method, path, options, signal)
    if (answer.statusCode === 401 && this.#authentication.renew()) {
      await textOf(answer)
      answer = await this.#send(method, path, options, signal)
    }
    const { statusCode = 0, headers } = answer
    if (statusCode >= 200 && statusCode < 300) return answer
    const seconds = Number(headers['retry-after'])
    const status = statusIn(await textOf(answer))
    throw failureOfStatus(method, path, statusCode, status, seconds > 0 ? seconds * 1000 : undefined)
  }

  async #send(
    method: Method,
    path: string,
    { query = {}, body, contentType = 'application/json', accept = 'application/json' }: RequestOptions,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { metrics, userAgent } = this.#options
    const sent = body === undefined ? undefined : JSON.stringify(body)
    try {
      const { known } = this.#authentication
      const { headers, connection } = known ?? (await unlessAborted(this.#authentication.current(), signal))
      const outgoing = {
        ...this.#server,
        path: `${this.#prefix}${path}${queryString(query)}`,
        method,
        headers: {
          ...headers,
          accept,
          'user-agent': userAgent,
          ...(sent !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(sent) }),
        },
        agent: this.#connections.by(connection),
      }
      const answer = await exchange(outgoing, sent, signal)
      metrics.requested(method, String(answer.statusCode), this.host)
      return answer
    } catch (error) {
      metrics.requested(method, 'error', this.host)
      throw error
    }
  }
}

function queryString(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

function parse(method: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own error quotes what it was given.
    throw unavailable(method, path, 'the answer is not JSON: something other than the API server gave it')
  }
}

/** What lies between here and the API server answers in its own words, which are not passed on. */
function statusIn(text: string): Status {
  try {
    const body = JSON.parse(text) as (Status & { kind?: string }) | null
    return body?.kind === 'Status' ? body : {}
  } catch {
    return {}
  }
}

/** An aborted signal speaks for itself. */
function translated(method: string, path: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  return error instanceof Failure ? error : failureOfSilence(method, path, error)
}
