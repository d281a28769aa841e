// The one writer of status: conditions, Events and the first-Ready metric all follow from one report.
import type { Clock } from '../clock.ts'
import { REASON_CLASS } from '../api/reasons.ts'
import type { Reason } from '../api/reasons.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { conditionsAfter, headline } from '../domain/conditions.ts'
import type { Report } from '../domain/conditions.ts'
import { Failure, isFailure } from '../errors.ts'
import { FirstReady } from './first-ready.ts'
import type { Seals } from './seals.ts'
import type { ControllerMetrics, EventRecorder, ResourceView, ResourceWriter } from './ports.ts'

/** What a pass learned and status is to keep, beside the conditions. An `undefined` value removes the field. */
export type Facts<T extends RaiTenant | RaiTenantApplication> = {
  readonly [K in keyof T['status']]?: T['status'][K] | undefined
}

/** Reasons that tell of things going their way: their Events are no warnings. */
const NORMAL: ReadonlySet<Reason> = new Set<Reason>(['Ready', 'Provisioning', 'Rotating', 'Draining', 'Paused'])

/** How often a status is tried again over a resource that others write to at the same time. */
const TRIES = 5

export class StatusReporter<T extends RaiTenant | RaiTenantApplication> {
  readonly #view: ResourceView<T>
  readonly #writer: ResourceWriter<T>
  readonly #events: EventRecorder
  readonly #metrics: ControllerMetrics
  readonly #seals: Seals
  readonly #clock: Clock
  readonly #firstReady = new FirstReady()

  constructor(options: {
    readonly view: ResourceView<T>
    readonly writer: ResourceWriter<T>
    readonly seals: Seals
    readonly events: EventRecorder
    readonly metrics: ControllerMetrics
    readonly clock: Clock
  }) {
    this.#view = options.view
    this.#writer = options.writer
    this.#events = options.events
    this.#metrics = options.metrics
    this.#seals = options.seals
    this.#clock = options.clock
  }

  /**
   * Writes what a pass over `about` came to: one patch, or none when nothing changed; one Event, when the state in one
   * word changed. The conditions speak of the generation of `about`, whatever has been asked for since. Not ended by a
   * shutdown: what was learned outside is written down, within the request's own deadline.
   */
  async publish(about: T, report: Report, facts: Facts<T>): Promise<void> {
    const { generation, deletionTimestamp, creationTimestamp } = about.metadata
    const before = this.#newest(about)
    const previous = before.status.conditions ?? []
    const subject = { generation, deleting: deletionTimestamp !== undefined }
    const conditions = conditionsAfter(previous, report, subject, this.#clock.now())
    const observedGeneration = report.reason === 'Paused' ? before.status.observedGeneration : generation
    await this.#write(before, { ...facts, observedGeneration, conditions }, about)

    if (headline(conditions)?.reason !== headline(previous)?.reason) {
      this.#events.publish(about, {
        type: NORMAL.has(report.reason) ? 'Normal' : 'Warning',
        reason: report.reason,
        action: subject.deleting ? 'Delete' : 'Reconcile',
        note: report.message,
      })
    }
    if (this.#firstReady.note(before, REASON_CLASS[report.reason] === 'done')) {
      this.#metrics.firstReady(about.kind, (this.#clock.now() - Date.parse(creationTimestamp)) / 1000)
    }
  }

  /**
   * Writes facts alone, before something is done that relies on them, and returns the resource as it is then. What depends
   * on what stands there is given as a function of that.
   */
  record(about: T, facts: Facts<T> | ((current: T) => Facts<T>)): Promise<T> {
    return this.#write(this.#newest(about), facts, about)
  }

  /**
   * A resource written meanwhile (its spec, an annotation) keeps its new spec and gets our status all the same; but what
   * was decided about one binding is never written over another (`KubeConflict`).
   */
  async #write(resource: T, facts: Facts<T> | ((current: T) => Facts<T>), about: T): Promise<T> {
    const unending = new AbortController().signal
    let current = resource
    for (let tries = 1; ; tries++) {
      if (bindingOf(current) !== bindingOf(about)) {
        throw new Failure('KubeConflict', 'retry', 'the resource was bound otherwise meanwhile')
      }
      const learned = typeof facts === 'function' ? facts(current) : facts
      const status = this.#sealed(current, { ...current.status, ...learned })
      try {
        const written = await this.#writer.patchStatus(current, status, unending)
        if (status.seal !== undefined && written.status.seal === undefined) throw outdatedDefinitions()
        return written
      } catch (error) {
        if (!isFailure(error, 'KubeConflict') || tries === TRIES) throw error
        current = await this.#writer.read(current, unending)
      }
    }
  }

  /** Seals what is written over our own writing; never what somebody else wrote, which then stays as it is. */
  #sealed(current: T, status: object): T['status'] {
    const seal = this.#seals.areGenuine(current)
      ? this.#seals.of({ metadata: current.metadata, status: definedOf(status) as T['status'] })
      : current.status.seal
    return definedOf({ ...status, seal }) as T['status']
  }

  /**
   * Seals a status as it is, where there is no seal: of what was written before the operator had a key. Nothing to do
   * where it has been done.
   */
  async adopt(resource: T): Promise<void> {
    const unending = new AbortController().signal
    if (resource.status.seal !== undefined || this.#seals.areGenuine(resource)) return
    const status = { ...resource.status, seal: this.#seals.of(resource) }
    await this.#writer.patchStatus(resource, status as T['status'], unending)
  }

  /** What the cache holds now, if that is still the same resource: our own finalizer may have been written since. */
  #newest(about: T): T {
    const cached = this.#view.get(`${about.metadata.namespace}/${about.metadata.name}`)
    return cached && cached.metadata.uid === about.metadata.uid ? cached : about
  }
}

/** A definition that does not know a field drops it: without the seal nothing that we wrote would count as ours. */
function outdatedDefinitions(): Failure {
  return new Failure(
    'DefinitionsOutdated',
    'wait',
    'the API server drops status.seal: its CustomResourceDefinitions are older than this operator, apply crds/ of the same version',
  )
}

/** What outside belongs to a resource, as text: what deletes rely on. */
function bindingOf({ status }: RaiTenant | RaiTenantApplication): string {
  const held = 'credentials' in status ? (status.credentials ?? []).map(({ applicationId }) => applicationId) : []
  const bound = 'applicationId' in status ? status.applicationId : undefined
  return JSON.stringify([status.organization, status.tenantId, bound, held])
}

function definedOf(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
