// What the controllers of a cluster do to objects: end namespaces and definitions, collect garbage.
import type { ApiObject, Metadata, OwnerReference } from './objects.ts'
import type { ResourceType } from './resource-types.ts'
import { apiVersionOf, DEFINITIONS, NAMESPACES, RESOURCE_TYPES, resourceName } from './resource-types.ts'
import type { Storage } from './storage.ts'
import type { Writes } from './writes.ts'

export class Controllers {
  readonly #storage: Storage
  readonly #writes: Writes

  constructor(storage: Storage, writes: Writes) {
    this.#storage = storage
    this.#writes = writes
  }

  /** Deletes what is in namespaces and of definitions that are being deleted, and those that are empty. */
  sweep(): void {
    for (const holder of this.#ending(NAMESPACES)) {
      const { name } = holder.metadata
      const types = RESOURCE_TYPES.filter(({ isNamespaced }) => isNamespaced)
      this.#end(NAMESPACES, holder, types, ({ metadata }) => metadata.namespace === name)
    }
    for (const definition of this.#ending(DEFINITIONS)) {
      const { name } = definition.metadata
      const types = RESOURCE_TYPES.filter((type) => type.schema && resourceName(type) === name)
      this.#end(DEFINITIONS, definition, types, () => true)
    }
  }

  /** Deletes what has owners none of which is there any more, and what that leaves without one, and so on. */
  collectGarbage(): void {
    for (let found = this.#owned(); found.length > 0; found = this.#owned()) {
      for (const [type, object] of found) this.#collect(type, object)
    }
  }

  #ending(type: ResourceType): ApiObject[] {
    return Array.from(this.#storage.all(type)).filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
  }

  #end(
    type: ResourceType,
    holder: ApiObject,
    within: readonly ResourceType[],
    isIn: (object: ApiObject) => boolean,
  ): void {
    const content = () =>
      within.flatMap((type) =>
        Array.from(this.#storage.all(type))
          .filter(isIn)
          .map((object) => [type, object] as const),
      )
    for (const [type, object] of content()) {
      if (object.metadata.deletionTimestamp === undefined) this.#delete(type, object)
    }
    if (content().length === 0) this.#storage.remove(type, holder)
  }

  /** What names owners that are gone and is not being deleted yet. */
  #owned(): (readonly [ResourceType, ApiObject])[] {
    const isConcerned = ({ metadata }: ApiObject) =>
      metadata.deletionTimestamp === undefined &&
      this.#living(metadata).length < (metadata.ownerReferences?.length ?? 0)
    return RESOURCE_TYPES.flatMap((type) =>
      Array.from(this.#storage.all(type))
        .filter(isConcerned)
        .map((object) => [type, object] as const),
    )
  }

  #living({ namespace, ownerReferences = [] }: Metadata): OwnerReference[] {
    return ownerReferences.filter((owner) => !this.#isGone(owner, namespace))
  }

  /** With an owner left it only forgets the others. */
  #collect(type: ResourceType, object: ApiObject): void {
    const { namespace, name } = object.metadata
    const ownerReferences = this.#living(object.metadata)
    if (ownerReferences.length === 0) return this.#delete(type, object)
    const target = { type, namespace, name, subresource: undefined }
    this.#writes.patch(target, { metadata: { ownerReferences } }, 'application/merge-patch+json', false)
  }

  /** Of a kind that nobody knows it cannot be told. */
  #isGone({ apiVersion, kind, name, uid }: OwnerReference, namespace: string | undefined): boolean {
    const type = RESOURCE_TYPES.find((type) => type.kind === kind && apiVersionOf(type) === apiVersion)
    if (!type) return false
    const owner = this.#storage.get(type, type.isNamespaced ? namespace : undefined, name)
    return owner?.metadata.uid !== uid
  }

  #delete(type: ResourceType, { metadata }: ApiObject): void {
    const { namespace, name } = metadata
    this.#writes.delete({ type, namespace, name, subresource: undefined }, undefined, false)
  }
}
