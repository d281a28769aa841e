// The connections to one API server: made once, kept, and made anew when certificates or trust change.
import { isDeepStrictEqual } from 'node:util'
import type { DispatcherOptions } from '@kubernetes/client-node/dist/config.js'
import { Agent, ProxyAgent } from 'undici'
import type { Dispatcher } from 'undici'

/** Unused connections are closed before the API server does so (90 s), or a load balancer between (60 s). */
const KEPT_MS = 30_000
/** A peer that has vanished is noticed this long, and ten probes a second apart, after it last said something. */
const PROBE_AFTER_MS = 30_000

/** What is under way when the way to connect changes ends on the old connections. */
export class Connections {
  #options: DispatcherOptions | undefined
  #current: Dispatcher | undefined
  readonly #former = new Set<Dispatcher>()

  /** The same dispatcher as long as `options` say the same. */
  by(options: DispatcherOptions): Dispatcher {
    if (this.#current && isDeepStrictEqual(options, this.#options)) return this.#current
    if (this.#current) this.#retire(this.#current)
    this.#options = options
    this.#current = dispatcherOf(options)
    return this.#current
  }

  /** Breaks off what is under way. */
  async close(): Promise<void> {
    if (this.#current) this.#former.add(this.#current)
    await Promise.all(Array.from(this.#former, (dispatcher) => dispatcher.destroy()))
  }

  #retire(dispatcher: Dispatcher): void {
    this.#former.add(dispatcher)
    const forget = () => this.#former.delete(dispatcher)
    dispatcher.close().then(forget, forget)
  }
}

function dispatcherOf(options: DispatcherOptions): Dispatcher {
  // HTTP/2 would put everything on one connection: lost for one request, it would be lost for all.
  const kept = { allowH2: false, keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS }
  const probed = { keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS } as const
  switch (options.type) {
    case 'proxy':
    case 'socks':
      return new ProxyAgent({ ...kept, uri: options.uri, requestTls: { ...definedOf(options.requestTls), ...probed } })
    case 'agent':
      return new Agent({ ...kept, connect: { ...definedOf(options.connect), ...probed } })
    case 'none':
      return new Agent({ ...kept, connect: probed })
  }
}

/** As undici has its options: absent rather than `undefined`. */
function definedOf<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [K in keyof T]: Exclude<T[K], undefined> }
}
