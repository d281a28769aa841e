// What is told of several samples of one figure.

/** The value that a share `q` (0 to 1) of the samples does not exceed: the nearest rank. Throws for no sample. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new Error('no sample, no figure')
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!
}

/** Of an even number the mean of the two in the middle. Throws for no sample. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (quantile(sorted, 0.5) + sorted[half]!) / 2
}

/** The median of the ratios of samples that were taken in turn, so that a drift of the machine meets both alike. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  const pairs = Math.min(ours.length, theirs.length)
  return median(Array.from({ length: pairs }, (_, i) => ours[i]! / theirs[i]!))
}

/** How long at least one of these spans was under way between `from` and `to`; spans are pairs of moments. */
export function covered(spans: readonly (readonly [number, number])[], from: number, to: number): number {
  let sum = 0
  let reached = from
  for (const [begin, end] of spans.toSorted(([a], [b]) => a - b)) {
    const until = Math.min(end, to)
    if (until <= reached) continue
    sum += Math.max(0, until - Math.max(begin, reached))
    reached = until
  }
  return sum
}
