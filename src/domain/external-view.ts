// When what the control plane shows is doubted: so much missing at once is more likely a wrong view than many deletions.
import { stop } from './tenant.ts'

/** Absences this close together count together. Source: docs/reliability.md, "The breaker". */
export const DOUBT_MS = 600_000
/** Complete sweeps that must show what was missing before the view is trusted again. */
export const SIGHTS_TO_TRUST = 2
/** Of fewer tenants than this, all must be missing: one of two may well have been deleted. */
const FEW = 5
const MOST_MISSING = 0.2
/** A list may not show what was made so shortly before it. */
const LAG_MS = 60_000

/** True when `missing` of `known` tenants cannot well have been deleted within {@link DOUBT_MS}. */
export function isDoubtful(known: number, missing: number): boolean {
  if (missing === 0) return false
  return known < FEW ? missing === known : missing > known * MOST_MISSING
}

/** True when a list from `listedAt` must show a tenant that was created at `createdAt`; both by the control plane's clock. */
export function mustBeListed(createdAt: string | undefined, listedAt: number): boolean {
  const at = Date.parse(createdAt ?? '')
  return Number.isNaN(at) || at < listedAt - LAG_MS
}

export const VIEW_SUSPECT = stop(
  'ExternalViewSuspect',
  "more tenants are missing from the organization's list than are deleted at once, so nothing is written: see that the operator has the right credentials-dir and control-plane-url; its log says how to go on if they are gone",
)
