// The key by which the operator knows its own writing: made once, kept as a Secret in its namespace.
import { createHmac, randomBytes } from 'node:crypto'
import { RECORD_LABELS } from '../api/names.ts'
import type { Records, Sealer } from '../controllers/ports.ts'
import type { RecordContent, StoredRecord } from '../domain/journal.ts'
import { Failure, isFailure } from '../errors.ts'
import { Redacted } from '../redacted.ts'

const NAME = 'sealing-key'
const KEY = 'key'
/** On a key that is new: what was written before there was one is still to be sealed. */
const ADOPTING = 'adopting'
const KEY_BYTES = 32

export class SealingKey implements Sealer {
  readonly #records: Records
  #stored: StoredRecord | undefined

  constructor(records: Records) {
    this.#records = records
  }

  /**
   * Reads the key, or makes one where there is none. True when it is new: then what stands in statuses was written before,
   * and is to be sealed as it is; {@link adopted} says that this is done.
   */
  async load(signal: AbortSignal): Promise<boolean> {
    const stored = (await this.#records.get(NAME, signal)) ?? (await this.#make(signal))
    if (!stored.data[KEY]?.reveal()) {
      throw new Failure(
        'SealingKeyUnusable',
        'stall',
        `the Secret ${NAME} in the operator's namespace has no ${KEY}: restore it`,
      )
    }
    this.#stored = stored
    return stored.labels[RECORD_LABELS.state] === ADOPTING
  }

  async adopted(signal: AbortSignal): Promise<void> {
    const stored = this.#loaded()
    const { [RECORD_LABELS.state]: _, ...labels } = stored.labels
    this.#stored = await this.#records.swap(stored, { ...stored, labels }, signal)
  }

  seal(text: string): string {
    return createHmac('sha256', this.#loaded().data[KEY]!.reveal()).update(text).digest('base64url')
  }

  async #make(signal: AbortSignal): Promise<StoredRecord> {
    const record: RecordContent = {
      name: NAME,
      labels: { [RECORD_LABELS.record]: 'sealing-key', [RECORD_LABELS.state]: ADOPTING },
      annotations: {},
      data: { [KEY]: new Redacted(randomBytes(KEY_BYTES).toString('base64url')) },
    }
    try {
      return await this.#records.create(record, signal)
    } catch (error) {
      // The answer was lost, or another replica was first: one key is as good as the other.
      const standing = await this.#records.get(NAME, signal)
      if (standing && (isFailure(error, 'KubeAlreadyExists') || isFailure(error, 'KubeUnavailable'))) return standing
      throw error
    }
  }

  #loaded(): StoredRecord {
    if (!this.#stored) throw new Error('nothing is sealed before the key is there')
    return this.#stored
  }
}
