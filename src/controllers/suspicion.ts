// Tells of applications that may be left from a create whose answer was lost: nobody deletes them but a person.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { ExternalApplication } from '../domain/external.ts'
import type { ApplicationAttempt } from '../domain/journal.ts'
import type { Logger } from '../log.ts'
import type { EventRecorder, ResourceView } from './ports.ts'

export type SuspicionOptions = {
  readonly view: ResourceView<RaiTenantApplication>
  readonly tenantView: ResourceView<RaiTenant>
  readonly events: EventRecorder
  readonly logger: Logger
}

export class Suspicion {
  readonly #options: SuspicionOptions

  constructor(options: SuspicionOptions) {
    this.#options = options
  }

  /** As an Event on the resource, else, when that is going or gone, on the tenant's; and in the log. */
  tell({ subject, tenantId }: ApplicationAttempt, suspects: readonly ExternalApplication[]): void {
    const { events, logger } = this.#options
    const ids = suspects.map(({ id }) => id).sort()
    const key = `${subject.namespace}/${subject.name}`
    logger.warn(
      { kind: subject.kind, key, tenantId, applicationIds: ids },
      'applications may be left from a lost answer',
    )
    const about = this.#resource(subject) ?? this.#tenant(tenantId)
    if (!about) return
    events.publish(about, {
      type: 'Warning',
      reason: 'OrphanSuspected',
      action: 'Create',
      note: `the answer to a create for ${key} was lost: ${ids.join(', ')} in tenant ${tenantId} may be left from it and nobody has the secret; delete what nobody uses`,
    })
  }

  #resource({ namespace, name, uid }: ApplicationAttempt['subject']): RaiTenantApplication | undefined {
    const resource = this.#options.view.get(`${namespace}/${name}`)
    return resource?.metadata.uid === uid && !resource.metadata.deletionTimestamp ? resource : undefined
  }

  #tenant(tenantId: string): RaiTenant | undefined {
    for (const tenant of this.#options.tenantView.all()) if (tenant.status.tenantId === tenantId) return tenant
    return undefined
  }
}
