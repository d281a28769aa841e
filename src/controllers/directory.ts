// The organization's tenants as one list that all who ask within a moment share.
import type { Clock } from '../clock.ts'
import type { TenantListing } from '../domain/external.ts'
import type { TenantsApi } from './ports.ts'
import { SharedAnswers } from './shared-answers.ts'

/**
 * How old a list may be that shows no tenant of a name: it only saves a POST which the control plane would refuse anyway,
 * since names are unique. As long as many tenants that are applied at once take.
 */
const FRESH_MS = 10_000

/** Is told what each complete list shows, and when it was asked for, by the monotonic clock. */
export type SeenList = (listing: TenantListing, askedAt: number) => void

const WHOLE = 'organization'

/** Twenty tenants applied at once need one list, not twenty. A failed list is nobody's: the next one asks again. */
export class TenantDirectory {
  readonly #api: TenantsApi
  readonly #clock: Clock
  readonly #seen: SeenList
  readonly #lists: SharedAnswers<TenantListing>

  constructor(api: TenantsApi, clock: Clock, seen: SeenList) {
    this.#api = api
    this.#clock = clock
    this.#seen = seen
    this.#lists = new SharedAnswers(FRESH_MS, clock)
  }

  /** A complete list, asked for at most {@link FRESH_MS} ago. */
  recent(signal: AbortSignal): Promise<TenantListing> {
    return this.#lists.get(WHOLE, (unending) => this.#list(unending), signal)
  }

  /** A complete list that was asked for after this call: for those who must know what is there now. */
  current(signal: AbortSignal): Promise<TenantListing> {
    return this.#lists.renewed(WHOLE, (unending) => this.#list(unending), signal)
  }

  async #list(signal: AbortSignal): Promise<TenantListing> {
    const askedAt = this.#clock.monotonic()
    const listing = await this.#api.list(signal)
    this.#seen(listing, askedAt)
    return listing
  }
}
