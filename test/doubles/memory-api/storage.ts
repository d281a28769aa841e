// All objects with one sequence of versions, and every change that led here.
import { Collection } from './collection.ts'
import type { Label } from './collection.ts'
import type { ApiObject } from './objects.ts'
import { withVersion } from './objects.ts'
import type { ResourceType } from './resource-types.ts'
import { RESOURCE_TYPES } from './resource-types.ts'

export type Change = {
  readonly version: number
  readonly verb: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** As it is from this version on; of what has gone, as it was, at this version. */
  readonly object: ApiObject
  readonly before: ApiObject | undefined
}

/** All objects as they were at one version. Opaque to tests. */
export type Snapshot = {
  readonly version: number
  readonly objects: ReadonlyMap<ResourceType, readonly ApiObject[]>
}

type Listener = (type: ResourceType, change: Change) => void

/** As the real one compacts what is old, or a year would not fit into memory. */
const MOST_CHANGES = 10_000
/** Versions of the real one begin low, too: the first ones are taken by what every cluster has. */
const FIRST_VERSION = 200

export class Storage {
  readonly #objects = new Map<ResourceType, Collection>()
  readonly #changes = new Map<ResourceType, Change[]>()
  readonly #floors = new Map<ResourceType, number>()
  readonly #onChange: Listener
  #version = FIRST_VERSION

  constructor(onChange: Listener) {
    this.#onChange = onChange
    for (const type of RESOURCE_TYPES) {
      this.#objects.set(type, new Collection())
      this.#changes.set(type, [])
    }
  }

  /** The newest one of all. */
  get version(): number {
    return this.#version
  }

  get(type: ResourceType, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#objects.get(type)!.get(namespace, name)
  }

  all(type: ResourceType): Iterable<ApiObject> {
    return this.#objects.get(type)!.all()
  }

  /** Those that have the rarest of these labels. */
  labelled(type: ResourceType, labels: readonly Label[]): ApiObject[] {
    return this.#objects.get(type)!.labelled(labels)
  }

  /** Stores it in place of what was there, at a new version. */
  put(type: ResourceType, proposed: ApiObject): ApiObject {
    const { namespace, name } = proposed.metadata
    const before = this.get(type, namespace, name)
    const object = withVersion(proposed, ++this.#version)
    this.#objects.get(type)!.put(object)
    this.#tell(type, { version: this.#version, verb: before ? 'MODIFIED' : 'ADDED', object, before })
    return object
  }

  remove(type: ResourceType, before: ApiObject): void {
    this.#objects.get(type)!.remove(before)
    const object = withVersion(before, ++this.#version)
    this.#tell(type, { version: this.#version, verb: 'DELETED', object, before })
  }

  /** As if something were written that nobody here looks at: in a cluster that happens all the time. */
  tick(): void {
    this.#version++
  }

  /** What happened up to this version is not known any more. */
  floor(type: ResourceType): number {
    return this.#floors.get(type) ?? 0
  }

  /** What happened after this version, which is not before the {@link floor}; oldest first. */
  since(type: ResourceType, version: number): Change[] {
    const changes = this.#changes.get(type)!
    const first = changes.findLastIndex((change) => change.version <= version) + 1
    return changes.slice(first)
  }

  snapshot(): Snapshot {
    const copies = Array.from(this.#objects, ([type, objects]) => [type, Array.from(objects.all())] as const)
    return { version: this.#version, objects: new Map(copies) }
  }

  /** Goes back to that state and version, as a restored backup does. Nobody is told. */
  restore({ version, objects }: Snapshot): void {
    this.#version = version
    for (const type of RESOURCE_TYPES) {
      this.#objects.set(type, new Collection(objects.get(type)))
      const changes = this.#changes.get(type)!
      changes.splice(changes.findLastIndex((change) => change.version <= version) + 1)
    }
  }

  #tell(type: ResourceType, change: Change): void {
    const changes = this.#changes.get(type)!
    changes.push(change)
    if (changes.length > 2 * MOST_CHANGES) {
      const forgotten = changes.splice(0, MOST_CHANGES)
      this.#floors.set(type, forgotten.at(-1)!.version)
    }
    this.#onChange(type, change)
  }
}
