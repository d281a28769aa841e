// Counts what controllers count, in the order in which they do.
import type { ControllerMetrics } from '../../src/controllers/ports.ts'

export class RecordedMetrics implements ControllerMetrics {
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

  ambiguousCreate(outcome: string): void {
    this.counted.push(`ambiguous ${outcome}`)
  }
}
