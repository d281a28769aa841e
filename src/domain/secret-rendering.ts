// What an output Secret must hold, and how that is reconciled with what stands there.
import { API_VERSION, APPLICATION_KIND, SECRET_ANNOTATIONS, SECRET_FIELDS } from '../api/names.ts'
import type { SecretField } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { Redacted } from '../redacted.ts'
import { isTexts, objectIn } from './parsing.ts'
import { keyOf, valueIn, writtenKeys } from './secret-content.ts'
import type { Keys } from './secret-content.ts'
import { secretNameOf } from './secret.ts'
import type { Delivery, DesiredSecret, ObservedSecret } from './secret.ts'

/** The Secret as it should stand without any delivery: what a dry run tries before something is made outside. */
export function emptySecret(resource: RaiTenantApplication): DesiredSecret {
  const { metadata, spec } = resource
  const asked = askedOf(spec.secret)
  return {
    namespace: metadata.namespace,
    name: secretNameOf(resource),
    type: spec.secret?.type ?? 'Opaque',
    labels: spec.secret?.labels ?? {},
    annotations: {
      ...spec.secret?.annotations,
      [SECRET_ANNOTATIONS.claim]: `${metadata.namespace}/${metadata.name}`,
      ...(asked && { [SECRET_ANNOTATIONS.metadata]: JSON.stringify(asked) }),
    },
    owner: { apiVersion: API_VERSION, kind: APPLICATION_KIND, name: metadata.name, uid: metadata.uid },
    data: {},
  }
}

/** Annotations whose absence says something, too. */
const PRESENT_OR_NOT: readonly string[] = [
  SECRET_ANNOTATIONS.keys,
  SECRET_ANNOTATIONS.metadata,
  SECRET_ANNOTATIONS.heldBy,
]

/** Keys of labels and annotations that a spec asks for; `undefined` where there are none. */
function askedOf({ labels = {}, annotations = {} }: NonNullable<RaiTenantApplication['spec']['secret']> = {}) {
  const asked = { labels: Object.keys(labels).sort(), annotations: Object.keys(annotations).sort() }
  return asked.labels.length + asked.annotations.length === 0 ? undefined : asked
}

/** The Secret that hands this delivery to the workload: pure, the same for the same input. */
export function renderSecret(resource: RaiTenantApplication, delivery: Delivery): DesiredSecret {
  const secret = emptySecret(resource)
  const renamed: Keys = resource.spec.secret?.keys ?? {}
  const fields = Object.entries(fieldsOf(delivery)) as [SecretField, Redacted | string][]
  return {
    ...secret,
    annotations: {
      ...secret.annotations,
      [SECRET_ANNOTATIONS.applicationId]: delivery.application.id,
      ...(delivery.attempt !== undefined && { [SECRET_ANNOTATIONS.attempt]: delivery.attempt }),
      ...(Object.keys(renamed).length > 0 && { [SECRET_ANNOTATIONS.keys]: JSON.stringify(renamed) }),
    },
    data: Object.fromEntries(
      fields.map(([field, value]) => [keyOf(field, renamed), value instanceof Redacted ? value : new Redacted(value)]),
    ),
  }
}

function fieldsOf({
  tenantId,
  application,
  credential,
  tokenUrl,
  documentsApiUrl,
}: Delivery): Partial<Record<SecretField, Redacted | string>> {
  const { proof } = credential
  return {
    client_id: credential.clientId,
    ...(proof.type === 'ClientSecret'
      ? { client_secret: proof.clientSecret }
      : { 'private_key.pem': proof.privateKeyPem, 'private_key.jwk': proof.privateKeyJwk, kid: proof.kid }),
    ...(tokenUrl !== undefined && { token_url: tokenUrl }),
    auth_server: application.authServer,
    documents_api_url: documentsApiUrl,
    scope: [...application.scopes].sort().join(' '),
    cell: application.cell,
    tenant_id: tenantId,
    application_id: application.id,
  }
}

/**
 * The same Secret for a resource that it is to outlive: without an owner, since a deletion in the foreground takes what has one
 * before its resource comes to be finalized.
 */
export function heldSecret({ owner, ...secret }: DesiredSecret): DesiredSecret {
  const heldBy = owner && { [SECRET_ANNOTATIONS.heldBy]: owner.uid }
  return { ...secret, annotations: { ...secret.annotations, ...heldBy }, owner: undefined }
}

/** The same Secret once its resource is to go: nobody's, but it says whose it was. */
export function releasedSecret({ namespace, name, type, labels, annotations, data }: ObservedSecret): DesiredSecret {
  const { [SECRET_ANNOTATIONS.heldBy]: _, ...kept } = annotations
  return { namespace, name, type, labels, annotations: kept, owner: undefined, data }
}

/**
 * `desired` with what others put on the Secret: labels and annotations, of which those that were asked for before are not
 * theirs, and values under keys that are no field's.
 */
export function overlaid(observed: ObservedSecret, desired: DesiredSecret): DesiredSecret {
  const annotations = without(observed.annotations, PRESENT_OR_NOT)
  const before = objectIn(observed.annotations[SECRET_ANNOTATIONS.metadata])
  const written = writtenKeys(observed)
  const fields = new Set(SECRET_FIELDS.map((field) => keyOf(field, written)))
  const others = Object.entries(observed.data).filter(([key]) => !fields.has(key))
  return {
    ...desired,
    labels: { ...without(observed.labels, before?.['labels']), ...desired.labels },
    annotations: { ...without(annotations, before?.['annotations']), ...desired.annotations },
    data: { ...Object.fromEntries(others), ...desired.data },
  }
}

function without(all: Readonly<Record<string, string>>, keys: unknown): Readonly<Record<string, string>> {
  return isTexts(keys) ? Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key))) : all
}

/** True when `observed` holds all that `desired` asks for; keys, labels and annotations of others are let be. */
export function secretMatches(observed: ObservedSecret, desired: DesiredSecret): boolean {
  return (
    observed.type === desired.type &&
    observed.controller?.uid === desired.owner?.uid &&
    holds(observed.labels, desired.labels) &&
    holds(observed.annotations, desired.annotations) &&
    PRESENT_OR_NOT.every((name) => observed.annotations[name] === desired.annotations[name]) &&
    Object.entries(desired.data).every(([key, value]) => valueIn(observed, key)?.reveal() === value.reveal())
  )
}

/** True when `observed` is immutable and does not hold the data of `desired`: only another Secret of its name can. */
export function isToBeRemade(observed: ObservedSecret | undefined, desired: DesiredSecret): boolean {
  if (!observed?.immutable) return false
  const [held, wanted] = [Object.entries(observed.data), Object.entries(desired.data)]
  const isSame = wanted.every(([key, value]) => valueIn(observed, key)?.reveal() === value.reveal())
  return !isSame || held.length !== wanted.length || observed.type !== desired.type
}

function holds(all: Readonly<Record<string, string>>, some: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value)
}
