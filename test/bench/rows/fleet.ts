// Tenants and applications that stand there when the operator starts: how long until all are Ready, and what that took.
import type { Bench, Row } from '../bench.ts'
import { inTurn, inWorld } from '../bench.ts'
import type { Figure, Goal } from '../figures.ts'
import { costOf } from '../process-cost.ts'

export type FleetOptions = {
  readonly name: string
  readonly title: (tenants: number, applications: number) => string
  readonly size: 'fleet' | 'largeFleet'
  /** Of each answer of the control plane, in milliseconds. */
  readonly latencyMs: number
  readonly goal: Goal
  readonly cpuGoal?: Goal
}

const LONGEST_MS = 900_000
const READS = ['getTenants', 'getTenant', 'getTenantApplications', 'getTenantApplication']

/** One row of this kind. */
export function fleetRow({ size, latencyMs, goal, cpuGoal, ...row }: FleetOptions): Row {
  return {
    name: row.name,
    title: 'tenants × applications at once, the operator started last',
    async measure(bench) {
      const [tenants, applications] = bench.scale[size]
      const samples = await measureFleet(bench, tenants, applications, latencyMs)
      const figures: Figure[] = [
        { what: `${row.title(tenants, applications)}: all Ready`, unit: 's', samples: samples.seconds, goal },
        { what: 'CPU for that', unit: 's', samples: samples.cpuSeconds, ...(cpuGoal && { goal: cpuGoal }) },
        { what: 'memory at the end', unit: 'MB', samples: samples.megabytes },
        { what: 'creates', unit: '', samples: samples.creates },
        { what: 'reads of the control plane', unit: '', samples: samples.reads },
        { what: 'writes to Kubernetes for each application', unit: '', samples: samples.writes },
      ]
      return { figures }
    },
  }
}

function measureFleet(bench: Bench, tenants: number, applications: number, latencyMs: number) {
  return inTurn(bench, (side) =>
    inWorld(side, async (world) => {
      const { plane, administrator } = world
      if (latencyMs > 0) await plane.disturb({ kind: 'delay', seconds: latencyMs / 1_000, count: -1 })
      const count = await world.apply(0, tenants, applications)
      const life = await world.start()
      const readyAt = await administrator.allReadyAt(count, LONGEST_MS)
      const { cpuSeconds, megabytes } = await costOf(life.pid)
      const calls = await plane.counts()
      const writes = Object.values(await world.writes()).reduce((sum, n) => sum + n, 0)
      return {
        seconds: (readyAt - life.startedAt) / 1_000,
        cpuSeconds,
        megabytes,
        creates: (calls['createTenant'] ?? 0) + (calls['createTenantApplication'] ?? 0),
        reads: READS.reduce((sum, operation) => sum + (calls[operation] ?? 0), 0),
        writes: writes / (tenants * applications),
      }
    }),
  )
}
