// Which existing application a resource is to take over, and whether the Secret holds what that needs.
import { SECRET_ANNOTATIONS } from '../api/names.ts'
import type { SecretField } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import type { Redacted } from '../redacted.ts'
import type { ExternalApplication } from './external.ts'
import { isRecord, ownershipOf, secretNameOf } from './secret.ts'
import { fieldReader } from './secret-content.ts'
import type { ObservedSecret } from './secret.ts'
import { precedes, stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/** A credential as it was put into a Secret by others: not tried yet. */
export type HeldCredential =
  | { readonly type: 'ClientSecret'; readonly clientId: string; readonly clientSecret: Redacted }
  | { readonly type: 'key'; readonly clientId: string; readonly kid: string; readonly privateKeyPem: Redacted }

export type ApplicationAdoption = {
  readonly step: 'adopt'
  readonly id: string
  readonly secret: ObservedSecret
  readonly held: HeldCredential
}

/** What has to stand in the Secret. Source: docs/api.md, "Adoption". */
const NEEDED = {
  ClientSecret: ['client_id', 'client_secret'],
  key: ['client_id', 'private_key.pem', 'kid'],
} as const satisfies Record<HeldCredential['type'], readonly SecretField[]>

/**
 * From the Secret to the adoption that `spec.adopt` asks for, or what is in its way. `undefined` where there is nothing to
 * adopt: not asked for, bound already, or the Secret tells that what was adopted has been replaced since.
 */
export function planAdoption(
  application: RaiTenantApplication,
  secret: ObservedSecret | undefined,
): ApplicationAdoption | Stop | undefined {
  const id = application.spec.adopt?.applicationId
  if (id === undefined || application.status.applicationId !== undefined) return undefined
  const wanted = application.spec.auth.type === 'ClientSecret' ? 'ClientSecret' : 'key'
  if (!secret) return credentialMissing(application, id, NEEDED[wanted])
  const isWrittenByUs = ownershipOf(secret, application) !== 'foreign'
  // The operator's own records, too, are somebody else's.
  if (!isWrittenByUs && (secret.controller || isRecord(secret))) return undefined
  const written = secret.annotations[SECRET_ANNOTATIONS.applicationId]
  if (isWrittenByUs && written !== undefined && written !== id) return undefined
  const read = fieldReader(secret, isWrittenByUs ? undefined : (application.spec.secret?.keys ?? {}))
  const field = (name: SecretField) => (read(name)?.reveal() ? read(name) : undefined)
  const held = credentialIn(wanted, field)
  if (held) return { step: 'adopt', id, secret, held }
  if (credentialIn(wanted === 'key' ? 'ClientSecret' : 'key', field)) return adoptionDiffers(id, ['spec.auth'])
  return credentialMissing(
    application,
    id,
    NEEDED[wanted].filter((name) => !field(name)),
  )
}

function credentialIn(
  type: HeldCredential['type'],
  field: (name: SecretField) => Redacted | undefined,
): HeldCredential | undefined {
  const clientId = field('client_id')?.reveal()
  if (!clientId) return undefined
  const [clientSecret, privateKeyPem, kid] = [field('client_secret'), field('private_key.pem'), field('kid')?.reveal()]
  if (type === 'ClientSecret') return clientSecret && { type, clientId, clientSecret }
  return privateKeyPem && kid ? { type, clientId, privateKeyPem, kid } : undefined
}

/** True when `other`, which is not bound either, is to take over the same application and was there before. */
export function adoptsBefore(other: RaiTenantApplication, application: RaiTenantApplication): boolean {
  const isAsked = other.spec.adopt !== undefined && other.metadata.deletionTimestamp === undefined
  if (!isAsked || other.status.applicationId !== undefined) return false
  return other.spec.adopt.applicationId === application.spec.adopt?.applicationId && precedes(other, application)
}

function credentialMissing(application: RaiTenantApplication, id: string, fields: readonly SecretField[]): Stop {
  const keys = fields.map((field) => application.spec.secret?.keys?.[field] ?? field)
  return stop(
    'SecretMissing',
    `the Secret ${whereOf(application)} does not hold the credential of application ${id}, which spec.adopt names: put ${keys.join(', ')} there`,
  )
}

export function unusableKey(application: RaiTenantApplication): Stop {
  return stop(
    'SecretConflict',
    `the private key in the Secret ${whereOf(application)} cannot be used: it has to be RSA, or EC on P-256, in PEM and not encrypted`,
  )
}

export function applicationNotFound(id: string, tenantId: string): Stop {
  return stop(
    'ExternalNotFound',
    `tenant ${tenantId} has no application ${id}, which spec.adopt names: correct it in a new resource, or remove it to have an application made`,
  )
}

export function otherClient(application: RaiTenantApplication, { id, clientId }: ExternalApplication): Stop {
  return stop(
    'SecretConflict',
    `the Secret ${whereOf(application)} holds another client's credential than that of application ${id}, whose client id is ${clientId}: put that one's there`,
  )
}

/** What differs would be replaced at once: refused, so that nobody loses what works by a mistake. */
export function adoptionDiffers(id: string, fields: readonly string[]): Stop {
  return stop(
    'InvalidSpec',
    `application ${id}, which spec.adopt names, is not as ${fields.join(', ')} say: describe it as it is, and change it once it is bound`,
  )
}

export function credentialRefused(application: RaiTenantApplication, id: string): Stop {
  return stop(
    'CredentialRejected',
    `the token endpoint refuses the credential in the Secret ${whereOf(application)}, so application ${id} is not taken over: put one there that works`,
  )
}

function whereOf(application: RaiTenantApplication): string {
  return `${application.metadata.namespace}/${secretNameOf(application)}`
}
