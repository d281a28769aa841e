// The output Secret: what it must hold, whose it is, what of a credential can be read back from it.
import type { Redacted } from '../redacted.ts'

/** A Secret to be written, complete. */
export type DesiredSecret = {
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The CR that owns it, as controller; `undefined` writes it without an owner. */
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

/** A Secret as it stands in the cluster. */
export type ObservedSecret = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly type: string
  readonly immutable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The owner marked as controller, if any. */
  readonly controller: SecretOwner | undefined
  /** Plain values (not base64) by key; values that are not UTF-8 are left out. */
  readonly data: Readonly<Record<string, Redacted>>
}
