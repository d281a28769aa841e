// Everything that /metrics shows, in one registry of its own: docs/metrics.md explains each metric.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { APPLICATION_KIND, TENANT_KIND } from '../api/names.ts'
import { LoopMetricsFamily } from './loop-metrics.ts'
import { addObjectMetrics } from './object-metrics.ts'
import { ControlPlaneMetrics, KubeMetricsFamily } from './request-metrics.ts'
import { KINDS, ResourceMetrics } from './resource-metrics.ts'

export type MetricsOptions = {
  readonly version: string
  /** How many tenants the organization may have. */
  readonly tenantQuota: number
  /** What the Lease is called for which replicas compete. */
  readonly leaseName: string
  /** Whether to tell of each single resource. */
  readonly perObjectMetrics: boolean
}

/**
 * prom-client samples the event loop every 10 ms unless told otherwise, which alone takes 0.5 % of a core at rest; this
 * takes a quarter of that. It is also the least that `nodejs_eventloop_lag_*` shows, and still below what anybody is alerted by.
 */
const EVENT_LOOP_SAMPLING_MS = 50

/** Every metric exists at 0 from the start, so that an alert never waits for a first event. */
export class Metrics {
  /** For the controllers, and for the caches whose resources are counted. */
  readonly resources: ResourceMetrics
  readonly controlPlane: ControlPlaneMetrics
  readonly kube: KubeMetricsFamily
  readonly loops: LoopMetricsFamily
  readonly #registry = new Registry()
  readonly #leader
  readonly #leaseName
  readonly #quota
  readonly #unmanaged
  readonly #sweptAt

  constructor({ version, tenantQuota, leaseName, perObjectMetrics }: MetricsOptions) {
    const registers = [this.#registry]
    this.resources = new ResourceMetrics(this.#registry)
    if (perObjectMetrics) addObjectMetrics(this.#registry, (kind) => this.resources.of(kind))
    this.controlPlane = new ControlPlaneMetrics(this.#registry)
    this.kube = new KubeMetricsFamily(this.#registry)
    this.loops = new LoopMetricsFamily(this.#registry)
    new Gauge({ name: 'rai_build_info', help: 'Which version runs.', labelNames: ['version'], registers }).set(
      { version },
      1,
    )
    this.#leaseName = leaseName
    this.#leader = new Gauge({
      name: 'leader_election_master_status',
      help: '1 on the replica that works, 0 on a standby.',
      labelNames: ['name'],
      registers,
    })
    this.leads(false)
    this.#quota = new Gauge({
      name: 'rai_tenant_quota',
      help: 'Tenants of the organization: used as last listed, limit as configured.',
      labelNames: ['state'],
      registers,
    })
    this.usesTenants(0)
    this.#quota.set({ state: 'limit' }, tenantQuota)
    this.#unmanaged = new Gauge({
      name: 'rai_unmanaged',
      help: 'Tenants and applications of the organization that no resource claims, as last swept.',
      labelNames: ['kind'],
      registers,
    })
    for (const kind of KINDS) this.#unmanaged.set({ kind }, 0)
    this.#sweptAt = new Gauge({
      name: 'rai_sweep_timestamp_seconds',
      help: 'When the last complete comparison with the control plane ended, in seconds since the epoch.',
      registers,
    })
    this.#sweptAt.set(0)
  }

  /** Tells whether this replica is the one that works. */
  leads(isLeader: boolean): void {
    this.#leader.set({ name: this.#leaseName }, isLeader ? 1 : 0)
  }

  /** Tells how many tenants the organization was last seen to have. */
  usesTenants(count: number): void {
    this.#quota.set({ state: 'used' }, count)
  }

  /** Tells that a sweep was complete, and how much it found that no resource claims. */
  swept({ tenants, applications }: { readonly tenants: number; readonly applications: number }): void {
    this.#unmanaged.set({ kind: TENANT_KIND }, tenants)
    this.#unmanaged.set({ kind: APPLICATION_KIND }, applications)
    this.#sweptAt.setToCurrentTime()
  }

  /** Adds prom-client's metrics of the process. Once per process: what they install stays for good. */
  addProcess(): void {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLING_MS })
  }

  /** The text of `/metrics` and its media type. */
  async expose(): Promise<{ readonly type: string; readonly body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() }
  }
}
