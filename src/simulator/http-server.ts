// The HTTP side: reads whole requests, writes answers, knows nothing of what they mean.
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { Clock } from '../clock.ts'
import type { Answer } from './answers.ts'
import { refusal } from './answers.ts'

/** A request that has arrived whole. */
export type HttpRequest = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
  /** Whether the peer is on this machine. */
  readonly local: boolean
}

export type HttpReply = {
  /** Writes the answer; a second one, or one after {@link hangUp}, goes nowhere. */
  send(answer: Answer): void
  /**
   * Writes the headers and so many bytes of the body, never all of them, and closes the connection. Of an answer without a
   * body a part of the headers.
   */
  cut(answer: Answer, bytes: number): void
  /** Closes the connection without an answer; `reset`: by a TCP reset. */
  hangUp(reset?: boolean): void
  /** Aborts when the client has its answer or has gone away without. */
  readonly gone: AbortSignal
}

export type ListenOptions = {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** PEM of certificate and key; absent: plain http. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
}

/** Larger requests are refused: the longest that the API takes is a key of some kilobytes. */
const MAX_BODY_BYTES = 65_536

/** An HTTP server that is listening. Its handler never rejects. */
export class HttpServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async listen(
    options: ListenOptions,
    clock: Clock,
    handle: (request: HttpRequest, reply: HttpReply) => Promise<void>,
  ): Promise<HttpServer> {
    const listener: RequestListener = (request, response) => void serve(clock, request, response, handle)
    const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener)
    server.listen(options.port, options.host)
    await once(server, 'listening')
    return new HttpServer(server)
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

async function serve(
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: HttpRequest, reply: HttpReply) => Promise<void>,
): Promise<void> {
  const reply = replyOn(clock, request, response)
  const body = await readBody(request).catch(() => undefined)
  if (body === undefined) return reply.hangUp()
  if (body.length > MAX_BODY_BYTES) {
    return reply.send(refusal(400, 'the body is too long', { Connection: 'close' }).answer)
  }
  const url = URL.parse(request.url ?? '/', 'http://localhost')
  if (!url) return reply.send(refusal(400, 'the request target is not a path').answer)
  await handle(
    {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
      body: body.toString('utf8'),
      local: isLoopback(request.socket.remoteAddress),
    },
    reply,
  )
}

function replyOn(clock: Clock, { socket }: IncomingMessage, response: ServerResponse): HttpReply {
  const gone = new AbortController()
  response.once('close', () => gone.abort('the client is gone'))
  const isOver = () => response.headersSent || response.destroyed
  const writeHead = ({ status, headers, body = '' }: Answer) => {
    // The clock of the simulator, not of the machine: clients judge the age of what exists by it.
    const date = new Date(clock.now()).toUTCString()
    const length = status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) }
    response.writeHead(status, { Date: date, ...length, ...headers })
  }
  return {
    send(answer) {
      if (isOver()) return
      writeHead(answer)
      response.end(answer.body ?? '')
    },
    cut(answer, bytes) {
      if (isOver()) return
      const content = Buffer.from(answer.status === 204 ? '' : (answer.body ?? ''))
      const destroy = () => void socket.destroy()
      if (content.length === 0) return void socket.write(`HTTP/1.1 ${answer.status} `, destroy)
      writeHead(answer)
      response.flushHeaders()
      socket.write(content.subarray(0, Math.min(bytes, content.length - 1)), destroy)
    },
    hangUp: (reset = false) => void (reset ? socket.resetAndDestroy() : socket.destroy()),
    gone: gone.signal,
  }
}

/** The body, cut off beyond the limit; rejects when the client goes away first. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MAX_BODY_BYTES) break
  }
  return Buffer.concat(chunks)
}

/** Whether a peer of this address is on this machine. */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '')
}
