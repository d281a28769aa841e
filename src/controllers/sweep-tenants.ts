// What finished attempts to make a tenant may have left: a tenant of that name which nobody stands for.
import type { RaiTenant } from '../api/types.ts'
import type { Journal, TenantAttempt } from '../domain/journal.ts'
import { isClean, provenanceOf } from '../domain/recovery.ts'
import type { Logger } from '../log.ts'
import type { BindingRecords } from './binding-records.ts'
import type { TenantDirectory } from './directory.ts'
import type { Places } from './places.ts'
import type { ApplicationsApi, Lister, TenantsApi } from './ports.ts'

export type TenantSweepOptions = {
  readonly api: Pick<ApplicationsApi, 'list'>
  readonly tenantsApi: Pick<TenantsApi, 'delete'>
  readonly directory: TenantDirectory
  readonly places: Pick<Places, 'freed'>
  readonly bindingRecords: BindingRecords
  readonly tenantLister: Lister<RaiTenant>
  readonly logger: Logger
}

/** Sweeps journals of one tenant's name, and says which of them came to a definite end. */
export function tenantSweep(options: TenantSweepOptions) {
  const { directory, bindingRecords, logger } = options

  /** The resource of an attempt binds what was made late by itself; without one, what the attempt made is nobody's. */
  async function sweep({ attempt }: Journal<TenantAttempt>, signal: AbortSignal): Promise<boolean> {
    const { tenants } = await directory.current(signal)
    const made = tenants.find((tenant) =>
      attempt.answer ? tenant.id === attempt.answer.id : tenant.name === attempt.tenantName,
    )
    const isOurs = made && (attempt.answer?.provenance ?? provenanceOf(attempt, made)) === 'Created'
    if (!isOurs || (await bindingRecords.of(made.id, signal))) return true
    const resources = await options.tenantLister.list(signal)
    if (resources.some(({ status, metadata }) => status.tenantId === made.id || metadata.uid === attempt.subject.uid)) {
      return true
    }
    const applications = await options.api.list(made.id, signal)
    if (applications === undefined) return false
    // Somebody uses it: then it is not for us to say that it is nobody's.
    if (applications.length > 0) return true
    await options.tenantsApi.delete(made.id, signal)
    options.places.freed(made)
    const { kind, namespace, name } = attempt.subject
    logger.info(
      { operation: 'deleteTenant', tenantId: made.id, kind, key: `${namespace}/${name}`, reason: 'surplus' },
      'deleted a tenant that an attempt had left',
    )
    return true
  }

  return async (due: readonly Journal<TenantAttempt>[], signal: AbortSignal): Promise<readonly Journal[]> => {
    const settled: Journal[] = []
    for (const journal of due) if (isClean(journal.attempt) || (await sweep(journal, signal))) settled.push(journal)
    return settled
  }
}
