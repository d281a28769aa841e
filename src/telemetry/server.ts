// HTTP for whoever watches: metrics and probes, read only.
import { once } from 'node:events'
import http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Answer } from './answer.ts'
import { plain } from './answer.ts'
import type { CertificateFiles } from './certificate.ts'
import type { Guard } from './guard.ts'
import type { Report } from './health.ts'

/** Without `host` on every address of the machine. `off`: nothing is served. */
export type ListenAddress = { readonly host?: string; readonly port: number } | 'off'

export type ServerOptions = { readonly address: ListenAddress; readonly clock: Clock; readonly logger: Logger }

export type MetricsServerOptions = ServerOptions & {
  /** Whom to let read them; everybody if left out. */
  readonly guard?: Pick<Guard, 'refusal' | 'close'> | undefined
  /** HTTPS with this certificate; plain HTTP if left out. */
  readonly certificate?: Pick<CertificateFiles, 'start' | 'stop'> | undefined
}

type Headers = Pick<IncomingMessage['headers'], 'authorization'>
type Pages = Readonly<Record<string, (headers: Headers) => Answer | Promise<Answer>>>

export const METRICS_PATH = '/metrics'

/** A probe asks every few seconds, Prometheus every half minute: who is slower than this is neither. */
const REQUEST_MS = 10_000
/** How long answers in flight may take to leave when the server stops. */
const STOP_MS = 1000
const OLDEST_TLS = 'TLSv1.2'

/** Serves `/metrics`. */
export function metricsServer(
  metrics: { expose(): Promise<{ readonly type: string; readonly body: string }> },
  options: MetricsServerOptions,
): TelemetryServer {
  const page = async ({ authorization }: Headers): Promise<Answer> =>
    (await options.guard?.refusal(authorization)) ?? { status: 200, ...(await metrics.expose()) }
  return new TelemetryServer('metrics', { [METRICS_PATH]: page }, options)
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
  readonly #options: MetricsServerOptions
  readonly #server: http.Server | https.Server
  readonly #sockets = new Set<Socket>()

  constructor(name: string, pages: Pages, options: MetricsServerOptions) {
    this.name = `${name} server`
    this.#pages = pages
    this.#options = options
    const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }
    const listener = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response)
    this.#server = options.certificate
      ? https.createServer({ ...limits, handshakeTimeout: REQUEST_MS }, listener)
      : http.createServer(limits, listener)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Where it listens once started; `undefined` when it is off. */
  get port(): number | undefined {
    // Of a TCP server it is never a string.
    return (this.#server.address() as AddressInfo | null)?.port
  }

  /**
   * Rejects with a {@link Failure} of one line when it cannot listen there (`AddressUnavailable`), or has no certificate
   * that it could use (`WrongConfiguration`).
   */
  async start(): Promise<void> {
    const { address, certificate } = this.#options
    if (address === 'off') return
    // Connections that are open go on with the certificate that they began with.
    await certificate?.start((pair) => {
      if (this.#server instanceof https.Server) this.#server.setSecureContext({ ...pair, minVersion: OLDEST_TLS })
    })
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
    const { certificate, clock, guard } = this.#options
    certificate?.stop()
    if (this.#server.listening) {
      const closed = once(this.#server, 'close')
      this.#server.close()
      // Those that never came to speak TLS are no connections to the server, and it would wait for them.
      const cancel = clock.after(STOP_MS, () => this.#sockets.forEach((socket) => socket.destroy()))
      await closed
      cancel()
    }
    guard?.close()
  }

  async #answer({ method, url = '/', headers: sent }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body, headers } = await this.#page(method, url.split('?', 1)[0]!, sent)
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers })
    response.end(method === 'HEAD' ? undefined : body)
  }

  async #page(method: string | undefined, path: string, headers: Headers): Promise<Answer> {
    const page = Object.hasOwn(this.#pages, path) ? this.#pages[path] : undefined
    if (!page) return plain(404, `not found, there is ${Object.keys(this.#pages).join(' and ')}`)
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'method not allowed', { allow: 'GET, HEAD' })
    try {
      return await page(headers)
    } catch (error) {
      this.#options.logger.error({ server: this.name, path, err: error }, 'a page could not be made')
      return plain(500, 'it could not be made: see the log')
    }
  }
}
