// Counts calls as the metrics would.
import type { ControlPlaneMetrics, Operation } from '../../src/controlplane/metrics.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

export class RecordedCalls implements ControlPlaneMetrics {
  /** `operation code`, in the order in which the calls ended. */
  readonly calls: string[] = []
  limited = 0

  requested(operation: Operation, code: string): void {
    this.calls.push(`${operation} ${code}`)
  }

  rateLimited(): void {
    this.limited++
  }
}

/** A clock whose pauses are over at once and remembered; deadlines wait until a test moves it. */
export class EagerClock extends ManualClock {
  readonly pauses: number[] = []

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.pauses.push(ms)
  }
}
