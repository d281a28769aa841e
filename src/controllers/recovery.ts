// Finds out what came of an attempt whose end nobody knows: by the attempt's key, or by waiting.
import type { RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { alreadyClaimed, unprovenAnswer } from '../domain/application.ts'
import { tokenUrlOf } from '../domain/endpoints.ts'
import { wrongRecord } from '../domain/tenant.ts'
import type { ExternalApplication } from '../domain/external.ts'
import { isUnfinished } from '../domain/journal.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { heldIds, nextLookMs, QUARANTINE_MS, withSuspects } from '../domain/recovery.ts'
import type { Logger } from '../log.ts'
import type { RecoveredAttempts } from './after-recovery.ts'
import type { Claims } from './claims.ts'
import { proves } from './possession.ts'
import type { PossessionPorts } from './possession.ts'
import type { Journals } from './journals.ts'
import { unreadableFailure } from './journals.ts'
import type { ApplicationsApi, ControllerMetrics } from './ports.ts'
import { Sights } from './sights.ts'
import type { StatusReporter } from './status.ts'
import type { Suspicion } from './suspicion.ts'

export type RecoveryOptions = PossessionPorts & {
  readonly api: ApplicationsApi
  readonly journals: Journals
  readonly claims: Claims
  readonly organization: () => string
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly suspicion: Suspicion
  readonly metrics: ControllerMetrics
  readonly clock: Clock
  readonly logger: Logger
}

export type Recovered = RecoveredAttempts<ApplicationAttempt>

/** How soon a tenant in which others are at work is looked at again. */
const BUSY_MS = 5_000

/** Takes the unfinished attempts of applications one step further. Every decision is made on what is read live. */
export class Recovery {
  readonly #options: RecoveryOptions
  readonly #sights: Sights

  constructor(options: RecoveryOptions) {
    this.#options = options
    this.#sights = new Sights(options.clock)
  }

  /**
   * One step for one attempt of `application`, which was read live. Throws `AmbiguousCreate` for a journal that cannot be read,
   * and the control plane's failures.
   */
  async step(application: RaiTenantApplication, signal: AbortSignal): Promise<Recovered> {
    const { journals, organization } = this.#options
    const found = await journals.ofSubject(application.metadata.uid, signal)
    const unreadable = unreadableFailure(found.unreadable)
    if (unreadable) throw unreadable
    for (const { stored, attempt } of found.journals) {
      if (attempt.type !== 'application' || !isUnfinished(attempt.state)) continue
      const journal = { stored, attempt }
      const wrong = wrongRecord(stored.name, attempt.organization, organization())
      if (wrong) return wrong
      if (attempt.state === 'answered') return this.#verify(journal, application, signal)
      return attempt.proof.type === 'ClientSecret'
        ? this.#wait(journal, application, signal)
        : this.#prove(journal, signal)
    }
    return { step: 'clear' }
  }

  /**
   * What a journal says of an answer is believed when its credential opens the application: then whoever wrote it was given
   * that credential. One that is gone outside is given up; one that is another resource's, or stays closed, needs a person.
   */
  async #verify(
    journal: Journal<ApplicationAttempt>,
    application: RaiTenantApplication,
    signal: AbortSignal,
  ): Promise<Recovered> {
    const { api, claims, prover } = this.#options
    const { stored, attempt } = journal
    const { id } = attempt.answer!.application
    if (heldIds(application).includes(id)) return { step: 'answered', journal }
    const holder = await claims.claimant(id, attempt.tenantId, application, signal)
    if (holder) return alreadyClaimed(id, holder)
    const external = await api.get(attempt.tenantId, id, signal)
    if (!external) return this.#abandon(journal, signal)
    const tokenUrl = tokenUrlOf(external, (url) => prover.mayReceiveCredential(url))
    // Where no credential may be sent, nothing can be proven, and the Secret keeps what there is.
    if (tokenUrl === undefined || (await proves(this.#options, journal, external, signal))) {
      return { step: 'answered', journal }
    }
    const sinceMs = this.#sights.sinceMs(stored.uid)
    if (sinceMs < QUARANTINE_MS) return { step: 'wait', afterMs: nextLookMs(sinceMs) }
    // A resource that goes leaves to the sweep what cannot be shown to be its own.
    const isGoing = application.metadata.deletionTimestamp !== undefined
    return isGoing ? this.#abandon(journal, signal) : unprovenAnswer(stored.name, id)
  }

  /** Key modes: what the attempt's own key opens is the attempt's. */
  async #prove(journal: Journal<ApplicationAttempt>, signal: AbortSignal): Promise<Recovered> {
    const { api, journals, claims, metrics } = this.#options
    const { attempt } = journal
    const sinceMs = this.#sights.sinceMs(journal.stored.uid)
    const listed = (await api.list(attempt.tenantId, signal)) ?? []
    for (const candidate of await claims.candidates(attempt, listed, signal)) {
      if (!(await proves(this.#options, journal, candidate, signal))) continue
      const answered = await journals.advance(journal, 'answered', signal, { answer: { application: candidate } })
      metrics.ambiguousCreate('recovered')
      this.#audit(attempt, candidate.id)
      return { step: 'answered', journal: answered }
    }
    if (sinceMs < QUARANTINE_MS) return { step: 'wait', afterMs: nextLookMs(sinceMs) }
    return this.#abandon(journal, signal)
  }

  #audit({ subject, tenantId }: ApplicationAttempt, applicationId: string): void {
    const about = { kind: subject.kind, key: `${subject.namespace}/${subject.name}` }
    this.#options.logger.info(
      { operation: 'createTenantApplication', tenantId, applicationId, ...about },
      'created an application, as its key proves after a lost answer',
    )
  }

  /** ClientSecret: nothing can be proven, so what appeared meanwhile is suspected and told. */
  async #wait(
    journal: Journal<ApplicationAttempt>,
    application: RaiTenantApplication,
    signal: AbortSignal,
  ): Promise<Recovered> {
    const { api, claims } = this.#options
    const { attempt, stored } = journal
    const sinceMs = this.#sights.sinceMs(stored.uid)
    if (sinceMs < QUARANTINE_MS) return { step: 'wait', afterMs: QUARANTINE_MS - sinceMs }
    const listed = (await api.list(attempt.tenantId, signal)) ?? []
    const candidates = await claims.candidates(attempt, listed, signal)
    if (candidates.length === 0) return this.#abandon(journal, signal)
    if (await this.#isBusy(journal, signal)) return { step: 'wait', afterMs: BUSY_MS }
    // Listed already, by a process that did not come to give the attempt up: all of one answer have one time.
    const known = application.status.suspects?.find((one) => candidates.some(({ id }) => id === one.applicationId))
    const givenUpAt = known ? Date.parse(known.firstSeenAt) : this.#options.clock.now()
    await this.#suspect(application, journal, candidates, givenUpAt, signal)
    return this.#abandon(journal, signal, givenUpAt)
  }

  /** True while another attempt in the tenant may yet say that the candidates are its own. */
  async #isBusy({ stored, attempt }: Journal<ApplicationAttempt>, signal: AbortSignal): Promise<boolean> {
    const { journals } = await this.#options.journals.ofScope(attempt.tenantId, signal)
    const others = journals.filter((other) => other.stored.uid !== stored.uid && isUnfinished(other.attempt.state))
    return others.some((other) => this.#sights.sinceMs(other.stored.uid) < QUARANTINE_MS)
  }

  async #suspect(
    application: RaiTenantApplication,
    { attempt }: Journal<ApplicationAttempt>,
    candidates: readonly ExternalApplication[],
    givenUpAt: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { claims, reporter, suspicion } = this.#options
    const claimed = await claims.live(attempt.tenantId, signal)
    await reporter.record(application, (current) => ({
      suspects: withSuspects(current, candidates, timestamp(givenUpAt), claimed),
    }))
    suspicion.tell(attempt, candidates)
  }

  async #abandon(journal: Journal<ApplicationAttempt>, signal: AbortSignal, suspectedAt?: number): Promise<Recovered> {
    const { journals, metrics } = this.#options
    // The time by which all suspects of one lost answer know that they belong together.
    await journals.advance(journal, 'abandoned', signal, suspectedAt === undefined ? {} : { endedAt: suspectedAt })
    this.#sights.forget(journal.stored.uid)
    metrics.ambiguousCreate(suspectedAt === undefined ? 'abandoned' : 'suspected')
    return { step: 'abandoned' }
  }
}
