// What of a status decides over what is outside: sealed when it is written, so that nobody else's ids are ever acted on.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { stop } from './tenant.ts'

type Resource = RaiTenant | RaiTenantApplication

/** As text, the same for the same facts; `undefined` while there is nothing to act on. */
export function sealedFacts({ metadata, status }: Pick<Resource, 'metadata' | 'status'>): string | undefined {
  const { organization, tenantId, provenance } = status
  const applicationId = 'applicationId' in status ? status.applicationId : undefined
  const credentials = 'credentials' in status ? (status.credentials ?? []) : []
  const suspects = 'suspects' in status ? (status.suspects ?? []) : []
  const ids = [...credentials, ...suspects].map((one) => one.applicationId)
  // Whose a thing is decides once it is bound, by ids that may be in a Secret only.
  const isSilent = tenantId === undefined && applicationId === undefined && provenance === undefined
  if (isSilent && ids.length === 0) return undefined
  const held = credentials.map((one) => one.applicationId)
  return JSON.stringify([metadata.uid, organization, tenantId, applicationId, provenance, held, ids])
}

export const FORGED = stop(
  'StatusForged',
  'the ids in its status were not written by this operator: see docs/reasons.md, nothing outside is made or deleted until they are taken out',
)
