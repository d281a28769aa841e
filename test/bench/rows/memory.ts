// Resident memory of a process that has just read everything: without resources, with many, and with the most.
import type { Row } from '../bench.ts'
import type { Figure } from '../figures.ts'

/** In MB, for the sizes of a whole run. Others are told without a goal. */
const MOST_MEGABYTES = new Map([
  [0, 80],
  [5_000, 100],
  [20_000, 130],
])

export const memory: Row = {
  name: 'memory',
  title: 'resident memory after a start',
  async measure({ populations, scale: { many, most } }) {
    const figures: Figure[] = []
    for (const size of new Set([0, many, most])) {
      const { megabytes } = await populations.at(size)
      const atMost = MOST_MEGABYTES.get(size)
      const goal = atMost === undefined ? {} : { goal: { atMost } }
      figures.push({ what: `with ${size} resources`, unit: 'MB', samples: megabytes, ...goal })
    }
    return { figures }
  },
}
