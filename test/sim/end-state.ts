// What users, workloads and the vendor see of a world at rest, without what differs from world to world.
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { bindingRecordName } from '../../src/domain/binding-record.ts'
import { heldIds } from '../../src/domain/recovery.ts'
import { modulusBitsOf, readDelivery } from '../../src/domain/secret-content.ts'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { parseDuration } from '../../src/duration.ts'
import { KubeSecrets } from '../../src/kube/secrets.ts'
import type { Applied } from './applied.ts'
import { journals, obtainsToken } from './lifecycle.ts'
import { ELSEWHERE, HOME } from './manifests.ts'
import type { World } from './world.ts'

/** Timestamps are whole seconds. */
const SECOND_MS = 1_000

type Fields = Readonly<Record<string, unknown>>

export type EndState = {
  readonly told: Readonly<Record<'tenant' | 'application', ToldState | undefined>>
  /** By namespace and name: all that there are, but for the operator's own. */
  readonly secrets: Readonly<Record<string, SecretState>>
  readonly tenants: readonly Fields[]
  readonly applications: readonly Fields[]
  /** How many applications outside no resource holds. */
  readonly strays: number
  readonly journals: number
  /** Names of the operator's own Secrets, but for journals. */
  readonly records: readonly string[]
  readonly violations: readonly string[]
}

type ToldState = Fields & { readonly conditions: Readonly<Record<string, Fields>> }
type SecretState = Fields & { readonly credential: CredentialState | undefined }
type CredentialState = Fields & {
  readonly tenantId: string
  readonly application: { readonly id: string; readonly clientId: string }
  readonly works: boolean
}

/** What is another one each time: all that can be compared is that it is there. */
const PARTICULAR: ReadonlySet<string> = new Set([
  'createdAt',
  'issuedAt',
  'retireAt',
  'nextRotationAt',
  'seal',
  'uid',
  'resourceVersion',
  'tenants.resistant.ai/attempt',
])

export async function endStateOf({ world, tenant, application }: Applied): Promise<EndState> {
  const outside = world.person.look()
  const held = new Set(application ? heldIds(application) : [])
  const journalNames = journals(world)
  const records = world.api.all('Secret', world.operatorNamespace).map(({ metadata }) => metadata.name)
  return masked(world, {
    told: {
      tenant: tenant && toldBy(tenant),
      application: application && { ...toldBy(application), isTimely: isTimely(application) },
    },
    secrets: await secretsIn(world),
    tenants: outside.tenants.map(({ name, cells, applications }) => ({ name, cells: cells.toSorted(), applications })),
    applications: outside.applications.map(({ cell, scopes, auth }) => ({ cell, scopes: scopes.toSorted(), auth })),
    strays: outside.applications.filter(({ id }) => !held.has(id)).length,
    journals: journalNames.length,
    records: records.filter((name) => !journalNames.includes(name)),
    violations: world.ledger.violations,
  })
}

/** Where two states differ, and how. */
export function differences(found: unknown, expected: unknown, path = ''): string[] {
  if (JSON.stringify(found) === JSON.stringify(expected)) return []
  if (isObject(found) && isObject(expected)) {
    const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])]
    return names.flatMap((name) => differences(found[name], expected[name], path === '' ? name : `${path}.${name}`))
  }
  return [`${path} is ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`]
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toldBy({ metadata, status }: RaiTenant | RaiTenantApplication): ToldState {
  const { generation } = metadata
  const conditions = (status.conditions ?? []).map(({ type, status, reason, message, observedGeneration }) => [
    type,
    { status, reason, message, isCurrent: observedGeneration === generation },
  ])
  const links = 'links' in status && status.links?.toSorted((a, b) => (a.cell < b.cell ? -1 : 1))
  return {
    ...(compared({ ...status, ...(links && { links }) }) as Fields),
    observedGeneration: status.observedGeneration === generation ? 'current' : 'old',
    conditions: Object.fromEntries(conditions) as ToldState['conditions'],
    isBeingDeleted: metadata.deletionTimestamp !== undefined,
  }
}

/** Whether the next rotation is by the period that is asked for by now; that is spread over its last tenth. */
function isTimely({ spec, status }: RaiTenantApplication): boolean {
  const { nextRotationAt, credentials = [] } = status
  if (nextRotationAt === undefined || !spec.rotation) return nextRotationAt === undefined
  const { issuedAt = '' } = credentials.find(({ state }) => state === 'Active') ?? {}
  const sinceMs = Date.parse(nextRotationAt) - Date.parse(issuedAt)
  const everyMs = parseDuration(spec.rotation.every)!
  return sinceMs >= 0.9 * everyMs - SECOND_MS && sinceMs <= everyMs
}

/** In the order of their names, without the values of what is {@link PARTICULAR}. */
function compared(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compared)
  if (!isObject(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, part]) => [name, PARTICULAR.has(name) ? 'set' : compared(part)]))
}

async function secretsIn(world: World): Promise<EndState['secrets']> {
  const secrets = new KubeSecrets(world.api.transport())
  const states: [string, SecretState][] = []
  for (const namespace of [HOME, ELSEWHERE]) {
    for (const { metadata } of world.api.all('Secret', namespace)) {
      const secret = await secrets.get(namespace, metadata.name, new AbortController().signal)
      states.push([`${namespace}/${metadata.name}`, await stateOf(world, secret!)])
    }
  }
  return Object.fromEntries(states)
}

async function stateOf(world: World, secret: ObservedSecret): Promise<SecretState> {
  const { type, labels, annotations, controller, data } = secret
  const shown = compared({ type, labels, annotations, owner: controller?.kind }) as Fields
  return { ...shown, keys: Object.keys(data).toSorted(), credential: await credentialIn(world, secret) }
}

async function credentialIn(world: World, secret: ObservedSecret): Promise<SecretState['credential']> {
  const delivery = readDelivery(secret)
  if (!delivery) return undefined
  const { application, credential, tokenUrl, attempt: _, ...others } = delivery
  const { type } = credential.proof
  const key = { type, bits: modulusBitsOf(credential.proof) }
  const works = tokenUrl !== undefined && (await obtainsToken(world, credential, tokenUrl, application.scopes))
  return { ...others, application, tokenUrl, key, works }
}

/** With words in the place of ids, which are others in each world. */
function masked(world: World, state: EndState): EndState {
  const { tenants, applications } = world.person.look()
  // What has gone outside may still stand in a Secret.
  const told = Object.values(state.secrets).flatMap(({ credential }) => (credential ? [credential] : []))
  const words = [
    ...tenants.flatMap(({ id }) => [[bindingRecordName(id), 'record of the tenant'] as const, [id, 'tenant'] as const]),
    ...applications.flatMap(({ id, client_id }) => [[id, 'application'] as const, [client_id, 'client'] as const]),
    ...told.flatMap(({ tenantId, application }) => [
      [tenantId, 'tenant'] as const,
      [application.id, 'application'] as const,
      [application.clientId, 'client'] as const,
    ]),
  ]
  const text = words.reduce((all, [id, word]) => all.replaceAll(id, word), JSON.stringify(state))
  return JSON.parse(text) as EndState
}
