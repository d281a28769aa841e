// The fleet with a control plane that answers at once: what is left is the operator's own work.
import { fleetRow } from './fleet.ts'

export const atOnce = fleetRow({
  name: 'at-once',
  title: (tenants, applications) => `${tenants} × ${applications}, answers at once`,
  size: 'fleet',
  latencyMs: 0,
  goal: { ratio: 2 },
})
