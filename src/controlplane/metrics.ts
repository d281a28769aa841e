// What the client of the control plane tells about itself.

/** Operations of the contract, and the two kinds of token requests. */
export type Operation =
  | 'createTenant'
  | 'getTenants'
  | 'getTenant'
  | 'deleteTenant'
  | 'createTenantApplication'
  | 'getTenantApplications'
  | 'getTenantApplication'
  | 'deleteTenantApplication'
  | 'organizationToken'
  | 'applicationToken'

/** Counts calls. Each attempt is a call of its own. */
export interface ControlPlaneMetrics {
  /** A call ended. `code` is the HTTP status, or `error` where none came. */
  requested(operation: Operation, code: string, seconds: number): void
  /** An answer asked for fewer requests (429). */
  rateLimited(): void
}
