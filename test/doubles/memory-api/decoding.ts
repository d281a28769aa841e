// Reads what clients send as the API server does: defaults filled in, times normalized, what is empty left out.
import type { Schema } from '../../api/schemas.ts'
import type { Metadata, Proposal } from './objects.ts'
import { copyOf, isRecord, tidied } from './objects.ts'
import type { ResourceType } from './resource-types.ts'
import { apiVersionOf, EVENTS, LEASES, SECRETS } from './resource-types.ts'

/** A body that cannot be read, and why. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** An object, whole but for what only the server knows. */
export type Decoded = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Partial<Metadata>
  readonly [field: string]: unknown
}

/** May keep parts of the body. Throws {@link Unreadable}. */
export function decoded(type: ResourceType, body: unknown): Decoded {
  if (!isRecord(body)) throw new Unreadable('it is no object')
  const { metadata, ...content } = body as Proposal
  checkKind(type, content)
  const fixed = { apiVersion: apiVersionOf(type), kind: type.kind, metadata: tidied(metadata ?? {}) }
  if (type.schema) return { ...completed(type.schema, content), ...fixed }
  switch (type) {
    case SECRETS:
      return { ...secretContent(content), ...fixed }
    case LEASES:
      return { ...content, ...timesIn(content, 'spec', ['acquireTime', 'renewTime']), ...fixed }
    case EVENTS:
      return { ...EVENT_DEFAULTS, ...content, ...eventTimes(content), ...fixed }
    default:
      return { ...content, ...fixed }
  }
}

/** Built-in kinds may leave out what they are. */
function checkKind(type: ResourceType, { apiVersion, kind }: Record<string, unknown>): void {
  const isNamed = kind === type.kind && apiVersion === apiVersionOf(type)
  const isLeftOut = kind === undefined && apiVersion === undefined && !type.schema
  if (!isNamed && !isLeftOut) throw new Unreadable(`it is a ${String(kind)} in version ${String(apiVersion)}`)
}

/** Defaults go where the object around them is given; what the schema does not know is left out. */
export function completed<T>(schema: Schema, value: T): T {
  if (Array.isArray(value)) return (schema.items ? value.map((item) => completed(schema.items!, item)) : value) as T
  if (!isRecord(value)) return value
  if (!schema.properties) return value
  const filled: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties)) {
    if (value[name] !== undefined) filled[name] = value[name]
    if ((filled[name] ?? undefined) === undefined && property.default !== undefined) {
      filled[name] = copyOf(property.default)
    }
    if (filled[name] !== undefined) filled[name] = completed(property, filled[name])
  }
  return filled as T
}

function secretContent({ stringData, data, type, immutable, ...rest }: Record<string, unknown>): object {
  const texts = Object.entries((stringData ?? {}) as Record<string, string>)
  const encoded = texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  const all = { ...(data as object | null), ...Object.fromEntries(encoded) }
  return {
    ...rest,
    ...((immutable ?? undefined) !== undefined && { immutable }),
    ...(Object.keys(all).length > 0 && { data: all }),
    type: type || 'Opaque',
  }
}

const EVENT_DEFAULTS = { deprecatedSource: {}, deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null }

function eventTimes(content: Record<string, unknown>): object {
  return {
    ...(content['eventTime'] !== undefined && { eventTime: microTime(content['eventTime']) }),
    ...timesIn(content, 'series', ['lastObservedTime']),
  }
}

function timesIn(content: Record<string, unknown>, field: string, names: readonly string[]): object {
  const within = content[field]
  if (!isRecord(within)) return {}
  const given = names.filter((name) => within[name] !== undefined)
  return { [field]: { ...within, ...Object.fromEntries(given.map((name) => [name, microTime(within[name])])) } }
}

const MICRO_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})(Z|[+-]\d\d:\d\d)$/

/** In UTC, with exactly six digits: what has more or fewer is refused. */
function microTime(time: unknown): unknown {
  if (time === null) return time
  const text = JSON.stringify(time)
  const [, seconds, digits, zone] = MICRO_TIME.exec(text.slice(1, -1)) ?? []
  if (seconds === undefined || Number.isNaN(Date.parse(`${seconds}${zone}`)))
    throw new Unreadable(`parsing time ${text} as "2006-01-02T15:04:05.000000Z07:00"`)
  return `${new Date(`${seconds}${zone}`).toISOString().slice(0, 19)}.${digits}Z`
}
