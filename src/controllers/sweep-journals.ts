// The sweep of journals: looks again for what finished attempts may have left outside, and alone removes journals.
import type { RaiTenantApplication } from '../api/types.ts'
import { TENANT_KIND } from '../api/names.ts'
import type { Clock } from '../clock.ts'
import { SECOND_LOOK_MS } from '../domain/gone.ts'
import { isUnfinished } from '../domain/journal.ts'
import type { ApplicationAttempt, Journal, TenantAttempt } from '../domain/journal.ts'
import { isClean, isSweptOut, passesAfter, QUARANTINE_MS, sweepDueAt, sweepInMs } from '../domain/recovery.ts'
import { after, done } from '../engine/outcome.ts'
import type { Outcome, Reconcile } from '../engine/outcome.ts'
import type { Logger } from '../log.ts'
import type { Journals } from './journals.ts'
import type { Lister } from './ports.ts'
import { Sights } from './sights.ts'
import { applicationSweep } from './sweep-applications.ts'
import type { ApplicationSweepOptions } from './sweep-applications.ts'
import { tenantSweep } from './sweep-tenants.ts'
import type { TenantSweepOptions } from './sweep-tenants.ts'

export type SweepOptions = ApplicationSweepOptions &
  TenantSweepOptions & {
    readonly organization: () => string
    readonly lister: Lister<RaiTenantApplication>
    readonly journals: Journals
    readonly clock: Clock
    readonly logger: Logger
  }

const PREFIX = 'journals/'

/** The queue's key for the journals of one scope. */
export function sweepKey(scope: string): string {
  return `${PREFIX}${scope}`
}

/** Sweeps the journals of one scope, which is what its keys name; with one list of the tenant for all that are due. */
export function journalSweeper(options: SweepOptions): Reconcile {
  const { journals, clock } = options
  const sights = new Sights(clock)
  const sweepApplications = applicationSweep(options)
  const sweepTenants = tenantSweep(options)

  /** What others wrote about time is believed only as far as our own clock agrees. */
  function isDue({ stored, attempt }: Journal): boolean {
    const sinceMs = sights.sinceMs(stored.uid)
    return sweepDueAt(attempt) <= clock.now() && (!isClean(attempt) || sinceMs >= QUARANTINE_MS)
  }

  async function settle(journal: Journal, signal: AbortSignal): Promise<void> {
    const passes = passesAfter(journal.attempt, clock.now())
    if (!isSweptOut({ ...journal.attempt, passes })) return void (await journals.pass(journal, passes, signal))
    await journals.remove(journal, signal)
    sights.forget(journal.stored.uid)
  }

  /** Gives up attempts whose resource has gone without its finalizer, as when a person took that off. */
  async function abandonOrphans(open: readonly Journal[], signal: AbortSignal): Promise<number> {
    const ripe = open.filter(({ stored }) => sights.sinceMs(stored.uid) >= QUARANTINE_MS)
    if (ripe.length === 0) return 0
    const orphans: Journal[] = []
    for (const journal of ripe) if (!(await isLiving(journal, signal))) orphans.push(journal)
    for (const journal of orphans) await journals.advance(journal, 'abandoned', signal)
    return orphans.length
  }

  async function isLiving({ attempt: { subject } }: Journal, signal: AbortSignal): Promise<boolean> {
    const { kind, namespace, name, uid } = subject
    const lister = kind === TENANT_KIND ? options.tenantLister : options.lister
    return (await lister.find(namespace, name, signal))?.metadata.uid === uid
  }

  function nextLook(waiting: readonly Journal[], open: readonly Journal[]): Outcome {
    if (waiting.length === 0) return open.length === 0 ? done : after(QUARANTINE_MS)
    const inMs = sweepInMs(
      waiting.map(({ attempt }) => attempt),
      clock.now(),
    )
    const unseenMs = waiting.map(({ stored, attempt }) =>
      isClean(attempt) ? QUARANTINE_MS - sights.sinceMs(stored.uid) : 0,
    )
    const lookMs = Math.max(inMs ?? 0, ...unseenMs, 1_000)
    return after(open.length === 0 ? lookMs : Math.min(lookMs, QUARANTINE_MS))
  }

  return async (key, signal) => {
    const scope = key.slice(PREFIX.length)
    const found = await journals.ofScope(scope, signal)
    for (const { stored, problem } of found.unreadable) {
      options.logger.warn(
        { journal: stored.name, problem },
        'a journal cannot be read: it stays until a person removes it',
      )
    }
    const ours = found.journals.filter(({ attempt }) => attempt.organization === options.organization())
    const open = ours.filter(({ attempt }) => isUnfinished(attempt.state))
    if ((await abandonOrphans(open, signal)) > 0) return after(0)
    const finished = ours.filter(({ attempt }) => !isUnfinished(attempt.state))
    const due = finished.filter(isDue)
    const isBusy = open.some(({ stored }) => sights.sinceMs(stored.uid) < QUARANTINE_MS)
    if (due.length > 0) {
      const settled = [
        ...(await sweepApplications(due.filter(isApplications), isBusy, signal)),
        // While an attempt at the same name is under way, what is found may be that one's.
        ...(open.length === 0 ? await sweepTenants(due.filter(isTenants), signal) : []),
      ]
      for (const journal of settled) await settle(journal, signal)
      // What is not settled waits for a server, or for a second look.
      return settled.length === due.length ? after(0) : after(SECOND_LOOK_MS)
    }
    return nextLook(finished, open)
  }
}

function isApplications(journal: Journal): journal is Journal<ApplicationAttempt> {
  return journal.attempt.type === 'application'
}

function isTenants(journal: Journal): journal is Journal<TenantAttempt> {
  return journal.attempt.type === 'tenant'
}
