// Simulators for tests, with a clock that stands still and a client that is logged in.
import type { OrganizationCredential } from '../../src/simulator/organization.ts'
import { newOrganizationCredential } from '../../src/simulator/organization.ts'
import type { Settings } from '../../src/simulator/settings.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { applicationRequest, BY_SECRET, integerJson } from '../conformance/applications.ts'
import type { AnyDocument, Reply } from '../conformance/client.ts'
import { ALL_SCOPES, requestTokenBySecret, send } from '../conformance/client.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'

export type Started = {
  readonly simulator: Simulator
  readonly clock: ManualClock
  readonly organization: Required<OrganizationCredential>
  /** Calls the management API with a token for all operations. A body goes as JSON, bigints as integers. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** Calls the admin API. */
  admin(method: string, path: string, body?: unknown): Promise<Reply>
  /** A token of the organization. */
  token(scope?: string): Promise<string>
  newTenant(name: string): Promise<AnyDocument>
  /** An application with a client secret, unless another method is given. */
  newApplication(tenant: AnyDocument, method?: object): Promise<AnyDocument>
}

/** A simulator of its own, with nothing in it and no call in its log but one for a token. */
export async function started(settings: Partial<Settings> = {}): Promise<Started> {
  const clock = new ManualClock()
  const organization = await newOrganizationCredential()
  const simulator = await startSimulator({ settings, organization }, clock)
  const secret = organization.clientSecret.reveal()
  const token = async (scope = ALL_SCOPES) =>
    (await requestTokenBySecret(simulator.tokenUrl, organization.clientId, secret, scope)).document.access_token
  const Authorization = `Bearer ${await token()}`
  const call: Started['call'] = (method, path, body, headers) => {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const content = body === undefined || typeof body === 'string' ? body : integerJson(body)
    return send(method, simulator.url + path, { Authorization, ...type, ...headers }, content)
  }
  return {
    simulator,
    clock,
    organization,
    call,
    token,
    admin: (method, path, body) => send(method, simulator.adminUrl + path, {}, body),
    newTenant: async (name) => (await call('POST', '/tenants', { name })).document,
    newApplication: async (tenant, method = BY_SECRET) =>
      (await call('POST', `/tenants/${tenant.id}/applications`, applicationRequest(method))).document,
  }
}

/** Shows something on a simulator of its own, which is closed whatever comes of it. */
export async function withSimulator(settings: Partial<Settings>, show: (sim: Started) => Promise<void>): Promise<void> {
  const sim = await started(settings)
  try {
    await show(sim)
  } finally {
    await sim.simulator.close()
  }
}

/** Names of the tenants that exist. */
export function tenantNames({ simulator }: Started): string[] {
  return simulator.person.look().tenants.map((one) => one.name)
}

/** Whether an attempt comes to nothing. */
export async function fails(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => false,
    () => true,
  )
}

/** Waits until so many timers of the simulator's clock are armed. */
export async function armed({ clock }: Started, count: number): Promise<void> {
  while (clock.armed < count) await settled()
}
