// Servers on loopback that behave in ways no well-meaning server would.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { Server, Socket } from 'node:net'
import net from 'node:net'

/** Answers one request, in its own time. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

export type LoopbackServer = {
  readonly port: number
  /** Connections accepted so far. */
  readonly connections: () => number
  close(): Promise<void>
}

/** Keeps what is opened until {@link closeAll}. */
export class LoopbackServers {
  readonly #open: (() => Promise<void>)[] = []

  /** Speaks HTTP. */
  http(handler: Handler): Promise<LoopbackServer> {
    return this.#listen(http.createServer((request, response) => void handler(request, response)))
  }

  /** Speaks HTTP over TLS. */
  https(certificate: { readonly cert: string; readonly key: string }, handler: Handler): Promise<LoopbackServer> {
    return this.#listen(https.createServer(certificate, (request, response) => void handler(request, response)))
  }

  /** Hands over each connection as it is. */
  tcp(onConnection: (socket: Socket) => void): Promise<LoopbackServer> {
    return this.#listen(net.createServer(onConnection))
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((close) => close()))
  }

  async #listen(server: Server): Promise<LoopbackServer> {
    const sockets = new Set<Socket>()
    let connections = 0
    server.on('connection', (socket: Socket) => {
      connections++
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      // A client that goes away is what these tests are about.
      socket.on('error', () => undefined)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new Error('not listening')
    const close = async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    }
    this.#open.push(close)
    return { port: address.port, connections: () => connections, close }
  }
}

/** The body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Answers with JSON. */
export function answer(response: ServerResponse, status: number, document?: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(document === undefined ? '' : JSON.stringify(document))
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const servers = new LoopbackServers()
  const { port } = await servers.http(() => undefined)
  await servers.closeAll()
  return port
}
