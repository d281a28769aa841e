// A control plane in memory behind the controllers' ports: what it holds, every call, and answers on demand.
import type {
  ApplicationsApi,
  CreateOutcome,
  CredentialProver,
  DeleteOutcome,
  KeyMaker,
  KeyReader,
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
import { timestamp } from '../../src/clock.ts'
import { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { ManualClock } from './manual-clock.ts'

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
  /** Each create of an application that arrived, to be carried out once more, or late. */
  readonly asked: (() => CreatedApplication)[] = []
  /** When set, what the next create meets. */
  createFault: CreateFault | undefined
  /** When set, what every call but creates and proofs fails with. */
  outage: Failure | undefined
  /** When set, what a proof fails with. */
  proofFailure: Failure | undefined
  /** Its own clock, milliseconds since the epoch. */
  readonly #now: () => number
  /** What opens each application, by client id. */
  readonly #locks = new Map<string, string>()
  #ids = 0

  constructor(now: () => number = () => ManualClock.epoch) {
    this.#now = now
  }

  readonly tenants: TenantsApi = {
    list: async () => this.#answer('getTenants', () => ({ tenants: [...this.tenantsHeld.values()], at: this.#now() })),
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
    create: async (tenantId, request) => {
      this.asked.push(() => this.makeApplication(tenantId, request))
      return this.#create(`createTenantApplication ${tenantId}`, () => this.makeApplication(tenantId, request))
    },
    delete: async (tenantId, id) =>
      this.#deleted(`deleteTenantApplication ${id}`, () => {
        const held = this.applicationsHeld.get(tenantId) ?? []
        const others = held.filter((application) => application.id !== id)
        this.applicationsHeld.set(tenantId, others)
        return others.length < held.length
      }),
  }

  /** A token is given for the key or the secret that the application was made with, and for no other. */
  readonly prover: CredentialProver = {
    mayReceiveCredential: (url) => url === TOKEN_URL,
    prove: async ({ clientId, proof }) => {
      this.calls.push(`token ${clientId}`)
      if (this.proofFailure) throw this.proofFailure
      if (this.#locks.get(clientId) === lockOf(proof)) return
      throw new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')
    },
  }

  readonly keys: KeyMaker = {
    make: async (kind): Promise<KeyPair> => {
      const { type } = kind
      return {
        type,
        kid: `kid-${++this.#ids}`,
        privateKeyPem: new Redacted(type),
        privateKeyJwk: jwkOf(type, kind.type === 'RSA' ? kind.bits : 0),
        publicKey: type === 'EC' ? { x: 1n, y: 2n } : { n: 3n, e: 65537n },
      }
    },
  }

  /** A PEM here is a word: the key's type, which is all that there is to read in it. */
  readonly readKey: KeyReader = (privateKeyPem, kid) => {
    const type = privateKeyPem.reveal()
    if (type !== 'EC' && type !== 'RSA') return undefined
    return { type, kid, privateKeyPem, privateKeyJwk: jwkOf(type, 3072) }
  }

  makeTenant({ name, cells }: TenantRequest): ExternalTenant {
    const id = `t-${++this.#ids}`
    const tenant = { id, name, cells, createdAt: timestamp(this.#now()), links: [] }
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
    this.#locks.set(clientId, lockOf(proof))
    return { application, credential: { clientId, proof } }
  }

  /** Ids of the applications in a tenant. */
  idsIn(tenantId: string): string[] {
    return (this.applicationsHeld.get(tenantId) ?? []).map(({ id }) => id)
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

function jwkOf(type: 'EC' | 'RSA', bits: number): Redacted {
  const modulus = type === 'RSA' && { n: Buffer.alloc(bits / 8, 1).toString('base64url') }
  return new Redacted(JSON.stringify({ kty: type, ...modulus }))
}

/** What a proof shows of itself. */
function lockOf(proof: Credential['proof']): string {
  return proof.type === 'ClientSecret' ? proof.clientSecret.reveal() : proof.kid
}
