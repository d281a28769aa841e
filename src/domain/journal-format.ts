// How a journal is written as a Secret and read back, by this version, the one before and the one after it.
import { JOURNAL_ANNOTATION, RECORD_LABELS } from '../api/names.ts'
import { Redacted } from '../redacted.ts'
import type { ExternalApplication, ExternalTenant } from './external.ts'
import { hashOf } from './hash.ts'
import { isState, journalName, scopeOf } from './journal.ts'
import type {
  ApplicationAttempt,
  Attempt,
  Journal,
  JournalMark,
  RecordContent,
  RecordMetadata,
  StoredRecord,
  Subject,
  TenantAttempt,
  UnreadableJournal,
} from './journal.ts'
import { isText, isTexts, listIn, objectIn } from './parsing.ts'

/** The format that this version writes. */
const VERSION = 1
/** The oldest version that can work with it without losing anything: it keeps what it does not know. */
const READABLE_BY = 1

const [BEFORE, PEM, JWK, CLIENT_SECRET] = ['before', 'private_key.pem', 'private_key.jwk', 'client_secret'] as const

/** Selects the journals of one scope; others of the same hash may be among them. */
export function scopeLabels(scope: string): Readonly<Record<string, string>> {
  return { [RECORD_LABELS.record]: 'journal', [RECORD_LABELS.scope]: labelOf(scope) }
}

/** Selects the journals of one resource. */
export function subjectLabels(uid: string): Readonly<Record<string, string>> {
  return { [RECORD_LABELS.record]: 'journal', [RECORD_LABELS.subject]: labelOf(uid) }
}

/** As a Secret. What a later version wrote beside it is kept where `over` is given. */
export function encodeJournal(
  name: string,
  attempt: ApplicationAttempt | TenantAttempt,
  over?: RecordContent,
): RecordContent {
  const { organization, holder, subject, passes, state, openedAt, endedAt } = attempt
  const former = objectIn(over?.annotations[JOURNAL_ANNOTATION])
  const plain = {
    ...former,
    version: Math.max(VERSION, Number(former?.['version'] ?? VERSION)),
    readableBy: READABLE_BY,
    type: attempt.type,
    state,
    organization,
    holder,
    subject,
    passes,
    openedAt,
    endedAt,
    ...(attempt.type === 'application' ? plainApplication(attempt) : plainTenant(attempt)),
  }
  return {
    name,
    labels: {
      ...over?.labels,
      ...scopeLabels(scopeOf(attempt)),
      ...subjectLabels(subject.uid),
      [RECORD_LABELS.state]: state,
    },
    annotations: { ...over?.annotations, [JOURNAL_ANNOTATION]: JSON.stringify(plain) },
    data: { ...over?.data, ...(attempt.type === 'application' && secretParts(attempt)) },
  }
}

function plainApplication({ tenantId, cell, scopes, proof, answer }: ApplicationAttempt): object {
  return {
    tenantId,
    cell,
    scopes,
    auth: proof.type,
    ...(proof.type !== 'ClientSecret' && { kid: proof.kid }),
    ...(answer && { answer: answer.application }),
  }
}

function plainTenant({ tenantName, answer }: TenantAttempt): object {
  return { tenantName, ...(answer && { answer }) }
}

function secretParts({ before, proof, answer }: ApplicationAttempt): Record<string, Redacted> {
  return {
    // Ids of a large tenant would not fit into an annotation.
    [BEFORE]: new Redacted(JSON.stringify(before)),
    ...(proof.type !== 'ClientSecret' && { [PEM]: proof.privateKeyPem, [JWK]: proof.privateKeyJwk }),
    ...(answer?.clientSecret && { [CLIENT_SECRET]: answer.clientSecret }),
  }
}

/** Reads a journal back, whoever wrote it. */
export function decodeJournal(stored: StoredRecord): Journal | UnreadableJournal {
  const plain = readPlain(stored)
  if ('problem' in plain) return { stored, problem: plain.problem }
  const attempt = plain.type === 'application' ? readApplication(plain, stored.data) : readTenant(plain)
  return typeof attempt === 'string' ? { stored, problem: attempt } : { stored, attempt }
}

type Plain = Attempt & { readonly type: 'application' | 'tenant'; readonly fields: Readonly<Record<string, unknown>> }

/** What both kinds of journal say, without their secrets. */
function readPlain({ name, annotations }: RecordMetadata): Plain | { readonly problem: string } {
  const fields = objectIn(annotations[JOURNAL_ANNOTATION])
  if (!fields) return { problem: `has no readable annotation ${JOURNAL_ANNOTATION}` }
  const { version, readableBy, type, state, organization, holder, openedAt, endedAt, passes } = fields
  if (typeof version !== 'number' || typeof readableBy !== 'number') return { problem: 'has no version' }
  if (readableBy > VERSION) return { problem: `has version ${version}, which this version of the operator cannot read` }
  const subject = readSubject(fields['subject'])
  const isWhole =
    (type === 'application' || type === 'tenant') &&
    isState(state) &&
    isText(organization) &&
    isText(holder) &&
    typeof openedAt === 'number' &&
    (endedAt === undefined || typeof endedAt === 'number') &&
    typeof passes === 'number'
  if (!subject || !isWhole) return { problem: 'lacks a part of what a journal says' }
  if (!name.startsWith(journalName(subject.uid, ''))) return { problem: 'has a name that belongs to another resource' }
  return {
    fields,
    type,
    state,
    organization,
    holder,
    subject,
    openedAt,
    passes,
    ...(endedAt !== undefined && { endedAt }),
  }
}

