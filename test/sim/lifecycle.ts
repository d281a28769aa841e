// The life of one tenant and one application, as users bring it about, and what must be there at its stations.
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { tokenRequest } from '../../src/controlplane/client-auth.ts'
import { journalSelector } from '../../src/domain/journal.ts'
import type { Credential } from '../../src/domain/external.ts'
import { KubeSecrets } from '../../src/kube/secrets.ts'
import { readDelivery } from '../../src/domain/secret-content.ts'
import { heldIds } from '../../src/domain/recovery.ts'
import type { OperatorProcess } from './process.ts'
import type { World } from './world.ts'

export type Mode = 'EC' | 'RSA' | 'ClientSecret'
export const MODES: readonly Mode[] = ['EC', 'RSA', 'ClientSecret']

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** More than the last sweep waits for, and the quarantines around it. */
const ALL_SWEEPS_MS = DAY_MS + 5 * MINUTE_MS

export const TENANT = 'RaiTenant/team/acme'
export const APPLICATION = 'RaiTenantApplication/team/web'

export function applyTenant(world: World, spec: object = {}): void {
  world.api.create({ kind: 'RaiTenant', metadata: { namespace: 'team', name: 'acme' }, spec })
}

export function applyApplication(world: World, mode: Mode, spec: object = {}, name = 'web'): void {
  world.api.create({
    kind: 'RaiTenantApplication',
    metadata: { namespace: 'team', name },
    spec: {
      tenantRef: { name: 'acme' },
      cell: 'eu-1',
      scopes: ['documents.submissions.read', 'documents.submissions.write'],
      auth: { type: mode },
      ...spec,
    },
  })
}

/** Changes parts of an application's spec, or its annotations, as a person does it. */
export function changeApplication(
  world: World,
  { spec, annotations = {} }: { readonly spec?: object; readonly annotations?: Readonly<Record<string, string>> },
): void {
  const metadata = { namespace: 'team', name: 'web', annotations }
  world.api.update({ kind: 'RaiTenantApplication', metadata, ...(spec && { spec }) })
}

/** Ids of the applications that stand in the organization. */
export function applicationIds(world: World): string[] {
  return world.person.look().applications.map(({ id }) => id)
}

export function isReady(resource: RaiTenant | RaiTenantApplication | undefined): boolean {
  const conditions = resource?.status.conditions ?? []
  const is = (wanted: string) => conditions.some(({ type, status }) => type === wanted && status === 'True')
  return is('Ready') && is('Synced')
}

export function allReady(world: World): boolean {
  const all = [...world.api.all('RaiTenant'), ...world.api.all('RaiTenantApplication')]
  return all.every((resource) => resource.metadata.deletionTimestamp !== undefined || isReady(resource))
}

export function nothingLeft(world: World): boolean {
  return world.api.all('RaiTenant').length + world.api.all('RaiTenantApplication').length === 0
}

export function journals(world: World): string[] {
  const [label, value] = journalSelector.split('=')
  return world.api
    .all('Secret', world.operatorNamespace)
    .filter(({ metadata }) => metadata.labels?.[label!] === value)
    .map(({ metadata }) => metadata.name)
}

/** What holds two applications of which one was never asked to take the other's place. */
function heldTwice(world: World): string[] {
  const resources = world.api.all('RaiTenantApplication').filter((resource) => heldIds(resource).length > 1)
  return resources.map(() => 'holds more than one application')
}

/**
 * Lets a day pass in which nobody runs, then has an operator sweep what is left of all attempts. In a world without rotation:
 * that day would let retire, and so hide, what was made twice.
 */
export async function sweepAll(world: World, name: string): Promise<OperatorProcess> {
  world.ledger.violations.push(...heldTwice(world))
  world.time.advanceTo(world.time.elapsedMs + ALL_SWEEPS_MS)
  const process = world.startOperator(name)
  await world.run(10 * MINUTE_MS)
  return process
}

/** What is wrong where everything should be well: empty, when it is. Words without ids, so that worlds can be compared. */
export async function faultsOf(world: World, people: readonly string[]): Promise<string[]> {
  const { tenants, applications } = world.person.look()
  const resources = world.api.all('RaiTenantApplication')
  const held = new Set(resources.flatMap(heldIds))
  const suspects = new Set(resources.flatMap(({ status }) => (status.suspects ?? []).map((one) => one.applicationId)))
  const faults = [...world.ledger.violations]
  for (const id of people) {
    if (!world.ledger.givenUp.has(id) && !applications.some((one) => one.id === id))
      faults.push('a person’s application is gone')
  }
  for (const { id } of applications) {
    if (people.includes(id) || held.has(id)) continue
    faults.push(suspects.has(id) ? 'suspect' : 'leaked an application')
  }
  for (const id of held) if (!applications.some((one) => one.id === id)) faults.push('bound to nothing')
  for (const { metadata } of [...world.api.all('RaiTenant'), ...resources]) {
    if (
      !isReady(
        world.api.get(`${metadata.name === 'acme' ? 'RaiTenant' : 'RaiTenantApplication'}/team/${metadata.name}`),
      )
    ) {
      faults.push(`${metadata.name} is not Ready`)
    }
  }
  faults.push(...heldTwice(world))
  for (const resource of resources) faults.push(...(await faultsOfSecret(world, resource)))
  for (const _ of journals(world)) faults.push('a journal is left')
  if (tenants.length > world.api.all('RaiTenant').length) faults.push('leaked a tenant')
  return faults.sort()
}

async function faultsOfSecret(world: World, { metadata, spec, status }: RaiTenantApplication): Promise<string[]> {
  const name = spec.secret?.name ?? metadata.name
  const secret = await new KubeSecrets(world.api.transport()).get(
    metadata.namespace,
    name,
    new AbortController().signal,
  )
  const delivery = secret && readDelivery(secret)
  if (!delivery) return [`${metadata.name} has no whole Secret`]
  if (delivery.application.id !== status.applicationId)
    return [`the Secret of ${metadata.name} is of another application`]
  const works = await obtainsToken(world, delivery.credential, delivery.tokenUrl ?? '', delivery.application.scopes)
  return works ? [] : [`the credential of ${metadata.name} obtains no token`]
}

/** Whether what stands in the Secret of this name obtains a token. */
export async function obtainsTokenOf(world: World, name: string): Promise<boolean> {
  const secret = await new KubeSecrets(world.api.transport()).get('team', name, new AbortController().signal)
  const delivery = secret && readDelivery(secret)
  if (!delivery?.tokenUrl) return false
  return obtainsToken(world, delivery.credential, delivery.tokenUrl, delivery.application.scopes)
}

/** Whether this credential obtains a token. */
export async function obtainsToken(
  world: World,
  credential: Credential,
  url: string,
  scopes: readonly string[],
): Promise<boolean> {
  const request = await tokenRequest(credential, url, scopes, world.organization.clock.now())
  const call = { operation: 'applicationToken', method: 'POST', url: new URL(url), ...request } as const
  return (await world.ask(call)).status === 200
}
