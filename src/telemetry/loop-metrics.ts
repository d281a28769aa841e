// What control loops and their queues tell, under the names and labels of controller-runtime and client-go.
import type { Registry } from 'prom-client'
import { Counter, Gauge, Histogram } from 'prom-client'

const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const
type Result = (typeof RESULTS)[number]

/** What is read of a loop when somebody scrapes. */
type Present = {
  depth(): number
  /** Of each reconcile in flight. */
  inFlightSeconds(): readonly number[]
  readonly maxConcurrentReconciles: number
}

/** Buckets as controller-runtime has them, so that its dashboards fit. */
const RECONCILE_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]
/** 10 ns to 1,000 s in powers of ten: client-go's, for the same reason. */
const QUEUE_BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000]

/** The metrics of all loops. {@link of} gives what one loop calls: the engine's `LoopMetrics`. */
export class LoopMetricsFamily {
  readonly #present = new Map<string, Present>()
  readonly #registry: Registry
  readonly #reconciles
  readonly #errors
  readonly #reconcileTime
  readonly #adds
  readonly #retries
  readonly #waits
  readonly #work

  constructor(registry: Registry) {
    this.#registry = registry
    const registers = [registry]
    const ofController = { labelNames: ['controller'] as const, registers }
    const ofQueue = { labelNames: ['name', 'controller'] as const, registers }
    this.#reconciles = new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by how they ended.',
      labelNames: ['controller', 'result'],
      registers,
    })
    this.#errors = new Counter({
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that ended with an error.',
      ...ofController,
    })
    this.#reconcileTime = new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long a reconcile takes.',
      buckets: RECONCILE_BUCKETS,
      ...ofController,
    })
    this.#adds = new Counter({ name: 'workqueue_adds_total', help: 'Keys put into the queue.', ...ofQueue })
    this.#retries = new Counter({
      name: 'workqueue_retries_total',
      help: 'Keys put into the queue because the last look at them failed.',
      ...ofQueue,
    })
    this.#waits = new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long a due key waits for a worker.',
      buckets: QUEUE_BUCKETS,
      ...ofQueue,
    })
    this.#work = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long a worker is busy with a key.',
      buckets: QUEUE_BUCKETS,
      ...ofQueue,
    })
    const ofLoop = (loop: string) => ({ controller: loop })
    const ofItsQueue = (loop: string) => ({ name: loop, controller: loop })
    const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)
    this.#gauge(
      'controller_runtime_active_workers',
      'Reconciles in flight.',
      ofLoop,
      (loop) => loop.inFlightSeconds().length,
    )
    this.#gauge(
      'controller_runtime_max_concurrent_reconciles',
      'Reconciles that may be in flight at once.',
      ofLoop,
      (loop) => loop.maxConcurrentReconciles,
    )
    this.#gauge('workqueue_depth', 'Keys that are due and wait for a worker.', ofItsQueue, (loop) => loop.depth())
    this.#gauge(
      'workqueue_unfinished_work_seconds',
      'Sum of the ages of the reconciles in flight.',
      ofItsQueue,
      (loop) => total(loop.inFlightSeconds()),
    )
    this.#gauge(
      'workqueue_longest_running_processor_seconds',
      'Age of the oldest reconcile in flight.',
      ofItsQueue,
      (loop) => Math.max(0, ...loop.inFlightSeconds()),
    )
  }

  /** The metrics of one loop, all at 0 from here on. */
  of(name: string) {
    const controller = { controller: name }
    const queue = { name, controller: name }
    for (const result of RESULTS) this.#reconciles.inc({ controller: name, result }, 0)
    for (const counter of [this.#adds, this.#retries]) counter.inc(queue, 0)
    for (const histogram of [this.#waits, this.#work]) histogram.zero(queue)
    this.#errors.inc(controller, 0)
    this.#reconcileTime.zero(controller)
    this.#present.set(name, { depth: () => 0, inFlightSeconds: () => [], maxConcurrentReconciles: 0 })
    return {
      added: (retry: boolean): void => {
        this.#adds.inc(queue)
        if (retry) this.#retries.inc(queue)
      },
      waited: (seconds: number): void => this.#waits.observe(queue, seconds),
      reconciled: (result: Result, seconds: number): void => {
        this.#reconciles.inc({ controller: name, result })
        if (result === 'error') this.#errors.inc(controller)
        this.#reconcileTime.observe(controller, seconds)
        this.#work.observe(queue, seconds)
      },
      observe: (loop: Present): void => void this.#present.set(name, loop),
    }
  }

  /** A gauge that is read from every loop at each scrape. */
  #gauge(
    name: string,
    help: string,
    labels: (loop: string) => Readonly<Record<string, string>>,
    read: (loop: Present) => number,
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: Object.keys(labels('')),
      registers: [this.#registry],
      collect: () => {
        for (const [loop, present] of this.#present) gauge.set(labels(loop), read(present))
      },
    })
  }
}
