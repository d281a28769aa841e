// What every part of a running operator is built with.
import type { Config } from '../config.ts'
import type { Gate } from '../engine/gate.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Edges } from './edges.ts'

export type Context = {
  readonly config: Config
  /** What the environment says of proxies. */
  readonly proxyEnv: NodeJS.ProcessEnv
  readonly logger: Logger
  readonly metrics: Metrics
  readonly edges: Edges
  /** What every write passes. */
  readonly gate: Gate
}
