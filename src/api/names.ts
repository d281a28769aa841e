// Names that users and other software see: group, kinds, labels, annotations, Secret fields. Source: docs/api.md.

export const GROUP = 'tenants.resistant.ai'
export const VERSION = 'v1alpha1'
export const API_VERSION = `${GROUP}/${VERSION}`

export const TENANT_KIND = 'RaiTenant'
export const TENANT_PLURAL = 'raitenants'
export const APPLICATION_KIND = 'RaiTenantApplication'
export const APPLICATION_PLURAL = 'raitenantapplications'

/** Keeps a CR in the API server until everything made for it outside is gone. One for both kinds. */
export const FINALIZER = `${GROUP}/finalizer`

/** Requests that users make by annotation on a CR. */
export const REQUEST_ANNOTATIONS = {
  paused: `${GROUP}/paused`,
  reconcile: `${GROUP}/reconcile`,
  rotate: `${GROUP}/rotate`,
  discardSuspect: `${GROUP}/discard-suspect`,
  confirm: `${GROUP}/confirm`,
  recreate: `${GROUP}/recreate`,
  abandon: `${GROUP}/abandon`,
} as const

/** Annotations that the operator puts on a Secret it writes. */
export const SECRET_ANNOTATIONS = {
  claim: `${GROUP}/claim`,
  /** UID of the resource whose it is, where it is to outlive that one and so has no owner. */
  heldBy: `${GROUP}/held-by`,
  applicationId: `${GROUP}/application-id`,
  attempt: `${GROUP}/attempt`,
  /** JSON of `spec.secret.keys` as it was when the Secret was written; absent where no field was renamed. */
  keys: `${GROUP}/keys`,
  /** JSON of the keys in `spec.secret.labels` and `.annotations` as they were then; absent where there were none. */
  metadata: `${GROUP}/metadata`,
} as const

/** Labels of the operator's own records, Secrets in its namespace. */
export const RECORD_LABELS = {
  /** `journal`, `tenant` or `abandoned`. */
  record: `${GROUP}/record`,
  /** Of a journal: where its attempt may have left something, or a hash of that. */
  scope: `${GROUP}/scope`,
  /** Of a journal: UID of the resource that it is about. */
  subject: `${GROUP}/subject`,
  /** Of a journal, for people: how it went. */
  state: `${GROUP}/state`,
} as const

/** JSON of all that a journal says but its secrets. */
export const JOURNAL_ANNOTATION = `${GROUP}/journal`
/** JSON of a tenant's binding record. */
export const BINDING_ANNOTATION = `${GROUP}/binding`
/** JSON of what is left outside of a resource that was let go. */
export const ABANDONED_ANNOTATION = `${GROUP}/abandoned`

/** Reported as `reportingController` in Events and as the field manager of every write. */
export const CONTROLLER_NAME = `${GROUP}/rai-operator`
export const FIELD_MANAGER = 'rai-operator'

/** What can be told of a credential, by the name of its default key in the Secret. */
export const SECRET_FIELDS = [
  'client_id',
  'client_secret',
  'private_key.pem',
  'private_key.jwk',
  'kid',
  'token_url',
  'auth_server',
  'documents_api_url',
  'scope',
  'cell',
  'tenant_id',
  'application_id',
] as const

export type SecretField = (typeof SECRET_FIELDS)[number]
