// Deletes applications outside, and knows when one counts as gone.
import { APPLICATION_KIND } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { ExternalApplication } from '../domain/external.ts'
import { isGone, SECOND_LOOK_MS } from '../domain/gone.ts'
import { heldIds } from '../domain/recovery.ts'
import type { Logger } from '../log.ts'
import { Absences } from './absences.ts'
import type { TenantDirectory } from './directory.ts'
import type { ApplicationsApi, ResourceView } from './ports.ts'

/** How soon an application that was just deleted is looked at again while it is still shown. */
const GONE_CHECK_MS = 2_000

export type RemovalOptions = {
  readonly api: ApplicationsApi
  readonly directory: TenantDirectory
  readonly view: ResourceView<RaiTenantApplication>
  readonly tenantView: ResourceView<RaiTenant>
  readonly clock: Clock
  readonly logger: Logger
}

type Application = RaiTenantApplication

export class Removals {
  readonly #options: RemovalOptions
  readonly #absences: Absences

  constructor(options: RemovalOptions) {
    this.#options = options
    this.#absences = new Absences(options.clock)
  }

  /** What was known of an id that is settled to be gone. */
  forget(id: string): void {
    this.#absences.forget(id)
  }

  /** Deletes one application. `undefined` once it is seen to be gone, else in how many milliseconds to look again. */
  async remove(
    application: Application,
    tenantId: string,
    id: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const deletedByUs = (await this.#options.api.delete(tenantId, id, signal)) === 'deleted'
    if (deletedByUs) {
      this.#absences.deleted(id)
      this.#audit(application, tenantId, id)
    }
    if ((await this.#options.api.get(tenantId, id, signal)) !== undefined) {
      if (!deletedByUs) this.#absences.forget(id)
      return GONE_CHECK_MS
    }
    return deletedByUs || (await this.#isAbsent(tenantId, id, signal)) ? undefined : SECOND_LOOK_MS
  }

  /** One that nobody here deleted, if it is there; `unsure`: it is to be looked for again in `SECOND_LOOK_MS`. */
  async see(tenantId: string, id: string, signal: AbortSignal): Promise<ExternalApplication | 'gone' | 'unsure'> {
    const external = await this.#options.api.get(tenantId, id, signal)
    if (external) {
      this.#absences.forget(id)
      return external
    }
    return (await this.#isAbsent(tenantId, id, signal)) ? 'gone' : 'unsure'
  }

  /** Without a 204 of our own: whether a complete list, of the tenant or of the organization, shows that it has gone. */
  async #isAbsent(tenantId: string, id: string, signal: AbortSignal): Promise<boolean> {
    const sinceMs = this.#absences.sinceMs(id)
    const siblings = await this.#options.api.list(tenantId, signal)
    if (siblings) {
      const listed = new Set(siblings.map((application) => application.id))
      return isGone(id, { listed, known: this.#applicationIds(), sinceMs })
    }
    const { tenants } = await this.#options.directory.current(signal)
    const listed = new Set(tenants.map((tenant) => tenant.id))
    return isGone(tenantId, { listed, known: this.#tenantIds(), sinceMs })
  }

  *#applicationIds(): Iterable<string> {
    for (const application of this.#options.view.all()) yield* heldIds(application)
  }

  *#tenantIds(): Iterable<string> {
    for (const { status } of this.#options.tenantView.all()) if (status.tenantId !== undefined) yield status.tenantId
  }

  #audit({ metadata }: Application, tenantId: string, applicationId: string): void {
    const key = `${metadata.namespace}/${metadata.name}`
    const about = { kind: APPLICATION_KIND, key, generation: metadata.generation }
    this.#options.logger.info(
      { operation: 'deleteTenantApplication', tenantId, applicationId, ...about },
      'deleted an application',
    )
  }
}
