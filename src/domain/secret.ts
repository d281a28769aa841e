// The output Secret: what it must hold, whose it is, what can be read back from it.
import { APPLICATION_KIND, API_VERSION, RECORD_LABELS, SECRET_ANNOTATIONS, SECRET_FIELDS } from '../api/names.ts'
import type { SecretField } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { Redacted } from '../redacted.ts'
import type { Credential, ExternalApplication } from './external.ts'
import { isTexts, objectIn } from './parsing.ts'

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

/** What tells a Secret, as it was at one moment, from every other. */
export type SecretVersion = { readonly uid: string; readonly resourceVersion: string }

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
 * Whose a Secret is that stands where ours should be: `ours` by controller owner and UID, `free` when there is none,
 * `released` when it has no controller and says that it was this resource's, as after `Retain` or a restore; `foreign` in
 * every other shape: never touched. Source: docs/api.md, "The Secret".
 */
export function ownershipOf(
  secret: ObservedSecret | undefined,
  { metadata }: RaiTenantApplication,
): 'ours' | 'free' | 'released' | 'foreign' {
  if (!secret) return 'free'
  if (secret.controller) return secret.controller.uid === metadata.uid ? 'ours' : 'foreign'
  return secret.annotations[SECRET_ANNOTATIONS.claim] === `${metadata.namespace}/${metadata.name}`
    ? 'released'
    : 'foreign'
}

/** True of what the operator remembers in its own namespace, where a resource may stand beside it. */
export function isRecord({ labels }: ObservedSecret): boolean {
  return labels[RECORD_LABELS.record] !== undefined
}

type Keys = Readonly<Partial<Record<SecretField, string>>>

/** The Secret's key for a field: renamed, or the field's own name. */
function keyOf(field: SecretField, renamed: Keys): string {
  return renamed[field] ?? field
}

/** The keys of the fields in a Secret that we wrote. */
function writtenKeys({ annotations }: ObservedSecret): Keys {
  return parsed(annotations[SECRET_ANNOTATIONS.keys] ?? '{}')
}

/** Reads fields from a Secret: under the keys that we wrote them, or, in one that others wrote, under those of `renamed`. */
export function fieldReader(secret: ObservedSecret, renamed: Keys = writtenKeys(secret)) {
  return (field: SecretField): Redacted | undefined => secret.data[keyOf(field, renamed)]
}

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
 * Reads a delivery back from a Secret that {@link renderSecret} made, whatever the resource asks for by now; `undefined`
 * when a part of it is missing.
 */
export function readDelivery(secret: ObservedSecret): Delivery | undefined {
  const value = fieldReader(secret)
  const text = (field: SecretField) => value(field)?.reveal()
  const proof = proofIn(value)
  const id = secret.annotations[SECRET_ANNOTATIONS.applicationId]
  const [clientId, authServer, documentsApiUrl] = [text('client_id'), text('auth_server'), text('documents_api_url')]
  const [scope, cell, tenantId] = [text('scope'), text('cell'), text('tenant_id')]
  if (!proof || !id || !clientId || authServer === undefined || !documentsApiUrl) return undefined
  if (!scope || !cell || !tenantId || text('application_id') !== id) return undefined
  const attempt = secret.annotations[SECRET_ANNOTATIONS.attempt]
  return {
    tenantId,
    application: { id, clientId, authServer, cell, scopes: scope.split(' ') },
    credential: { clientId, proof },
    tokenUrl: text('token_url'),
    documentsApiUrl,
    ...(attempt !== undefined && { attempt }),
  }
}

/**
 * What proves who the client is, where nothing else in the Secret can be relied upon: under the keys that were written, or,
 * should nobody say any more which those were, under those that are asked for.
 */
export function readProof(secret: ObservedSecret, { spec }: RaiTenantApplication): Credential['proof'] | undefined {
  return proofIn(fieldReader(secret)) ?? proofIn(fieldReader(secret, spec.secret?.keys ?? {}))
}

function proofIn(value: (field: SecretField) => Redacted | undefined): Credential['proof'] | undefined {
  const clientSecret = value('client_secret')
  if (clientSecret) return { type: 'ClientSecret', clientSecret }
  const [kid, privateKeyPem, privateKeyJwk] = [value('kid'), value('private_key.pem'), value('private_key.jwk')]
  if (!kid || !privateKeyPem || !privateKeyJwk) return undefined
  const type = keyTypeOf(privateKeyJwk)
  return type && { type, kid: kid.reveal(), privateKeyPem, privateKeyJwk }
}

function keyTypeOf(jwk: Redacted): 'EC' | 'RSA' | undefined {
  const { kty } = parsed(jwk.reveal())
  return kty === 'EC' || kty === 'RSA' ? kty : undefined
}

/** The length of an RSA key's modulus in bits; `undefined` for every other proof. */
export function modulusBitsOf(proof: Credential['proof']): number | undefined {
  if (proof.type !== 'RSA') return undefined
  const { n: modulus } = parsed(proof.privateKeyJwk.reveal())
  return modulus === undefined ? undefined : Buffer.from(modulus, 'base64url').length * 8
}

/** The fields of a JSON object; none of anything else. */
function parsed(json: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(json)
    const fields = typeof value === 'object' && value !== null ? Object.entries(value) : []
    return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === 'string'))
  } catch {
    return {}
  }
}

/** True when nobody has changed the Secret since it was last written or found right. */
export function isAsWritten({ status }: RaiTenantApplication, { uid, resourceVersion }: SecretVersion): boolean {
  return status.secret?.uid === uid && status.secret.resourceVersion === resourceVersion
}

/** The same Secret without an owner: garbage collection leaves it when the resource goes. */
export function releasedSecret({ namespace, name, type, labels, annotations, data }: ObservedSecret): DesiredSecret {
  return { namespace, name, type, labels, annotations, owner: undefined, data }
}

/**
 * `desired` with what others put on the Secret: labels and annotations, of which those that were asked for before are not
 * theirs, and values under keys that are no field's.
 */
export function overlaid(observed: ObservedSecret, desired: DesiredSecret): DesiredSecret {
  const { [SECRET_ANNOTATIONS.keys]: _, [SECRET_ANNOTATIONS.metadata]: asked, ...annotations } = observed.annotations
  const before = objectIn(asked)
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
    [SECRET_ANNOTATIONS.keys, SECRET_ANNOTATIONS.metadata].every(
      (name) => observed.annotations[name] === desired.annotations[name],
    ) &&
    Object.entries(desired.data).every(([key, value]) => observed.data[key]?.reveal() === value.reveal())
  )
}

/** True when `observed` is immutable and does not hold the data of `desired`: only another Secret of its name can. */
export function isToBeRemade(observed: ObservedSecret | undefined, desired: DesiredSecret): boolean {
  if (!observed?.immutable) return false
  const [held, wanted] = [Object.entries(observed.data), Object.entries(desired.data)]
  const isSame = wanted.every(([key, value]) => observed.data[key]?.reveal() === value.reveal())
  return !isSame || held.length !== wanted.length || observed.type !== desired.type
}

function holds(all: Readonly<Record<string, string>>, some: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value)
}
