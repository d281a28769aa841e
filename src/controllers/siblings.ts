// What stood in a tenant before a create: one list that the creates of a minute share, and what they made since.
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { ApplicationsApi } from './ports.ts'
import { SharedAnswers } from './shared-answers.ts'

/**
 * How old a list may be. With a key it only saves proofs. With a secret, what a person makes in this time may be suspected if
 * an answer is lost just then; a list for each create would cost as many calls as the creates do. Source: docs/reliability.md.
 */
const FRESH_MS = 60_000

export class Siblings {
  readonly #api: Pick<ApplicationsApi, 'list'>
  readonly #ids: SharedAnswers<Set<string>>

  constructor(api: Pick<ApplicationsApi, 'list'>, clock: Clock) {
    this.#api = api
    this.#ids = new SharedAnswers(FRESH_MS, clock)
  }

  /** Ids in the tenant as of a minute ago at the most, and all that {@link made} told since. */
  async before(tenantId: string, signal: AbortSignal): Promise<readonly string[]> {
    return [...(await this.#ids.get(tenantId, (unending) => this.#list(tenantId, unending), signal))]
  }

  /** We have made this one: it stands before the next create. */
  async made(tenantId: string, id: string): Promise<void> {
    const ids = await this.#ids.known(tenantId)
    ids?.add(id)
  }

  async #list(tenantId: string, signal: AbortSignal): Promise<Set<string>> {
    const applications = await this.#api.list(tenantId, signal)
    return new Set((applications ?? unknownTenant(tenantId)).map(({ id }) => id))
  }
}

/** Nothing can be said of what stands in a tenant that is not found. */
function unknownTenant(tenantId: string): never {
  const message = `the control plane does not know the tenant ${tenantId} (404 to getTenantApplications): see whether somebody deleted it`
  throw new Failure('TenantNotReady', 'wait', message)
}
