// What the controllers need from outside, declared by them and implemented by the adapters.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Reason } from '../api/reasons.ts'
import type {
  ApplicationRequest,
  CreatedApplication,
  Credential,
  ExternalApplication,
  ExternalTenant,
  KeyPair,
  TenantListing,
  TenantRequest,
} from '../domain/external.ts'
import type { NamespaceLabels } from '../domain/grants.ts'
import type { RecordContent, RecordMetadata, StoredRecord } from '../domain/journal.ts'
import type { DesiredSecret, ObservedSecret, SecretSight } from '../domain/secret.ts'
import type { Failure } from '../errors.ts'
import type { Redacted } from '../redacted.ts'

/**
 * How a create ended, by docs/api.md's outcome classes. `rejected`: the control plane said no, nothing was made.
 * `notSent`: no byte left, nothing was made. `ambiguous`: it may have been made. Every failure's code is a {@link Reason}.
 */
export type CreateOutcome<T> =
  | { readonly outcome: 'created'; readonly value: T }
  | { readonly outcome: 'rejected' | 'notSent' | 'ambiguous'; readonly failure: Failure }

/** How a delete ended: `deleted` after a 204 of this call, `absent` after a 404, which alone proves nothing. */
export type DeleteOutcome = 'deleted' | 'absent'

/**
 * The organization's tenants. All but `create` throw a {@link Failure} whose code is `Unauthorized`, `Forbidden`,
 * `RateLimited`, `ControlPlaneUnavailable` or `Rejected`. Reads and deletes are repeated within the call where that is safe.
 */
export interface TenantsApi {
  /** Every tenant, all pages, or a failure: never a part. */
  list(signal: AbortSignal): Promise<TenantListing>
  get(id: string, signal: AbortSignal): Promise<ExternalTenant | undefined>
  /** Sent at most once. Never throws: an abort before it was sent is `notSent`, one after that does not count. */
  create(request: TenantRequest, signal: AbortSignal): Promise<CreateOutcome<ExternalTenant>>
  delete(id: string, signal: AbortSignal): Promise<DeleteOutcome>
}

/** The applications of a tenant; as {@link TenantsApi}. `list` and `get` know no credential. */
export interface ApplicationsApi {
  /** `undefined` when the tenant itself is not found. */
  list(tenantId: string, signal: AbortSignal): Promise<ExternalApplication[] | undefined>
  get(tenantId: string, id: string, signal: AbortSignal): Promise<ExternalApplication | undefined>
  /** Sent at most once. `created` only if the answer matches the request; its credential is the only copy. */
  create(tenantId: string, request: ApplicationRequest, signal: AbortSignal): Promise<CreateOutcome<CreatedApplication>>
  delete(tenantId: string, id: string, signal: AbortSignal): Promise<DeleteOutcome>
}

/** Token endpoints of applications. */
export interface CredentialProver {
  /** True for an https URL on a host of `token-hosts`, or a plain one on loopback: the only places a credential goes. */
  mayReceiveCredential(tokenUrl: string): boolean
  /**
   * Obtains one token and throws it away. Throws `CredentialRejected` when the endpoint refuses the client,
   * `Rejected` for a URL that {@link mayReceiveCredential} refuses, else `RateLimited` or `ControlPlaneUnavailable`.
   */
  prove(credential: Credential, tokenUrl: string, scopes: readonly string[], signal: AbortSignal): Promise<void>
}

/** Makes key pairs: RSA off the main thread and one at a time, since each costs about a second of CPU. */
export interface KeyMaker {
  make(kind: { readonly type: 'EC' } | { readonly type: 'RSA'; readonly bits: number }): Promise<KeyPair>
}

/**
 * Reads a private key that others made, in PEM: RSA, or EC on P-256. `undefined` for whatever is neither, and for one that is
 * encrypted.
 */
export type KeyReader = (
  privateKeyPem: Redacted,
  kid: string,
) => Exclude<Credential['proof'], { readonly type: 'ClientSecret' }> | undefined

/** `namespace/name` of a resource. */
export type ResourceKey = string

/** The synced cache of one kind. What it returns is frozen by convention and at least as new as our own last write. */
export interface ResourceView<T> {
  get(key: ResourceKey): T | undefined
  all(): Iterable<T>
}

/** Applications, also by the tenant that `spec.tenantRef` names. */
export interface ApplicationView extends ResourceView<RaiTenantApplication> {
  /** Those that refer to this tenant, in no order. */
  ofTenant(tenant: ResourceKey): Iterable<RaiTenantApplication>
  /** True when the status of any of them holds this application of the organization. */
  isHeld(applicationId: string): boolean
}

/** Labels of namespaces. They are read from the first tenant on that goes by them, and not before. */
export interface NamespaceView {
  labelsOf(namespace: string): NamespaceLabels
}

/**
 * Writes to custom resources of one kind. Each returns what the server now holds, and the view shows it at once.
 * Failures: `KubeConflict` (somebody else was first), `KubeNotFound`, `KubeForbidden`, `KubeInvalid`, `KubeUnavailable`.
 */
