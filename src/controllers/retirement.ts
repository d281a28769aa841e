// Takes replaced credentials down when their time is over, also where nothing new may be made.
import type { RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import { nextRetirementMs, overdue, retired } from '../domain/rotation.ts'
import { ownershipOf, secretNameOf } from '../domain/secret.ts'
import { readDelivery } from '../domain/secret-content.ts'
import { after, sooner } from '../engine/outcome.ts'
import { Failure } from '../errors.ts'
import type { Pass, Untold } from './pass.ts'
import type { CredentialProver, Secrets } from './ports.ts'
import type { Removals } from './remove-application.ts'
import type { StatusReporter } from './status.ts'

/** How soon to look again whether a credential works by now that stands in the way of a retirement. */
const UNPROVEN_MS = 300_000

export type RetirementOptions = {
  readonly removals: Removals
  readonly reporter: StatusReporter<RaiTenantApplication>
  readonly secrets: Secrets
  readonly prover: CredentialProver
  readonly clock: Clock
}

type Application = RaiTenantApplication

export function retirement({ removals, reporter, secrets, prover, clock }: RetirementOptions) {
  /** Deletes an application whose credential was replaced, and forgets it once it is gone. */
  async function retire(application: Application, id: string, signal: AbortSignal): Promise<Untold> {
    const leftMs = await removals.remove(application, application.status.tenantId!, id, signal)
    if (leftMs !== undefined) return { outcome: after(leftMs) }
    await reporter.record(application, (current) => ({
      credentials: (current.status.credentials ?? []).filter(({ applicationId }) => applicationId !== id),
    }))
    removals.forget(id)
    return { outcome: after(0) }
  }

  /** … the first one whose time is over; `undefined` when there is none, or the one in its place is not known to work. */
  async function retireDue(application: Application, signal: AbortSignal): Promise<Untold | undefined> {
    const now = clock.now()
    const [first] = overdue(application, now)
    if (!first) return undefined
    const isProven = retired(application, now).length > 0 || (await obtainsToken(application, signal))
    return isProven ? retire(application, first.applicationId, signal) : undefined
  }

  /** For a resource whose conditions are about a spec that is not followed: they do not tell whether its credential works. */
  async function obtainsToken(application: Application, signal: AbortSignal): Promise<boolean> {
    const { metadata, status } = application
    const name = status.secret?.name ?? secretNameOf(application)
    const secret = await secrets.get(metadata.namespace, name, signal)
    const delivery = secret && ownershipOf(secret, application) === 'ours' ? readDelivery(secret) : undefined
    if (delivery?.tokenUrl === undefined || delivery.application.id !== status.applicationId) return false
    try {
      await prover.prove(delivery.credential, delivery.tokenUrl, delivery.application.scopes, signal)
      return true
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return false
    }
  }

  /** A pass after which the resource is looked at in time for its next retirement, whatever the pass came to. */
  function withRetirement(pass: Pass<Application>): Pass<Application> {
    if (!('about' in pass) || pass.outcome instanceof Error) return pass
    const now = clock.now()
    const dueMs = overdue(pass.about, now).length > 0 ? UNPROVEN_MS : nextRetirementMs(pass.about, now)
    return dueMs === undefined ? pass : { ...pass, outcome: sooner(pass.outcome, dueMs) }
  }

  return { retire, retireDue, withRetirement }
}
