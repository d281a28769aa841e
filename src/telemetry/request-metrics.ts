// What is counted of requests: to the control plane and token endpoints, and to the Kubernetes API server.
import type { Registry } from 'prom-client'
import { Counter, Histogram } from 'prom-client'

/** The status of success of each operation. Source: the vendor's API reference, "Operations"; tokens: RFC 6749, section 5.1. */
const SUCCESS: Readonly<Record<string, string>> = {
  createTenant: '201',
  getTenants: '200',
  getTenant: '200',
  deleteTenant: '204',
  createTenantApplication: '201',
  getTenantApplications: '200',
  getTenantApplication: '200',
  deleteTenantApplication: '204',
  organizationToken: '200',
  applicationToken: '200',
}
/** Statuses of failure that the contract names, and `error` for no answer at all. */
const FAILURES = ['400', '401', '403', '404', '415', '429', 'error']

/** The control plane's adapter calls this. Other codes than those that are there from the start appear when they occur. */
export class ControlPlaneMetrics {
  readonly #requests
  readonly #durations
  readonly #rateLimited

  constructor(registry: Registry) {
    const registers = [registry]
    this.#requests = new Counter({
      name: 'rai_control_plane_requests_total',
      help: 'Requests to the Tenant Management API and to token endpoints, by HTTP status, or error for no answer.',
      labelNames: ['operation', 'code'],
      registers,
    })
    this.#durations = new Histogram({
      name: 'rai_control_plane_request_duration_seconds',
      help: 'How long requests to the Tenant Management API and to token endpoints take.',
      labelNames: ['operation'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    })
    this.#rateLimited = new Counter({
      name: 'rai_control_plane_rate_limited_total',
      help: 'Answers of the control plane and of token endpoints that asked for fewer requests.',
      registers,
    })
    for (const [operation, success] of Object.entries(SUCCESS)) {
      for (const code of [success, ...FAILURES]) this.#requests.inc({ operation, code }, 0)
      this.#durations.zero({ operation })
    }
  }

  requested(operation: string, code: string, seconds: number): void {
    this.#requests.inc({ operation, code })
    this.#durations.observe({ operation }, seconds)
  }

  rateLimited(): void {
    this.#rateLimited.inc()
  }
}

/** What the API server answers when all is well. */
const KUBERNETES_SUCCESS = { GET: '200', POST: '201', PUT: '200', PATCH: '200', DELETE: '200' }

/** The Kubernetes adapter's requests. {@link of} gives what the adapter to one server calls. */
export class KubeMetricsFamily {
  readonly #requests
  readonly #staleReads

  constructor(registry: Registry) {
    const registers = [registry]
    this.#requests = new Counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the Kubernetes API server.',
      labelNames: ['code', 'method', 'host'],
      registers,
    })
    this.#staleReads = new Counter({
      name: 'rai_stale_reads_skipped_total',
      help: 'Events and list items that were older than what the cache held already.',
      registers,
    })
  }

  /** `host` is the server's, with its port: as the adapter names it in `requested`. */
  of(host: string) {
    for (const [method, code] of Object.entries(KUBERNETES_SUCCESS)) this.#requests.inc({ code, method, host }, 0)
    return {
      requested: (method: string, code: string, host: string): void => this.#requests.inc({ code, method, host }),
      staleReadSkipped: (): void => this.#staleReads.inc(),
    }
  }
}
