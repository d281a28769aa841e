// The journals of creates: opened before a POST, changed by compare-and-swap alone, read live.
import type { Clock } from '../clock.ts'
import type { CreatedApplication, ExternalTenant } from '../domain/external.ts'
import { decodeJournal, encodeJournal, scopeLabels, subjectLabels } from '../domain/journal-format.ts'
import { isUnfinished, journalName, mayBecome, scopeOf } from '../domain/journal.ts'
import type {
  ApplicationAttempt,
  Attempt,
  Journal,
  JournalState,
  StoredRecord,
  Subject,
  TenantAttempt,
  UnreadableJournal,
} from '../domain/journal.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Records } from './ports.ts'

type AnyAttempt = ApplicationAttempt | TenantAttempt

/** All that was found, and what of it cannot be read: on the word of that nothing is done. */
export type Found = { readonly journals: readonly Journal[]; readonly unreadable: readonly UnreadableJournal[] }

export type JournalsOptions = {
  readonly records: Records
  /** The same without the write gate: for the one write that must not be lost. */
  readonly lastingRecords: Pick<Records, 'get' | 'create' | 'swap'>
  /** Names this process in what it writes. */
  readonly holder: string
  /** Throws `Unauthorized` while it cannot be known. */
  readonly organization: () => string
  /** Text that is never the same twice, for names. */
  readonly unique: () => string
  readonly clock: Clock
  readonly logger: Logger
}

/** What an attempt is made with; the rest of its journal follows. */
export type Opened<A extends AnyAttempt> = Omit<A, Exclude<keyof Attempt, 'subject' | 'openedAt'> | 'answer'>

/** The only copy of an answer is written down with patience: how long to wait between tries, in milliseconds. */
const FIRST_REST_MS = 250
const MOST_REST_MS = 5_000

const UNWRITTEN = 'the answer to a create is not written down yet'

export class Journals {
  readonly #options: JournalsOptions

  constructor(options: JournalsOptions) {
    this.#options = options
  }

  /** Opens a journal: from now on a POST may be on its way, as far as anybody else knows. */
  async open<A extends AnyAttempt>(asked: Opened<A>, signal: AbortSignal): Promise<Journal<A>> {
    return this.#begin({ ...asked, state: 'open' }, signal)
  }

  /** Keeps the credential of an application that exists, while the Secret that it stands in is made anew. */
  async keep(
    asked: Opened<ApplicationAttempt>,
    { application, credential: { proof } }: CreatedApplication,
    signal: AbortSignal,
  ): Promise<Journal<ApplicationAttempt>> {
    const answer = { application, ...(proof.type === 'ClientSecret' && { clientSecret: proof.clientSecret }) }
    return this.#begin({ ...asked, state: 'answered', answer }, signal)
  }

