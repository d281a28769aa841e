// Builds the control plane's side: its client, and the pace of calls to it.
import { CALL_CLASSES } from '../controlplane/call-class.ts'
import { createControlPlane } from '../controlplane/control-plane.ts'
import type { ControlPlane } from '../controlplane/control-plane.ts'
import { TOKEN_CLASS } from '../controlplane/prover.ts'
import { Budget } from '../engine/budget.ts'
import type { Context } from './context.ts'
import type { Edges } from './edges.ts'

/**
 * Token requests of applications have a budget of their own, half of the other one: with the default of 10 requests a
 * second the 5 that docs/settings.md names, and no bottleneck where the other one is raised.
 */
const TOKEN_SHARE = 0.5

export type ControlPlaneContext = Omit<Context, 'edges'> & {
  readonly edges: Pick<Edges, 'clock' | 'random' | 'credentials' | 'http'>
}

/** Contacts nobody yet. Throws a `Failure` for a proxy that cannot be one. */
export function joinControlPlane({
  config,
  proxyEnv,
  logger,
  metrics,
  edges,
  gate,
}: ControlPlaneContext): ControlPlane {
  const { clock, random, credentials, http } = edges
  const budgetOf = <Class extends string>(classes: readonly Class[], share: number) =>
    new Budget({
      classes,
      perSecond: config.requestsPerSecond * share,
      burst: Math.max(1, Math.round(config.burst * share)),
      random,
      clock,
    })
  return createControlPlane({
    baseUrl: config.controlPlaneUrl,
    tokenUrl: config.tokenUrl,
    tokenHosts: config.tokenHosts,
    credentials,
    pageLimit: config.pageLimit,
    budget: budgetOf(CALL_CLASSES, 1),
    tokenBudget: budgetOf([TOKEN_CLASS], TOKEN_SHARE),
    gate,
    clock,
    random,
    metrics: metrics.controlPlane,
    logger,
    proxyEnv,
    ...(http && { http }),
  })
}
