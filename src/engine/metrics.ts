// What a control loop tells about itself; the names and labels it ends up under are telemetry's business.

/** `success`: nothing more to do · `requeue_after` and `requeue`: looks again · `error`: threw. As controller-runtime counts. */
export type ReconcileResult = 'success' | 'error' | 'requeue' | 'requeue_after'

/** One per controller. Durations in seconds, as Prometheus has them. */
export interface LoopMetrics {
  /** A look at a key was asked for; `retry` when after a failure. */
  added(retry: boolean): void
  /** A key was handed out after waiting this long since it was due. */
  waited(seconds: number): void
  /** A reconcile ended. */
  reconciled(result: ReconcileResult, seconds: number): void
  /** Called once, at composition: where to read the present from when somebody scrapes. */
  observe(loop: LoopGauges): void
}

export interface LoopGauges {
  /** Keys that are due and not handed out. */
  depth(): number
  /** Seconds that each reconcile in flight has run so far. */
  inFlightSeconds(): readonly number[]
  readonly maxConcurrentReconciles: number
}
