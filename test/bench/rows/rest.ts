// What many resources at rest cost of a core: between two rounds through all of them, and with as many rounds as each side makes.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../bench.ts'
import { inTurn } from '../bench.ts'
import { costOf } from '../process-cost.ts'

export const rest: Row = {
  name: 'rest',
  title:
    'CPU at rest; a round is our sweep each ten minutes, and each minute the question of the Go operator for each object',
  async measure(bench) {
    const { populations, scale } = bench
    await populations.at(scale.many)
    const { between, round, percent } = await inTurn(bench, async (side) => {
      const { pid } = await populations.restart(side)
      await sleep(scale.settleMs)
      const calm = await cpuWithin(pid, scale.restMs)
      const busy = await cpuWithin(pid, scale.firstRoundMs)
      const share = calm.cpuSeconds / calm.seconds
      const round = busy.cpuSeconds - share * busy.seconds
      return { between: share * 100, round, percent: (share + round / side.roundSeconds) * 100 }
    })
    return {
      figures: [
        { what: `of a core, with ${scale.many}`, unit: '%', samples: percent, goal: { atMost: 1 } },
        { what: 'of a core between two rounds', unit: '%', samples: between },
        { what: 'CPU of one round', unit: 's', samples: round },
      ],
    }
  },
}

async function cpuWithin(pid: number, ms: number): Promise<{ readonly cpuSeconds: number; readonly seconds: number }> {
  const before = await costOf(pid)
  const beganAt = performance.now()
  await sleep(ms)
  const after = await costOf(pid)
  return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, seconds: (performance.now() - beganAt) / 1_000 }
}
