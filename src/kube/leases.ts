// The lease as the API server has it: one object of coordination.k8s.io/v1.
import { FIELD_MANAGER } from '../api/names.ts'
import { microTimestamp } from '../clock.ts'
import type { Lease, LeaseRecord, LeaseStore } from '../engine/leader.ts'
import { isFailure } from '../errors.ts'
import { failureOfStatus, unavailable } from './failures.ts'
import type { Method, RequestOptions, Transport } from './transport.ts'
import type { WatchEvent, WireList, WireObject } from './wire.ts'

/** An answer that comes later is of no use: a renewal has to be tried again well before its own deadline. */
const DEADLINE_MS = 5_000
/** The API server keeps numbers of seconds and transitions as int32. */
const MOST = 2 ** 31 - 1

export type KubeLeasesOptions = {
  readonly transport: Pick<Transport, 'request' | 'lines'>
  readonly namespace: string
  readonly name: string
  /** Of each request but the watch itself. Default: 5 s. */
  readonly deadlineMs?: number
}

/** People make leases, too: what is in `spec` may be anything. */
type WireLease = {
  readonly metadata: WireObject['metadata']
  readonly spec?: Readonly<Record<string, unknown>> | null
}

/** One lease. What others put into it, labels for instance, stays. Failures are as `failures.ts` says. */
export class KubeLeases implements LeaseStore {
  readonly #transport: Pick<Transport, 'request' | 'lines'>
  readonly #metadata: { readonly namespace: string; readonly name: string }
  readonly #deadlineMs: number
  readonly #collection: string
  readonly #path: string

  constructor({ transport, namespace, name, deadlineMs = DEADLINE_MS }: KubeLeasesOptions) {
    this.#transport = transport
    this.#metadata = { namespace, name }
    this.#deadlineMs = deadlineMs
    this.#collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
    this.#path = `${this.#collection}/${name}`
  }

  async read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return leaseIn(await this.#request('GET', this.#path, {}, signal), this.#path)
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async create(record: LeaseRecord, signal: AbortSignal): Promise<Lease> {
    return this.#write('POST', this.#collection, { metadata: this.#metadata, spec: specOf(record) }, signal)
  }

  async update({ origin }: Lease, record: LeaseRecord, signal: AbortSignal): Promise<Lease> {
    // The UID has to be there: without it a PUT makes a lease that has been deleted anew, whatever version it names.
    const { metadata, spec } = origin as WireLease
    return this.#write('PUT', this.#path, { metadata, spec: { ...spec, ...specOf(record) } }, signal)
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Lease | undefined, void, void> {
    const path = this.#collection
    const fieldSelector = `metadata.name=${this.#metadata.name}`
    const list = (await this.#request('GET', path, { query: { fieldSelector } }, signal)) as WireList
    const [item] = list.items ?? []
    yield item && leaseIn(item, path)
    const query = { watch: 'true', fieldSelector, resourceVersion: list.metadata.resourceVersion }
    for await (const line of this.#transport.lines(path, query, signal)) {
      const { type, object } = eventIn(line, path)
      if (type === 'ERROR') throw failureOfStatus('GET', path, object.code ?? 500, object)
      if (type !== 'BOOKMARK') yield type === 'DELETED' ? undefined : leaseIn(object, path)
    }
  }

  async #write(method: 'POST' | 'PUT', path: string, lease: object, signal: AbortSignal): Promise<Lease> {
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease }
    return leaseIn(await this.#request(method, path, { query: { fieldManager: FIELD_MANAGER }, body }, signal), path)
  }

  #request(method: Method, path: string, options: RequestOptions, signal: AbortSignal): Promise<unknown> {
    return this.#transport.request(method, path, { ...options, deadlineMs: this.#deadlineMs }, signal)
  }
}

/** What does not fit its field is as good as not there. */
function leaseIn(object: unknown, path: string): Lease {
  const { metadata, spec } = (object ?? {}) as Partial<WireLease>
  if (typeof metadata?.resourceVersion !== 'string') throw unavailable('GET', path, 'what came is no Lease')
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec ?? {}
  const seconds = countIn(leaseDurationSeconds)
  return {
    holder: typeof holderIdentity === 'string' ? holderIdentity : '',
    durationMs: seconds ? seconds * 1000 : undefined,
    acquiredAt: instantIn(acquireTime),
    renewedAt: instantIn(renewTime),
    transitions: countIn(leaseTransitions) ?? 0,
    version: metadata.resourceVersion,
    origin: object,
  }
}

/** Rounded up: the others may think that it lasts longer, never the holder. */
function specOf({ holder, durationMs, acquiredAt, renewedAt, transitions }: LeaseRecord): object {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: durationMs === undefined ? undefined : Math.max(1, Math.ceil(durationMs / 1000)),
    acquireTime: acquiredAt === undefined ? undefined : microTimestamp(acquiredAt),
    renewTime: renewedAt === undefined ? undefined : microTimestamp(renewedAt),
    leaseTransitions: Math.min(MOST, transitions),
  }
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST ? value : undefined
}

function instantIn(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : NaN
  return Number.isNaN(at) ? undefined : at
}

function eventIn(line: string, path: string): WatchEvent {
  try {
    return JSON.parse(line) as WatchEvent
  } catch {
    throw unavailable('GET', path, 'a line of the watch is not JSON: something cut it, or made it up')
  }
}
