// Cost against size: what grows faster than the number of resources shows as a bend.
import type { Row } from '../bench.ts'
import type { Curve, SideName } from '../figures.ts'
import type { Measure } from '../populations.ts'
import { median } from '../statistics.ts'

const CURVES: readonly (readonly [Measure, string, string])[] = [
  ['createSeconds', 'creating all', 's'],
  ['startSeconds', 'start over them until it works', 's'],
  ['megabytes', 'memory after a start', 'MB'],
]

/** How much more than in proportion the cost of the larger size may be, before it is called more than linear. */
const TOLERANCE = 1.25

export const size: Row = {
  name: 'size',
  title: 'cost against size, see the plot',
  async measure({ populations, scale: { sizes } }) {
    const points = Object.fromEntries(
      CURVES.map(([measure]) => [measure, { ours: [] as [number, number][], go: [] as [number, number][] }]),
    ) as Record<Measure, Record<SideName, [number, number][]>>
    for (const resources of [0, ...sizes]) {
      const measured = await populations.at(resources)
      for (const [measure] of CURVES) {
        for (const side of ['ours', 'go'] as const) {
          const samples = measured[measure][side]
          if (samples.length > 0) points[measure][side].push([resources, median(samples)])
        }
      }
    }
    const curves: Curve[] = CURVES.map(([measure, title, unit]) => ({ title, unit, points: points[measure] }))
    const figures = CURVES.map(([measure, title]) => ({
      what: `${title}: the cost of each further resource, last step to the one before`,
      unit: '',
      samples: { ours: steepening(points[measure].ours), go: steepening(points[measure].go) },
      goal: { atMost: TOLERANCE },
    }))
    return { figures, curves }
  },
}

/** The slope of the last step to that of all before it: 1 for a straight line. Empty with less than two steps. */
export function steepening(points: readonly (readonly [number, number])[]): number[] {
  const [[firstX, firstY] = [0, 0], [beforeX, beforeY] = [0, 0], [lastX, lastY] = [0, 0]] = [
    points[0],
    points.at(-2),
    points.at(-1),
  ]
  const slope = (beforeY - firstY) / (beforeX - firstX)
  return points.length < 3 || !(slope > 0) ? [] : [(lastY - beforeY) / (lastX - beforeX) / slope]
}
