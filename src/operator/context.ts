// What every part of a running operator is built with.
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export type Context = {
  readonly config: Config
  readonly version: string
  /** What the environment says of proxies. */
  readonly proxyEnv: NodeJS.ProcessEnv
  readonly logger: Logger
  readonly metrics: Metrics
}
