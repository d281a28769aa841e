// What a write may not do, whatever its schema says.
import type { ApiObject } from './objects.ts'
import { isSame } from './objects.ts'
import type { Cause } from './refusals.ts'
import { invalid } from './refusals.ts'
import type { ResourceType } from './resource-types.ts'
import { EVENTS, SECRETS } from './resource-types.ts'

const IMMUTABLE = 'field is immutable'
const SEALED = 'Forbidden: field is immutable when `immutable` is set'

/** Throws how a new object is refused. */
export function checkCreate(type: ResourceType, object: ApiObject): void {
  refuse(type, object, ownerCauses(object))
}

/** Throws how a change is refused. */
export function checkUpdate(type: ResourceType, before: ApiObject, after: ApiObject): void {
  const causes = [...metadataCauses(before, after), ...ownerCauses(after)]
  if (type === SECRETS) causes.push(...secretCauses(before, after))
  if (type === EVENTS) causes.push(...eventCauses(before, after))
  refuse(type, after, causes)
}

function refuse(type: ResourceType, { metadata }: ApiObject, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid(type, metadata.name, causes)
}

function metadataCauses({ metadata: before }: ApiObject, { metadata: after }: ApiObject): Cause[] {
  const causes = [
    unchanged('metadata.uid', before.uid, after.uid),
    unchanged('metadata.deletionTimestamp', before.deletionTimestamp, after.deletionTimestamp),
  ]
  const news = (after.finalizers ?? []).filter((name) => !before.finalizers?.includes(name))
  if (before.deletionTimestamp !== undefined && news.length > 0) {
    const found = news.map((name) => JSON.stringify(name)).join(', ')
    const why = 'no new finalizers can be added if the object is being deleted, found new finalizers'
    causes.unshift(forbidden('metadata.finalizers', `Forbidden: ${why} []string{${found}}`))
  }
  return causes.filter((cause) => cause !== undefined)
}

function ownerCauses({ metadata }: ApiObject): Cause[] {
  const { ownerReferences = [] } = metadata
  const nameless = ownerReferences.flatMap((owner, index) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((part) => !owner[part])
      .map((part) => required(`metadata.ownerReferences[${index}].${part}`)),
  )
  const controllers = ownerReferences.filter(({ controller }) => controller)
  if (controllers.length < 2) return nameless
  const message = 'Invalid value: Only one reference can have Controller set to true'
  return [...nameless, { reason: 'FieldValueInvalid', field: 'metadata.ownerReferences', message }]
}

function secretCauses(before: ApiObject, after: ApiObject): Cause[] {
  const causes = [unchanged('type', before['type'], after['type'])]
  if (before['immutable'] === true) {
    if (after['immutable'] !== true) causes.push(forbidden('immutable', SEALED))
    if (!isSame(before['data'] ?? {}, after['data'] ?? {})) causes.push(forbidden('data', SEALED))
  }
  return causes.filter((cause) => cause !== undefined)
}

/** By the names that the real one gives them, those of the older kind of Event. */
const EVENT_FIELDS: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  reason: 'reason',
  note: 'message',
  type: 'type',
  eventTime: 'eventTime',
  action: 'action',
  related: 'related',
  reportingController: 'reportingController',
  reportingInstance: 'reportingInstance',
}

function eventCauses(before: ApiObject, after: ApiObject): Cause[] {
  const causes = Object.entries(EVENT_FIELDS).map(([field, told]) => unchanged(told, before[field], after[field]))
  return causes.filter((cause) => cause !== undefined)
}

function unchanged(field: string, before: unknown, after: unknown): Cause | undefined {
  if (isSame(before, after)) return undefined
  const message = `Invalid value: ${JSON.stringify(after ?? null)}: ${IMMUTABLE}`
  return { reason: 'FieldValueInvalid', field, message }
}

function forbidden(field: string, message: string): Cause {
  return { reason: 'FieldValueForbidden', field, message }
}

function required(field: string): Cause {
  return { reason: 'FieldValueRequired', field, message: 'Required value: must not be empty' }
}
