// The fleet with a control plane that takes 100 ms for each answer.
import { fleetRow } from './fleet.ts'

export const slowAnswers = fleetRow({
  name: 'slow-answers',
  title: (tenants, applications) => `${tenants} × ${applications}, answers in 100 ms`,
  size: 'fleet',
  latencyMs: 100,
  goal: { ratio: 1.25 },
})
