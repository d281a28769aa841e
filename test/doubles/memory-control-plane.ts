// A control plane in memory behind the controllers' ports: what it holds, every call, and answers on demand.
import type {
  ApplicationsApi,
  CreateOutcome,
  CredentialProver,
  DeleteOutcome,
  KeyMaker,
  TenantsApi,
} from '../../src/controllers/ports.ts'
import type {
  ApplicationRequest,
  CreatedApplication,
  Credential,
  ExternalApplication,
  ExternalTenant,
  KeyPair,
  TenantRequest,
} from '../../src/domain/external.ts'
import type { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'

export const TOKEN_URL = 'https://eu.id.resistant.ai/oauth2/x/v1/token'

/** How the next create ends other than well: `lost` happens and is not answered. */
export type CreateFault = {
  readonly outcome: 'rejected' | 'notSent' | 'ambiguous'
  readonly failure: Failure
  readonly happens?: boolean
}

export class MemoryControlPlane {
  readonly tenantsHeld = new Map<string, ExternalTenant>()
  /** By tenant id. */
  readonly applicationsHeld = new Map<string, ExternalApplication[]>()
  /** Every call, in order, as `operation argument`. */
  readonly calls: string[] = []
  /** When set, what the next create meets. */
  createFault: CreateFault | undefined
  /** When set, what every call but creates and proofs fails with. */
  outage: Failure | undefined
  /** When set, what a proof fails with. */
  proofFailure: Failure | undefined
  #ids = 0

  readonly tenants: TenantsApi = {
    list: async () => this.#answer('getTenants', () => [...this.tenantsHeld.values()]),
    get: async (id) => this.#answer(`getTenant ${id}`, () => this.tenantsHeld.get(id)),
    create: async (request) => this.#create(`createTenant ${request.name}`, () => this.makeTenant(request)),
    delete: async (id) => this.#deleted(`deleteTenant ${id}`, () => this.tenantsHeld.delete(id)),
  }

  readonly applications: ApplicationsApi = {
    list: async (tenantId) =>
      this.#answer(`getTenantApplications ${tenantId}`, () =>
        this.tenantsHeld.has(tenantId) ? (this.applicationsHeld.get(tenantId) ?? []) : undefined,
      ),
    get: async (tenantId, id) =>
      this.#answer(`getTenantApplication ${id}`, () =>
        this.applicationsHeld.get(tenantId)?.find((application) => application.id === id),
      ),
    create: async (tenantId, request) =>
      this.#create(`createTenantApplication ${tenantId}`, () => this.makeApplication(tenantId, request)),
    delete: async (tenantId, id) =>
      this.#deleted(`deleteTenantApplication ${id}`, () => {
        const held = this.applicationsHeld.get(tenantId) ?? []
        const others = held.filter((application) => application.id !== id)
        this.applicationsHeld.set(tenantId, others)
        return others.length < held.length
      }),
  }

  readonly prover: CredentialProver = {
    mayReceiveCredential: (url) => url === TOKEN_URL,
    prove: async ({ clientId }) => {
      this.calls.push(`token ${clientId}`)
      if (this.proofFailure) throw this.proofFailure
    },
  }

  readonly keys: KeyMaker = {
    make: async ({ type }): Promise<KeyPair> => ({
      type,
      kid: `kid-${++this.#ids}`,
      privateKeyPem: new Redacted('pem'),
      privateKeyJwk: new Redacted(JSON.stringify({ kty: type })),
      publicKey: type === 'EC' ? { x: 1n, y: 2n } : { n: 3n, e: 65537n },
    }),
  }

  makeTenant({ name, cells }: TenantRequest): ExternalTenant {
    const id = `t-${++this.#ids}`
    const tenant = { id, name, cells, createdAt: '2026-01-01T00:00:00Z', links: [] }
    this.tenantsHeld.set(id, tenant)
    return tenant
  }

  makeApplication(tenantId: string, { cell, scopes, auth }: ApplicationRequest): CreatedApplication {
    const id = `a-${++this.#ids}`
    const clientId = `client-${id}`
    const application = { id, clientId, authServer: 'aus', cell, scopes, tokenUrl: TOKEN_URL }
    this.applicationsHeld.set(tenantId, [...(this.applicationsHeld.get(tenantId) ?? []), application])
    const proof: Credential['proof'] =
      auth.type === 'ClientSecret' ? { type: auth.type, clientSecret: new Redacted(`secret-${id}`) } : auth
    return { application, credential: { clientId, proof } }
  }

  /** Calls of this operation so far. */
  count(operation: string): number {
    return this.calls.filter((call) => call.split(' ')[0] === operation).length
  }

  #answer<T>(call: string, act: () => T): T {
    this.calls.push(call)
    if (this.outage) throw this.outage
    return act()
  }

  #deleted(call: string, act: () => boolean): DeleteOutcome {
    return this.#answer(call, () => (act() ? 'deleted' : 'absent'))
  }

  #create<T>(call: string, make: () => T): CreateOutcome<T> {
    this.calls.push(call)
    const fault = this.createFault
    this.createFault = undefined
    if (!fault) return { outcome: 'created', value: make() }
    if (fault.happens) make()
    return { outcome: fault.outcome, failure: fault.failure }
  }
}
