// One variant of the control plane with an operator on it, and what all rows of the second day ask there.
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import { plainValues } from '../../stack/api-server.ts'
import { obtainToken } from '../../stack/workload.ts'
import type { SecretData } from '../../stack/workload.ts'
import { age, issuedLongAgo, retiredLongAgo } from '../reasons/credentials.ts'
import type { Ground, Lab } from '../reasons/lab.ts'
import { inShort } from '../reasons/rules.ts'

export type Side = {
  readonly variant: string
  readonly ground: Ground
  /** Its operator follows Secrets; otherwise it has to be asked to look at them. */
  readonly watchesSecrets: boolean
}

/** A row of the design's tables: what it promises, on resources with a name of its own. Rows know nothing of each other. */
export type Row = {
  readonly rule: string
  readonly name: string
  holds(lab: Lab, side: Side): Promise<void>
}

type Status = RaiTenantApplication['status']

/** Waits until the row's application is Ready and its status as wanted. */
export async function until(lab: Lab, what: string, isSo: (status: Status) => boolean): Promise<RaiTenantApplication> {
  const found = await lab.until(
    'application',
    what,
    (seen) =>
      inShort(seen) === 'Ready=True Synced=True' &&
      seen.status.observedGeneration === seen.metadata.generation &&
      isSo(seen.status),
  )
  return found as RaiTenantApplication
}

/** Waits until another application has taken the place of `id`. */
export function replaced(lab: Lab, id: string | undefined): Promise<RaiTenantApplication> {
  return until(lab, `has another application than ${id}`, (status) => status.applicationId !== id)
}

/** As if the row's application had been made long ago: what was only just made is neither healed nor given up so soon. */
export async function growOld(lab: Lab): Promise<void> {
  await lab.settled(await lab.applicationNow())
  await age(lab, issuedLongAgo)
}

/** As if the overlaps of all that was replaced were over. Dates alone are no event. */
export async function endOverlaps(lab: Lab): Promise<void> {
  await age(lab, retiredLongAgo)
  await lab.touch('application')
}

/** Has the Secret looked at, where the operator does not see by itself that somebody altered it. */
export async function noticed(lab: Lab, { watchesSecrets }: Side): Promise<void> {
  if (!watchesSecrets) await lab.ask('application', 'reconcile', crypto.randomUUID())
}

export async function valuesIn(lab: Lab, secret?: string): Promise<SecretData> {
  return plainValues((await lab.secret(secret)).data)
}

/** Whether a credential obtains a token. */
export function works(values: SecretData): Promise<boolean> {
  return obtainToken(values).then(
    () => true,
    () => false,
  )
}

/** Ids of the applications that exist in a tenant. */
export async function standingIn(lab: Lab, tenantId: string | undefined): Promise<readonly string[]> {
  const { applications } = await lab.stack.controlPlane.state()
  return applications.filter(({ tenant_id }) => tenant_id === tenantId).map(({ id }) => id)
}

/** Ids of the row's credentials, each with its state. */
export function held({ status }: RaiTenantApplication): Readonly<Record<string, string>> {
  return Object.fromEntries((status.credentials ?? []).map(({ applicationId, state }) => [applicationId, state]))
}
