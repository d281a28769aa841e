// What the conformance suite is pointed at: the simulator in this process, or a real service named by the environment.
import { systemClock } from '../../src/clock.ts'
import type { OrganizationCredential } from '../../src/simulator/organization.ts'
import { readCredential } from '../../src/simulator/organization.ts'
import type { Settings } from '../../src/simulator/settings.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'

/** A service under test. */
export type Target = {
  /** Base URL with `/v0`. */
  readonly url: string
  readonly tokenUrl: string
  readonly organization: OrganizationCredential
  /** Only of the simulator: what cannot be caused on a real service without harm is caused here. */
  readonly simulator?: Simulator
}

const { RAI_CONFORMANCE_URL, RAI_CONFORMANCE_TOKEN_URL, RAI_CONFORMANCE_CREDENTIALS_DIR } = process.env

/** Whether the suite runs against a real service, on which it is careful. */
export const isRemote = RAI_CONFORMANCE_URL !== undefined

/**
 * The service that `RAI_CONFORMANCE_URL` (with `/v0`), `RAI_CONFORMANCE_TOKEN_URL` and
 * `RAI_CONFORMANCE_CREDENTIALS_DIR` (files as the operator's `credentials-dir`) name; without the first, a new simulator with these settings.
 */
export async function openTarget(settings: Partial<Settings> = {}): Promise<Target> {
  if (RAI_CONFORMANCE_URL === undefined) {
    const simulator = await startSimulator({ settings }, systemClock)
    const { url, tokenUrl, organization } = simulator
    return { url, tokenUrl, organization, simulator }
  }
  if (RAI_CONFORMANCE_TOKEN_URL === undefined || RAI_CONFORMANCE_CREDENTIALS_DIR === undefined) {
    throw new Error('set RAI_CONFORMANCE_TOKEN_URL and RAI_CONFORMANCE_CREDENTIALS_DIR with RAI_CONFORMANCE_URL')
  }
  const organization = await readCredential(RAI_CONFORMANCE_CREDENTIALS_DIR)
  if (!organization) throw new Error('RAI_CONFORMANCE_CREDENTIALS_DIR has no client_id')
  return { url: RAI_CONFORMANCE_URL.replace(/\/$/, ''), tokenUrl: RAI_CONFORMANCE_TOKEN_URL, organization }
}
