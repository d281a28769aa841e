// The fleet at the default budget, which is the case of real life: against what the budget allows in theory.
import type { Row } from '../bench.ts'
import { inTurn, inWorld } from '../bench.ts'

/** The defaults of requests-per-second and burst, of which token requests have half of their own. Source: docs/settings.md. */
const PER_SECOND = 10
const BURST = 15
const TOKEN_SHARE = 0.5
const PAGE_LIMIT = 100
const LONGEST_MS = 900_000

/**
 * The least time in seconds in which both budgets let through what a fleet needs: a create of each, a list of each tenant and
 * of the organization, and a token for each application.
 */
export function theoreticalSeconds(tenants: number, applications: number): number {
  const calls = 2 * tenants + tenants * applications + Math.ceil(tenants / PAGE_LIMIT)
  const tokens = tenants * applications
  const seconds = (count: number, share: number) =>
    Math.max(0, count - Math.round(BURST * share)) / (PER_SECOND * share)
  return Math.max(seconds(calls, 1), seconds(tokens, TOKEN_SHARE))
}

export const defaultBudget: Row = {
  name: 'default-budget',
  title: 'the same at the default 10 requests a second; the Go operator has no budget',
  async measure({ sides, runs, scale, say }) {
    const [tenants, applications] = scale.fleet
    const own = sides.filter(({ name }) => name === 'ours')
    const samples = await inTurn({ sides: own, runs, say }, (side) =>
      inWorld(side, async (world) => {
        const count = await world.apply(0, tenants, applications)
        const life = await world.start({ 'requests-per-second': PER_SECOND, burst: BURST })
        const readyAt = await world.administrator.allReadyAt(count, LONGEST_MS)
        const seconds = (readyAt - life.workedAt) / 1_000
        return { seconds, share: seconds / theoreticalSeconds(tenants, applications) }
      }),
    )
    return {
      figures: [
        { what: `${tenants} × ${applications}: all Ready`, unit: 's', samples: samples.seconds },
        { what: 'times what the budget allows', unit: '', samples: samples.share, goal: { atMost: 1.05 } },
      ],
    }
  },
}
