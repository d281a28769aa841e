// A person at the vendor's console: makes and deletes what exists, past tokens and faults, and looks at it.
import { randomBytes } from 'node:crypto'
import { Redacted } from '../redacted.ts'
import { refusal } from './answers.ts'
import type { ApplicationDocument, TenantDocument } from './documents.ts'
import type { Call } from './operations.ts'
import { OPERATIONS } from './operations.ts'
import { organizationClient } from './organization.ts'
import type { Application, Tenant } from './state.ts'
import { newId } from './state.ts'
import type { World } from './world.ts'

const NO_QUERY = new URLSearchParams()

export type TenantReport = {
  readonly id: string
  readonly name: string
  readonly cells: readonly string[]
  readonly created: string
  /** Ids of what is in it. */
  readonly applications: readonly string[]
}

export type ApplicationReport = {
  readonly id: string
  readonly tenant_id: string
  readonly tenant: string
  readonly client_id: string
  readonly cell: string
  readonly scopes: readonly string[]
  readonly auth: 'CLIENT_SECRET' | 'RSA' | 'EC'
  readonly kid?: string
  readonly created: string
}

export type StateReport = {
  readonly tenants: readonly TenantReport[]
  readonly applications: readonly ApplicationReport[]
}

/**
 * Acts by the same rules as the operations of the API and throws the same {@link Refusal}s, but needs no token, meets no
 * fault and is not in the log. A `tenant` is given by its id or its name.
 */
export class Person {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** `request` is a TenantCreateRequest. */
  createTenant(request: unknown): TenantDocument {
    return OPERATIONS.createTenant.run(this.#call('', '', request)).document
  }

  /** With `force` its applications go with it. */
  deleteTenant(tenant: string, force = false): void {
    const found = this.#find(tenant)
    if (force) for (const one of found.applications.values()) this.#world.state.removeApplication(one)
    OPERATIONS.deleteTenant.run(this.#call(found.id))
  }

  /** `request` is an ApplicationCreateRequest, its numbers as bigints. The only answer that shows the credential. */
  createApplication(tenant: string, request: unknown): ApplicationDocument {
    return OPERATIONS.createTenantApplication.run(this.#call(this.#find(tenant).id, '', request)).document
  }

  deleteApplication(tenant: string, applicationId: string): void {
    OPERATIONS.deleteTenantApplication.run(this.#call(this.#find(tenant).id, applicationId))
  }

  /** Gives the organization one more application of its own, beside those that it has. The only answer that shows the secret. */
  createCredential(): { readonly client_id: string; readonly client_secret: string } {
    const [clientId, secret] = [newId(), randomBytes(32).toString('base64url')]
    this.#world.state.addClient(organizationClient({ clientId, clientSecret: new Redacted(secret) }))
    return { client_id: clientId, client_secret: secret }
  }

  /** One of the organization's applications obtains no token any more. Those that it has live out their time. */
  deleteCredential(clientId: string): void {
    const client = this.#world.state.client(clientId)
    if (client?.kind !== 'organization') throw refusal(404, 'the organization has no application of this client id')
    this.#world.state.removeClient(client)
  }

  /** Everything that exists, oldest first, without credentials. */
  look(): StateReport {
    const { state } = this.#world
    const tenants = state.tenants('oldest-first')
    return {
      tenants: tenants.map(reportTenant),
      applications: tenants.flatMap((tenant) =>
        state.applications(tenant, 'oldest-first').map((application) => reportApplication(tenant, application)),
      ),
    }
  }

  #find(tenant: string): Tenant {
    const found = this.#world.state.tenant(tenant) ?? this.#world.state.tenantNamed(tenant)
    if (!found) throw refusal(404, 'there is no tenant of this id or name')
    return found
  }

  #call(tenantId: string, applicationId = '', request?: unknown): Call {
    // The operations fill defaults in where they are given a body: this one is the caller's.
    return { world: this.#world, tenantId, applicationId, query: NO_QUERY, body: structuredClone(request) }
  }
}

function reportTenant({ id, name, cells, createdAt, applications }: Tenant): TenantReport {
  return { id, name, cells, created: iso(createdAt), applications: [...applications.keys()] }
}

function reportApplication(tenant: Tenant, application: Application): ApplicationReport {
  const { id, clientId, cell, scopes, credential, createdAt } = application
  return {
    id,
    tenant_id: tenant.id,
    tenant: tenant.name,
    client_id: clientId,
    cell,
    scopes,
    auth: credential.type,
    ...(credential.type !== 'CLIENT_SECRET' && { kid: credential.kid }),
    created: iso(createdAt),
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
