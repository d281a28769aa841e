// An API server that does what a test says, faults included, on loopback.
import type { IncomingMessage, ServerResponse } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js'
import type { KubeMetrics } from '../../src/kube/metrics.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { createTransport } from '../../src/kube/transport.ts'
import { systemClock } from '../../src/clock.ts'
import type { Clock } from '../../src/clock.ts'

/** What a kubeconfig says, beyond where the server is. */
export type Account = { readonly user: Partial<User>; readonly cluster: Partial<Cluster> }

/** A request that has arrived, and the ways to answer it. */
export class Call {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
  readonly #response: ServerResponse

  constructor(request: IncomingMessage, body: string, response: ServerResponse) {
    const url = new URL(request.url!, 'http://fake')
    this.method = request.method!
    this.path = url.pathname
    this.query = Object.fromEntries(url.searchParams)
    this.headers = request.headers
    this.body = body === '' ? undefined : JSON.parse(body)
    this.#response = response
  }

  /** Answers with JSON. */
  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

  /** Answers with a `Status`. */
  refuse(code: number, reason: string, more: object = {}): void {
    this.answer(code, statusOf(code, reason, more))
  }

  /** Sends events of a watch and leaves it open. */
  send(...events: readonly object[]): void {
    this.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  }

  /** Sends raw bytes and leaves the answer open. */
  write(bytes: string): void {
    if (!this.#response.headersSent)
      this.#response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    this.#response.write(bytes)
  }

  /** Ends the answer as a server does when a watch has lasted long enough. */
  end(): void {
    this.#response.end()
  }

  /** The connection is gone. */
  cut(): void {
    this.#response.destroy()
  }

  /** The client has gone. */
  get isAbandoned(): boolean {
    return this.#response.destroyed
  }
}

export function statusOf(code: number, reason: string, more: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, ...more }
}

/** Keeps every call until the test answers it, in the order of arrival. */
export class FakeApiServer {
  /** All calls so far. */
  readonly calls: Call[] = []
  readonly url: string
  readonly #unanswered: Call[] = []
  readonly #waiters: ((call: Call) => void)[] = []
  readonly #server
  readonly #transports: Transport[] = []

  #connections = 0

  /** With a certificate it speaks TLS. */
  static async start(tls?: { readonly cert: string; readonly key: string }): Promise<FakeApiServer> {
    const server = tls ? https.createServer(tls) : http.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FakeApiServer(server, tls ? 'https' : 'http')
  }

  private constructor(server: http.Server | https.Server, scheme: string) {
    this.#server = server
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', () => this.#connections++)
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void text(request).then(
        (body) => this.#arrived(new Call(request, body, response)),
        () => undefined,
      )
    })
  }

  /** How many were opened so far. */
  get connections(): number {
    return this.#connections
  }

  /** From now on new connections are met with this certificate. */
  present(tls: { readonly cert: string; readonly key: string }): void {
    if (this.#server instanceof https.Server) this.#server.setSecureContext(tls)
  }

  /** The next call that nobody has taken yet: waits until there is one. */
  next(): Promise<Call> {
    const call = this.#unanswered.shift()
    return call ? Promise.resolve(call) : new Promise((resolve) => this.#waiters.push(resolve))
  }

  /** Calls that nobody has taken. */
  get waiting(): number {
    return this.#unanswered.length
  }

  /** A kubeconfig for this server. */
  kubeconfig({ user, cluster }: Partial<Account> = {}): KubeConfig {
    const kubeconfig = new KubeConfig()
    kubeconfig.loadFromClusterAndUser(
      { name: 'fake', server: this.url, skipTLSVerify: this.url.startsWith('http:'), ...cluster },
      { name: 'tester', ...user },
    )
    return kubeconfig
  }

  /** A transport to this server, which is closed with it. */
  transport(options: Partial<Account & { clock: Clock; requested: KubeMetrics['requested'] }> = {}): Transport {
    const { clock = systemClock, requested = () => {} } = options
    const metrics = { requested, staleReadSkipped: () => {} }
    const kubeconfig = this.kubeconfig(options)
    const transport = createTransport({ kubeconfig, userAgent: 'rai-operator/test', clock, metrics })
    this.#transports.push(transport)
    return transport
  }

  async close(): Promise<void> {
    for (const transport of this.#transports) transport.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #arrived(call: Call): void {
    this.calls.push(call)
    const waiter = this.#waiters.shift()
    if (waiter) waiter(call)
    else this.#unanswered.push(call)
  }
}

/** Waits until `condition` holds; a test that waits in vain fails by the runner's limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** What `work` throws. */
export async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error,
  )
}
