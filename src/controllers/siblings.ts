// What stood in a tenant before a create: one list that the creates of a minute share, and what they made since.
import { unlessAborted } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { ApplicationsApi } from './ports.ts'

/**
 * How old a list may be. With a key it only saves proofs. With a secret, what a person makes in this time may be suspected if
 * an answer is lost just then; a list for each create would cost as many calls as the creates do. Source: docs/reliability.md.
 */
const FRESH_MS = 60_000

type Listing = { readonly askedAt: number; readonly ids: Promise<Set<string>> }

export class Siblings {
  readonly #api: Pick<ApplicationsApi, 'list'>
  readonly #clock: Clock
  readonly #listings = new Map<string, Listing>()

  constructor(api: Pick<ApplicationsApi, 'list'>, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /** Ids in the tenant as of a minute ago at the most, and all that {@link made} told since. */
  async before(tenantId: string, signal: AbortSignal): Promise<readonly string[]> {
    const known = this.#listings.get(tenantId)
    if (!known || this.#clock.monotonic() - known.askedAt >= FRESH_MS) return this.#current(tenantId, signal)
    return [...(await unlessAborted(known.ids, signal))]
  }

  async #current(tenantId: string, signal: AbortSignal): Promise<readonly string[]> {
    this.#forgetOld()
    // Others may wait for the same answer, so no single caller's signal ends the request: its own deadline does.
    const listed = this.#api.list(tenantId, new AbortController().signal)
    const ids = listed.then((applications) => new Set((applications ?? unknownTenant(tenantId)).map(({ id }) => id)))
    const listing = { askedAt: this.#clock.monotonic(), ids }
    this.#listings.set(tenantId, listing)
    ids.catch(() => {
      if (this.#listings.get(tenantId) === listing) this.#listings.delete(tenantId)
    })
    return [...(await unlessAborted(ids, signal))]
  }

  /** We have made this one: it stands before the next create. */
  async made(tenantId: string, id: string): Promise<void> {
    const ids = await this.#listings.get(tenantId)?.ids.catch(() => undefined)
    ids?.add(id)
  }

  #forgetOld(): void {
    const now = this.#clock.monotonic()
    for (const [tenantId, { askedAt }] of this.#listings) {
      if (now - askedAt >= FRESH_MS) this.#listings.delete(tenantId)
    }
  }
}

/** Nothing can be said of what stands in a tenant that is not found. */
function unknownTenant(tenantId: string): never {
  const message = `the control plane does not know the tenant ${tenantId} (404 to getTenantApplications): see whether somebody deleted it`
  throw new Failure('TenantNotReady', 'wait', message)
}
