// A secret value that cannot be printed by accident.
import { inspect } from 'node:util'

const PLACEHOLDER = '[redacted]'

/**
 * Holds a secret so that every way Node has of printing a value (`console`, `util.inspect`, template strings,
 * `JSON.stringify`, a logger's serializer) shows `[redacted]`. Only {@link reveal} gives the value out.
 */
export class Redacted {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The secret itself: call it at the edge, where it leaves for a header, a signature or a Secret's data. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return PLACEHOLDER
  }

  toJSON(): string {
    return PLACEHOLDER
  }

  [Symbol.toPrimitive](): string {
    return PLACEHOLDER
  }

  [inspect.custom](): string {
    return PLACEHOLDER
  }
}
