// Builds the server of the metrics: by HTTPS and for whom the API server lets, where the settings say so.
import { AccessReviews } from '../kube/reviews.ts'
import { CertificateFiles } from '../telemetry/certificate.ts'
import { Guard } from '../telemetry/guard.ts'
import { metricsServer, METRICS_PATH } from '../telemetry/server.ts'
import type { TelemetryServer } from '../telemetry/server.ts'
import type { Context } from './context.ts'

/** Asks nobody and reads nothing yet. */
export function joinMetricsServer(context: Pick<Context, 'config' | 'metrics' | 'logger' | 'edges'>): TelemetryServer {
  const { config, metrics, logger } = context
  const { clock, transport } = context.edges
  const { metricsAddress: address, metricsCertDir: directory, metricsAuth } = config
  const setting = 'metrics-cert-dir'
  const isOpen = metricsAuth === 'none'
  // Without the gate: standbys are scraped, too.
  const reviewer = new AccessReviews(transport, METRICS_PATH)
  return metricsServer(metrics, {
    address,
    clock,
    logger,
    guard: isOpen ? undefined : new Guard({ reviewer, clock, logger }),
    certificate: directory === undefined ? undefined : new CertificateFiles({ directory, setting, clock, logger }),
  })
}