  async #begin<A extends AnyAttempt>(
    begun: Opened<A> & Pick<A, 'state' | 'answer'>,
    signal: AbortSignal,
  ): Promise<Journal<A>> {
    const { records, organization, holder, unique } = this.#options
    const asked = begun as unknown as A
    const attempt = { ...asked, organization: organization(), holder, passes: 0 }
    const record = encodeJournal(journalName(asked.subject.uid, unique()), attempt)
    try {
      return { stored: await records.create(record, signal), attempt }
    } catch (error) {
      // Its name is nobody else's: found, it is the one whose answer was lost.
      const stored = await records.get(record.name, signal).catch(() => undefined)
      if (stored) return { stored, attempt }
      throw error
    }
  }

  /**
   * Writes down the answer to a POST, of which the caller has the only copy: exempt from the write gate and from shutdown,
   * and tried until it stands. `undefined` when the attempt is somebody else's by now, who finishes it or takes it back.
   */
  async answer(
    journal: Journal<ApplicationAttempt>,
    { application, credential }: CreatedApplication,
  ): Promise<Journal<ApplicationAttempt> | undefined> {
    const clientSecret = credential.proof.type === 'ClientSecret' ? credential.proof.clientSecret : undefined
    const answer = { application, ...(clientSecret && { clientSecret }) }
    return this.#settle(journal, { ...journal.attempt, answer })
  }

  /** … to a POST of a tenant. */
  async answerTenant(
    journal: Journal<TenantAttempt>,
    tenant: ExternalTenant,
    provenance: 'Created' | 'Relinked',
  ): Promise<Journal<TenantAttempt> | undefined> {
    return this.#settle(journal, { ...journal.attempt, answer: { ...tenant, provenance } })
  }

  /** Writes what Recovery found out, or that it gave up, unless the journal has changed since it was read (`KubeConflict`). */
  async advance<A extends AnyAttempt>(
    { stored, attempt }: Journal<A>,
    state: JournalState,
    signal: AbortSignal,
    more: Partial<A> = {},
  ): Promise<Journal<A>> {
    if (!mayBecome(attempt.state, state)) throw new Error(`a journal never goes from ${attempt.state} to ${state}`)
    return this.#swap({ stored, attempt }, { ...attempt, ...this.#ended(state), ...more }, signal)
  }

  /** Counts sweeps that came to a definite end. */
  async pass<A extends AnyAttempt>({ stored, attempt }: Journal<A>, passes: number, signal: AbortSignal) {
    return this.#swap({ stored, attempt }, { ...attempt, passes }, signal)
  }

  /** For the sweep, and for an attempt that was never sent. Nobody else removes a journal. */
  async remove({ stored }: Journal, signal: AbortSignal): Promise<void> {
    await this.#options.records.delete(stored, signal)
  }

  /** The journals of one resource, as they are now. */
  async ofSubject(uid: string, signal: AbortSignal): Promise<Found> {
    const { journals, unreadable } = await this.#list(subjectLabels(uid), signal)
    return { journals: journals.filter(({ attempt }) => attempt.subject.uid === uid), unreadable }
  }

  /** The journals of one tenant, or of one tenant's name, as they are now. */
  async ofScope(scope: string, signal: AbortSignal): Promise<Found> {
    const { journals, unreadable } = await this.#list(scopeLabels(scope), signal)
    return { journals: journals.filter(({ attempt }) => scopeOf(attempt) === scope), unreadable }
  }

  async #list(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Found> {
    const decoded = (await this.#options.records.list(labels, signal)).map(decodeJournal)
    return {
      journals: decoded.filter((one): one is Journal => 'attempt' in one),
      unreadable: decoded.filter((one): one is UnreadableJournal => 'problem' in one),
    }
  }

  async #settle<A extends AnyAttempt>(journal: Journal<A>, answered: A): Promise<Journal<A> | undefined> {
    const { clock, logger } = this.#options
    const unending = new AbortController().signal
    let current: Journal<A> | undefined = journal
    for (let restMs = FIRST_REST_MS; ; restMs = Math.min(MOST_REST_MS, 2 * restMs)) {
      try {
        if (current === undefined) return await this.#reopen(answered, unending)
        const { state } = current.attempt
        if (isSame(current.attempt, answered)) return state === 'answered' ? current : undefined
        if (state !== 'open' && state !== 'abandoned') return undefined
        const next = {
          ...answered,
          passes: current.attempt.passes,
          ...this.#ended(state === 'open' ? 'answered' : 'surplus'),
        }
        const written = await this.#write(current, next, unending)
        return state === 'open' ? written : undefined
      } catch (error) {
        const isOutrun = isFailure(error, 'KubeConflict')
        if (!isOutrun) logger.warn({ journal: journal.stored.name, err: error }, UNWRITTEN)
        const again = await this.#again(journal, unending).catch((cause: unknown) => ({ cause }))
        const isRead = again === undefined || !('cause' in again)
        if (isRead) current = again
        if (!isRead || !isOutrun) await clock.sleep(restMs)
      }
    }
  }

  /** The journal was removed meanwhile, by hand or since it is so long ago: what was made is taken back by the sweep. */
  async #reopen(answered: AnyAttempt, signal: AbortSignal): Promise<undefined> {
    const { lastingRecords, unique } = this.#options
    const name = journalName(answered.subject.uid, unique())
    await lastingRecords.create(encodeJournal(name, { ...answered, ...this.#ended('surplus') }), signal)
    return undefined
  }

  async #write<A extends AnyAttempt>({ stored }: Journal<A>, attempt: A, signal: AbortSignal): Promise<Journal<A>> {
    const record = encodeJournal(stored.name, attempt, stored)
    return { stored: await this.#options.lastingRecords.swap(stored, record, signal), attempt }
  }

  async #swap<A extends AnyAttempt>({ stored }: Journal<A>, attempt: A, signal: AbortSignal): Promise<Journal<A>> {
    const record = encodeJournal(stored.name, attempt, stored)
    return { stored: await this.#options.records.swap(stored, record, signal), attempt }
  }

  async #again<A extends AnyAttempt>({ stored }: Journal<A>, signal: AbortSignal): Promise<Journal<A> | undefined> {
    const found = await this.#options.lastingRecords.get(stored.name, signal)
    const decoded = found && decodeJournal(found)
    return decoded && 'attempt' in decoded ? (decoded as Journal<A>) : undefined
  }

  #ended(state: JournalState): { readonly state: JournalState; readonly endedAt?: number } {
    return isUnfinished(state) ? { state } : { state, endedAt: this.#options.clock.now() }
  }
}

/** True when both name the same thing that was made. */
function isSame(one: AnyAttempt, other: AnyAttempt): boolean {
  return idIn(one) !== undefined && idIn(one) === idIn(other)
}

function idIn({ answer }: AnyAttempt): string | undefined {
  if (answer === undefined) return undefined
  return 'application' in answer ? answer.application.id : answer.id
}

/** Who an attempt is made for. */
export function subjectOf({
  kind,
  metadata: { namespace, name, uid },
}: {
  readonly kind: Subject['kind']
  readonly metadata: Omit<Subject, 'kind'>
}): Subject {
  return { kind, namespace, name, uid }
}

/** What a person mends in the operator's namespace need not wake whom it kept waiting. */
const MENDED_MS = 60_000

/** Says that a journal cannot be read, and what to do. */
export function unreadableFailure(
  journals: readonly { readonly stored: Pick<StoredRecord, 'name'>; readonly problem: string }[],
): Failure | undefined {
  const [first] = journals.toSorted((a, b) => (a.stored.name < b.stored.name ? -1 : 1))
  if (!first) return undefined
  return new Failure(
    'AmbiguousCreate',
    'stall',
    `the journal ${first.stored.name} in the operator's namespace ${first.problem}: see what it was for, then delete it`,
    { retryAfterMs: MENDED_MS },
  )
}
