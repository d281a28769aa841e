// A tenant as it is now, for whoever is about to make an application in it.
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { ResourceWriter } from './ports.ts'
import { SharedAnswers } from './shared-answers.ts'

/**
 * A create takes longer than that, so that what changes within it is met by no other look either: a tenant is not taken down
 * while the journal of a create in it is unfinished.
 */
const FRESH_MS = 1_000

export class CurrentTenants {
  readonly #writer: Pick<ResourceWriter<RaiTenant>, 'read'>
  readonly #tenants: SharedAnswers<RaiTenant>

  constructor(writer: Pick<ResourceWriter<RaiTenant>, 'read'>, clock: Clock) {
    this.#writer = writer
    this.#tenants = new SharedAnswers(FRESH_MS, clock)
  }

  /** As of a second ago at the most, past the view. Fails as {@link ResourceWriter.read}. */
  async get(cached: RaiTenant, signal: AbortSignal): Promise<RaiTenant> {
    return this.#tenants.get(cached.metadata.uid, (unending) => this.#writer.read(cached, unending), signal)
  }
}
