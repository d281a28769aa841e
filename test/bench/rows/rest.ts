// What many resources at rest cost of a core: between two sweeps, and with as many sweeps as there are by default.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Row } from '../bench.ts'
import { inTurn } from '../bench.ts'
import { costOf } from '../process-cost.ts'

/** The default of the setting `sweep-interval`. */
const SWEEP_INTERVAL_SECONDS = 600

export const rest: Row = {
  name: 'rest',
  title: 'CPU at rest; the Go operator asks for each object once a minute',
  async measure(bench) {
    const { populations, scale } = bench
    await populations.at(scale.many)
    const { between, sweep, percent } = await inTurn(bench, async (side) => {
      const { pid } = await populations.restart(side)
      await sleep(scale.settleMs)
      const calm = await cpuWithin(pid, scale.restMs)
      const busy = await cpuWithin(pid, scale.firstSweepMs)
      const share = calm.cpuSeconds / calm.seconds
      const sweep = busy.cpuSeconds - share * busy.seconds
      return { between: share * 100, sweep, percent: (share + sweep / SWEEP_INTERVAL_SECONDS) * 100 }
    })
    return {
      figures: [
        {
          what: `of a core, with ${scale.many} and a sweep each ${SWEEP_INTERVAL_SECONDS} s`,
          unit: '%',
          samples: percent,
          goal: { atMost: 1 },
        },
        { what: 'of a core between two sweeps', unit: '%', samples: between },
        { what: 'CPU of one sweep', unit: 's', samples: { ...sweep, go: [] } },
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
