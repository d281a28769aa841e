// HTTP for whoever watches: metrics and probes, read only.
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Report } from './health.ts'

/** Without `host` on every address of the machine. `off`: nothing is served. */
export type ListenAddress = { readonly host?: string; readonly port: number } | 'off'

export type ServerOptions = { readonly address: ListenAddress; readonly clock: Clock; readonly logger: Logger }

type Answer = { readonly status: number; readonly type: string; readonly body: string }
type Pages = Readonly<Record<string, () => Answer | Promise<Answer>>>

/** A probe asks every few seconds, Prometheus every half minute: who is slower than this is neither. */
const REQUEST_MS = 10_000
/** How long answers in flight may take to leave when the server stops. */
const STOP_MS = 1000

/** Serves `/metrics`. */
export function metricsServer(
  metrics: { expose(): Promise<{ readonly type: string; readonly body: string }> },
  options: ServerOptions,
): TelemetryServer {
  return new TelemetryServer(
    'metrics',
    { '/metrics': async () => ({ status: 200, ...(await metrics.expose()) }) },
    options,
  )
}

/** Serves `/healthz` and `/readyz`: 200 or 503, with the report as JSON. */
export function healthServer(health: { healthz(): Report; readyz(): Report }, options: ServerOptions): TelemetryServer {
  const page = ({ ok, parts }: Report): Answer => ({
    status: ok ? 200 : 503,
    type: 'application/json',
    body: `${JSON.stringify({ ok, ...parts }, undefined, 2)}\n`,
  })
  return new TelemetryServer(
    'health',
    { '/healthz': () => page(health.healthz()), '/readyz': () => page(health.readyz()) },
    options,
  )
}

/** A part of the process that starts and stops with it. */
export class TelemetryServer {
  readonly name: string
  readonly #pages: Pages
  readonly #options: ServerOptions
  readonly #server: Server

  constructor(name: string, pages: Pages, options: ServerOptions) {
    this.name = `${name} server`
    this.#pages = pages
    this.#options = options
    this.#server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
      void this.#answer(request, response)
    })
  }

  /** Where it listens once started; `undefined` when it is off. */
  get port(): number | undefined {
    // Of a TCP server it is never a string.
    return (this.#server.address() as AddressInfo | null)?.port
  }

  /** Rejects with a {@link Failure} of one line (`AddressUnavailable`) when it cannot listen there. */
  async start(): Promise<void> {
    const { address } = this.#options
    if (address === 'off') return
    try {
      this.#server.listen(address)
      await once(this.#server, 'listening')
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given'
      const where = `${address.host ?? ''}:${address.port}`
      throw new Failure('AddressUnavailable', 'stall', `the ${this.name} cannot listen on ${where} (${code})`, {
        cause,
      })
    }
    // A connection that cannot be accepted is no reason to end the process.
    this.#server.on('error', (err) => this.#options.logger.warn({ server: this.name, err }, 'a connection failed'))
    this.#options.logger.info({ server: this.name, port: this.port }, 'listening')
  }

  /** Lets answers in flight leave, shortly; connections that wait for a request are closed at once. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    const cancel = this.#options.clock.after(STOP_MS, () => this.#server.closeAllConnections())
    await closed
    cancel()
  }

  async #answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body, ...headers } = await this.#page(method, url.split('?', 1)[0]!)
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers })
    response.end(method === 'HEAD' ? undefined : body)
  }

  async #page(method: string | undefined, path: string): Promise<Answer & { readonly allow?: string }> {
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path] : undefined
    if (!page) return plain(404, `not found, there is ${Object.keys(this.#pages).join(' and ')}`)
    if (method !== 'GET' && method !== 'HEAD') return { ...plain(405, 'method not allowed'), allow: 'GET, HEAD' }
    try {
      return await page()
    } catch (error) {
      this.#options.logger.error({ server: this.name, path, err: error }, 'a page could not be made')
      return plain(500, 'it could not be made: see the log')
    }
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` }
}
