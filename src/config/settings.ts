// The one table of settings: flags, variables, the file, `--help` and docs/settings.md all follow from it.
import type { Kind } from './kinds.ts'
import { boolean, duration, integer, listOf, matching, oneOf } from './kinds.ts'
import { adoptionRule, labelSelector, leaseName, namespace } from './kubernetes-kinds.ts'
import { baseUrl, hostPattern, listenAddress, url, urlOfCell } from './network-kinds.ts'

export type Setting = {
  /** As a flag and in the file; in capitals behind `RAI_` as a variable. */
  readonly name: string
  readonly kind: Kind<unknown>
  /** What it does, one or a few sentences. */
  readonly about: string
  /** A value worth showing, as text. */
  readonly example: string
} & (
  | {
      /** As text. */
      readonly default: string
    }
  | {
      /** What happens when nothing is said, in words. */
      readonly unset: string
    }
)

const path = matching(/^[^\n\0]+$/, 'a path', 'PATH')
const line = matching(/^(?=.{1,253}$)\S(?:.*\S)?$/, 'one line of at most 253 characters', 'TEXT')

/** By the name that the rest of the operator uses. Durations are milliseconds there, hence `Ms`. */
export const SETTINGS = {
  settingsFile: {
    name: 'config',
    kind: path,
    unset: 'no file',
    about: 'YAML file with settings, by the names they have here.',
    example: '/etc/rai-operator/settings.yaml',
  },
  controlPlaneUrl: {
    name: 'control-plane-url',
    kind: baseUrl,
    default: 'https://api.tenants.resistant.ai/v0',
    about: 'The Tenant Management API.',
    example: 'https://api.tenants.testing.resistant.ai/v0',
  },
  tokenUrl: {
    name: 'token-url',
    kind: url,
    unset: "the vendor's, in production; required for any other control plane",
    about: "The token endpoint of the organization's own credential.",
    example: 'https://eu.id.resistant.ai/oauth2/aus17c172cLOCWEyk417/v1/token',
  },
  documentsApiUrl: {
    name: 'documents-api-url',
    kind: urlOfCell,
    unset: "the vendor's, by cell; required when the control plane is not the vendor's",
    about: 'The Documents API as it is written into Secrets.',
    example: 'https://documents.example.com/{cell}',
  },
  organization: {
    name: 'organization',
    kind: line,
    unset: "the control plane's host and the client id",
    about: 'Name of the organization in status and records.',
    example: 'acme',
  },
  credentialsDir: {
    name: 'credentials-dir',
    kind: path,
    default: '/etc/rai-operator/credentials',
    about:
      "Directory with the organization's credential: files client_id and client_secret, or client_id, private_key.pem " +
      '(PKCS 8, RSA or EC) and kid. Read again when they change.',
    example: './credentials',
  },
  tokenHosts: {
    name: 'token-hosts',
    kind: listOf(hostPattern),
    unset: '*.id.resistant.ai and the host of token-url',
    about:
      "Where an application's token URL may point (https on port 443; anything on loopback). No other host is ever sent " +
      'a credential.',
    example: '*.id.resistant.ai,id.example.com',
  },
  kubeconfig: {
    name: 'kubeconfig',
    kind: path,
    unset: "in a Pod its service account, else kubectl's rules",
    about: 'How to reach the Kubernetes API server.',
    example: './kubeconfig',
  },
  context: {
    name: 'context',
    kind: line,
    unset: 'the current one',
    about: 'Context of the kubeconfig.',
    example: 'kind-kind',
  },
  operatorNamespace: {
    name: 'operator-namespace',
    kind: namespace,
    unset: "the Pod's own, else rai-system",
    about: "Where the operator's own records are kept.",
    example: 'rai-system',
  },
  watchNamespaces: {
    name: 'watch-namespaces',
    kind: listOf(namespace),
    default: '',
    about:
      'Namespaces whose resources are looked after; empty: all. With a list, Roles in those namespaces suffice, and ' +
      'one ClusterRole that may get our two CustomResourceDefinitions.',
    example: 'team-a,team-b',
  },
  selector: {
    name: 'selector',
    kind: labelSelector,
    unset: 'every resource',
    about:
      'Label selector on our resources, for several operators side by side: each looks after those that match its own, and ' +
      'needs an operator-namespace of its own. A tenant and all that refers to it carry the same label.',
    example: 'stage=production',
  },
  allowAdoption: {
    name: 'allow-adoption',
    kind: listOf(adoptionRule),
    default: '',
    about:
      'Which namespaces may take over which existing tenants, by name; where it is empty, none. Whoever may write a ' +
      'RaiTenant there gets those tenants, and may have them deleted.',
    example: 'team-a=acme*,team-b=umbrella',
  },
  workers: {
    name: 'workers',
    kind: integer(1, 1000),
    default: '8',
    about:
      'Reconciles at the same time, for each kind; four times as many may wait for the answer to a create or for a token. Among due ' +
      'resources the namespaces take turns, and there is one more for a namespace for which none is at work.',
    example: '16',
  },
  requestsPerSecond: {
    name: 'requests-per-second',
    kind: integer(1, 10_000),
    default: '10',
    about:
      'Budget of all calls to the control plane. Among those that wait deletes come first, then creates, recovery and the ' +
      'sweep, and each of them has at least a tenth. Token requests of applications have a budget of their own, half as large.',
    example: '5',
  },
  burst: {
    name: 'burst',
    kind: integer(1, 10_000),
    default: '15',
    about: 'How many calls to the control plane may come at once after a quiet time.',
    example: '10',
  },
  pageLimit: {
    name: 'page-limit',
    kind: integer(1, 10_000),
    default: '100',
    about: 'Tenants to ask for per page of a list. Where the control plane refuses it, lists are asked for without it.',
    example: '20',
  },
  sweepIntervalMs: {
    name: 'sweep-interval',
    kind: duration('1m', '24h'),
    default: '10m',
    about: 'How often everything is compared with what the control plane holds, ± 20 %.',
    example: '30m',
  },
  acceptExternalView: {
    name: 'accept-external-view',
    kind: matching(/^[0-9a-f]{12}$/, 'the digest that the log names', 'DIGEST'),
    unset: 'none',
    about:
      'Goes on although many tenants are missing from the organization at once (ExternalViewSuspect), if exactly those ' +
      'are missing to which the digest in the log belongs.',
    example: '0123456789ab',
  },
  tenantQuota: {
    name: 'tenant-quota',
    kind: integer(1, 1_000_000),
    default: '20',
    about:
      'How many tenants the organization may have. No more are asked for, even where the vendor allows more; of the ' +
      'RaiTenants that wait for a place the oldest gets the next one.',
    example: '100',
  },
  deletionPolicy: {
    name: 'deletion-policy',
    kind: oneOf('Delete', 'Retain'),
    default: 'Delete',
    about:
      'What becomes of a tenant or application that the operator made when its resource is deleted and says nothing ' +
      'itself.',
    example: 'Retain',
  },
  defaultOverlapMs: {
    name: 'default-overlap',
    kind: duration('5m', '8760h'),
    default: '24h',
    about: 'How long a replaced credential keeps working, where the resource says nothing.',
    example: '72h',
  },
  watchSecrets: {
    name: 'watch-secrets',
    kind: boolean,
    default: 'false',
    about:
      'Whether to heal a removed or altered Secret at once, which needs list and watch on Secrets; their content is not ' +
      'read for that.',
    example: 'true',
  },
  leaderElect: {
    name: 'leader-elect',
    kind: boolean,
    default: 'true',
    about:
      'Whether to work only while holding the Lease, so that several replicas may run. Off: there must be one replica.',
    example: 'false',
  },
  leaseName: {
    name: 'lease-name',
    kind: leaseName,
    default: 'rai-operator',
    about: "Name of the Lease, in the operator's namespace.",
    example: 'rai-operator-blue',
  },
  leaseDurationMs: {
    name: 'lease-duration',
    kind: duration('1s', '1h'),
    default: '15s',
    about: 'How long others wait after the last renewal before they take over.',
    example: '30s',
  },
  renewDeadlineMs: {
    name: 'renew-deadline',
    kind: duration('1s', '1h'),
    default: '10s',
    about: 'How long the leader tries to renew before it gives up.',
    example: '20s',
  },
  retryPeriodMs: {
    name: 'retry-period',
    kind: duration('100ms', '1h'),
    default: '2s',
    about: 'How long to wait between attempts to get or renew the Lease.',
    example: '5s',
  },
  metricsAddress: {
    name: 'metrics-address',
    kind: listenAddress,
    default: ':8080',
    about: 'Where /metrics is served.',
    example: '127.0.0.1:9090',
  },
  healthAddress: {
    name: 'health-address',
    kind: listenAddress,
    default: ':8081',
    about: 'Where /healthz and /readyz are served.',
    example: '0',
  },
  metricsAuth: {
    name: 'metrics-auth',
    kind: oneOf('none', 'kubernetes'),
    default: 'none',
    about:
      'Who may read /metrics: everybody, or whom the API server lets (TokenReview, SubjectAccessReview), which needs metrics-cert-dir.',
    example: 'kubernetes',
  },
  metricsCertDir: {
    name: 'metrics-cert-dir',
    kind: path,
    unset: 'none',
    about:
      'Directory with tls.crt and tls.key in PEM, such as a mounted Secret of type kubernetes.io/tls. /metrics is then served by HTTPS; when the files change, with the new certificate.',
    example: '/etc/rai-operator/metrics-tls',
  },
  perObjectMetrics: {
    name: 'per-object-metrics',
    kind: boolean,
    default: 'false',
    about:
      'Whether /metrics tells of each resource by namespace and name, too: one or two series more for each, and who scrapes learns the names.',
    example: 'true',
  },
  logLevel: {
    name: 'log-level',
    kind: oneOf('debug', 'info', 'warn', 'error'),
    default: 'info',
    about: 'Least severe messages to log. info: what changed in the world; debug: everything else.',
    example: 'debug',
  },
  logFormat: {
    name: 'log-format',
    kind: oneOf('json', 'pretty'),
    default: 'json',
    about: 'One JSON object a line, or lines for a person at a terminal.',
    example: 'pretty',
  },
  drainTimeoutMs: {
    name: 'drain-timeout',
    kind: duration('0s', '1h'),
    default: '50s',
    about: 'How long work in flight may take to end after SIGTERM.',
    example: '20s',
  },
} as const satisfies Readonly<Record<string, Setting>>

/** What the table says of each setting, as values; one without a default may be `undefined`. */
export type Values = { readonly [K in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[K]> }

type ValueOf<S> = S extends { readonly kind: Kind<infer T>; readonly default: string }
  ? T
  : S extends { readonly kind: Kind<infer T> }
    ? T | undefined
    : never

/** Whether a word is the flag of a setting, such as `--workers`, or its variable. */
export function isSettingName(word: string): boolean {
  return Object.values<Setting>(SETTINGS).some((setting) => word === `--${setting.name}` || word === variable(setting))
}

/** The environment variable of a setting. */
export function variable(setting: Setting): string {
  return `RAI_${setting.name.toUpperCase().replaceAll('-', '_')}`
}
