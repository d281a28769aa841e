// Tells the first time that a resource is Ready from those after a replacement or a loss.
import { TENANT_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'

type Resource = RaiTenant | RaiTenantApplication

/**
 * What is bound to nothing yet has never been Ready: its status says so. Of what is bound and waits to be proven only memory
 * knows whether that is for the first time; one that was bound by another process does not count, so that none counts twice.
 */
export class FirstReady {
  readonly #unproven = new Set<string>()

  /** `before`: the resource as it was; true when it `isReady` now for the first time. */
  note(before: Resource, isReady: boolean): boolean {
    const { uid, deletionTimestamp } = before.metadata
    const isNew = !isBound(before) || this.#unproven.has(uid)
    if (isNew && !isReady && deletionTimestamp === undefined) this.#unproven.add(uid)
    else this.#unproven.delete(uid)
    return isNew && isReady
  }
}

function isBound({ kind, status }: Resource): boolean {
  return (kind === TENANT_KIND ? status.tenantId : status.applicationId) !== undefined
}
