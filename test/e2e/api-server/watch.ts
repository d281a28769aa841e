// Reads a watch event by event, for the rows of the contract.
import type { ApiObject } from '../../doubles/memory-api/objects.ts'

export type Event = {
  readonly type: string
  /** Of an `ERROR`, a status. */
  readonly object: ApiObject & { readonly code?: number; readonly reason?: string }
}

export class Watch {
  readonly #lines: AsyncGenerator<string, void, void>
  readonly #passing: <T>(work: Promise<T>) => Promise<T>
  /** The first line is asked for at once: until then nothing is sent to the server. */
  #next: Promise<IteratorResult<string, void>>

  constructor(lines: AsyncGenerator<string, void, void>, passing: <T>(work: Promise<T>) => Promise<T>) {
    this.#lines = lines
    this.#passing = passing
    this.#next = lines.next()
    // Whoever reads on hears of it.
    this.#next.catch(() => undefined)
  }

  /** The next event; fails when there is none any more. */
  async next(): Promise<Event> {
    const line = await this.#passing(this.#next)
    if (line.done) throw new Error('the watch has ended')
    this.#next = this.#lines.next()
    this.#next.catch(() => undefined)
    return JSON.parse(line.value) as Event
  }

  /** The next events, as `TYPE name`. */
  async told(count: number): Promise<string[]> {
    const told: string[] = []
    while (told.length < count) {
      const { type, object } = await this.next()
      told.push(`${type} ${object.metadata.name}`)
    }
    return told
  }

  /** Reads to the end. Fails as the watch does. */
  async rest(): Promise<Event[]> {
    const events: Event[] = []
    while (!(await this.#passing(this.#next)).done) events.push(await this.next())
    return events
  }

  /** Goes away before the end. */
  async leave(): Promise<void> {
    await this.#lines.return()
  }
}
