// The operator's own records as Secrets in its namespace: journals and binding records.
import { FIELD_MANAGER } from '../api/names.ts'
import type { RecordMetadataLister, Records } from '../controllers/ports.ts'
import type { RecordContent, RecordMetadata, StoredRecord } from '../domain/journal.ts'
import { isFailure } from '../errors.ts'
import { pagesOf } from './pages.ts'
import { decodedData, encodedData } from './secret-data.ts'
import type { Transport } from './transport.ts'
import { METADATA_OF_ALL } from './wire.ts'
import type { WireObject } from './wire.ts'

type WireRecord = WireObject & { readonly data?: Readonly<Record<string, string>> }

export class KubeRecords implements Records, RecordMetadataLister {
  readonly #transport: Pick<Transport, 'request'>
  readonly #path: string
  readonly #namespace: string

  constructor(transport: Pick<Transport, 'request'>, namespace: string) {
    this.#transport = transport
    this.#namespace = namespace
    this.#path = recordsPath(namespace)
  }

  async get(name: string, signal: AbortSignal): Promise<StoredRecord | undefined> {
    try {
      return stored(await this.#transport.request('GET', `${this.#path}/${name}`, {}, signal))
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async list(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<StoredRecord[]> {
    const labelSelector = Object.entries(labels)
      .map((pair) => pair.join('='))
      .join()
    const found: StoredRecord[] = []
    const query = { labelSelector }
    for await (const item of pagesOf(this.#transport, this.#path, { query }, signal)) found.push(stored(item))
    return found
  }

  async metadata(labelSelector: string, signal: AbortSignal): Promise<RecordMetadata[]> {
    const found: RecordMetadata[] = []
    const options = { query: { labelSelector }, accept: METADATA_OF_ALL }
    for await (const item of pagesOf(this.#transport, this.#path, options, signal)) found.push(metadataOf(item))
    return found
  }

  async create(record: RecordContent, signal: AbortSignal): Promise<StoredRecord> {
    const request = { query: { fieldManager: FIELD_MANAGER }, body: this.#bodyOf(record, {}) }
    return stored(await this.#transport.request('POST', this.#path, request, signal))
  }

  async swap({ uid, resourceVersion, name }: StoredRecord, record: RecordContent, signal: AbortSignal) {
    const request = { query: { fieldManager: FIELD_MANAGER }, body: this.#bodyOf(record, { uid, resourceVersion }) }
    return stored(await this.#transport.request('PUT', `${this.#path}/${name}`, request, signal))
  }

  async delete({ name, uid, resourceVersion }: StoredRecord, signal: AbortSignal): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
    try {
      await this.#transport.request('DELETE', `${this.#path}/${name}`, { body }, signal)
    } catch (error) {
      if (!isFailure(error, 'KubeNotFound')) throw error
    }
  }

  #bodyOf({ name, labels, annotations, data }: RecordContent, identity: object): object {
    const metadata = { ...identity, name, namespace: this.#namespace, labels, annotations }
    return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encodedData(data) }
  }
}

/** Where the records of an operator in this namespace are. */
export function recordsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/secrets`
}

function stored(answer: unknown): StoredRecord {
  const { data = {}, ...object } = answer as WireRecord
  return { ...metadataOf(object), data: decodedData(data) }
}

function metadataOf({ metadata }: WireObject): RecordMetadata {
  const { name, uid, resourceVersion, labels = {}, annotations = {} } = metadata
  return { name, uid, resourceVersion, labels, annotations }
}
