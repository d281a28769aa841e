// What a row does with the credentials of its application: has them replaced, and lets time pass over them.
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import { timestamp } from '../../../src/clock.ts'
import type { Lab } from './lab.ts'

/** Longer than a new credential may be refused and than a healing rests. */
const OLD_MS = 3_600_000

type Held = NonNullable<RaiTenantApplication['status']['credentials']>[number]

export const longAgo = () => timestamp(Date.now() - OLD_MS)
export const issuedLongAgo = (one: Held): Held => ({ ...one, issuedAt: longAgo() })
export const retiredLongAgo = (one: Held): Held => ({
  ...one,
  ...(one.retireAt !== undefined && { retireAt: longAgo() }),
})

/** As if time had passed since the credentials were issued, or should have retired. */
export async function age(lab: Lab, how: (one: Held) => Held): Promise<void> {
  const { status } = await lab.applicationNow()
  await lab.status('application', { credentials: (status.credentials ?? []).map(how) })
}

/** Has the credential replaced by a request with this value, and waits for that. */
export async function rotate(lab: Lab, value: string): Promise<RaiTenantApplication> {
  await lab.ask('application', 'rotate', value)
  await lab.until(
    'application',
    `has rotated: ${value}`,
    ({ status }) => 'lastHandledRotate' in status && status.lastHandledRotate === value,
  )
  return lab.readyAgain()
}
