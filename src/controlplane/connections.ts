// Sockets: kept for a moment for calls that may be repeated, fresh for those that may not, through a proxy where one is set.
import http from 'node:http'
import https from 'node:https'
import { Failure } from '../errors.ts'
import { isLoopback } from '../loopback.ts'

/** `HTTPS_PROXY` and `NO_PROXY`, in either case, as the environment has them. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>

/** Idle for longer, a socket goes: at rest there are none. A proxy that takes as long to connect is given up, too. */
const IDLE_MS = 10_000
/** By then whoever waits for a connection has given up: ends what the proxy has not answered. */
const LONGEST_MS = 60_000

export class Connections {
  readonly #proxyEnv: ProxyEnvironment
  readonly #kept = new Map<string, http.Agent>()

  /** Throws a {@link Failure} (`WrongConfiguration`) when the proxy's URL is none. */
  constructor(proxyEnv: ProxyEnvironment) {
    this.#proxyEnv = proxyEnv
    try {
      new https.Agent({ proxyEnv }).destroy()
    } catch {
      // Node's error holds the URL, which may hold a password.
      throw new Failure('WrongConfiguration', 'stall', 'HTTPS_PROXY is not a URL: write it as http://host:port')
    }
  }

  /** One agent for all that goes to this origin. */
  kept(url: URL): http.Agent {
    const agent = this.#kept.get(url.origin) ?? this.#newAgent(url, { keepAlive: true, timeout: IDLE_MS })
    this.#kept.set(url.origin, agent)
    return agent
  }

  /**
   * An agent for one call. `onReady` is called once, before the first byte of that call can be written, and never when no
   * connection comes about: neither a TLS handshake nor the request to a proxy to connect counts. Only of a proxy that
   * speaks TLS itself can no more be told than that it was reached.
   */
  fresh(url: URL, onReady: () => void): http.Agent {
    const agent = this.#newAgent(url, { keepAlive: false, timeout: LONGEST_MS })
    const connect = agent.createConnection.bind(agent)
    let isReady = false
    const ready = () => {
      if (isReady) return
      isReady = true
      onReady()
    }
    agent.createConnection = (options, callback) => {
      // A socket that leads through a proxy is handed to the callback, once TLS with the server is established.
      const socket = connect(options, (error, tunnel) => {
        if (!error) ready()
        callback?.(error, tunnel)
      })
      socket?.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', ready)
      return socket
    }
    return agent
  }

  /** Closes the sockets that are kept. */
  close(): void {
    for (const agent of this.#kept.values()) agent.destroy()
    this.#kept.clear()
  }

  #newAgent(url: URL, options: { readonly keepAlive: boolean; readonly timeout: number }): http.Agent {
    if (url.protocol === 'http:') return new http.Agent(options)
    // Plain http is for loopback alone, and a proxy reaches its own loopback, not ours.
    if (isLoopback(url.hostname)) return new https.Agent(options)
    return new https.Agent({ ...options, proxyEnv: this.#proxyEnv })
  }
}
