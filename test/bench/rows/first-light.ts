// What a person sees who tries it: one tenant and two applications in one file, and a reference to no tenant.
import { setTimeout as sleep } from 'node:timers/promises'
import { application, tenant } from '../../stack/stack.ts'
import type { Row } from '../bench.ts'
import { inTurn, inWorld } from '../bench.ts'

const LONGEST_MS = 60_000
const SETTLE_MS = 2_000

export const firstLight: Row = {
  name: 'first-light',
  title: 'one tenant and two applications, the operator running',
  async measure(bench) {
    const { seconds } = await inTurn(bench, (side) =>
      inWorld(side, async ({ start, administrator }) => {
        await start()
        await sleep(SETTLE_MS)
        const secret = { auth: { type: 'ClientSecret' } }
        const beganAt = performance.now()
        // The tenant comes last, as it may in a file.
        await administrator.createAll([
          application('web', 'first'),
          application('batch', 'first', secret),
          tenant('first'),
        ])
        return { seconds: ((await administrator.allReadyAt(3, LONGEST_MS)) - beganAt) / 1_000 }
      }),
    )
    return { figures: [{ what: 'apply to Ready', unit: 's', samples: seconds, goal: { atMost: 3 } }] }
  },
}
