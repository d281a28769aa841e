// A TCP proxy before the API server that may lose what is sent, cut connections or be slow. It understands nothing of what it passes on.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'

type Pair = { readonly client: Socket; readonly server: Socket; isHoled: boolean; answered: number }

/** Connections that pass nothing more in either direction, until it ends: then they are closed. */
export type Hole = { readonly size: number; end(): void }

export class Proxy {
  readonly port: number
  readonly #listener: Server
  /** By the port from which the client connects. */
  readonly #pairs = new Map<number, Pair>()
  readonly #target: { readonly host: string; readonly port: number }
  #delayMs = 0

  private constructor(listener: Server, target: URL) {
    this.#listener = listener
    this.#target = { host: target.hostname, port: Number(target.port) }
    this.port = (listener.address() as AddressInfo).port
    listener.on('connection', (client) => this.#join(client))
  }

  /** Passes on what reaches a free loopback port to the server of this URL. */
  static async begin(target: URL): Promise<Proxy> {
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new Proxy(listener, target)
  }

  /** A kubeconfig, as text, whose clusters are reached through here. */
  kubeconfig(text: string): string {
    const parsed = parse(text) as { readonly clusters: readonly { readonly cluster: { server: string } }[] }
    // The API server's certificate is for this address on any port.
    for (const { cluster } of parsed.clusters) cluster.server = `https://127.0.0.1:${this.port}`
    return stringify(parsed)
  }

  /** Bytes that the server has sent to the client on this port of its. */
  answered(clientPort: number): number {
    return this.#pairs.get(clientPort)?.answered ?? 0
  }

  /** Black-holes the connections from these ports, or all that there are. New ones work. */
  hole(clientPorts?: readonly number[]): Hole {
    const pairs = [...this.#pairs].filter(([port]) => clientPorts?.includes(port) ?? true).map(([, pair]) => pair)
    for (const pair of pairs) pair.isHoled = true
    return { size: pairs.length, end: () => pairs.forEach(close) }
  }

  /** Closes all connections but those in a black hole. How many. */
  cut(): number {
    const pairs = [...this.#pairs.values()].filter(({ isHoled }) => !isHoled)
    pairs.forEach(close)
    return pairs.length
  }

  /** From now on whatever comes is passed on so much later. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs
  }

  close(): void {
    this.#listener.close()
    for (const pair of this.#pairs.values()) close(pair)
  }

  #join(client: Socket): void {
    const server = connect(this.#target)
    const pair: Pair = { client, server, isHoled: false, answered: 0 }
    const port = client.remotePort!
    this.#pairs.set(port, pair)
    this.#pass(client, server, pair, () => undefined)
    this.#pass(server, client, pair, (bytes) => (pair.answered += bytes))
    client.on('close', () => this.#pairs.get(port) === pair && this.#pairs.delete(port))
  }

  #pass(from: Socket, to: Socket, pair: Pair, count: (bytes: number) => void): void {
    let passed = Promise.resolve()
    const passOn = async (chunk: Buffer) => {
      if (this.#delayMs > 0) await sleep(this.#delayMs)
      if (pair.isHoled || to.destroyed) return
      count(chunk.length)
      to.write(chunk)
    }
    from.setNoDelay(true)
    from.on('data', (chunk: Buffer) => {
      passed = passed.then(() => passOn(chunk))
    })
    from.on('error', () => undefined)
    // Who closes in a black hole is not heard on the other side.
    from.on('close', () => void passed.then(() => !pair.isHoled && to.destroy()))
  }
}

function close({ client, server }: Pair): void {
  client.destroy()
  server.destroy()
}
