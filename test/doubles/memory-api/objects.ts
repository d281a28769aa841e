// What the API server in memory holds and is sent: objects of any kind, as JSON.
import { isDeepStrictEqual } from 'node:util'
import type { RaiTenant, RaiTenantApplication } from '../../../src/api/types.ts'

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type Metadata = {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation?: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

/** An object as it is stored. Never changed: a write puts another one in its place. */
export type ApiObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

/** What is known of the objects of a kind. */
export type ObjectOf<Kind extends string> = Kind extends 'RaiTenant'
  ? RaiTenant
  : Kind extends 'RaiTenantApplication'
    ? RaiTenantApplication
    : ApiObject

/** An object as somebody sends it, which may lack anything. */
export type Proposal = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: Partial<Metadata>
  readonly [field: string]: unknown
}

/** As if sent over the wire and parsed: nothing is shared, and `undefined` is left out. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

export function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b)
}

export function without<T extends object, K extends keyof T>(object: T, ...names: readonly K[]): Omit<T, K> {
  const rest = { ...object }
  for (const name of names) delete rest[name]
  return rest
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where an object is found among those of its type, in the order in which lists have them. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}

export function withVersion(object: ApiObject, version: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}

const KEPT = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'finalizers',
  'labels',
  'annotations',
  'ownerReferences',
] as const

/** The metadata without what nobody knows, and without what is empty. */
export function tidied(metadata: Partial<Metadata>): Partial<Metadata> {
  const kept = KEPT.map((field) => [field, metadata[field]] as const)
  return Object.fromEntries(kept.filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
