// Creates, replaces, patches and deletes by the rules of the API server.
import type { Clock } from '../../../src/clock.ts'
import { timestamp } from '../../../src/clock.ts'
import type { Decoded } from './decoding.ts'
import { decoded, Unreadable } from './decoding.ts'
import type { ApiObject, Metadata } from './objects.ts'
import { isSame, without } from './objects.ts'
import { patched } from './patching.ts'
import type { Target } from './paths.ts'
import * as refusals from './refusals.ts'
import { Refusal } from './refusals.ts'
import type { ResourceType } from './resource-types.ts'
import { DEFINITIONS, NAMESPACES, resourceName } from './resource-types.ts'
import type { Storage } from './storage.ts'
import { checkCreate, checkUpdate } from './validation.ts'

/** Of one object. */
export type ObjectTarget = Target & { readonly name: string }

export type WritesOptions = {
  readonly storage: Storage
  readonly clock: Clock
  readonly uid: () => string
}

/** What may come along with a deletion. */
type DeleteOptions = {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
}

/** A write does all or nothing, and throws a {@link Refusal} when it does nothing. With `dryRun` it only answers. */
export class Writes {
  readonly #storage: Storage
  readonly #clock: Clock
  readonly #uid: () => string
  /** Custom objects of which no status is stored: what is shown is the default, and the next write stores it. */
  readonly #withoutStatus = new WeakSet<ApiObject>()

  constructor({ storage, clock, uid }: WritesOptions) {
    this.#storage = storage
    this.#clock = clock
    this.#uid = uid
  }

  create({ type, namespace }: Target, body: unknown, dryRun: boolean): ApiObject {
    return this.#make(type, namespace, readable(type, body), dryRun)
  }

  replace(target: ObjectTarget, body: unknown, dryRun: boolean): ApiObject {
    const { type, namespace, name } = target
    const proposed = readable(type, body)
    const { uid, resourceVersion } = proposed.metadata
    checkPlace(target, proposed)
    const current = this.#storage.get(type, namespace, name)
    if (!current && type.isMadeByPut) {
      const metadata = without(proposed.metadata, 'resourceVersion')
      return this.#make(type, namespace, { ...proposed, metadata }, dryRun)
    }
    if (!current) throw refusals.notFound(type, name)
    if (uid !== undefined && uid !== current.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`
      throw refusals.conflict(type, name, why)
    }
    if (resourceVersion === undefined && !type.isReplacedBlindly) throw refusals.versionMissing(type, name)
    return this.#change(target, current, proposed, dryRun)
  }

  patch(target: ObjectTarget, body: unknown, contentType: string | undefined, dryRun: boolean): ApiObject {
    const { type, namespace, name } = target
    const current = this.#storage.get(type, namespace, name)
    if (!current) throw refusals.notFound(type, name)
    const result = patched(current, body, contentType)
    const proposed = readable(type, result, refusals.patchUnreadable)
    checkPlace(target, proposed)
    if (proposed.metadata.resourceVersion === undefined && !type.isReplacedBlindly) {
      throw refusals.versionMissing(type, name)
    }
    return this.#change(target, current, proposed, dryRun)
  }

  /** What is left of it, or a `Status` when nothing is. */
  delete({ type, namespace, name }: ObjectTarget, body: unknown, dryRunInQuery: boolean): object {
    const current = this.#storage.get(type, namespace, name)
    if (!current) throw refusals.notFound(type, name)
    const { preconditions = {}, dryRun = [] } = (body ?? {}) as DeleteOptions
    checkPreconditions(type, current, preconditions)
    // Options come in the body or in the query, never in both.
    const isDry = body === undefined ? dryRunInQuery : dryRun.includes('All')
    if (isHeld(type, current)) return this.#mark(type, current, isDry)
    if (!isDry) this.#storage.remove(type, current)
    return successOf(type, current)
  }

  #make(type: ResourceType, namespace: string | undefined, proposed: Decoded, dryRun: boolean): ApiObject {
    const { name = '', labels, annotations, finalizers, ownerReferences } = proposed.metadata
    if (namespace !== undefined && (proposed.metadata.namespace ?? namespace) !== namespace) throw elsewhere()
    this.#admit(type, namespace, name)
    if (name === '') throw nameless(type)
    const metadata: Metadata = {
      name,
      ...(namespace !== undefined && { namespace }),
      uid: this.#uid(),
      resourceVersion: '',
      ...(type.schema && { generation: 1 }),
      creationTimestamp: timestamp(this.#clock.now()),
      ...given({ labels, annotations, finalizers, ownerReferences }),
    }
    const made = firstForm(type, { ...proposed, metadata })
    checkCreate(type, made)
    if (proposed.metadata.resourceVersion !== undefined) throw versioned()
    const held = this.#storage.get(type, namespace, name)
    if (held) throw refusals.alreadyExists(type, name, held.metadata.deletionTimestamp !== undefined)
    if (dryRun) return withoutVersion(made)
    const stored = this.#storage.put(type, made)
    if (type.schema) this.#withoutStatus.add(stored)
    return stored
  }

  #admit(type: ResourceType, namespace: string | undefined, name: string): void {
    if (type.isNamespaced) {
      if (namespace === undefined) throw refusals.noSuchPath()
      const holder = this.#storage.get(NAMESPACES, undefined, namespace)
      if (!holder) throw refusals.notFound(NAMESPACES, namespace)
      if (holder.metadata.deletionTimestamp !== undefined) throw refusals.namespaceTerminating(type, name, namespace)
    }
    const definition = type.schema && this.#storage.get(DEFINITIONS, undefined, resourceName(type))
    if (definition?.metadata.deletionTimestamp !== undefined) {
      const why = 'create not allowed while custom resource definition is terminating'
      throw new Refusal(405, 'MethodNotAllowed', why, { group: type.group, kind: type.plural })
    }
  }

  #change(target: ObjectTarget, current: ApiObject, proposed: Decoded, dryRun: boolean): ApiObject {
    const { type, name } = target
    const { resourceVersion = current.metadata.resourceVersion } = proposed.metadata
    if (resourceVersion !== current.metadata.resourceVersion) throw refusals.conflict(type, name)
    const next = nextForm(target, current, proposed)
    checkUpdate(type, current, next)
    if (next.metadata.deletionTimestamp !== undefined && !isHeld(type, next)) {
      // The answer shows what was asked for; what the watches are told is what was stored last.
      if (!dryRun) this.#storage.remove(type, current)
      return next
    }
    if (isSame(next, current) && !this.#withoutStatus.has(current)) return current
    if (dryRun) return next
    return this.#storage.put(type, next)
  }

  /** It goes when nothing holds it any more. */
  #mark(type: ResourceType, current: ApiObject, dryRun: boolean): ApiObject {
    if (current.metadata.deletionTimestamp !== undefined) return current
    const { generation } = current.metadata
    const metadata: Metadata = {
      ...current.metadata,
      deletionTimestamp: timestamp(this.#clock.now()),
      ...(type !== NAMESPACES && { deletionGracePeriodSeconds: 0 }),
      ...(generation !== undefined && { generation: generation + 1 }),
    }
    const status = type === NAMESPACES ? { phase: 'Terminating' } : current['status']
    const marked = { ...current, metadata, ...(status !== undefined && { status }) }
    return dryRun ? marked : this.#storage.put(type, marked)
  }
}

/** By finalizers; a namespace by what is in it, and a definition by its objects. */
function isHeld(type: ResourceType, { metadata }: ApiObject): boolean {
  return type === NAMESPACES || type === DEFINITIONS || (metadata.finalizers ?? []).length > 0
}

function readable(type: ResourceType, body: unknown, refusal = refusals.badRequest): Decoded {
  try {
    return decoded(type, body)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw refusal(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${error.message}`)
  }
}

