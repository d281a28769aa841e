// The connections to one API server: made once, kept, and made anew when certificates or trust change.
import http from 'node:http'
import https from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'

/** Unused connections are closed before the API server does so (90 s), or a load balancer between (60 s). */
const KEPT_MS = 30_000
/** A peer that has vanished is noticed this long, and ten probes a second apart, after it last said something. */
const PROBE_AFTER_MS = 30_000

/** How to connect. */
export type Connection = {
  /** Certificates, and whom to trust. */
  readonly tls: ConnectionOptions
  /** `http`, `https` or `socks`. */
  readonly proxyUrl: string | undefined
  /** The one that client-node made for it, which keeps no connection. */
  readonly agent: http.Agent
}

/** What is under way when the way to connect changes ends on the old connections. */
export class Connections {
  readonly #protocol: string
  #connection: Connection | undefined
  #current: http.Agent | undefined
  readonly #former = new Set<http.Agent>()

  /** `server`: the API server's URL. */
  constructor(server: URL) {
    this.#protocol = server.protocol
  }

  /** The same agent as long as `connection` says the same. */
  by(connection: Connection): http.Agent {
    const former = this.#connection
    // Taken anew each time, so that next time the same one is known at a glance.
    this.#connection = connection
    if (this.#current && isSame(connection, former)) return this.#current
    if (this.#current) this.#retire(this.#current)
    return (this.#current = this.#agentOf(connection))
  }

  /** Breaks off what is under way. */
  close(): void {
    if (this.#current) this.#former.add(this.#current)
    for (const agent of this.#former) agent.destroy()
  }

  /** Its connections close by themselves once they are not used. */
  #retire(agent: http.Agent): void {
    for (const former of this.#former) if (Object.keys(former.sockets).length === 0) this.#former.delete(former)
    this.#former.add(agent)
  }

  #agentOf({ tls, proxyUrl, agent }: Connection): http.Agent {
    // SOCKS is spoken by client-node alone.
    if (proxyUrl?.startsWith('socks')) return agent
    const proxyEnv = proxyUrl === undefined ? {} : { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl }
    const kept = { keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, timeout: KEPT_MS, proxyEnv }
    const made = this.#protocol === 'http:' ? new http.Agent(kept) : new https.Agent({ ...tls, ...kept })
    // All its connections are alike: no name for them is made out of certificates at each request.
    return Object.assign(made, { getName: () => 'the API server' })
  }
}

function isSame(one: Connection, other: Connection | undefined): boolean {
  return one === other || (one.proxyUrl === other?.proxyUrl && isDeepStrictEqual(one.tls, other?.tls))
}
