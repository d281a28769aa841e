// The journal of one create: what an attempt was made with, and how it went.
import { RECORD_LABELS } from '../api/names.ts'
import type { Redacted } from '../redacted.ts'
import type { Credential, ExternalApplication, ExternalTenant, KeyPair } from './external.ts'

/**
 * `open`: the POST may be on its way · `answered`: its outcome is known and is being handed over · `bound`: handed over ·
 * `abandoned`: given up by Recovery · `surplus`: given up, and then the answer came after all · `rejected`: nothing was made.
 */
export type JournalState = 'open' | 'answered' | 'bound' | 'abandoned' | 'surplus' | 'rejected'

/** The only ways from one state to another. Source: docs/reliability.md, "The journal". */
const NEXT: Readonly<Record<JournalState, readonly JournalState[]>> = {
  open: ['answered', 'abandoned', 'rejected'],
  // Abandoned, when the resource is deleted and what was made has been deleted with it.
  answered: ['bound', 'abandoned'],
  abandoned: ['surplus'],
  bound: [],
  surplus: [],
  rejected: [],
}

/** True when a journal may go from one state to the other. */
export function mayBecome(from: JournalState, to: JournalState): boolean {
  return NEXT[from].includes(to)
}

/** The resource for which the attempt is made. */
export type Subject = {
  readonly kind: 'RaiTenant' | 'RaiTenantApplication'
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** What both kinds of attempt have in common. */
export type Attempt = {
  readonly state: JournalState
  readonly organization: string
  /** Which process made the attempt. */
  readonly holder: string
  readonly subject: Subject
  /** When the journal was opened, in milliseconds: of a tenant's by the control plane's clock, else by the holder's. */
  readonly openedAt: number
  /** When it left `open` and `answered`, by the clock of who wrote that. */
  readonly endedAt?: number
  /** How many of the sweeps that it waits for have come to a definite end. */
  readonly passes: number
}

export type ApplicationAttempt = Attempt & {
  readonly type: 'application'
  readonly tenantId: string
  readonly cell: string
  readonly scopes: readonly string[]
  /** The private half of the attempt's own key; with `ClientSecret` there is none, and nothing can be proven. */
  readonly proof: Extract<Credential['proof'], KeyProof> | { readonly type: 'ClientSecret' }
  /** Ids that stood in the tenant before the POST. */
  readonly before: readonly string[]
  readonly answer?: { readonly application: ExternalApplication; readonly clientSecret?: Redacted }
}

type KeyProof = { readonly type: KeyPair['type'] }

export type TenantAttempt = Attempt & {
  readonly type: 'tenant'
  readonly tenantName: string
  readonly answer?: ExternalTenant & { readonly provenance: 'Created' | 'Relinked' }
}

/** A Secret in the operator's namespace, as far as records go. `data` are plain values. */
export type RecordContent = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, Redacted>>
}

/** … as it stands in the cluster. */
export type StoredRecord = RecordContent & { readonly uid: string; readonly resourceVersion: string }

/** … without its content. */
export type RecordMetadata = Omit<StoredRecord, 'data'>

/** A journal that can be read, and where it stands. */
export type Journal<A extends ApplicationAttempt | TenantAttempt = ApplicationAttempt | TenantAttempt> = {
  readonly stored: StoredRecord
  readonly attempt: A
}

/** A journal that cannot: nothing is ever done on its word, and it is never removed. */
export type UnreadableJournal = { readonly stored: StoredRecord; readonly problem: string }

/** True while nobody knows, or nobody has handed over, what came of the attempt. */
export function isUnfinished(state: JournalState): boolean {
  return state === 'open' || state === 'answered'
}

/** Where an attempt may have left something: a tenant by id, or a tenant's name in the organization. */
export function scopeOf(attempt: ApplicationAttempt | TenantAttempt): string {
  return attempt.type === 'application' ? attempt.tenantId : scopeOfName(attempt.tenantName)
}

/** The scope of all attempts at a tenant of this name. */
export function scopeOfName(tenantName: string): string {
  return `name:${tenantName}`
}

/** Selects all journals. */
export const journalSelector = `${RECORD_LABELS.record}=journal`

/** The name of a new journal. `random` must never be the same twice. */
export function journalName(uid: string, random: string): string {
  return `journal-${uid}-${random}`
}

/** What is known of a journal by its metadata alone: enough to know whom to look at and when. Never holds a secret. */
export type JournalMark = {
  readonly holder: string
  readonly subject: Subject
  readonly scope: string
  readonly state: JournalState
  readonly endedAt: number | undefined
  readonly openedAt: number
  readonly passes: number
  /** The application that it claims, if it does. */
  readonly claims: string | undefined
}

/** True for the name of a state. */
export function isState(value: unknown): value is JournalState {
  return typeof value === 'string' && Object.hasOwn(NEXT, value)
}
