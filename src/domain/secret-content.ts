// What can be read back from an output Secret, under whichever keys its fields stand.
import { SECRET_ANNOTATIONS } from '../api/names.ts'
import type { SecretField } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import type { Redacted } from '../redacted.ts'
import type { Credential } from './external.ts'
import type { Delivery, ObservedSecret } from './secret.ts'

/** Keys of renamed fields. */
export type Keys = Readonly<Partial<Record<SecretField, string>>>

/** The Secret's key for a field: renamed, or the field's own name. */
export function keyOf(field: SecretField, renamed: Keys): string {
  return renamed[field] ?? field
}

/** The keys of the fields in a Secret that we wrote. */
export function writtenKeys({ annotations }: ObservedSecret): Keys {
  return parsed(annotations[SECRET_ANNOTATIONS.keys] ?? '{}')
}

/** Reads fields from a Secret: under the keys that we wrote them, or, in one that others wrote, under those of `renamed`. */
export function fieldReader(secret: ObservedSecret, renamed: Keys = writtenKeys(secret)) {
  return (field: SecretField): Redacted | undefined => valueIn(secret, keyOf(field, renamed))
}

/** What stands under a key, which may be called as what every object has: `constructor`. */
export function valueIn({ data }: Pick<ObservedSecret, 'data'>, key: string): Redacted | undefined {
  return Object.hasOwn(data, key) ? data[key] : undefined
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
