// The output Secret: what it is called and whose it is.
import { RECORD_LABELS, SECRET_ANNOTATIONS } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import type { Redacted } from '../redacted.ts'
import type { Credential, ExternalApplication } from './external.ts'

/** A Secret to be written, complete. */
export type DesiredSecret = {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The CR that owns it, as controller, and with which it goes; `undefined` writes it without an owner. */
  readonly owner: SecretOwner | undefined
  /** Plain values (not base64) by key. */
  readonly data: Readonly<Record<string, Redacted>>
}

export type SecretOwner = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

/** What tells a Secret, as it was at one moment, from every other. */
export type SecretVersion = { readonly uid: string; readonly resourceVersion: string }

/** … and whether something is its controller: what its metadata alone tells. */
export type SecretSight = SecretVersion & { readonly isOwned: boolean }

/** A Secret as it stands in the cluster. */
export type ObservedSecret = SecretVersion & {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly immutable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The owner marked as controller, if any. */
  readonly controller: SecretOwner | undefined
  /** Plain values (not base64) by key; values that are not UTF-8 are left out. */
  readonly data: Readonly<Record<string, Redacted>>
}

/** All that a workload is told about its application. */
export type Delivery = {
  readonly tenantId: string
  readonly application: ExternalApplication
  readonly credential: Credential
  /** Absent while no permitted token endpoint is known: the credential is kept all the same. */
  readonly tokenUrl: string | undefined
  readonly documentsApiUrl: string
  /** Name of the journal of the attempt that made it, where that is known. */
  readonly attempt?: string
}

/** The Secret's name: as asked for, else the application's own. */
export function secretNameOf({ metadata, spec }: RaiTenantApplication): string {
  return spec.secret?.name ?? metadata.name
}

/** Other names under which Secrets of this application may stand, as its status says: of a move that is not over. */
export function otherSecretNames(application: RaiTenantApplication): string[] {
  const { secret } = application.status
  const names = new Set(secret && [secret.name, ...(secret.otherNames ?? [])])
  names.delete(secretNameOf(application))
  return [...names]
}

/**
 * Whose a Secret is that stands where ours should be: `ours` by the UID of its controller or, without one, of whose claim it
 * is held by, `free` when there is none, `released` when it has no controller and says that it was this resource's, as after
 * `Retain` or a restore; `foreign` in every other shape: never touched. Source: docs/api.md, "The Secret".
 */
export function ownershipOf(
  secret: ObservedSecret | undefined,
  { metadata }: RaiTenantApplication,
): 'ours' | 'free' | 'released' | 'foreign' {
  if (!secret) return 'free'
  if (secret.controller) return secret.controller.uid === metadata.uid ? 'ours' : 'foreign'
  const { [SECRET_ANNOTATIONS.claim]: claim, [SECRET_ANNOTATIONS.heldBy]: heldBy } = secret.annotations
  if (claim !== `${metadata.namespace}/${metadata.name}`) return 'foreign'
  return heldBy === metadata.uid ? 'ours' : 'released'
}

/** True of what the operator remembers in its own namespace, where a resource may stand beside it. */
export function isRecord({ labels }: ObservedSecret): boolean {
  return labels[RECORD_LABELS.record] !== undefined
}

/** True when nobody has changed the Secret since it was last written or found right. */
export function isAsWritten({ status }: RaiTenantApplication, { uid, resourceVersion }: SecretVersion): boolean {
  return status.secret?.uid === uid && status.secret.resourceVersion === resourceVersion
}
