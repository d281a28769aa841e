// What exists in the simulated organization: tenants, applications and the OAuth clients that may obtain tokens.
import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import type { Redacted } from '../redacted.ts'
import type { Known } from './lag.ts'
import type { Settings } from './settings.ts'

/** What a client proves itself with: a secret, or a key whose public half is registered under `kid`. */
export type Credential =
  | { readonly type: 'CLIENT_SECRET'; readonly secret: Redacted }
  | { readonly type: 'RSA' | 'EC'; readonly alg: 'RS256' | 'ES256'; readonly kid: string; readonly key: KeyObject }

export type Application = {
  readonly id: string
  readonly clientId: string
  readonly tenantId: string
  readonly cell: string
  readonly scopes: readonly string[]
  readonly credential: Credential
  readonly createdAt: number
  /** Grows with every creation: what `oldest-first` means. */
  readonly place: number
  readonly known: Known
}

export type Tenant = {
  readonly id: string
  readonly name: string
  readonly cells: readonly string[]
  readonly createdAt: number
  readonly place: number
  readonly known: Known
  readonly applications: Map<string, Application>
}

/** Someone who may obtain tokens, at one authorization server only. */
export type Client = {
  readonly id: string
  readonly kind: 'organization' | 'application'
  /** The id in `/oauth2/<id>/v1/token`. */
  readonly authServer: string
  readonly credentials: readonly Credential[]
  /** An application's own; those of the organization are a setting. */
  readonly application?: Application
}

export type Order = Settings['order']

type Placed = { readonly id: string; readonly place: number }

/** Which of two comes first in a list, negative when `a` does. */
function compare(order: Order, a: Placed, b: Placed): number {
  if (order === 'by-id') return a.id < b.id ? -1 : Number(a.id > b.id)
  return order === 'oldest-first' ? a.place - b.place : b.place - a.place
}

/** Opaque, as ids are to a client of the real service; 120 random bits. */
export function newId(): string {
  return randomBytes(15).toString('base64url')
}

/** Holds what exists. Checks nothing: which changes are allowed is decided by the operations. */
export class State {
  readonly #tenants = new Map<string, Tenant>()
  readonly #tenantsByName = new Map<string, Tenant>()
  readonly #deletedTenants = new Map<string, Placed>()
  readonly #clients = new Map<string, Client>()
  #places = 0

  get tenantCount(): number {
    return this.#tenants.size
  }

  tenant(id: string): Tenant | undefined {
    return this.#tenants.get(id)
  }

  tenantNamed(name: string): Tenant | undefined {
    return this.#tenantsByName.get(name)
  }

  client(id: string): Client | undefined {
    return this.#clients.get(id)
  }

  addClient(client: Client): void {
    this.#clients.set(client.id, client)
  }

  removeClient(client: Client): void {
    this.#clients.delete(client.id)
  }

  addTenant(made: Pick<Tenant, 'name' | 'cells' | 'createdAt' | 'known'>): Tenant {
    const tenant = { id: newId(), place: this.#places++, applications: new Map(), ...made }
    this.#tenants.set(tenant.id, tenant)
    this.#tenantsByName.set(made.name, tenant)
    return tenant
  }

  /** Removes the tenant with whatever it still has. */
  removeTenant(tenant: Tenant): void {
    for (const application of tenant.applications.values()) this.removeApplication(application)
    this.#tenants.delete(tenant.id)
    this.#tenantsByName.delete(tenant.name)
    this.#deletedTenants.set(tenant.id, { id: tenant.id, place: tenant.place })
  }

  addApplication(
    tenant: Tenant,
    made: Pick<Application, 'cell' | 'scopes' | 'credential' | 'createdAt' | 'known'>,
    authServer: string,
  ): Application {
    const application = { id: newId(), clientId: newId(), tenantId: tenant.id, place: this.#places++, ...made }
    const { clientId: id, credential } = application
    tenant.applications.set(application.id, application)
    this.addClient({ id, kind: 'application', authServer, credentials: [credential], application })
    return application
  }

  removeApplication(application: Application): void {
    this.#tenants.get(application.tenantId)?.applications.delete(application.id)
    this.#clients.delete(application.clientId)
  }

  tenants(order: Order): Tenant[] {
    return [...this.#tenants.values()].sort((a, b) => compare(order, a, b))
  }

  /** The id of another tenant, or of another application (of the same tenant if it has one), than the one with this id. */
  anotherId(id: string): string | undefined {
    const tenants = this.tenants('oldest-first')
    const home = tenants.find((tenant) => tenant.applications.has(id))
    const alike = home
      ? [home, ...tenants].flatMap((tenant) => Array.from(tenant.applications.keys()))
      : this.#tenants.keys()
    return [...alike].find((other) => other !== id)
  }

  /** The tenants that come after `id` in this order, or undefined when there never was such a tenant. */
  tenantsAfter(id: string, order: Order): Tenant[] | undefined {
    const start = this.#tenants.get(id) ?? this.#deletedTenants.get(id)
    return start && this.tenants(order).filter((tenant) => compare(order, start, tenant) < 0)
  }

  applications(tenant: Tenant, order: Order): Application[] {
    return [...tenant.applications.values()].sort((a, b) => compare(order, a, b))
  }
}
