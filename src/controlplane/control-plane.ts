// The client of one organization's control plane, put together from its settings.
import type { Clock } from '../clock.ts'
import type { ApplicationsApi, CredentialProver, TenantsApi } from '../controllers/ports.ts'
import type { Budget } from '../engine/budget.ts'
import type { Gate } from '../engine/gate.ts'
import type { Logger } from '../log.ts'
import { applicationsApi } from './applications.ts'
import type { CallClass } from './call-class.ts'
import type { ProxyEnvironment } from './connections.ts'
import { Connections } from './connections.ts'
import type { Credentials } from './credentials.ts'
import { ORGANIZATION_SCOPES } from './failures.ts'
import { HttpClient } from './http-client.ts'
import type { Http } from './http-client.ts'
import { ManagementApi } from './management-api.ts'
import type { ControlPlaneMetrics } from './metrics.ts'
import type { CredentialState } from './organization-token.ts'
import { OrganizationToken } from './organization-token.ts'
import { credentialProver } from './prover.ts'
import type { TOKEN_CLASS } from './prover.ts'
import { tenantsApi } from './tenants.ts'
import { requestToken } from './token-request.ts'

export type ControlPlaneOptions = {
  /** The Tenant Management API, with its `/v0` and without a slash at the end. */
  readonly baseUrl: string
  /** The organization's token endpoint. */
  readonly tokenUrl: string
  readonly credentials: Credentials
  readonly tokenHosts: readonly string[]
  readonly pageLimit: number
  /** For calls of the management API. */
  readonly budget: Budget<CallClass>
  /** What every call passes that changes something outside. */
  readonly gate: Gate
  /** For token requests of applications. */
  readonly tokenBudget: Budget<typeof TOKEN_CLASS>
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly metrics: ControlPlaneMetrics
  readonly logger: Logger
  /** Default: no proxy. */
  readonly proxyEnv?: ProxyEnvironment
  /** How calls are sent. Default: over connections of its own. */
  readonly http?: Http
}

/** The management API, for calls of one class. */
export type ManagementCalls = {
  readonly tenants: TenantsApi
  readonly applications: ApplicationsApi
}

/** Everything that belongs to one organization: several can stand side by side. */
export type ControlPlane = {
  /** The same service for all, which share token, budget and pauses; by its class a call has its place among those who wait. */
  as(callClass: CallClass): ManagementCalls
  readonly prover: CredentialProver
  /** The control plane's host and the client id. Throws a `Failure` (`Unauthorized`) while there is no client id to read. */
  organization(): string
  /** How the organization's credential fares, for probes. Asks nobody. */
  credentialStatus(): CredentialStatus
  /** Resolves once there has been a token, however long that takes. Rejects with the signal's reason. */
  firstToken(signal: AbortSignal): Promise<void>
  /** Closes what is open: to be called when no call is under way any more. */
  close(): void
}

export type CredentialStatus = {
  readonly state: CredentialState
  /** Whether this process ever had a token. */
  readonly hadToken: boolean
}

/** Contacts nobody. Throws a `Failure` (`WrongConfiguration`) when the environment names a proxy that cannot be one. */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { baseUrl, tokenUrl, credentials, clock, random, metrics, logger } = options
  const connections = new Connections(options.proxyEnv ?? {})
  const http = options.http ?? new HttpClient({ connections, clock, metrics, logger })
  const ask = { operation: 'organizationToken', tokenUrl, scopes: ORGANIZATION_SCOPES } as const
  const token = new OrganizationToken({
    credentials,
    request: (credential, signal) => requestToken(http, { ...ask, credential }, clock, signal),
    tokenUrl,
    clock,
    random,
  })
  const { budget, gate } = options
  const { host } = new URL(baseUrl)
  return {
    as(callClass) {
      const api = new ManagementApi({ baseUrl, http, token, budget, callClass, gate, clock, random })
      return { tenants: tenantsApi(api, options.pageLimit, clock), applications: applicationsApi(api) }
    },
    prover: credentialProver({ http, tokenHosts: options.tokenHosts, budget: options.tokenBudget, clock }),
    organization: () => `${host}/${credentials.read().clientId}`,
    credentialStatus: () => ({ state: token.state, hadToken: token.everHadOne }),
    firstToken: (signal) => token.first(signal),
    close() {
      token.close()
      connections.close()
    },
  }
}
