// Which of a tenant's applications may come from an attempt: read live, in the order that makes a claim visible in time.
import type { RaiTenantApplication } from '../api/types.ts'
import { adoptsBefore } from '../domain/adopted-application.ts'
import type { ExternalApplication } from '../domain/external.ts'
import { isUnfinished } from '../domain/journal.ts'
import type { ApplicationAttempt } from '../domain/journal.ts'
import { candidatesOf, heldIds } from '../domain/recovery.ts'
import { unreadableFailure } from './journals.ts'
import type { Journals } from './journals.ts'
import type { ApplicationView, JournalView, Lister } from './ports.ts'

export type ClaimsOptions = {
  readonly journals: Journals
  readonly journalView: Pick<JournalView, 'isClaimed'>
  readonly view: Pick<ApplicationView, 'isHeld'>
  readonly lister: Lister<RaiTenantApplication>
}

export class Claims {
  readonly #options: ClaimsOptions

  constructor(options: ClaimsOptions) {
    this.#options = options
  }

  /**
   * The candidates of an attempt in a list of its tenant that was read before this call. Journals are read after it and
   * statuses last: the other way round, an application that is bound meanwhile would look unclaimed. Neither is read when
   * what the caches show explains everything.
   */
  async candidates(
    attempt: ApplicationAttempt,
    listed: readonly ExternalApplication[],
    signal: AbortSignal,
  ): Promise<ExternalApplication[]> {
    const { journalView, view } = this.#options
    const cached = { has: (id: string) => journalView.isClaimed(id) || view.isHeld(id) }
    const suspected = candidatesOf(attempt, listed, cached)
    if (suspected.length === 0) return []
    return candidatesOf(attempt, suspected, await this.live(attempt.tenantId, signal))
  }

  /** Every id in this tenant that a journal or a status claims, as it is now. */
  async live(tenantId: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { lister } = this.#options
    const claimed = new Set<string>()
    for (const { answer } of await this.#claiming(tenantId, signal)) claimed.add(answer!.application.id)
    for (const application of await lister.list(signal)) for (const id of heldIds(application)) claimed.add(id)
    return claimed
  }

  /** Another resource that holds this application of the tenant, for which it was made, or that is to take it over first, as things are now. */
  async claimant(
    id: string,
    tenantId: string,
    application: RaiTenantApplication,
    signal: AbortSignal,
  ): Promise<{ readonly namespace: string; readonly name: string } | undefined> {
    const { uid, namespace, name } = application.metadata
    const attempts = await this.#claiming(tenantId, signal)
    // One of the same name was this resource before it was made again.
    const isOther = ({ subject }: ApplicationAttempt) => subject.namespace !== namespace || subject.name !== name
    const attempt = attempts.find((one) => isOther(one) && one.answer!.application.id === id)
    if (attempt) return attempt.subject
    const all = await this.#options.lister.list(signal)
    const others = all.filter(({ metadata }) => metadata.uid !== uid)
    const holder = others.find((other) => heldIds(other).includes(id))
    return (holder ?? others.find((other) => adoptsBefore(other, application)))?.metadata
  }

  /** Attempts whose answer is theirs. Throws `AmbiguousCreate` for a journal that cannot be read: it may claim anything. */
  async #claiming(tenantId: string, signal: AbortSignal): Promise<readonly ApplicationAttempt[]> {
    const { journals, unreadable } = await this.#options.journals.ofScope(tenantId, signal)
    const failure = unreadableFailure(unreadable)
    if (failure) throw failure
    return journals.flatMap(({ attempt }) => {
      const isClaim = isUnfinished(attempt.state) || attempt.state === 'bound'
      return isClaim && attempt.type === 'application' && attempt.answer ? [attempt] : []
    })
  }
}
