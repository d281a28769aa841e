// What comes first when a resource of either kind is being deleted: only what is there now counts, not what a cache says.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { LeftSecret } from '../domain/abandonment.ts'
import { isAbandoned } from '../domain/requests.ts'
import { FORGED } from '../domain/seal.ts'
import { done } from '../engine/outcome.ts'
import { isFailure } from '../errors.ts'
import type { Abandonment } from './abandonment.ts'
import { blocked } from './pass.ts'
import type { Pass } from './pass.ts'
import type { ResourceWriter } from './ports.ts'
import type { Seals } from './seals.ts'

export type FinalizerOptions<T extends RaiTenant | RaiTenantApplication> = {
  readonly writer: ResourceWriter<T>
  readonly seals: Seals
  readonly abandonment: Abandonment
}

/** What the kinds do in their own way. */
export type Finalizing<T extends RaiTenant | RaiTenantApplication> = {
  /** Given each resource as it is now, if that is still there and may be acted upon. */
  readonly takeDown: (resource: T, signal: AbortSignal) => Promise<Pass<T>>
  /** Sees that what workloads use in the cluster outlives a resource that is let go, as far as that can be done. */
  readonly keepSecrets: (resource: T, signal: AbortSignal) => Promise<readonly LeftSecret[]>
}

/** The finalizer of one kind. */
export function finalizer<T extends RaiTenant | RaiTenantApplication>(
  { writer, seals, abandonment }: FinalizerOptions<T>,
  { takeDown, keepSecrets }: Finalizing<T>,
): (cached: T, signal: AbortSignal) => Promise<Pass<T>> {
  async function current(cached: T, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await writer.read(cached, signal)
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  return async (cached, signal) => {
    const resource = await current(cached, signal)
    if (!resource) return { outcome: done }
    // Before all that may block: that is what it is asked for.
    if (isAbandoned(resource)) {
      await abandonment.letGo(resource, await keepSecrets(resource, signal), writer, signal)
      return { outcome: done }
    }
    if (!seals.areGenuine(resource)) return blocked(resource, FORGED)
    return takeDown(resource, signal)
  }
}
