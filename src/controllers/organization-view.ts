// The breaker: when too much of the organization looks gone at once, or nothing known has been seen yet, nothing is changed outside.
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { DOUBT_MS, isDoubtful, mustBeListed, SIGHTS_TO_TRUST, VIEW_SUSPECT } from '../domain/external-view.ts'
import type { TenantListing } from '../domain/external.ts'
import { wasGone } from '../domain/tenant.ts'
import type { Stop } from '../domain/tenant.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { ResourceView } from './ports.ts'

/** A list may lag behind by a minute, so it matters little whether a tenant is known a second sooner. */
const NONE_KNOWN_MS = 1_000

export type OrganizationViewOptions = {
  readonly view: ResourceView<RaiTenant>
  /** False where somebody else wrote the status: a list need not show what that claims. */
  readonly isGenuine: (tenant: RaiTenant) => boolean
  /** Names the credential that lists are asked for with; throws `Unauthorized` while there is none. */
  readonly client: () => string
  /** The setting `accept-external-view`: the digest of the absence that a person has looked at. */
  readonly accepted: string | undefined
  /** A complete list as things are now; {@link OrganizationView.listed} hears of it, too. */
  readonly list: (signal: AbortSignal) => Promise<unknown>
  /** A short text that is the same for the same text, and for no other. */
  readonly digest: (text: string) => string
  /** Has every resource looked at. */
  readonly wakeAll: () => void
  readonly clock: Clock
  readonly logger: Logger
}

export class OrganizationView {
  readonly #options: OrganizationViewOptions
  /** Since when each known tenant is missing, by the monotonic clock. */
  readonly #missingSince = new Map<string, number>()
  /** The client whose lists have shown a known tenant. */
  #provenClient: string | undefined
  /** When no tenant was known, by the monotonic clock. */
  #noneKnownAt = -Infinity
  /** The tenants whose absence is doubted, once it is, as a digest that a person may accept. */
  #doubted: ReadonlySet<string> | undefined
  #digest: string | undefined
  #sights = 0

  constructor(options: OrganizationViewOptions) {
    this.#options = options
  }

  /** Why nothing is written, while that is so. */
  get doubt(): Stop | undefined {
    return this.#doubted && VIEW_SUSPECT
  }

  /**
   * Asked before each change outside: returns when the view can be relied upon, after a list where none has shown a known
   * tenant yet to this client. Throws `ExternalViewSuspect`, or what the list does.
   */
  async admit(signal: AbortSignal): Promise<void> {
    if (!this.#isProven()) await this.#options.list(signal)
    if (!this.#doubted) return
    const { reason, message } = VIEW_SUSPECT.report
    throw new Failure(reason, 'wait', message)
  }

  /** Takes in a complete list. */
  listed({ tenants, at }: TenantListing): void {
    const now = this.#options.clock.monotonic()
    const shown = new Set(tenants.map(({ id }) => id))
    const known = this.#known(at)
    if (known.some((id) => shown.has(id))) this.#provenClient = this.#options.client()
    const missing = known.filter((id) => !shown.has(id))
    for (const id of this.#missingSince.keys()) if (!missing.includes(id)) this.#missingSince.delete(id)
    for (const id of missing) if (!this.#missingSince.has(id)) this.#missingSince.set(id, now)
    const lately = missing.filter((id) => now - this.#missingSince.get(id)! <= DOUBT_MS)
    if (isDoubtful(known.length, lately.length)) this.#doubt(lately)
  }

  /** A sweep was complete: two that show again what was missing end the doubt. */
  swept(): void {
    if (!this.#doubted) return
    this.#sights = this.#isMissing(this.#doubted) ? 0 : this.#sights + 1
    if (this.#sights < SIGHTS_TO_TRUST) return
    this.#doubted = undefined
    this.#options.logger.info({}, 'the tenants that were missing are there again: goes on')
    this.#options.wakeAll()
  }

  #doubt(missing: readonly string[]): void {
    const doubted = new Set([...(this.#doubted ?? []), ...missing])
    const digest = this.#options.digest([...doubted].sort().join('\n'))
    if (digest === this.#options.accepted) return
    this.#sights = 0
    const wasTrusted = this.#doubted === undefined
    this.#doubted = doubted
    if (digest !== this.#digest) {
      const remedy = `if they are gone for good, start it with --accept-external-view=${digest}`
      this.#options.logger.error({ tenantIds: [...doubted].sort(), digest, remedy }, 'too many tenants are missing')
      this.#digest = digest
    }
    if (wasTrusted) this.#options.wakeAll()
  }

  #isMissing(doubted: ReadonlySet<string>): boolean {
    return [...doubted].some((id) => this.#missingSince.has(id))
  }

  #isProven(): boolean {
    return this.#provenClient === this.#options.client() || this.#isNoneKnown()
  }

  /** Asked before each change of a new organization, and all tenants are looked at for it: once a second at most. */
  #isNoneKnown(): boolean {
    const { clock } = this.#options
    const now = clock.monotonic()
    if (now - this.#noneKnownAt < NONE_KNOWN_MS) return true
    if (this.#known(clock.now()).length > 0) return false
    this.#noneKnownAt = now
    return true
  }

  /** Ids that a list must show: bound by us, not being deleted, not told to be gone already, and not made a moment ago. */
  #known(listedAt: number): string[] {
    return Array.from(this.#options.view.all()).flatMap((tenant) => {
      const { tenantId, createdAt } = tenant.status
      const isKnown = tenantId !== undefined && tenant.metadata.deletionTimestamp === undefined && !wasGone(tenant)
      return isKnown && mustBeListed(createdAt, listedAt) && this.#options.isGenuine(tenant) ? [tenantId] : []
    })
  }
}
