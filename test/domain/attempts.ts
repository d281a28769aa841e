// Attempts and the Secrets that their journals are, for tests to vary.
import { JOURNAL_ANNOTATION } from '../../src/api/names.ts'
import type { ExternalApplication, ExternalTenant } from '../../src/domain/external.ts'
import { encodeJournal } from '../../src/domain/journal-format.ts'
import type { ApplicationAttempt, RecordContent, StoredRecord, TenantAttempt } from '../../src/domain/journal.ts'
import { Redacted } from '../../src/redacted.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

export const NOW = ManualClock.epoch

export const SUBJECT = { kind: 'RaiTenantApplication', namespace: 'team', name: 'web', uid: 'uid-1' } as const

/** What holds no secret but what these texts say. */
export const SECRETS = { pem: 'the PEM', jwk: '{"kty":"EC","d":"the JWK"}', clientSecret: 'the client secret' }

const key = { kid: 'kid-1', privateKeyPem: new Redacted(SECRETS.pem), privateKeyJwk: new Redacted(SECRETS.jwk) }

export const PROOFS = {
  EC: { type: 'EC', ...key },
  RSA: { type: 'RSA', ...key },
  ClientSecret: { type: 'ClientSecret' },
} as const

const SCOPES = ['documents.submissions.read', 'documents.submissions.write']

export function externalApplication(id: string, parts: Partial<ExternalApplication> = {}): ExternalApplication {
  return { id, clientId: `client-${id}`, authServer: 'aus', cell: 'eu-1', scopes: SCOPES, ...parts }
}

export function externalTenant(id: string, parts: Partial<ExternalTenant> = {}): ExternalTenant {
  const links = [{ cell: 'eu-1', host: 'acme.eu-1.example' }]
  return { id, name: 'acme', createdAt: '2026-01-01T00:00:00Z', cells: ['eu-1'], links, ...parts }
}

/** With `EC`, nothing known yet. */
export function applicationAttempt(parts: Partial<ApplicationAttempt> = {}): ApplicationAttempt {
  return {
    type: 'application',
    state: 'open',
    organization: 'org',
    holder: 'one',
    subject: SUBJECT,
    openedAt: NOW,
    passes: 0,
    tenantId: 't-1',
    cell: 'eu-1',
    scopes: SCOPES,
    proof: PROOFS.EC,
    before: ['a-0'],
    ...parts,
  }
}

/** The answer to an attempt. */
export function answerOf({ proof }: ApplicationAttempt, id = 'a-1'): NonNullable<ApplicationAttempt['answer']> {
  const application = externalApplication(id)
  if (proof.type !== 'ClientSecret') return { application }
  return { application, clientSecret: new Redacted(SECRETS.clientSecret) }
}

export function tenantAttempt(parts: Partial<TenantAttempt> = {}): TenantAttempt {
  return {
    type: 'tenant',
    state: 'open',
    organization: 'org',
    holder: 'one',
    subject: { ...SUBJECT, kind: 'RaiTenant', name: 'acme' },
    openedAt: NOW,
    passes: 0,
    tenantName: 'acme',
    ...parts,
  }
}

/** As it stands in the cluster. */
export function stored(content: RecordContent, resourceVersion = '1'): StoredRecord {
  return { ...content, uid: `record-${content.name}`, resourceVersion }
}

export function journalOf(attempt: ApplicationAttempt | TenantAttempt, name = 'journal-uid-1-a'): StoredRecord {
  return stored(encodeJournal(name, attempt))
}

/** What a journal says beside its secrets. */
export function fieldsOf({ annotations }: RecordContent): Record<string, unknown> {
  return JSON.parse(annotations[JOURNAL_ANNOTATION]!) as Record<string, unknown>
}

/** The same journal with other fields, as a person or another version leaves it; `undefined` takes one away. */
export function withFields<T extends RecordContent>(record: T, fields: object): T {
  const annotation = JSON.stringify({ ...fieldsOf(record), ...fields })
  return { ...record, annotations: { ...record.annotations, [JOURNAL_ANNOTATION]: annotation } }
}

/** … with other data. */
export function withData<T extends RecordContent>(record: T, data: Readonly<Record<string, string | undefined>>): T {
  const all = { ...opened(record.data), ...data }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...record, data: Object.fromEntries(given.map(([key, value]) => [key, new Redacted(value)])) }
}

/** Any value with its secrets in the open, so that they can be compared. */
export function opened<T>(value: T): T {
  return openedValue(value) as T
}

function openedValue(value: unknown): unknown {
  if (value instanceof Redacted) return value.reveal()
  if (Array.isArray(value)) return value.map(openedValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, openedValue(field)]))
}
