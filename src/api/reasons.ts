// The one list of reasons, used for conditions, Events and metrics. Source: docs/api.md, "Conditions".

/**
 * `done`: nothing left to do · `working`: at work, or will be retried (`Reconciling`) · `person`: somebody must act
 * (`Stalled`) · `neither`.
 */
export type ReasonClass = 'done' | 'working' | 'person' | 'neither'

export const REASON_CLASS = {
  Ready: 'done',

  Provisioning: 'working',
  TenantNotFound: 'working',
  TenantNotReady: 'working',
  QuotaExceeded: 'working',
  RateLimited: 'working',
  ControlPlaneUnavailable: 'working',
  Unauthorized: 'working',
  Forbidden: 'working',
  SecretMissing: 'working',
  SecretWriteRefused: 'working',
  Rotating: 'working',
  Draining: 'working',
  AmbiguousCreate: 'working',

  ReferenceNotPermitted: 'person',
  AdoptionNotPermitted: 'person',
  TenantExists: 'person',
  AlreadyClaimed: 'person',
  ExternalNotFound: 'person',
  ExternalGone: 'person',
  TenantChanged: 'person',
  InvalidSpec: 'person',
  Rejected: 'person',
  SecretConflict: 'person',
  CredentialRejected: 'person',
  DrainBlocked: 'person',
  DeletionProtected: 'person',
  ExternalViewSuspect: 'person',
  WrongOrganization: 'person',
  StatusForged: 'person',

  Paused: 'neither',
} as const satisfies Record<string, ReasonClass>

/** Why a condition has its status. */
export type Reason = keyof typeof REASON_CLASS

/** True for a string that is one of our reasons. */
export function isReason(code: string): code is Reason {
  return Object.hasOwn(REASON_CLASS, code)
}
