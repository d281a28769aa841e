// Counts what controllers count, in the order in which they do.
import type { ControllerMetrics, SweepMetrics } from '../../src/controllers/ports.ts'

export class RecordedMetrics implements ControllerMetrics, SweepMetrics {
  readonly counted: string[] = []

  firstReady(kind: string, seconds: number): void {
    this.counted.push(`firstReady ${kind} ${seconds}`)
  }

  deleted(kind: string, seconds: number): void {
    this.counted.push(`deleted ${kind} ${seconds}`)
  }

  abandoned(kind: string): void {
    this.counted.push(`abandoned ${kind}`)
  }

  rotated(result: string): void {
    this.counted.push(`rotated ${result}`)
  }

  swept({ tenants, applications }: { readonly tenants: number; readonly applications: number }): void {
    this.counted.push(`swept ${tenants} ${applications}`)
  }

  ambiguousCreate(outcome: string): void {
    this.counted.push(`ambiguous ${outcome}`)
  }
}
