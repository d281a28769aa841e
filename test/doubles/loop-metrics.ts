// What a control loop told of itself, as a list.
import type { LoopGauges, LoopMetrics } from '../../src/engine/metrics.ts'

export class RecordedLoop implements LoopMetrics {
  readonly results: string[] = []
  readonly waits: number[] = []
  adds = 0
  retries = 0
  gauges: LoopGauges | undefined

  added(retry: boolean): void {
    this.adds++
    if (retry) this.retries++
  }

  waited(seconds: number): void {
    this.waits.push(seconds)
  }

  reconciled(result: string): void {
    this.results.push(result)
  }

  observe(loop: LoopGauges): void {
    this.gauges = loop
  }
}
