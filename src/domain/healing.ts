// A credential that is of no use any more: how that is told, and when another application takes its place.
import type { RaiTenantApplication } from '../api/types.ts'
import type { Report } from './conditions.ts'
import { secretNameOf } from './secret.ts'
import { stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/** How a credential came to be of no use. */
export type Loss = {
  /** Of the Secret `where`, which was for application `id`. */
  readonly what: (where: string, id: string) => string
  readonly remedy: string
}

export const CREDENTIAL_LOST: Loss = {
  what: (where) => `the Secret ${where} does not hold its credential any more`,
  remedy: 'see who removes or alters it',
}

export const APPLICATION_GONE: Loss = {
  what: (_, id) => `application ${id} was deleted outside`,
  remedy: 'see who deletes it',
}

/** Told while another application is made in place of one whose credential is of no use. */
export function healing(application: RaiTenantApplication, loss: Loss): Report {
  return {
    reason: 'Provisioning',
    message: `${lossOf(application, loss)}: another application is made`,
    unproven: true,
  }
}

/**
 * Why a credential that is lost is not replaced now: at most one in ten minutes, so that two who write the same Secret, or
 * somebody who deletes what we make, do not have applications made without end.
 */
export function healingTooSoon(
  application: RaiTenantApplication,
  loss: Loss,
  issuedAt: string,
  now: number,
): Stop | undefined {
  if (!(now - Date.parse(issuedAt) < HEALING_MS)) return undefined
  const told = `${lossOf(application, loss)}, shortly after that was made`
  return stop('SecretMissing', `${told}: ${loss.remedy}, another one is made after ten minutes`)
}

function lossOf(application: RaiTenantApplication, { what }: Loss): string {
  const { metadata, status } = application
  return what(`${metadata.namespace}/${secretNameOf(application)}`, status.applicationId ?? 'unknown')
}

/** Source: docs/api.md, "The Secret". */
const HEALING_MS = 600_000