function checkPlace({ namespace, name }: ObjectTarget, { metadata }: Decoded): void {
  const given = metadata.name ?? ''
  if (given !== name) {
    throw refusals.badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  }
  if ((metadata.namespace ?? namespace) !== namespace) throw elsewhere()
}

function elsewhere(): Refusal {
  return refusals.badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

function nameless(type: ResourceType): Refusal {
  const message = 'Required value: name or generateName is required'
  return refusals.invalid(type, '', [{ reason: 'FieldValueRequired', field: 'metadata.name', message }])
}

function versioned(): Refusal {
  return new Refusal(500, undefined, 'resourceVersion should not be set on objects to be created')
}

function checkPreconditions(
  type: ResourceType,
  { metadata }: ApiObject,
  { uid = metadata.uid, resourceVersion = metadata.resourceVersion }: NonNullable<DeleteOptions['preconditions']>,
): void {
  const refuse = (what: string, wanted: string, found: string): Refusal => {
    const why = `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found})`
    return refusals.preconditionFailed(type, metadata.name, why)
  }
  if (uid !== metadata.uid) throw refuse('UID', uid, metadata.uid)
  const found = metadata.resourceVersion
  if (resourceVersion !== found) throw refuse('ResourceVersion', resourceVersion, found)
}

/** As it is stored first: a status is not the client's to write, and a namespace has one of its own. */
function firstForm(type: ResourceType, object: ApiObject): ApiObject {
  if (type.schema) {
    return { ...object, status: type.schema.properties?.['status']?.default }
  }
  if (type !== NAMESPACES) return object
  const { metadata } = object
  const labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
  const own = { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }
  return { ...object, ...own, metadata: { ...metadata, labels } }
}

/** What a write makes of the object: what is not the client's to change stays as it is. */
function nextForm({ type, subresource }: ObjectTarget, current: ApiObject, proposed: Decoded): ApiObject {
  if (subresource === 'status') return { ...current, status: proposed['status'] }
  const next = { ...proposed, metadata: nextMetadata(current.metadata, proposed.metadata) }
  if (type === NAMESPACES) return { ...next, spec: current['spec'], status: current['status'] }
  if (!type.schema) return next
  const { metadata } = next
  const isAnother = !isSame(contentOf(next), contentOf(current))
  const generation = (current.metadata.generation ?? 0) + Number(isAnother)
  return { ...next, metadata: { ...metadata, generation }, status: current['status'] }
}

function contentOf(object: ApiObject): object {
  return without(object, 'metadata', 'status')
}

function nextMetadata(current: Metadata, proposed: Partial<Metadata>): Metadata {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = current
  const { labels, annotations, finalizers, ownerReferences } = proposed
  const deletionTimestamp = current.deletionTimestamp ?? proposed.deletionTimestamp
  const { deletionGracePeriodSeconds } = current
  return {
    name,
    uid: proposed.uid ?? uid,
    resourceVersion,
    creationTimestamp,
    ...given({ namespace, generation, deletionTimestamp, deletionGracePeriodSeconds }),
    ...given({ labels, annotations, finalizers, ownerReferences }),
  }
}

/** Without the members that are `undefined`. */
function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

function withoutVersion(object: ApiObject): ApiObject {
  return { ...object, metadata: without(object.metadata, 'resourceVersion') as Metadata }
}

function successOf(type: ResourceType, { metadata }: ApiObject): object {
  const { name, uid } = metadata
  const details = { name, ...(type.group !== '' && { group: type.group }), kind: type.plural, uid }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}
