// The operator's own records in memory: changed by compare-and-swap alone, with failures on demand.
import type { Records } from '../../src/controllers/ports.ts'
import type { RecordContent, StoredRecord } from '../../src/domain/journal.ts'
import { Failure } from '../../src/errors.ts'

type Verb = 'get' | 'list' | 'create' | 'swap' | 'delete'
type Listener = (before: StoredRecord | undefined, after: StoredRecord | undefined) => void

export class MemoryRecords implements Records {
  readonly held = new Map<string, StoredRecord>()
  /** Every write, in order, as `verb name`. */
  readonly writes: string[] = []
  /** When set, what a request fails with. */
  refusal: (verb: Verb, name: string) => Failure | undefined = () => undefined
  /** When set, what is thrown once a write has been carried out: its answer is lost. */
  lostAnswer: (verb: Verb, name: string) => Failure | undefined = () => undefined
  readonly #listeners: Listener[] = []
  #version = 0

  /** Told of every change, as a watch does. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener)
  }

  async get(name: string, signal?: AbortSignal): Promise<StoredRecord | undefined> {
    this.#admit('get', name, signal)
    return this.held.get(name)
  }

  async list(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<StoredRecord[]> {
    this.#admit('list', JSON.stringify(labels), signal)
    const wanted = Object.entries(labels)
    return [...this.held.values()].filter((record) => wanted.every(([name, value]) => record.labels[name] === value))
  }

  async create(record: RecordContent, signal?: AbortSignal): Promise<StoredRecord> {
    this.#admit('create', record.name, signal)
    if (this.held.has(record.name)) throw new Failure('KubeAlreadyExists', 'retry', 'it is there')
    return this.#store('create', record, `record-${this.#version}`)
  }

  async swap(seen: StoredRecord, record: RecordContent, signal?: AbortSignal): Promise<StoredRecord> {
    this.#admit('swap', seen.name, signal)
    if (!this.#isCurrent(seen)) throw new Failure('KubeConflict', 'retry', 'it has changed')
    return this.#store('swap', record, seen.uid)
  }

  async delete(seen: StoredRecord, signal?: AbortSignal): Promise<void> {
    this.#admit('delete', seen.name, signal)
    if (!this.held.has(seen.name)) return
    if (!this.#isCurrent(seen)) throw new Failure('KubeConflict', 'retry', 'it has changed')
    this.remove(seen.name)
    this.writes.push(`delete ${seen.name}`)
  }

  /** As a person does it. */
  remove(name: string): void {
    const before = this.held.get(name)
    this.held.delete(name)
    for (const listener of this.#listeners) listener(before, undefined)
  }

  /** As a person does it, or another version of the operator. */
  put(record: RecordContent): StoredRecord {
    return this.#keep(record, this.held.get(record.name)?.uid ?? `record-${this.#version}`)
  }

  #admit(verb: Verb, name: string, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    const refusal = this.refusal(verb, name)
    if (refusal) throw refusal
  }

  #isCurrent({ name, uid, resourceVersion }: StoredRecord): boolean {
    const held = this.held.get(name)
    return held?.uid === uid && held.resourceVersion === resourceVersion
  }

  #store(verb: 'create' | 'swap', record: RecordContent, uid: string): StoredRecord {
    const stored = this.#keep(record, uid)
    this.writes.push(`${verb} ${record.name}`)
    const lost = this.lostAnswer(verb, record.name)
    if (lost) throw lost
    return stored
  }

  #keep(record: RecordContent, uid: string): StoredRecord {
    const before = this.held.get(record.name)
    const stored = { ...record, uid, resourceVersion: `${++this.#version}` }
    this.held.set(record.name, stored)
    for (const listener of this.#listeners) listener(before, stored)
    return stored
  }
}
