// The organization's tenants as one list that all who ask within a moment share.
import { unlessAborted } from '../abort.ts'
import type { Clock } from '../clock.ts'
import type { TenantListing } from '../domain/external.ts'
import type { TenantsApi } from './ports.ts'

/**
 * How old a list may be that shows no tenant of a name: it only saves a POST which the control plane would refuse anyway,
 * since names are unique. As long as many tenants that are applied at once take.
 */
const FRESH_MS = 10_000

/** Is told what each complete list shows, and when it was asked for, by the monotonic clock. */
export type SeenList = (listing: TenantListing, askedAt: number) => void

/** Twenty tenants applied at once need one list, not twenty. A failed list is nobody's: the next one asks again. */
export class TenantDirectory {
  readonly #api: TenantsApi
  readonly #clock: Clock
  readonly #seen: SeenList
  #latest: { readonly askedAt: number; readonly listing: Promise<TenantListing> } | undefined

  constructor(api: TenantsApi, clock: Clock, seen: SeenList) {
    this.#api = api
    this.#clock = clock
    this.#seen = seen
  }

  /** A complete list, asked for at most {@link FRESH_MS} ago. */
  recent(signal: AbortSignal): Promise<TenantListing> {
    const latest = this.#latest
    if (latest && this.#clock.monotonic() - latest.askedAt < FRESH_MS) return unlessAborted(latest.listing, signal)
    return this.current(signal)
  }

  /** A complete list that was asked for after this call: for those who must know what is there now. */
  current(signal: AbortSignal): Promise<TenantListing> {
    // Others may be waiting for the same answer, so no single caller's signal ends the request: its own deadline does.
    const listing = this.#api.list(new AbortController().signal)
    const latest = { askedAt: this.#clock.monotonic(), listing }
    this.#latest = latest
    listing.then(
      (complete) => this.#seen(complete, latest.askedAt),
      () => {
        if (this.#latest === latest) this.#latest = undefined
      },
    )
    return unlessAborted(listing, signal)
  }
}
