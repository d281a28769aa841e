// A large organization at once.
import { fleetRow } from './fleet.ts'

export const largeFleet = fleetRow({
  name: 'large-fleet',
  title: (tenants, applications) => `${tenants} × ${applications}, answers at once`,
  size: 'largeFleet',
  latencyMs: 0,
  goal: { ratio: 2 },
  cpuGoal: { atMost: 35 },
})
