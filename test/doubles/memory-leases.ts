// A lease in memory behind the elector's port, with what can go wrong on the way to it and back.
import { isDeepStrictEqual } from 'node:util'
import { unlessAborted } from '../../src/abort.ts'
import type { Clock } from '../../src/clock.ts'
import type { Lease, LeaseRecord, LeaseStore } from '../../src/engine/leader.ts'
import { Failure } from '../../src/errors.ts'

export type Verb = 'read' | 'create' | 'update' | 'watch'

/**
 * How a request fares: how long it takes there and back, and whether it is `refused` on arrival, or done and its answer
 * `lost`. What has been sent arrives, even if nobody waits for it any more. A watch opens after `thereMs` and shows
 * each change `backMs` late.
 */
export type Fate = { readonly thereMs?: number; readonly backMs?: number; readonly fault?: 'refused' | 'lost' }

export type Write = { readonly at: number; readonly verb: string; readonly holder: string }

type Subscriber = { readonly show: (lease: Lease | undefined) => void; readonly fail: (failure: Failure) => void }

/** What the API server holds. As there, a write that changes nothing leaves the version as it is. */
export class MemoryLease {
  held: Lease | undefined
  /** Every write that changed something, with its time. */
  readonly writes: Write[] = []
  readonly clock: Clock
  readonly subscribers = new Set<Subscriber>()
  #version = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  create(record: LeaseRecord): Lease {
    if (this.held) throw new Failure('KubeAlreadyExists', 'retry', 'there is one')
    return this.put(record, 'create')
  }

  update(over: Lease, record: LeaseRecord): Lease {
    if (!this.held) throw new Failure('KubeNotFound', 'retry', 'there is none')
    if (this.held.version !== over.version) throw new Failure('KubeConflict', 'retry', 'it has changed')
    const { version, origin } = this.held
    return isDeepStrictEqual({ ...record, version, origin }, this.held) ? this.held : this.put(record, 'update')
  }

  /** As a person does it, whatever is there. */
  put(record: LeaseRecord, verb = 'put'): Lease {
    const lease = { ...record, version: String(++this.#version), origin: undefined }
    this.held = lease
    this.writes.push({ at: this.clock.monotonic(), verb, holder: record.holder })
    this.#show()
    return lease
  }

  delete(): void {
    this.held = undefined
    this.#show()
  }

  /** Ends all watches, as a server does that goes down. */
  cutWatches(): void {
    for (const { fail } of this.subscribers) fail(unavailable())
  }

  #show(): void {
    for (const { show } of this.subscribers) show(this.held)
  }
}

/** One process's way to the lease. */
export class MemoryLeaseStore implements LeaseStore {
  /** Every request, in order, with the time at which it was sent. */
  readonly calls: { readonly at: number; readonly verb: Verb }[] = []
  fate: (verb: Verb) => Fate = () => ({})
  /** Resolves when the process is able to hear: not while it is frozen. */
  hears: () => Promise<void> = async () => {}
  readonly #lease: MemoryLease

  constructor(lease: MemoryLease) {
    this.#lease = lease
  }

  read(signal: AbortSignal): Promise<Lease | undefined> {
    return this.#ask('read', () => this.#lease.held, signal)
  }

  create(record: LeaseRecord, signal: AbortSignal): Promise<Lease> {
    return this.#ask('create', () => this.#lease.create(record), signal)
  }

  update(over: Lease, record: LeaseRecord, signal: AbortSignal): Promise<Lease> {
    return this.#ask('update', () => this.#lease.update(over, record), signal)
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Lease | undefined, void, void> {
    const { backMs = 0 } = await this.#ask('watch', (fate) => fate, signal)
    const events: (() => Lease | undefined)[] = [() => this.#lease.held]
    let wake = () => {}
    const after = (event: () => Lease | undefined) => {
      const push = () => {
        events.push(event)
        wake()
      }
      if (backMs > 0) this.#lease.clock.after(backMs, push)
      else push()
    }
    const fail = (failure: Failure) =>
      after(() => {
        throw failure
      })
    const subscriber = { show: (lease: Lease | undefined) => after(() => lease), fail }
    this.#lease.subscribers.add(subscriber)
    try {
      for (;;) {
        for (let event = events.shift(); event; event = events.shift()) {
          await this.hears()
          if (signal.aborted) return
          yield event()
        }
        await unlessAborted(new Promise<void>((resolve) => (wake = resolve)), signal)
      }
    } finally {
      this.#lease.subscribers.delete(subscriber)
    }
  }

  #ask<T>(verb: Verb, act: (fate: Fate) => T, signal: AbortSignal): Promise<T> {
    this.calls.push({ at: this.#lease.clock.monotonic(), verb })
    return unlessAborted(this.#fared(this.fate(verb), act), signal)
  }

  async #fared<T>(fate: Fate, act: (fate: Fate) => T): Promise<T> {
    const { thereMs = 0, backMs = 0, fault } = fate
    if (thereMs > 0) await this.#lease.clock.sleep(thereMs)
    if (fault === 'refused') throw unavailable()
    const answer = Promise.try(act, fate)
    answer.catch(() => undefined)
    if (backMs > 0) await this.#lease.clock.sleep(backMs)
    await this.hears()
    if (fault === 'lost') throw unavailable()
    return answer
  }
}

function unavailable(): Failure {
  return new Failure('KubeUnavailable', 'retry', 'no answer')
}
