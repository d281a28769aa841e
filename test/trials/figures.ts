// Figures of repeated trials as a table, held to their limits.

/** What was measured again and again, in milliseconds. */
export type Measured = {
  readonly title: string
  /** No single figure may be above it; none: it is only told. */
  readonly limitMs?: number
  readonly valuesMs: readonly number[]
}

/** One line for each: how often, least, median and most, in seconds. */
export function table(rows: readonly Measured[]): string {
  const width = Math.max(...rows.map(({ title }) => title.length))
  const head = ['', 'trials', 'min', 'median', 'max', 'limit']
  const cells = rows.map((row) => [row.title, ...figuresOf(row)])
  return [head, ...cells]
    .map(([title = '', ...rest]) => [title.padEnd(width), ...rest.map(right)].join('  '))
    .join('\n')
}

/** Those whose limit is broken. */
export function broken(rows: readonly Measured[]): Measured[] {
  return rows.filter(({ limitMs = Infinity, valuesMs }) => valuesMs.some((ms) => ms > limitMs))
}

function figuresOf({ valuesMs, limitMs }: Measured): string[] {
  const sorted = valuesMs.toSorted((a, b) => a - b)
  const [least, median, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  return [String(sorted.length), seconds(least), seconds(median), seconds(most), seconds(limitMs)]
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`
}

function right(text: string): string {
  return text.padStart(8)
}
