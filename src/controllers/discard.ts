// Deletes a suspect that a person has given up, once nobody can turn out to own it.
import type { RaiTenantApplication } from '../api/types.ts'
import { isUnfinished } from '../domain/journal.ts'
import { claimedSuspect } from '../domain/requests.ts'
import type { Stop } from '../domain/tenant.ts'
import type { Logger } from '../log.ts'
import type { Claims } from './claims.ts'
import { unreadableFailure } from './journals.ts'
import type { Journals } from './journals.ts'
import type { ApplicationsApi } from './ports.ts'
import type { StatusReporter } from './status.ts'

export type DiscardOptions = {
  readonly api: Pick<ApplicationsApi, 'delete'>
  readonly journals: Journals
  readonly claims: Claims
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly logger: Logger
}

/**
 * Deletes one suspect of `application`. `waiting` while any attempt in the tenant is unfinished: its answer may name the
 * suspect. Refused when somebody claims it. Else the resource as it is then.
 */
export async function discardSuspect(
  { api, journals, claims, reporter, logger }: DiscardOptions,
  application: RaiTenantApplication,
  tenantId: string,
  id: string,
  signal: AbortSignal,
): Promise<'waiting' | Stop | RaiTenantApplication> {
  const { journals: standing, unreadable } = await journals.ofScope(tenantId, signal)
  const failure = unreadableFailure(unreadable)
  if (failure) throw failure
  if (standing.some(({ attempt }) => isUnfinished(attempt.state))) return 'waiting'
  if ((await claims.live(tenantId, signal)).has(id)) return claimedSuspect(id)
  await api.delete(tenantId, id, signal)
  const { namespace, name, generation } = application.metadata
  logger.info(
    {
      operation: 'deleteTenantApplication',
      tenantId,
      applicationId: id,
      kind: application.kind,
      key: `${namespace}/${name}`,
      generation,
      reason: 'discard-suspect',
    },
    'deleted a suspect that a person gave up',
  )
  return reporter.record(application, (current) => ({
    suspects: (current.status.suspects ?? []).filter(({ applicationId }) => applicationId !== id),
    lastHandledDiscard: id,
  }))
}
