// Reads once all that says which tenants and applications no resource stands for.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { journalMarkOf } from '../domain/journal-format.ts'
import { journalSelector } from '../domain/journal.ts'
import type { JournalMark } from '../domain/journal.ts'
import type { Survey } from '../domain/unclaimed.ts'
import { isFailure } from '../errors.ts'
import { unreadableFailure } from './journals.ts'
import type { ApplicationsApi, Lister, RecordMetadataLister, TenantsApi } from './ports.ts'
import { takeInventory } from './take-inventory.ts'

export type SurveyOptions = {
  readonly tenants: Pick<TenantsApi, 'list'>
  readonly applications: Pick<ApplicationsApi, 'list'>
  readonly records: RecordMetadataLister
  readonly tenantLister: Pick<Lister<RaiTenant>, 'list'>
  readonly applicationLister: Pick<Lister<RaiTenantApplication>, 'list'>
  /** Throws `Unauthorized` while it cannot be known. */
  readonly organization: () => string
  readonly clock: Clock
}

/** How often in a row a list may be refused since there were too many calls: there is nobody else to try it again. */
const MOST_REFUSALS = 5

/**
 * Reads the organization, then journals, then resources: the other way round, what is bound meanwhile would look
 * unclaimed. Changes nothing. Fails as the lists do, and as `AmbiguousCreate` for a journal that cannot be read, which may
 * claim anything.
 */
export async function takeSurvey(options: SurveyOptions, signal: AbortSignal): Promise<Survey> {
  const { clock } = options
  const inventory = await takeInventory(
    {
      tenants: (signal) => whenAdmitted(() => options.tenants.list(signal), clock, signal),
      applications: (id, signal) => whenAdmitted(() => options.applications.list(id, signal), clock, signal),
      isWanted: () => true,
    },
    signal,
  )
  const marks = await readMarks(options.records, signal)
  const resources = {
    tenants: await options.tenantLister.list(signal),
    applications: await options.applicationLister.list(signal),
  }
  return { organization: options.organization(), inventory, marks, resources }
}

async function readMarks(records: RecordMetadataLister, signal: AbortSignal): Promise<JournalMark[]> {
  const seen = (await records.metadata(journalSelector, signal)).map((stored) => ({
    stored,
    mark: journalMarkOf(stored),
  }))
  const failure = unreadableFailure(
    seen.flatMap(({ stored, mark }) => ('problem' in mark ? [{ stored, ...mark }] : [])),
  )
  if (failure) throw failure
  return seen.flatMap(({ mark }) => ('problem' in mark ? [] : [mark]))
}

/** What `list` brings, after waits as long as the control plane asks for. */
async function whenAdmitted<T>(list: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let refusals = 0; ; refusals++) {
    try {
      return await list()
    } catch (error) {
      if (!isFailure(error, 'RateLimited') || refusals === MOST_REFUSALS) throw error
      await clock.sleep(error.retryAfterMs ?? 0, signal)
    }
  }
}
