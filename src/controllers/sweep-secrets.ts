// Notices Secrets that are not as they were last written or found right, or owned as they should be: at each interval, and at once where they are watched.
import type { RaiTenantApplication } from '../api/types.ts'
import { isAsWritten } from '../domain/secret.ts'
import { deletionPolicyOf } from '../domain/tenant.ts'
import type { DeletionPolicy } from '../domain/tenant.ts'
import { after, done } from '../engine/outcome.ts'
import type { Outcome } from '../engine/outcome.ts'
import type { Looks } from './looks.ts'
import type { ResourceKey, ResourceView, Secrets } from './ports.ts'

export type SecretSweepOptions = {
  readonly view: ResourceView<RaiTenantApplication>
  readonly secrets: Pick<Secrets, 'sight'>
  /** Where a resource says nothing. */
  readonly deletionPolicy: DeletionPolicy
  readonly looks: Looks
  /** From the end of one sweep to the next, in milliseconds, drawn anew each time. */
  readonly intervalMs: () => number
}

/** Reads under way at once. One by one, each answer wakes the process up for itself: twice the CPU, and nearly three times as long. */
const LANES = 8

/** Reads the metadata of Secrets, never their content, and has looked at those applications whose Secret differs. */
export function secretSweep({ view, secrets, deletionPolicy, looks, intervalMs }: SecretSweepOptions) {
  async function compare(application: RaiTenantApplication, signal: AbortSignal): Promise<void> {
    const { metadata, status } = application
    if (status.secret === undefined || metadata.deletionTimestamp !== undefined) return
    const seen = await secrets.sight(metadata.namespace, status.secret.name, signal)
    // The policy may be another one since: by the operator's settings, by a confirmation, or in an earlier version of it.
    const isToBeOwned = deletionPolicyOf(application, deletionPolicy) === 'Delete'
    if (!seen || !isAsWritten(application, seen) || seen.isOwned !== isToBeOwned) looks.want(application)
  }

  return {
    async all(signal: AbortSignal): Promise<Outcome> {
      const left = shared(view.all())
      const lane = async () => {
        for (const application of left) await compare(application, signal)
      }
      await Promise.all(Array.from({ length: LANES }, lane))
      return after(intervalMs())
    },

    async one(key: ResourceKey, signal: AbortSignal): Promise<Outcome> {
      const application = view.get(key)
      if (application) await compare(application, signal)
      return done
    },
  }
}

/** Each item goes to one of those who ask. Who breaks off breaks off for all. */
function* shared<T>(items: Iterable<T>): Generator<T, void, void> {
  yield* items
}