export interface ResourceWriter<T extends RaiTenant | RaiTenantApplication> {
  /** The resource as it is now, past the view. `KubeNotFound` also when another one has its name by now. */
  read(resource: T, signal: AbortSignal): Promise<T>
  /** Adds our finalizer, unless its finalizers or its deletion have changed meanwhile (`KubeConflict`). Idempotent. */
  addFinalizer(resource: T, signal: AbortSignal): Promise<T>
  /** Removes our finalizer; done, too, when the resource is gone. */
  removeFinalizer(resource: T, signal: AbortSignal): Promise<void>
  /** Replaces the status by compare-and-swap on the resource's version; no request when it is equal already. */
  patchStatus(resource: T, status: T['status'], signal: AbortSignal): Promise<T>
  /** Deletes exactly this resource, by UID; done, too, when it is gone. */
  delete(resource: T, signal: AbortSignal): Promise<void>
}

/** Output Secrets, read live and written one at a time. Failures as {@link ResourceWriter}, and `KubeAlreadyExists`. */
export interface Secrets {
  get(namespace: string, name: string, signal: AbortSignal): Promise<ObservedSecret | undefined>
  /** As {@link get}, but nothing of its content leaves the API server. */
  sight(namespace: string, name: string, signal: AbortSignal): Promise<SecretSight | undefined>
  /** With `dryRun` everything is checked (permissions, admission, a terminating namespace) and nothing written. */
  create(secret: DesiredSecret, options: { readonly dryRun: boolean }, signal: AbortSignal): Promise<ObservedSecret>
  /** Replaces data and metadata over exactly this version of the Secret. */
  replace(
    observed: ObservedSecret,
    secret: DesiredSecret,
    options: { readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<ObservedSecret>
  /** Exactly this version of the Secret; done, too, when it is gone. */
  delete(observed: ObservedSecret, signal: AbortSignal): Promise<void>
}

/**
 * The operator's own records, Secrets in its own namespace: read live, never kept. Failures as {@link Secrets}.
 */
export interface Records {
  get(name: string, signal: AbortSignal): Promise<StoredRecord | undefined>
  /** All that carry these labels. */
  list(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<StoredRecord[]>
  create(record: RecordContent, signal: AbortSignal): Promise<StoredRecord>
  /** By compare-and-swap: over exactly the version that was seen. */
  swap(seen: StoredRecord, record: RecordContent, signal: AbortSignal): Promise<StoredRecord>
  /** Exactly the version that was seen; done, too, when it is gone. */
  delete(seen: StoredRecord, signal: AbortSignal): Promise<void>
}

/** The same records by their metadata alone: nothing of their content leaves the API server. */
export interface RecordMetadataLister {
  /** All that this selector matches, as they are now. */
  metadata(labelSelector: string, signal: AbortSignal): Promise<RecordMetadata[]>
}

/** Seals text with a key that nobody but the operator has: the same for the same text. */
export interface Sealer {
  seal(text: string): string
}

/** What the cache shows of journals: whom to look at, never what to do. */
export interface JournalView {
  /** True while a journal of this resource is open, answered or unreadable. */
  hasUnfinished(uid: string): boolean
  /** Applications that journals claim. */
  claims(): Iterable<string>
  /** True for one of them. */
  isClaimed(applicationId: string): boolean
}

/** All resources of a kind as they are now, past the view: those, too, that another operator looks after. */
export interface Lister<T> {
  list(signal: AbortSignal): Promise<readonly T[]>
  /** The one of this name; `undefined` when there is none. Throws where we may not look. */
  find(namespace: string, name: string, signal: AbortSignal): Promise<T | undefined>
}

/** The definitions of our kinds. */
export interface Definitions {
  /**
   * True while the kind itself is being deleted, or when that may not be looked at: then every resource goes, asked for
   * by nobody, and what is outside is kept.
   */
  beingDeleted(plural: string, signal: AbortSignal): Promise<boolean>
}

/** What happened to a resource, told on transitions only. */
export type Transition = {
  readonly type: 'Normal' | 'Warning'
  readonly reason: Reason | 'OrphanSuspected' | 'Abandoned'
  /** What the operator did, in one word: `Create`, `Delete`, `Reconcile` … */
  readonly action: string
  /** At most 1 kB, one line, no secrets. */
  readonly note: string
}

/** Tells users what happened, as Events. Never throws and never waits: a lost Event is logged and no more. */
export interface EventRecorder {
  publish(about: RaiTenant | RaiTenantApplication, transition: Transition): void
}

/** What the controllers count. Durations in seconds. */
export interface ControllerMetrics {
  /** A resource became Ready for the first time, this long after it was created. */
  firstReady(kind: string, seconds: number): void
  /** A resource's finalizer was removed, this long after its deletion was asked for. */
  deleted(kind: string, seconds: number): void
  /** A resource was let go, and what it stood for outside left. */
  abandoned(kind: string): void
  /** A credential was replaced, or could not be. */
  rotated(result: 'success' | 'error'): void
  /** A create's answer was lost; `outcome` says how that ended: proven, given up, or given up with suspects. */
  ambiguousCreate(outcome: 'recovered' | 'abandoned' | 'suspected'): void
}

/** What the sweep of the organization counts. */
export interface SweepMetrics {
  /** A sweep was complete, and this much in the organization is claimed by no resource. */
  swept(unmanaged: { readonly tenants: number; readonly applications: number }): void
}
