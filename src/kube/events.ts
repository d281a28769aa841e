// Tells users what happened, as Events of events.k8s.io/v1, one after the other and never in anybody's way.
import { createHash, randomBytes } from 'node:crypto'
import { API_VERSION, CONTROLLER_NAME, FIELD_MANAGER } from '../api/names.ts'
import type { Clock } from '../clock.ts'
import { microTimestamp } from '../clock.ts'
import type { EventRecorder, Transition } from '../controllers/ports.ts'
import { isFailure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { isNamespaceTerminating } from './failures.ts'
import type { Resource } from './kinds.ts'
import type { Transport } from './transport.ts'

/** Far more than an outage of a minute brings; beyond that, what is newest is lost. */
const MOST_WAITING = 1_000
/** The same Event within this time is counted on the first one. client-go: 6 minutes. */
const SERIES_MS = 360_000
const MOST_SERIES = 1_000
const TRIES = 3
const REST_MS = 1_000
/** Source: events.k8s.io/v1, `note`. */
const MOST_NOTE_BYTES = 1_024
const MOST_INSTANCE_CHARACTERS = 128
/** Leaves room for a dot and 16 digits in a name of 253 characters. */
const MOST_NAME_CHARACTERS = 236

/** An Event that is to be told. Its name is given once, so that telling it again cannot make a second one. */
type Told = { readonly about: Resource; readonly transition: Transition; readonly at: number; readonly suffix: string }

/** An Event that was told, under which name, and how often. */
type Series = { readonly suffix: string; readonly count: number; readonly lastAt: number }

export type EventsOptions = {
  readonly transport: Pick<Transport, 'request'>
  /** Which replica speaks: its Pod or host. */
  readonly instance: string
  readonly clock: Clock
  readonly logger: Logger
}

export class Events implements EventRecorder {
  readonly #options: EventsOptions
  readonly #waiting: Told[] = []
  /** By a digest of what makes two Events the same, which may be long; the one told last is the last. */
  readonly #series = new Map<string, Series>()
  readonly #stop = new AbortController()
  #worker: Promise<void> | undefined
  #isOverflowing = false

  constructor(options: EventsOptions) {
    this.#options = options
  }

  publish(about: Resource, transition: Transition): void {
    if (this.#waiting.length < MOST_WAITING) {
      const suffix = randomBytes(8).toString('hex')
      this.#waiting.push({ about, transition, at: this.#options.clock.now(), suffix })
      this.#worker ??= this.#work()
    } else if (!this.#isOverflowing) {
      this.#isOverflowing = true
      this.#options.logger.warn({ most: MOST_WAITING }, 'too many Events wait for the API server: some are lost')
    }
  }

  /** Resolves when all Events are told, or after `withinMs`, and then nothing more is told. */
  async flush(withinMs: number): Promise<void> {
    const disarm = this.#options.clock.after(withinMs, () => this.#stop.abort())
    await this.#worker
    disarm()
  }

  async #work(): Promise<void> {
    // Never in the middle of what publishes.
    await Promise.resolve()
    for (let next = this.#waiting.shift(); next && !this.#stop.signal.aborted; next = this.#waiting.shift()) {
      await this.#send(next)
    }
    this.#worker = undefined
    this.#isOverflowing = false
  }

  async #send(event: Told): Promise<void> {
    const { clock, logger } = this.#options
    for (let tries = 1; ; tries++) {
      try {
        await this.#tell(event)
        return
      } catch (error) {
        if (isFailure(error, 'KubeAlreadyExists')) return
        if (!isFailure(error, 'KubeUnavailable') || tries === TRIES || this.#stop.signal.aborted) {
          const { namespace, name } = event.about.metadata
          const fields = { key: `${namespace}/${name}`, reason: event.transition.reason, err: error }
          const isExpected = isNamespaceTerminating(error) || isFailure(error, 'KubeNotFound')
          logger[isExpected ? 'debug' : 'warn'](fields, 'an Event could not be told')
          return
        }
        const restMs = Math.max(error.retryAfterMs ?? 0, REST_MS * tries)
        await clock.sleep(restMs, this.#stop.signal).catch(() => undefined)
      }
    }
  }

  async #tell(event: Told): Promise<void> {
    const { transport } = this.#options
    const { about, transition, at } = event
    const same = createHash('sha256')
      .update(JSON.stringify([about.metadata.uid, transition]))
      .digest('base64')
    const series = this.#series.get(same)
    if (series && at - series.lastAt < SERIES_MS && (await this.#count(about, series, at))) {
      return this.#remember(same, { ...series, count: series.count + 1, lastAt: at })
    }
    const request = { query: { fieldManager: FIELD_MANAGER }, body: this.#bodyOf(event) }
    await transport.request('POST', pathOf(about), request, this.#stop.signal)
    this.#remember(same, { suffix: event.suffix, count: 1, lastAt: at })
  }

  /** Once more the same. False when the Event has expired meanwhile. */
  async #count(about: Resource, { suffix, count }: Series, at: number): Promise<boolean> {
    const body = { series: { count: count + 1, lastObservedTime: microTimestamp(at) } }
    const contentType = 'application/merge-patch+json'
    const request = { query: { fieldManager: FIELD_MANAGER }, body, contentType }
    const path = `${pathOf(about)}/${nameOf(about, suffix)}`
    try {
      await this.#options.transport.request('PATCH', path, request, this.#stop.signal)
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return false
      throw error
    }
    return true
  }

  /** What is too old to be counted on, or one too many, is forgotten. */
  #remember(same: string, series: Series): void {
    this.#series.delete(same)
    this.#series.set(same, series)
    for (const [key, { lastAt }] of this.#series) {
      if (series.lastAt - lastAt < SERIES_MS && this.#series.size <= MOST_SERIES) return
      this.#series.delete(key)
    }
  }

  #bodyOf({ about, transition, at, suffix }: Told) {
    const { type, reason, action, note } = transition
    const { namespace, name, uid, resourceVersion } = about.metadata
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace, name: nameOf(about, suffix) },
      eventTime: microTimestamp(at),
      type,
      reason,
      action,
      note: cut(note),
      regarding: { apiVersion: API_VERSION, kind: about.kind, namespace, name, uid, resourceVersion },
      reportingController: CONTROLLER_NAME,
      reportingInstance: this.#options.instance.slice(0, MOST_INSTANCE_CHARACTERS),
    }
  }
}

function pathOf({ metadata: { namespace } }: Resource): string {
  return `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
}

function nameOf({ metadata: { name } }: Resource, suffix: string): string {
  const stem = name.slice(0, MOST_NAME_CHARACTERS).replace(/[^a-z0-9]+$/, '')
  return `${stem}.${suffix}`
}

/** One line of at most 1,024 bytes, never ending in half a character. */
function cut(note: string): string {
  const bytes = new Uint8Array(MOST_NOTE_BYTES)
  const line = note.replaceAll(/\s+/g, ' ')
  return line.slice(0, new TextEncoder().encodeInto(line, bytes).read)
}
