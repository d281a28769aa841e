// How the API server says no: in the words and with the details of the real one.
import type { Failure } from '../../../src/errors.ts'
import { failureOfStatus } from '../../../src/kube/failures.ts'
import type { Status } from '../../../src/kube/wire.ts'
import type { ResourceType } from './resource-types.ts'
import { resourceName } from './resource-types.ts'

/** Why a field is wrong. */
export type Cause = { readonly reason: string; readonly field: string; readonly message: string }

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: Status & { readonly code: number }

  constructor(code: number, reason: string | undefined, message: string, details?: object) {
    super(message)
    this.status = { code, message, ...(reason !== undefined && { reason }), ...(details && { details }) }
  }

  /** What a client makes of it. */
  asFailure(method: string, path: string): Failure {
    return failureOfStatus(method, path, this.status.code, this.status)
  }
}

type Details = { readonly name: string; readonly group?: string; readonly kind: string }

function detailsOf({ group }: ResourceType, kind: string, name: string): Details {
  return { name, ...(group !== '' && { group }), kind }
}

export function noSuchPath(): Refusal {
  return new Refusal(404, undefined, '404 page not found')
}

export function notFound(type: ResourceType, name: string): Refusal {
  const message = `${resourceName(type)} "${name}" not found`
  return new Refusal(404, 'NotFound', message, detailsOf(type, type.plural, name))
}

export function alreadyExists(type: ResourceType, name: string, isBeingDeleted: boolean): Refusal {
  const message = `${isBeingDeleted ? 'object is being deleted: ' : ''}${resourceName(type)} "${name}" already exists`
  return new Refusal(409, 'AlreadyExists', message, detailsOf(type, type.plural, name))
}

/** A write over another version, or over another object of this name. */
export function conflict(type: ResourceType, name: string, why = OUTDATED): Refusal {
  const message = `Operation cannot be fulfilled on ${resourceName(type)} "${name}": ${why}`
  return new Refusal(409, 'Conflict', message, detailsOf(type, type.plural, name))
}

const OUTDATED = 'the object has been modified; please apply your changes to the latest version and try again'

/** A precondition of a deletion: here alone the real one names the kind. */
export function preconditionFailed(type: ResourceType, name: string, why: string): Refusal {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`
  const message = `Operation cannot be fulfilled on ${kind} "${name}": ${why}`
  return new Refusal(409, 'Conflict', message, detailsOf(type, type.kind, name))
}

export function invalid(type: ResourceType, name: string, causes: readonly Cause[]): Refusal {
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`
  return new Refusal(422, 'Invalid', `${kind} "${name}" is invalid: ${listed(causes)}`, {
    ...detailsOf(type, type.kind, name),
    causes,
  })
}

/** The one thing that is found wrong before anybody looks at what kind of object it is. */
export function versionMissing(type: ResourceType, name: string): Refusal {
  const message = 'Invalid value: 0: must be specified for an update'
  const causes = [{ reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message }]
  return new Refusal(422, 'Invalid', `${resourceName(type)} "${name}" is invalid: ${listed(causes)}`, {
    ...detailsOf(type, type.plural, name),
    causes,
  })
}

function listed(causes: readonly Cause[]): string {
  const told = causes.map(({ field, message }) => `${field}: ${message}`)
  return told.length === 1 ? told[0]! : `[${told.join(', ')}]`
}

/** A JSON Patch that does not apply, be it a `test` that fails. */
export function patchRefused(): Refusal {
  return new Refusal(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
}

/** A patch that applies and makes something that cannot be read. */
export function patchUnreadable(why: string): Refusal {
  const causes = [{ reason: 'FieldValueInvalid', field: 'patch', message: `Invalid value: ${why}` }]
  return new Refusal(422, 'Invalid', ` "" is invalid: ${listed(causes)}`, { causes })
}

export function namespaceTerminating(type: ResourceType, name: string, namespace: string): Refusal {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const message = `namespace ${namespace} is being terminated`
  return new Refusal(403, 'Forbidden', `${resourceName(type)} "${name}" is forbidden: ${why}`, {
    ...detailsOf(type, type.plural, name),
    causes: [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }],
  })
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message)
}

/** A version in the past that is no longer known. */
export function expired(message: string): Refusal {
  return new Refusal(410, 'Expired', message)
}
