// One request on Node's own HTTP, and the one answer to it.
import http from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import https from 'node:https'

/** Where to, on which connections, and what. */
export type Outgoing = Required<
  Pick<RequestOptions, 'protocol' | 'hostname' | 'port' | 'path' | 'method' | 'agent'>
> & {
  readonly headers: Readonly<Record<string, string | number>>
}

/**
 * The answer as soon as it begins. Ends the connection when `signal` aborts, before or after that: what is read then fails.
 * Rejects when no answer begins. `signal` is this exchange's own: nobody takes its listener off.
 */
export function exchange(outgoing: Outgoing, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = outgoing.protocol === 'http:' ? http : https
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const sent = request(outgoing, resolve)
    signal.addEventListener('abort', () => sent.destroy())
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The whole body, as UTF-8. Rejects when the connection ends before it does. */
export function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    // Decoded once it is whole: a decoder for each answer, most of which are of one piece, costs a twentieth of a request.
    answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    answer.on('error', reject)
  })
}