function readApplication(
  { fields, ...attempt }: Plain,
  data: Readonly<Record<string, Redacted>>,
): ApplicationAttempt | string {
  const { tenantId, cell, scopes, auth, kid, answer: answered } = fields
  const before = listIn(data[BEFORE]?.reveal())
  const proof = readProof(auth, kid, data)
  const application = readExternalApplication(answered)
  if (!isText(tenantId) || !isText(cell) || !isTexts(scopes)) return 'lacks a part of what was asked for'
  if (!before) return 'has no list of what was there before'
  if (!proof) return 'lacks its key'
  const needsAnswer = attempt.state === 'answered' || attempt.state === 'bound' || attempt.state === 'surplus'
  if (needsAnswer && !application) return 'lacks the answer that its state speaks of'
  const clientSecret = data[CLIENT_SECRET]
  if (needsAnswer && proof.type === 'ClientSecret' && !clientSecret) return 'lacks the secret of its answer'
  return {
    ...attempt,
    type: 'application',
    tenantId,
    cell,
    scopes,
    proof,
    before,
    ...(application && { answer: { application, ...(clientSecret && { clientSecret }) } }),
  }
}

function readTenant({ fields, ...attempt }: Plain): TenantAttempt | string {
  const { tenantName, answer: answered } = fields
  if (!isText(tenantName)) return 'does not say which name was asked for'
  const answer = readExternalTenant(answered)
  if ((attempt.state === 'answered' || attempt.state === 'bound') && !answer)
    return 'lacks the answer its state speaks of'
  return { ...attempt, type: 'tenant', tenantName, ...(answer && { answer }) }
}

function readProof(
  auth: unknown,
  kid: unknown,
  data: Readonly<Record<string, Redacted>>,
): ApplicationAttempt['proof'] | undefined {
  if (auth === 'ClientSecret') return { type: auth }
  const [privateKeyPem, privateKeyJwk] = [data[PEM], data[JWK]]
  if ((auth !== 'EC' && auth !== 'RSA') || !isText(kid) || !privateKeyPem || !privateKeyJwk) return undefined
  return { type: auth, kid, privateKeyPem, privateKeyJwk }
}

function readSubject(value: unknown): Subject | undefined {
  const { kind, namespace, name, uid } = (value ?? {}) as Record<string, unknown>
  if (kind !== 'RaiTenant' && kind !== 'RaiTenantApplication') return undefined
  return isText(namespace) && isText(name) && isText(uid) ? { kind, namespace, name, uid } : undefined
}

function readExternalApplication(value: unknown): ExternalApplication | undefined {
  const { id, clientId, authServer, cell, scopes, tokenUrl } = (value ?? {}) as Record<string, unknown>
  if (!isText(id) || !isText(clientId) || typeof authServer !== 'string' || !isText(cell)) return undefined
  if (!isTexts(scopes)) return undefined
  return { id, clientId, authServer, cell, scopes, ...(isText(tokenUrl) && { tokenUrl }) }
}

function readExternalTenant(value: unknown): TenantAttempt['answer'] {
  const { id, name, createdAt, cells, links, provenance } = (value ?? {}) as Record<string, unknown>
  if (!isText(id) || !isText(name) || !isText(createdAt) || !isTexts(cells)) return undefined
  if (provenance !== 'Created' && provenance !== 'Relinked') return undefined
  const uis = (Array.isArray(links) ? links : []) as ExternalTenant['links']
  return { id, name, createdAt, cells, links: uis, provenance }
}

/** Reads a {@link JournalMark}; says what is wrong where it cannot. */
export function journalMarkOf(metadata: RecordMetadata): JournalMark | { readonly problem: string } {
  const plain = readPlain(metadata)
  if ('problem' in plain) return plain
  const { fields, type, holder, subject, state, endedAt, openedAt, passes } = plain
  const place = type === 'application' ? fields['tenantId'] : fields['tenantName']
  if (!isText(place)) return { problem: 'does not say where it is about' }
  const answer = readExternalApplication(fields['answer'])
  const scope = type === 'application' ? place : `name:${place}`
  const isClaim = state === 'answered' || state === 'bound'
  return { holder, subject, scope, state, endedAt, openedAt, passes, claims: isClaim ? answer?.id : undefined }
}

/** A label's value for any text: itself where the API server takes it, else a hash, which need not be unique. */
function labelOf(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)) return text
  return `hash-${hashOf(text)}`
}
