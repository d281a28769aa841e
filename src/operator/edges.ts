// Where a running operator touches the world: real ones for the process, others for tests that compose it in-process.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { FIELD_MANAGER } from '../api/names.ts'
import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { KeyMaker } from '../controllers/ports.ts'
import { CredentialsDirectory } from '../controlplane/credentials.ts'
import type { Credentials } from '../controlplane/credentials.ts'
import type { Http } from '../controlplane/http-client.ts'
import { keyMaker } from '../controlplane/keys.ts'
import { loadKubeconfig } from '../kube/kubeconfig.ts'
import { createTransport } from '../kube/transport.ts'
import type { Transport } from '../kube/transport.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export type Edges = {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Text that is never the same twice: lower-case letters and digits. */
  readonly unique: () => string
  /** This process's name in Leases, Events and journals. */
  readonly identity: string
  readonly transport: Transport
  /** Connections of its own: nothing that keeps the others busy delays a renewal. */
  readonly leaseTransport: Transport
  readonly credentials: Credentials
  readonly keys: KeyMaker
  /** How calls to the control plane are sent, where not over connections of its own. */
  readonly http?: Http
}

/** The real ones. Opens no connection yet. Throws a `Failure` for a kubeconfig that cannot be used. */
export function realEdges(config: Config, version: string, metrics: Metrics): Edges {
  const clock = systemClock
  const kubeconfig = loadKubeconfig({ path: config.kubeconfig, context: config.context })
  const { host } = new URL(kubeconfig.getCurrentCluster()!.server)
  const userAgent = `${FIELD_MANAGER}/${version}`
  const newTransport = () => createTransport({ kubeconfig, userAgent, clock, metrics: metrics.kube.of(host) })
  return {
    clock,
    random: Math.random,
    unique: () => randomBytes(6).toString('hex'),
    identity: `${hostname()}_${randomBytes(4).toString('hex')}`,
    transport: newTransport(),
    leaseTransport: newTransport(),
    credentials: new CredentialsDirectory(config.credentialsDir, clock),
    keys: keyMaker(),
  }
}
