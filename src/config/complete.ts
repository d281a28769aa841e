// Settings that depend on each other or on where the process runs: what follows, and what contradicts.
import { isDeepStrictEqual } from 'node:util'
import { ConfigurationError } from './configuration-error.ts'
import type { Setting, Values } from './settings.ts'
import { SETTINGS } from './settings.ts'

/** The settings of a run: complete, checked, frozen. Holds no secret. */
export type Config = Omit<Values, 'tokenUrl' | 'tokenHosts' | 'operatorNamespace'> & {
  readonly tokenUrl: string
  /** Host names, or patterns in which `*` stands for exactly one label. */
  readonly tokenHosts: readonly string[]
  readonly operatorNamespace: string
}

/** The hosts of the vendor's two environments. Source: the vendor's API reference, "Endpoints". */
const PRODUCTION_HOST = 'api.tenants.resistant.ai'
const TESTING_HOST = 'api.tenants.testing.resistant.ai'
const PRODUCTION_TOKEN_URL = 'https://eu.id.resistant.ai/oauth2/aus17c172cLOCWEyk417/v1/token'
/** Without `{cell}`, since testing has one cell. */
const TESTING_DOCUMENTS_API_URL = 'https://api.documents.testing.resistant.ai'
const VENDOR_TOKEN_HOSTS = '*.id.resistant.ai'
const DEFAULT_NAMESPACE = 'rai-system'

/** Throws {@link ConfigurationError} for a setting that others make necessary, or contradict. */
export function complete(values: Values, podNamespace: string | undefined): Config {
  const { host } = new URL(values.controlPlaneUrl)
  const tokenUrl = values.tokenUrl ?? (host === PRODUCTION_HOST ? PRODUCTION_TOKEN_URL : required(SETTINGS.tokenUrl))
  const isOutsidePod = values.kubeconfig !== undefined || values.context !== undefined
  refuseSharedAddress(values)
  refuseHastyLease(values)
  refuseOpenTokens(values)
  return {
    ...values,
    tokenUrl,
    documentsApiUrl: values.documentsApiUrl ?? documentsApiUrl(host),
    tokenHosts: values.tokenHosts ?? [...new Set([VENDOR_TOKEN_HOSTS, new URL(tokenUrl).hostname])],
    operatorNamespace: values.operatorNamespace ?? (isOutsidePod ? undefined : podNamespace) ?? DEFAULT_NAMESPACE,
  }
}

/** `undefined` in production, whose hosts follow no single template. */
function documentsApiUrl(controlPlaneHost: string): string | undefined {
  if (controlPlaneHost === PRODUCTION_HOST) return undefined
  return controlPlaneHost === TESTING_HOST ? TESTING_DOCUMENTS_API_URL : required(SETTINGS.documentsApiUrl)
}

function required({ name, kind }: Setting): never {
  throw new ConfigurationError(`${name} is required with this control-plane-url, takes ${kind.takes}`)
}

/** client-go's order: whoever leads must have given up before others may take over, after more than one attempt. */
function refuseHastyLease({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: Values): void {
  if (renewDeadlineMs >= leaseDurationMs) {
    throw new ConfigurationError('renew-deadline must be shorter than lease-duration')
  }
  if (retryPeriodMs * 1.2 >= renewDeadlineMs) {
    throw new ConfigurationError('retry-period must be shorter than renew-deadline divided by 1.2')
  }
}

function refuseSharedAddress({
  metricsAddress,
  healthAddress,
}: Pick<Values, 'metricsAddress' | 'healthAddress'>): void {
  const isShared =
    metricsAddress !== 'off' && metricsAddress.port !== 0 && isDeepStrictEqual(metricsAddress, healthAddress)
  if (isShared) throw new ConfigurationError('metrics-address and health-address are the same, take one port each')
}

/** Whoever listens on the way could do with a token what its owner may. */
function refuseOpenTokens({ metricsAuth, metricsCertDir }: Pick<Values, 'metricsAuth' | 'metricsCertDir'>): void {
  if (metricsAuth === 'none' || metricsCertDir !== undefined) return
  const { name, kind } = SETTINGS.metricsCertDir
  const why = 'without HTTPS tokens could be read on the way'
  throw new ConfigurationError(`${name} is required with metrics-auth ${metricsAuth}, takes ${kind.takes}: ${why}`)
}
