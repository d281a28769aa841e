// What finished attempts may have left in a tenant: deleted when their own keys prove it, else told as suspected.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import type { Clock } from '../clock.ts'
import type { ExternalApplication } from '../domain/external.ts'
import { isGone } from '../domain/gone.ts'
import type { ApplicationAttempt, Journal } from '../domain/journal.ts'
import { isClean, withSuspects } from '../domain/recovery.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { Absences } from './absences.ts'
import type { Claims } from './claims.ts'
import type { TenantDirectory } from './directory.ts'
import { proves } from './possession.ts'
import type { PossessionPorts } from './possession.ts'
import type { ApplicationsApi, ResourceView } from './ports.ts'
import type { StatusReporter } from './status.ts'
import type { Suspicion } from './suspicion.ts'

export type ApplicationSweepOptions = PossessionPorts & {
  readonly api: ApplicationsApi
  readonly directory: TenantDirectory
  readonly claims: Claims
  readonly view: ResourceView<RaiTenantApplication>
  readonly tenantView: ResourceView<RaiTenant>
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly suspicion: Suspicion
  readonly clock: Clock
  readonly logger: Logger
}

/** Sweeps journals of applications in one tenant, and says which of them came to a definite end. */
export function applicationSweep(options: ApplicationSweepOptions) {
  const { api, claims, clock, logger } = options
  const absences = new Absences(clock)

  async function list(tenantId: string, signal: AbortSignal): Promise<readonly ExternalApplication[] | undefined> {
    const listed = await api.list(tenantId, signal)
    if (listed) return listed
    const { tenants } = await options.directory.current(signal)
    const known = Array.from(options.tenantView.all()).flatMap(({ status }) => status.tenantId ?? [])
    const sinceMs = absences.sinceMs(tenantId)
    return isGone(tenantId, { listed: new Set(tenants.map(({ id }) => id)), known, sinceMs }) ? [] : undefined
  }

  /** Sweeps for one journal, and removes from `standing` what it deletes. */
  async function sweep(
    journal: Journal<ApplicationAttempt>,
    standing: Map<string, ExternalApplication>,
    { known, isBusy }: { readonly known: ReadonlySet<string>; readonly isBusy: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { attempt } = journal
    const unexplained: ExternalApplication[] = []
    for (const candidate of await claims.candidates(attempt, [...standing.values()], signal)) {
      if (await proves(options, journal, candidate, signal)) {
        await takeBack(journal, candidate.id, signal)
        standing.delete(candidate.id)
      } else unexplained.push(candidate)
    }
    const isLost = attempt.proof.type === 'ClientSecret' && !isClean(attempt)
    if (isLost && unexplained.length > 0 && isBusy) throw busy(attempt.tenantId)
    if (isLost) await suspect(attempt, unexplained, (id) => known.has(id) && !standing.has(id), signal)
  }

  async function takeBack(
    { stored, attempt }: Journal<ApplicationAttempt>,
    applicationId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { tenantId, subject } = attempt
    await api.delete(tenantId, applicationId, signal)
    logger.info(
      {
        operation: 'deleteTenantApplication',
        tenantId,
        applicationId,
        kind: subject.kind,
        key: `${subject.namespace}/${subject.name}`,
        reason: 'surplus',
        journal: stored.name,
      },
      'deleted an application that an attempt had left',
    )
  }

  async function suspect(
    attempt: ApplicationAttempt,
    unexplained: readonly ExternalApplication[],
    isGone: (id: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { subject, tenantId } = attempt
    const resource = options.view.get(`${subject.namespace}/${subject.name}`)
    if (resource?.metadata.uid !== subject.uid) {
      if (unexplained.length > 0) options.suspicion.tell(attempt, unexplained)
      return
    }
    const known = resource.status.suspects ?? []
    if (known.length === 0 && unexplained.length === 0) return
    const claimed = await claims.live(tenantId, signal)
    // All of one lost answer have one time: of when it was given up.
    const firstSeenAt = timestamp(attempt.endedAt ?? clock.now())
    await options.reporter.record(resource, (current) => {
      const suspects = withSuspects(current, unexplained, firstSeenAt, claimed)
      return { suspects: suspects.filter(({ applicationId }) => !isGone(applicationId)) }
    })
    const ids = new Set(known.map(({ applicationId }) => applicationId))
    const fresh = unexplained.filter(({ id }) => !ids.has(id))
    if (fresh.length > 0) options.suspicion.tell(attempt, fresh)
  }

  /** Suspects by now: only what was known before the list can be missed in it. */
  function suspects(due: readonly Journal<ApplicationAttempt>[]): ReadonlySet<string> {
    const resources = due.map(({ attempt: { subject } }) => options.view.get(`${subject.namespace}/${subject.name}`))
    return new Set(resources.flatMap((one) => (one?.status.suspects ?? []).map(({ applicationId }) => applicationId)))
  }

  /** `isBusy`: another attempt in the tenant may yet say that what is unexplained is its own. */
  return async (
    due: readonly Journal<ApplicationAttempt>[],
    isBusy: boolean,
    signal: AbortSignal,
  ): Promise<readonly Journal[]> => {
    const [first] = due
    const known = suspects(due)
    const listed = first && (await list(first.attempt.tenantId, signal))
    if (!listed) return []
    const standing = new Map(listed.map((application) => [application.id, application]))
    const settled: Journal[] = []
    for (const journal of due) {
      try {
        await sweep(journal, standing, { known, isBusy }, signal)
        settled.push(journal)
      } catch (error) {
        // One that comes to no definite end does not keep the others from theirs.
        if (!(error instanceof Failure)) throw error
        logger.debug({ journal: journal.stored.name, err: error }, 'a sweep came to no definite end')
      }
    }
    return settled
  }
}

function busy(tenantId: string): Failure {
  return new Failure('AmbiguousCreate', 'retry', `another create is under way in tenant ${tenantId}`)
}
