// Resources at rest that are to be looked at all the same: outside, or in their Secret, something is not as it was left.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { ResourceKey } from './ports.ts'

type Resource = RaiTenant | RaiTenantApplication

/** Looks that are wanted, of one kind. In memory only: what is lost with the process, the next sweep finds again. */
export class Looks {
  readonly #enqueue: (key: ResourceKey) => void
  /** UIDs. */
  readonly #wanted = new Set<string>()

  constructor(enqueue: (key: ResourceKey) => void) {
    this.#enqueue = enqueue
  }

  /** Has a resource looked at once, as soon as may be, as if that had never been done. */
  want({ metadata: { namespace, name, uid } }: Resource): void {
    this.#wanted.add(uid)
    this.#enqueue(`${namespace}/${name}`)
  }

  /** True when a look is wanted; the caller takes it on. What is wanted from now on is another one. */
  take({ metadata: { uid } }: Resource): boolean {
    return this.#wanted.delete(uid)
  }

  /** The look came to no end: the next pass, which comes anyway, takes it on again. */
  putBack({ metadata: { uid } }: Resource): void {
    this.#wanted.add(uid)
  }
}
