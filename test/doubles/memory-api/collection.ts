// All objects of one type, found by their place or by a label.
import type { ApiObject } from './objects.ts'
import { keyOf } from './objects.ts'

/** What an equality in a label selector asks for. */
export type Label = readonly [key: string, value: string]

export class Collection {
  readonly #objects = new Map<string, ApiObject>()
  readonly #labelled = new Map<string, Set<string>>()

  constructor(objects: Iterable<ApiObject> = []) {
    for (const object of objects) this.put(object)
  }

  get(namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#objects.get(keyOf(namespace, name))
  }

  all(): Iterable<ApiObject> {
    return this.#objects.values()
  }

  /** Those that have the rarest of these labels. */
  labelled(labels: readonly Label[]): ApiObject[] {
    const all = labels.map((label) => this.#labelled.get(label.join('=')) ?? new Set<string>())
    const [fewest = new Set<string>()] = all.sort((a, b) => a.size - b.size)
    return Array.from(fewest, (key) => this.#objects.get(key)!)
  }

  put(object: ApiObject): void {
    const key = keyIn(object)
    this.#unlabel(key)
    this.#objects.set(key, object)
    for (const label of labelsOf(object)) {
      this.#labelled.set(label, (this.#labelled.get(label) ?? new Set()).add(key))
    }
  }

  remove(object: ApiObject): void {
    const key = keyIn(object)
    this.#unlabel(key)
    this.#objects.delete(key)
  }

  #unlabel(key: string): void {
    const object = this.#objects.get(key)
    for (const label of object ? labelsOf(object) : []) {
      const keys = this.#labelled.get(label)
      keys?.delete(key)
      if (keys?.size === 0) this.#labelled.delete(label)
    }
  }
}

function keyIn({ metadata: { namespace, name } }: ApiObject): string {
  return keyOf(namespace, name)
}

function labelsOf({ metadata }: ApiObject): string[] {
  return Object.entries(metadata.labels ?? {}).map((label) => label.join('='))
}
