// What the control plane holds and what it is asked for, as the rest of the operator speaks of it.
import type { Redacted } from '../redacted.ts'

/** A tenant of the organization. `createdAt` is the control plane's own text (RFC 3339). */
export type ExternalTenant = {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly cells: readonly string[]
  /** Where the UI of this tenant is reachable, by cell. */
  readonly links: readonly { readonly cell: string; readonly host: string }[]
}

/** Every tenant at one moment, `at`, which is by the control plane's clock: milliseconds since the epoch. */
export type TenantListing = { readonly tenants: readonly ExternalTenant[]; readonly at: number }

/** A tenant application: an OAuth2 client in one tenant and one cell. Lists may leave `tokenUrl` out. */
export type ExternalApplication = {
  readonly id: string
  readonly clientId: string
  /** A URL or an opaque id: the contract does not say. */
  readonly authServer: string
  readonly cell: string
  readonly scopes: readonly string[]
  readonly tokenUrl?: string
}

export type TenantRequest = { readonly name: string; readonly cells: readonly string[] }

/** A key pair made here. Only the public half ever leaves for the control plane. */
export type KeyPair = {
  readonly type: 'EC' | 'RSA'
  /** RFC 7638 thumbprint of the public key (SHA-256, base64url). */
  readonly kid: string
  /** PKCS 8. */
  readonly privateKeyPem: Redacted
  /** The private JWK as JSON text, with `kid` and `alg`. */
  readonly privateKeyJwk: Redacted
  /** The public half; coordinates and modulus as non-negative integers. */
  readonly publicKey: { readonly x: bigint; readonly y: bigint } | { readonly n: bigint; readonly e: bigint }
}

export type ApplicationRequest = {
  readonly cell: string
  readonly scopes: readonly string[]
  readonly auth: { readonly type: 'ClientSecret' } | KeyPair
}

/** What a client needs to obtain tokens. */
export type Credential = {
  readonly clientId: string
  readonly proof:
    | { readonly type: 'ClientSecret'; readonly clientSecret: Redacted }
    | {
        readonly type: 'EC' | 'RSA'
        readonly kid: string
        readonly privateKeyPem: Redacted
        readonly privateKeyJwk: Redacted
      }
}

/** The one answer that carries a credential. */
export type CreatedApplication = { readonly application: ExternalApplication; readonly credential: Credential }
