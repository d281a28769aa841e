// The control plane and its token endpoints, with one hostile answer to the operation that is tried and valid ones to the rest.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { answer as reply } from '../controlplane/loopback-server.ts'
import type { LoopbackServers } from '../controlplane/loopback-server.ts'
import type { Answer } from './answer.ts'
import { VALID_GRANT, VALID_TENANT } from './operations.ts'

export type HostileServer = {
  readonly origin: string
  /** How often each answer was sent. */
  readonly sent: ReadonlyMap<Answer, number>
  /** Creates that arrived since the last {@link play}. */
  readonly creates: () => number
  /** Of the last call of the API since then. */
  readonly bearer: () => string | undefined
  /** From now on this is what the operation is answered with. */
  play(answer: Answer): void
}

export async function startHostileServer(servers: LoopbackServers): Promise<HostileServer> {
  const sent = new Map<Answer, number>()
  let current: Answer | undefined
  let creates = 0
  let bearer: string | undefined

  const { port } = await servers.http((request, response) => {
    const isToken = request.url === '/token'
    const isApi = request.url?.startsWith('/v0/') ?? false
    if (isApi && request.method === 'POST') creates++
    if (isApi) bearer = request.headers.authorization
    const isOther = !current || isToken !== (current.operation.column === 'organizationToken')
    if (isOther) return reply(response, isToken ? 200 : 201, isToken ? VALID_GRANT : VALID_TENANT)
    sent.set(current!, (sent.get(current!) ?? 0) + 1)
    send(current!, request, response)
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    sent,
    creates: () => creates,
    bearer: () => bearer,
    play(answer) {
      current = answer
      creates = 0
      bearer = undefined
    },
  }
}

function send({ sent }: Answer, { socket }: IncomingMessage, response: ServerResponse): void {
  if ('whole' in sent) {
    const { status, headers, body } = sent.whole
    response.writeHead(status, { ...headers })
    return void response.end(body())
  }
  const { head, endless, end } = sent.wire
  socket.write(head, 'latin1')
  if (endless !== undefined) repeat(socket, endless)
  else if (end === 'end') socket.end()
  else if (end === 'reset') socket.resetAndDestroy()
}

/** No faster than it is taken, and never done. */
function repeat(socket: Socket, text: string): void {
  if (socket.destroyed) return
  const again = () => setImmediate(repeat, socket, text)
  if (socket.write(text, 'latin1')) again()
  else socket.once('drain', again)
}
