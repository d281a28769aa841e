// One cell of the grid: a client and a simulator of its own, one call under one fault, and what came of it.
import type { Socket } from 'node:net'
import { OPEN } from '../../../src/engine/gate.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { ManualClock, settled } from '../../doubles/manual-clock.ts'
import type { LoopbackServers } from '../loopback-server.ts'
import type { Organization } from '../organization.ts'
import { openOrganization } from '../organization.ts'
import type { EagerClock } from '../recorded-calls.ts'
import type { Column, Prepared } from './columns.ts'
import { call, isToken, prepare } from './columns.ts'
import type { Mode, ModeName } from './modes.ts'
import { MARKER } from './modes.ts'

/** What a row does to the calls of a column. */
export type Given = {
  /** Faults of the simulator, in force for every call of the column unless they say otherwise. */
  readonly faults?: (column: Column, mode: ModeName) => readonly object[]
  /** Where the calls go instead of to the simulator, and how many connections were made there. */
  readonly instead?: (servers: LoopbackServers) => Promise<{ readonly origin: string; readonly calls: () => number }>
  /** While the call is under way. */
  readonly meanwhile?: (bench: Bench) => Promise<void>
  /** Once the call has ended. */
  readonly afterwards?: (bench: Bench) => Promise<void>
}

export type Bench = {
  readonly simulator: Simulator
  /** How many calls of the column have arrived, wherever they go. */
  readonly calls: () => number
  /** How often it has happened. */
  readonly effects: () => number
  /** The simulator's clock: faults wait by it. */
  readonly there: ManualClock
  /** The client's clock: pauses are over at once, deadlines are not. */
  readonly here: EagerClock
}

export type Seen = {
  /** How the client tells it: see {@link call}. */
  readonly told: string
  readonly calls: number
  readonly effects: number
  /** POSTs of creates that arrived, whatever the column. */
  readonly creates: number
  /** What may not be told and was. */
  readonly leaks: readonly string[]
}

const forever = new AbortController().signal

/** Resolves once it holds, without a look at any clock. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settled()
}

/** Carries out one cell and closes what it has opened. */
export async function runCell(column: Column, mode: Mode, given: Given, servers: LoopbackServers): Promise<Seen> {
  const there = new ManualClock()
  const simulator = await startSimulator({ organization: mode.organization }, there)
  const elsewhere = await given.instead?.(servers)
  const organization = openAt(column, mode, simulator, elsewhere?.origin)
  const { plane, clock: here } = organization
  const entries = () => simulator.log.entries(0, column)
  const effects = () => entries().reduce((sum, { runs }) => sum + runs, 0)
  const bench = { simulator, calls: elsewhere?.calls ?? (() => entries().length), effects, there, here }
  try {
    const prepared = redirected(column, prepare(simulator, mode), elsewhere?.origin)
    if (column !== 'organizationToken') await plane.firstToken(forever)
    const faults = given.faults?.(column, mode.name) ?? []
    for (const fault of faults) simulator.faults.add({ op: column, count: -1, ...fault })
    const calling = call(column, plane, simulator.person, prepared)
    await given.meanwhile?.(bench)
    const { told, message } = await calling
    await given.afterwards?.(bench)
    const { createTenant = 0, createTenantApplication = 0 } = simulator.log.counts()
    const creates = createTenant + createTenantApplication
    return { told, calls: bench.calls(), effects: effects(), creates, leaks: leaksIn(message, organization) }
  } finally {
    plane.close()
    await simulator.close()
  }
}

/** A client whose calls of this column go to `origin`, and all others to the simulator. */
function openAt(column: Column, { credential }: Mode, { url, tokenUrl }: Simulator, origin?: string): Organization {
  return openOrganization({
    baseUrl: origin && !isToken(column) ? `${origin}/v0` : url,
    tokenUrl: origin && column === 'organizationToken' ? `${origin}/token` : tokenUrl,
    credentials: { read: () => credential },
    gate: OPEN,
  })
}

function redirected(column: Column, prepared: Prepared, origin?: string): Prepared {
  return column === 'applicationToken' && origin ? { ...prepared, tokenUrl: `${origin}/token` } : prepared
}

/** Secrets hold the marker, as bodies and headers do, or are long. */
const LONG = /[A-Za-z0-9_+/=-]{40,}/
const FORBIDDEN = [new RegExp(MARKER, 'i'), LONG, /Bearer|Basic|BEGIN|\n/]

function leaksIn(message: string, { log }: Organization): string[] {
  const texts = [message, ...log.lines.map((line) => JSON.stringify(line))]
  return texts.filter((text) => FORBIDDEN.some((pattern) => pattern.test(text)))
}

/** A server on loopback that does this with each connection, in a URL of this scheme. */
export function connections(act: (socket: Socket) => void, scheme = 'http'): NonNullable<Given['instead']> {
  return async (servers) => {
    const { port, connections } = await servers.tcp(act)
    return { origin: `${scheme}://127.0.0.1:${port}`, calls: connections }
  }
}

/** A server on loopback that answers the first bytes of each connection with this text. */
export function answering(text: string, end = true): NonNullable<Given['instead']> {
  return async (servers) => {
    let calls = 0
    const { port } = await servers.tcp((socket) =>
      socket.once('data', () => {
        calls++
        socket.write(text)
        if (end) socket.end()
      }),
    )
    return { origin: `http://127.0.0.1:${port}`, calls: () => calls }
  }
}
