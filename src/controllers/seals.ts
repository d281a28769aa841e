// Knows the operator's own writing in a status from everybody else's.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { sealedFacts } from '../domain/seal.ts'
import type { Sealer } from './ports.ts'

type Resource = RaiTenant | RaiTenantApplication

export class Seals {
  readonly #sealer: Sealer

  constructor(sealer: Sealer) {
    this.#sealer = sealer
  }

  /** The seal of what a resource's status says; `undefined` where nothing needs one. */
  of(resource: Pick<Resource, 'metadata' | 'status'>): string | undefined {
    const facts = sealedFacts(resource)
    return facts === undefined ? undefined : this.#sealer.seal(facts)
  }

  /** True when the ids in a status are those that the operator wrote there. */
  areGenuine(resource: Pick<Resource, 'metadata' | 'status'>): boolean {
    const seal = this.of(resource)
    return seal === undefined || seal === resource.status.seal
  }
}
