// Reconciles that find nothing to do: the whole way from the queue to the metrics, in this process, without a network.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Row } from '../bench.ts'
import { NO_SAMPLES } from '../figures.ts'

const LOOKS = fileURLToPath(new URL('../looks-per-second.ts', import.meta.url))

export const looks: Row = {
  name: 'looks',
  title: 'reconciles that find nothing to do, on one core',
  async measure({ runs, scale }) {
    const ours: number[] = []
    for (let run = 0; run < runs; run++) {
      const { stdout } = await promisify(execFile)(process.execPath, [LOOKS, String(scale.many)])
      ours.push(Number(stdout))
    }
    return {
      figures: [
        {
          what: `looks at each of ${scale.many}`,
          unit: 'per second of CPU',
          samples: { ...NO_SAMPLES, ours },
          goal: { atLeast: 10_000 },
        },
      ],
    }
  },
}
