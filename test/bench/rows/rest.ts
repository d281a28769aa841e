// What many resources at rest cost of a core.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../bench.ts'
import { inTurn } from '../bench.ts'
import { costOf } from '../process-cost.ts'

export const rest: Row = {
  name: 'rest',
  title: 'CPU at rest; the Go operator asks for each object once a minute',
  async measure(bench) {
    const { populations, scale } = bench
    await populations.at(scale.many)
    const { percent } = await inTurn(bench, async (side) => {
      const { pid } = populations.life(side)
      const before = await costOf(pid)
      const beganAt = performance.now()
      await sleep(scale.restMs)
      const { cpuSeconds } = await costOf(pid)
      return { percent: ((cpuSeconds - before.cpuSeconds) / ((performance.now() - beganAt) / 1_000)) * 100 }
    })
    return {
      figures: [{ what: `of a core, with ${scale.many}`, unit: '%', samples: percent, goal: { atMost: 1 } }],
    }
  },
}
