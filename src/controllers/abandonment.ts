// Lets a resource go that cannot be taken down: what it stands for outside is written down first, and nothing of it deleted.
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import type { Clock } from '../clock.ts'
import {
  abandonedName,
  abandonedNote,
  abandonedOf,
  encodeAbandoned,
  isSameRecord,
  withEarlier,
} from '../domain/abandonment.ts'
import type { Abandoned, LeftSecret } from '../domain/abandonment.ts'
import type { StoredRecord } from '../domain/journal.ts'
import type { Logger } from '../log.ts'
import type { Journals } from './journals.ts'
import type { ControllerMetrics, EventRecorder, Records, ResourceWriter } from './ports.ts'
import type { Seals } from './seals.ts'

export type AbandonmentOptions = {
  readonly records: Records
  readonly journals: Journals
  readonly seals: Seals
  readonly events: EventRecorder
  readonly metrics: ControllerMetrics
  readonly clock: Clock
  readonly logger: Logger
}

export class Abandonment {
  readonly #options: AbandonmentOptions

  constructor(options: AbandonmentOptions) {
    this.#options = options
  }

  /**
   * Takes the finalizer off `resource`, which was read live, without a call to the control plane: first its ids are in the
   * log and in a record that only a person removes. Idempotent: after a crash at any step the next pass does the rest.
   */
  async letGo<T extends RaiTenant | RaiTenantApplication>(
    resource: T,
    secrets: readonly LeftSecret[],
    writer: Pick<ResourceWriter<T>, 'removeFinalizer'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { records, journals, seals, events, metrics, clock } = this.#options
    const found = await journals.ofSubject(resource.metadata.uid, signal)
    const stored = await records.get(abandonedName(resource.metadata.uid), signal)
    const genuine = seals.areGenuine(resource)
    const now = abandonedOf(resource, { ...found, genuine, secrets, now: clock.now() })
    const abandoned = stored ? withEarlier(now, stored) : now
    this.#tell(abandoned, resource.metadata.generation)
    await this.#write(abandoned, stored, signal)
    // Unbound, the sweep would take back what it says: that is a delete.
    for (const journal of found.journals) {
      if (journal.attempt.state === 'answered') await journals.advance(journal, 'bound', signal)
    }
    const note = abandonedNote(abandoned)
    events.publish(resource, { type: 'Warning', reason: 'Abandoned', action: 'Abandon', note })
    await writer.removeFinalizer(resource, signal)
    metrics.abandoned(resource.kind)
  }

  #tell({ namespace, name, ...left }: Abandoned, generation: number): void {
    const fields = { operation: 'abandon', key: `${namespace}/${name}`, generation, ...left }
    this.#options.logger.warn(fields, 'lets a resource go, and leaves what it stands for outside')
  }

  async #write(abandoned: Abandoned, stored: StoredRecord | undefined, signal: AbortSignal): Promise<void> {
    const { records } = this.#options
    const content = encodeAbandoned(abandoned)
    if (!stored) await records.create(content, signal)
    else if (!isSameRecord(stored, content)) await records.swap(stored, content, signal)
  }
}
