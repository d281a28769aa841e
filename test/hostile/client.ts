// The real client as the hostile suite uses it: with its own log lines, and every socket it ever opened.
import type { Agent } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientCredential } from '../../src/controlplane/client-auth.ts'
import { Connections } from '../../src/controlplane/connections.ts'
import { HttpClient } from '../../src/controlplane/http-client.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { openOrganization } from '../controlplane/organization.ts'
import { EagerClock, RecordedCalls } from '../controlplane/recorded-calls.ts'
import { settled } from '../doubles/manual-clock.ts'

/** Remembers the sockets of its agents. */
class RecordedConnections extends Connections {
  readonly sockets: Socket[] = []
  readonly #known = new WeakSet<Agent>()

  override kept(url: URL): Agent {
    return this.#recorded(super.kept(url))
  }

  override fresh(url: URL, onReady: () => void): Agent {
    return this.#recorded(super.fresh(url, onReady))
  }

  #recorded(agent: Agent): Agent {
    if (this.#known.has(agent)) return agent
    this.#known.add(agent)
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      const socket = connect(options, callback)
      if (socket) this.sockets.push(socket as Socket)
      return socket
    }
    return agent
  }
}

const lines: string[] = []
/** One for all: to make it takes as long as a call. Each line is taken before the next call. */
const logger = await createLogger({
  level: 'debug',
  format: 'json',
  clock: new EagerClock(),
  destination: { write: (line) => void lines.push(line) },
})

export type HostileClient = ReturnType<typeof openClient>

/** A client of the server at `origin`, which is on loopback and may have credentials. */
export function openClient(origin: string, credential: ClientCredential) {
  const clock = new EagerClock()
  const connections = new RecordedConnections({})
  const metrics = new RecordedCalls()
  const http = new HttpClient({ connections, clock, metrics, logger })
  const { plane } = openOrganization({
    baseUrl: `${origin}/v0`,
    tokenUrl: `${origin}/token`,
    credentials: { read: () => credential },
    http,
    clock,
    logger,
  })
  return {
    plane,
    clock,
    sockets: connections.sockets,
    /** Takes the lines that were written since the last time. */
    takeLines: () => lines.splice(0),
    /** Closes all; true when no socket is left open after that. */
    async close(): Promise<boolean> {
      plane.close()
      connections.close()
      const areClosed = () => connections.sockets.every(({ destroyed }) => destroyed)
      for (let turn = 0; turn < 100 && !areClosed(); turn++) await settled()
      return areClosed()
    },
  }
}

/** Carries on until `act` has ended: once `isWaiting`, the client's deadlines pass. */
export async function untilEnded<T>(clock: EagerClock, isWaiting: () => boolean, act: Promise<T>): Promise<T> {
  const progress = { isOver: false, turns: 0 }
  const ended = act.finally(() => (progress.isOver = true))
  ended.catch(() => undefined)
  while (!progress.isOver) {
    await settled()
    if (isWaiting()) progress.turns++
    if (progress.turns > PATIENCE) await clock.advance(DEADLINE_MS)
  }
  return ended
}

/** As many turns of the event loop as an answer on loopback takes at the most. */
const PATIENCE = 300
const DEADLINE_MS = 30_000
