// The simulator put together: the Tenant Management API, its token endpoints and the admin API behind one port.
import type { Clock } from '../clock.ts'
import { ADMIN_PATH, answerAdminRequest, isAdminPath } from './admin.ts'
import type { CallLog } from './call-log.ts'
import { Calls } from './calls.ts'
import type { Faults } from './faults.ts'
import type { HttpReply, HttpRequest, ListenOptions } from './http-server.ts'
import { HttpServer } from './http-server.ts'
import type { OrganizationCredential } from './organization.ts'
import { newOrganizationCredential, organizationClient } from './organization.ts'
import { Person } from './person.ts'
import type { Settings } from './settings.ts'
import { changeSettings, DEFAULT_SETTINGS } from './settings.ts'
import { baseUrl, newWorld, ORGANIZATION_AUTH_SERVER, tokenUrl } from './world.ts'

export type SimulatorOptions = {
  /** What differs from {@link DEFAULT_SETTINGS}. */
  readonly settings?: Partial<Settings>
  /** Default: plain http on a free port of 127.0.0.1. */
  readonly listen?: ListenOptions
  /** Scheme, host and port under which clients reach it, where that is not the address it listens on. */
  readonly publicUrl?: string | undefined
  /** Default: a new one, with a secret and a key. */
  readonly organization?: OrganizationCredential | undefined
  /** Serves the admin API to other machines too. */
  readonly remoteAdmin?: boolean
}

export type Simulator = {
  /** Base URL of the management API, with `/v0`. */
  readonly url: string
  /** The organization's token endpoint. */
  readonly tokenUrl: string
  readonly adminUrl: string
  readonly organization: OrganizationCredential
  /** The same as the admin API, for tests in the same process. */
  readonly person: Person
  readonly log: CallLog
  readonly faults: Faults
  /** Changes some settings, at once. */
  configure(changes: Partial<Settings>): void
  /** Makes every access token unknown. */
  revokeTokens(): void
  /** Cuts all connections and ends what faults are waiting for. Calling it again does nothing. */
  close(): Promise<void>
}

const ANY_LOOPBACK_PORT: ListenOptions = { host: '127.0.0.1', port: 0 }

/** Starts a simulator with nothing in it. Rejects when it cannot listen, or when the credential is not usable. */
export async function startSimulator(options: SimulatorOptions, clock: Clock): Promise<Simulator> {
  const organization = options.organization ?? (await newOrganizationCredential())
  const client = organizationClient(organization)
  const settings = changeSettings(DEFAULT_SETTINGS, options.settings ?? {})
  const listen = options.listen ?? ANY_LOOPBACK_PORT
  const closing = new AbortController()

  // The addresses in the answers hold the port, which is known only once the server listens.
  let handle: (request: HttpRequest, reply: HttpReply) => Promise<void> = async (_, reply) => reply.hangUp()
  const server = await HttpServer.listen(listen, clock, (request, reply) => handle(request, reply))
  const world = newWorld(clock, settings, options.publicUrl ?? addressOf(listen, server.port))
  world.state.addClient(client)
  const calls = new Calls(world, closing.signal)
  const person = new Person(world)

  const targets = { world, calls, person, remote: options.remoteAdmin ?? false }
  handle = async (request, reply) => {
    if (isAdminPath(request.path)) reply.send(answerAdminRequest(targets, request))
    else await calls.handle(request, reply)
  }

  return {
    url: baseUrl(world),
    tokenUrl: tokenUrl(world, ORGANIZATION_AUTH_SERVER),
    adminUrl: world.origin + ADMIN_PATH,
    organization,
    person,
    log: calls.log,
    faults: calls.faults,
    configure(changes) {
      world.settings = changeSettings(world.settings, changes)
    },
    revokeTokens: () => world.grants.clear(),
    async close() {
      closing.abort()
      await server.close()
    },
  }
}

function addressOf({ host, tls }: ListenOptions, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`
}
