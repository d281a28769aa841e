// Workers that take keys from the queue and reconcile them: the only place where an outcome becomes the next look.
import { withDeadline } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import { notBefore } from '../jitter.ts'
import type { Logger } from '../log.ts'
import type { BackOff } from './back-off.ts'
import type { LoopMetrics, ReconcileResult } from './metrics.ts'
import type { Outcome, Reconcile } from './outcome.ts'
import { after, done } from './outcome.ts'
import { partyOf, workFor } from '../party.ts'
import { WorkQueue } from './queue.ts'

/** Pace of `wait`: the cause is known and lies outside, so hurry does not help. */
const WAIT_MS = 30_000
/** Pace of `stall`: only a person can help, but what a person did elsewhere makes no event here. Source: docs/api.md, `Rejected`. */
const STALL_MS = 3_600_000
/**
 * How many reconciles may wait aside for each worker: with answers in 100 ms a create and its token take some four times as long as
 * the work before them. With one, the workers themselves wait: a fleet of 500 takes a fifth longer. Measured: docs/performance.md.
 */
const ASIDE_PER_WORKER = 4

export type ControlLoopOptions = {
  /** Names the loop in logs. */
  readonly name: string
  readonly reconcile: Reconcile
  /** How many keys are reconciled at the same time; and one more, of a namespace for which none of them is. */
  readonly workers: number
  /** A reconcile is aborted after this long. */
  readonly deadlineMs: number
  readonly backOff: BackOff
  readonly random: () => number
  readonly clock: Clock
  readonly metrics: LoopMetrics
  readonly logger: Logger
}

/** A reconcile that has begun and not ended. */
type InFlight = {
  readonly startedAt: number
  /** Lets its worker go on with another key. */
  readonly leave: () => void
  isAside: boolean
}

/** One controller's queue and workers. */
export class ControlLoop {
  readonly #options: ControlLoopOptions
  readonly #queue: WorkQueue
  /** By key. */
  readonly #inFlight = new Map<string, InFlight>()
  /** Of those that have no worker any more. */
  readonly #ends = new Set<Promise<void>>()

  constructor(options: ControlLoopOptions) {
    this.#options = options
    this.#queue = new WorkQueue(options.clock, options.metrics)
    options.metrics.observe({
      depth: () => this.#queue.depth,
      inFlightSeconds: () =>
        Array.from(this.#inFlight.values(), ({ startedAt }) => (options.clock.monotonic() - startedAt) / 1000),
      maxConcurrentReconciles: options.workers,
    })
  }

  /** Has `key` looked at in `delayMs` at the latest. Cheap: this is all that event handlers do. */
  enqueue(key: string, delayMs = 0): void {
    this.#queue.add(key, delayMs)
  }

  /**
   * Waits for what needs nothing of this process while the worker of `key` goes on with another one: to be called by the
   * reconcile of `key`, which has no worker from here on. Four for each worker may be aside; others keep theirs.
   */
  aside<T>(key: string, wait: () => Promise<T>): Promise<T> {
    const inFlight = this.#inFlight.get(key)
    if (inFlight && this.#asideCount < ASIDE_PER_WORKER * this.#options.workers) {
      inFlight.isAside = true
      inFlight.leave()
    }
    return wait()
  }

  get #asideCount(): number {
    return Array.from(this.#inFlight.values()).filter(({ isAside }) => isAside).length
  }

  /** Nothing due and nothing in flight. */
  get idle(): boolean {
    return this.#queue.idle
  }

  /** Works until `signal` aborts; resolves once the reconciles in flight have ended. They are told by their own signal. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#queue.close(), { once: true })
    if (signal.aborted) this.#queue.close()
    const workers = Array.from({ length: this.#options.workers }, () => this.#work(() => this.#queue.next(), signal))
    // One more, which a namespace with thousands of resources cannot have: nobody waits until its looks end.
    await Promise.all([...workers, this.#work(() => this.#queue.nextGuest(), signal)])
    await Promise.all(this.#ends)
  }

  async #work(next: () => Promise<string | undefined>, stop: AbortSignal): Promise<void> {
    for (let key = await next(); key !== undefined; key = await next()) {
      const { promise: left, resolve: leave } = Promise.withResolvers<void>()
      const startedAt = this.#options.clock.monotonic()
      this.#inFlight.set(key, { startedAt, leave, isAside: false })
      const end = this.#process(key, startedAt, stop)
      await Promise.race([end, left])
      // One that has ended leaves again at once.
      this.#ends.add(end)
      void end.finally(() => this.#ends.delete(end))
    }
  }

  async #process(key: string, startedAt: number, stop: AbortSignal): Promise<void> {
    const { clock, deadlineMs, logger, metrics, name } = this.#options
    const late = () => new Failure('DeadlineExceeded', 'retry', 'the reconcile took longer than its deadline')
    let result: ReconcileResult
    let outcome: Outcome
    try {
      const work = (signal: AbortSignal) => workFor(partyOf(key), () => this.#options.reconcile(key, signal))
      outcome = await withDeadline({ ms: deadlineMs, clock, late }, stop, work)
      result = RESULT[outcome.next]
    } catch (error) {
      outcome = stop.aborted ? done : this.#afterError(key, error)
      result = 'error'
    } finally {
      this.#inFlight.delete(key)
    }
    this.#schedule(key, outcome)
    this.#queue.done(key)
    const seconds = (clock.monotonic() - startedAt) / 1000
    metrics.reconciled(result, seconds)
    logger.debug({ controller: name, key, result, seconds }, 'reconciled')
  }

  #schedule(key: string, outcome: Outcome): void {
    switch (outcome.next) {
      case 'done':
        return this.#options.backOff.forget(key)
      case 'woken':
        return
      case 'after':
        this.#options.backOff.forget(key)
        return this.#queue.add(key, outcome.afterMs)
      case 'backOff':
        return this.#queue.add(key, Math.max(outcome.atLeastMs ?? 0, this.#options.backOff.next(key)), true)
    }
  }

  #afterError(key: string, error: unknown): Outcome {
    const { logger, name, random } = this.#options
    if (!(error instanceof Failure)) {
      logger.error({ controller: name, key, err: error }, 'reconcile failed unexpectedly')
      return { next: 'backOff' }
    }
    logger.debug({ controller: name, key, code: error.code, err: error }, 'reconcile failed')
    const jitter = 0.8 + 0.4 * random()
    const askedMs = error.retryAfterMs === undefined ? undefined : notBefore(error.retryAfterMs, random())
    switch (error.disposition) {
      case 'retry':
        // Who is told to come back at once, again and again, backs off all the same.
        return { next: 'backOff', atLeastMs: askedMs ?? 0 }
      case 'wait':
        return after(Math.max(askedMs ?? 0, WAIT_MS * jitter))
      case 'stall':
        return after(askedMs ?? STALL_MS * jitter)
    }
  }
}

const RESULT: Readonly<Record<Outcome['next'], ReconcileResult>> = {
  done: 'success',
  woken: 'success',
  after: 'requeue_after',
  backOff: 'requeue',
}
