// Everything a request can see or change, and the addresses under which the simulator is known.
import type { Clock } from '../clock.ts'
import { Expiring } from './expiring.ts'
import type { Settings } from './settings.ts'
import type { Client } from './state.ts'
import { State } from './state.ts'

/** What an access token allows. */
export type Grant = { readonly client: Client; readonly scopes: readonly string[] }

export type World = {
  readonly clock: Clock
  readonly state: State
  /** Access tokens that were issued, by their value. */
  readonly grants: Expiring<Grant>
  /** Client id and `jti` of each assertion that was accepted. */
  readonly assertions: Expiring<true>
  /** Scheme, host and port under which clients reach the simulator. */
  readonly origin: string
  settings: Settings
}

export function newWorld(clock: Clock, settings: Settings, origin: string): World {
  return { clock, settings, origin, state: new State(), grants: new Expiring(), assertions: new Expiring() }
}

/** Path of the management API (contract, "Operations"). */
export const BASE_PATH = '/v0'

/** The organization's authorization server (contract, "Endpoints"). */
export const ORGANIZATION_AUTH_SERVER = 'aus17c172cLOCWEyk417'

const AUTH_SERVERS: Readonly<Record<string, string>> = {
  'eu-1': 'aus2un1hkrKhPjir4417',
  'us-1': 'aus3tzuy12e5blAJi417',
  'ca-1': 'ausd6inbxjwgeJfq4417',
  'ap-2': 'aus827qzu1l953dI4417',
  'ap-3': 'ausp40dse1Q0rzDq6417',
}

/** The authorization server of a cell: the contract's where it names one, else one of our own. */
export function authServerOf(cell: string): string {
  return AUTH_SERVERS[cell] ?? `aus-${cell}`
}

/** Whether there is such an authorization server: the organization's, or that of a cell that exists. */
export function isAuthServer(world: World, id: string): boolean {
  return id === ORGANIZATION_AUTH_SERVER || world.settings.cells.some((cell) => authServerOf(cell) === id)
}

/** Base URL of the management API. */
export function baseUrl(world: World): string {
  return world.origin + BASE_PATH
}

/** What an authorization server calls itself. */
export function issuer(world: World, authServer: string): string {
  return `${world.origin}/oauth2/${authServer}`
}

/** Where an authorization server hands out tokens: the `aud` of an assertion. */
export function tokenUrl(world: World, authServer: string): string {
  return `${issuer(world, authServer)}/v1/token`
}
