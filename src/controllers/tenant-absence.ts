// When a tenant that a read did not find counts as gone from the organization.
import type { RaiTenant } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { isGone } from '../domain/gone.ts'
import { Absences } from './absences.ts'
import type { TenantDirectory } from './directory.ts'
import type { ResourceView } from './ports.ts'

export type TenantAbsenceOptions = {
  readonly directory: TenantDirectory
  readonly view: ResourceView<RaiTenant>
  readonly clock: Clock
}

export class TenantAbsence {
  readonly #options: TenantAbsenceOptions
  readonly #absences: Absences

  constructor(options: TenantAbsenceOptions) {
    this.#options = options
    this.#absences = new Absences(options.clock)
  }

  /** Our own delete of it was answered with 204: from now on that it is absent needs no proof. */
  deleted(id: string): void {
    this.#absences.deleted(id)
  }

  /** It is there, or settled to be gone: a later absence counts afresh. */
  forget(id: string): void {
    this.#absences.forget(id)
  }

  /** Whether one that a read has just answered with 404 is gone; else it is to be looked at again in `SECOND_LOOK_MS`. */
  async isCertain(id: string, signal: AbortSignal): Promise<boolean> {
    const sinceMs = this.#absences.sinceMs(id)
    if (sinceMs === Infinity) return true
    const { tenants } = await this.#options.directory.current(signal)
    const listed = new Set(tenants.map((external) => external.id))
    return isGone(id, { listed, known: this.#known(), sinceMs })
  }

  *#known(): Iterable<string> {
    for (const { status } of this.#options.view.all()) if (status.tenantId !== undefined) yield status.tenantId
  }
}
