// What the adapter to Kubernetes tells about itself.

/** Counts requests. Each attempt is a request of its own. */
export interface KubeMetrics {
  /** `code` is the HTTP status, or `error` where none came; `host` the API server's, with its port. */
  requested(method: string, code: string, host: string): void
  /** The API server sent an older version of a resource than the cache holds already. */
  staleReadSkipped(): void
}
