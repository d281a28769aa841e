// A client of the API server in memory, in the shape of the real one.
import { failureOfSilence } from '../../../src/kube/failures.ts'
import type { Method, Query, RequestOptions, Transport } from '../../../src/kube/transport.ts'
import { copyOf } from './objects.ts'
import { Refusal } from './refusals.ts'
import type { Stream } from './stream.ts'

/** What a client asks of the server. Both act at once, and throw a {@link Refusal}. */
export type Backend = {
  answer(method: Method, path: string, options: RequestOptions): object
  watch(path: string, query: Query, accept: string | undefined): Stream
}

export class MemoryTransport implements Transport {
  readonly host = 'memory.invalid:443'
  readonly #backend: Backend
  readonly #streams = new Set<Stream>()
  #isClosed = false

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Takes effect before it returns; what it returns is settled. */
  request(method: Method, path: string, options: RequestOptions, signal: AbortSignal): Promise<unknown> {
    try {
      this.#check(method, path, signal)
      const body = options.body === undefined ? undefined : copyOf(options.body)
      return Promise.resolve(copyOf(this.#backend.answer(method, path, { ...options, body })))
    } catch (error) {
      return Promise.reject(translated(method, path, error))
    }
  }

  async *lines(path: string, query: Query, signal: AbortSignal, accept?: string): AsyncGenerator<string, void, void> {
    let stream: Stream
    try {
      this.#check('GET', path, signal)
      stream = this.#backend.watch(path, query, accept)
    } catch (error) {
      throw translated('GET', path, error)
    }
    this.#streams.add(stream)
    try {
      yield* stream.read(signal)
    } catch (error) {
      throw translated('GET', path, error)
    } finally {
      this.#streams.delete(stream)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const stream of this.#streams) stream.end(new Disconnected())
  }

  #check(method: Method, path: string, signal: AbortSignal): void {
    signal.throwIfAborted()
    if (this.#isClosed) throw failureOfSilence(method, path, new Disconnected())
  }
}

/** The connection is gone. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected'
}

function translated(method: Method, path: string, error: unknown): unknown {
  if (error instanceof Refusal) return error.asFailure(method, path)
  return error instanceof Disconnected ? failureOfSilence(method, path, error) : error
}
