// Where a pass goes once the attempts of its resource have been looked at: the same for both kinds, provided for or taken down.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { AWAITS_RECOVERY } from '../domain/application.ts'
import type { ApplicationAttempt, Journal, TenantAttempt } from '../domain/journal.ts'
import type { Stop } from '../domain/tenant.ts'
import { after } from '../engine/outcome.ts'
import { blocked } from './pass.ts'
import type { Pass } from './pass.ts'

/** What became of the attempts of a resource; `Clear` is what is known when none is unfinished. */
export type RecoveredAttempts<
  A extends ApplicationAttempt | TenantAttempt,
  Clear extends { readonly step: 'clear' } = { readonly step: 'clear' },
> =
  /** No attempt of this resource is unfinished. */
  | Clear
  /** The outcome is known, in its journal: to be handed over, or taken back when the resource is being deleted. */
  | { readonly step: 'answered'; readonly journal: Journal<A> }
  /** It is not known yet. */
  | { readonly step: 'wait'; readonly afterMs: number }
  /** The attempt was given up: what it may still bring is the sweep's. */
  | { readonly step: 'abandoned' }
  | Stop

/** The pass over `about` after its attempts came to this. Only a known outcome, and none at all, differ between passes. */
export async function afterRecovery<
  T extends RaiTenant | RaiTenantApplication,
  A extends ApplicationAttempt | TenantAttempt,
  Clear extends { readonly step: 'clear' },
>(
  about: T,
  recovered: RecoveredAttempts<A, Clear>,
  goOn: {
    readonly answered: (journal: Journal<A>) => Promise<Pass<T>>
    readonly clear: (found: Clear) => Promise<Pass<T>>
  },
): Promise<Pass<T>> {
  switch (recovered.step) {
    case 'stop':
      return blocked(about, recovered)
    case 'wait':
      return { about, report: AWAITS_RECOVERY, facts: {}, outcome: after(recovered.afterMs) }
    case 'abandoned':
      return { outcome: after(0) }
    case 'answered':
      return goOn.answered(recovered.journal)
    case 'clear':
      return goOn.clear(recovered)
  }
}
