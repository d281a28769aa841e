// What a benchmark comes to: figures of both sides, and what was wanted of ours.
import { median, pairedRatio } from './statistics.ts'

export type SideName = 'ours' | 'go'

/** One value of each run, in the order of the runs. Empty where a side was not measured. */
export type Samples = Readonly<Record<SideName, readonly number[]>>

export const NO_SAMPLES: Samples = { ours: [], go: [] }

/** What is wanted of ours. */
export type Goal =
  | { readonly atMost: number }
  | { readonly atLeast: number }
  /** Times the Go operator's, in the same run. */
  | { readonly ratio: number }

export type Figure = {
  readonly what: string
  /** As it is written after the number. */
  readonly unit: string
  readonly samples: Samples
  readonly goal?: Goal
}

/** What was measured against the number of resources. */
export type Curve = {
  readonly title: string
  readonly unit: string
  /** Points with the number of resources and the median. */
  readonly points: Readonly<Record<SideName, readonly (readonly [resources: number, value: number])[]>>
}

export type RowResult = {
  readonly row: string
  readonly title: string
  readonly figures: readonly Figure[]
  readonly curves?: readonly Curve[]
}

export type Verdict = 'met' | 'missed' | 'open'

/** The median of a side, if it was measured. */
export function valueOf({ samples }: Figure, side: SideName): number | undefined {
  return samples[side].length === 0 ? undefined : median(samples[side])
}

/** Ours to the Go operator's, pair by pair. */
export function ratioOf({ samples: { ours, go } }: Figure): number | undefined {
  return ours.length === 0 || go.length === 0 || median(go) === 0 ? undefined : pairedRatio(ours, go)
}

/** `open`: nothing was wanted, or what it is compared with was not measured. */
export function verdictOf(figure: Figure): Verdict {
  const { goal } = figure
  const ours = valueOf(figure, 'ours')
  if (goal === undefined || ours === undefined) return 'open'
  if ('atMost' in goal) return ours <= goal.atMost ? 'met' : 'missed'
  if ('atLeast' in goal) return ours >= goal.atLeast ? 'met' : 'missed'
  const ratio = ratioOf(figure)
  if (ratio === undefined) return 'open'
  return ratio <= goal.ratio ? 'met' : 'missed'
}
