// Builds the loop that sweeps: the organization and the output Secrets, each at its interval.
import { organizationSweep } from '../controllers/sweep-organization.ts'
import type { OrganizationSweepOptions } from '../controllers/sweep-organization.ts'
import { secretSweep } from '../controllers/sweep-secrets.ts'
import type { SecretSweepOptions } from '../controllers/sweep-secrets.ts'
import type { ControlLoop } from '../engine/control-loop.ts'
import type { Reconcile } from '../engine/outcome.ts'

const ORGANIZATION = 'organization'
const SECRETS = 'secrets'
const ONE_SECRET = 'secret of '

/** Intervals differ by this much in either direction, so that several operators do not sweep in step. */
const SPREAD = 0.2
/** So much of an interval passes before the first sweep: a process that starts has resources to look at first. */
const FIRST_SHARE = 0.1
/** How long what watches Secrets waits: the status of one that we wrote ourselves follows at once. */
const SETTLE_MS = 1_000

export type SweepOptions = Omit<OrganizationSweepOptions & SecretSweepOptions, 'intervalMs'> & {
  readonly sweepIntervalMs: number
  /** In [0, 1). */
  readonly random: () => number
}

export type Sweep = {
  readonly reconcile: Reconcile
  /** Has everything swept for the first time. */
  begin(loop: ControlLoop): void
  /** Has the Secret of one application compared. */
  secretChanged(loop: ControlLoop, key: string): void
}

export function joinSweep({ sweepIntervalMs, random, ...options }: SweepOptions): Sweep {
  const intervalMs = () => sweepIntervalMs * (1 - SPREAD + 2 * SPREAD * random())
  const sweepOrganization = organizationSweep({ ...options, intervalMs })
  const sweepSecrets = secretSweep({ ...options, intervalMs })
  return {
    async reconcile(key, signal) {
      if (key === ORGANIZATION) return sweepOrganization(signal)
      if (key === SECRETS) return sweepSecrets.all(signal)
      return sweepSecrets.one(key.slice(ONE_SECRET.length), signal)
    },
    begin(loop) {
      for (const key of [ORGANIZATION, SECRETS]) loop.enqueue(key, intervalMs() * FIRST_SHARE)
    },
    secretChanged: (loop, key) => loop.enqueue(`${ONE_SECRET}${key}`, SETTLE_MS),
  }
}
