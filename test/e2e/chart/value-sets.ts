// Ways to install the chart that differ in what they render.
import { CHART_SETTINGS } from '../../../.ci/values-schema.ts'
import type { Rendering } from './helm.ts'

/** What a cluster with the Prometheus operator has. */
export const PROMETHEUS = ['monitoring.coreos.com/v1/ServiceMonitor', 'monitoring.coreos.com/v1/PrometheusRule']

const MONITORED = { serviceMonitor: { enabled: true }, rules: { enabled: true }, dashboard: { enabled: true } }
const CERTIFICATE = { certificateSecret: 'rai-operator-metrics-tls' }

/** Each setting as its documentation shows it, but for those that would contradict each other. */
const EXAMPLES = Object.fromEntries(
  CHART_SETTINGS.map(({ name, kind, example }) => [name, asInFile(kind.fromText(example), example)]),
)

/** Texts stand in the file as they are; what is no text, or a list of texts, stands as itself. */
function asInFile(value: unknown, example: string): unknown {
  if (typeof value === 'boolean' || (typeof value === 'number' && /^\d+$/.test(example))) return value
  return Array.isArray(value) ? example.split(',') : example
}

export const VALUE_SETS: Readonly<Record<string, Rendering>> = {
  defaults: { values: {} },
  'one replica': { values: { replicas: 1 } },
  'no Lease': { values: { replicas: 1, settings: { 'leader-elect': false } } },
  'listed namespaces': { values: { settings: { 'watch-namespaces': ['team-a', 'team-b'] } } },
  'listed namespaces, one of them its own': { values: { settings: { 'watch-namespaces': ['rai-system', 'team-a'] } } },
  'listed namespaces, whose Secrets are watched': {
    values: { settings: { 'watch-namespaces': ['team-a'], 'watch-secrets': true } },
  },
  'listed namespaces, labels of all': {
    values: { settings: { 'watch-namespaces': ['team-a'] }, rbac: { namespaceLabels: true } },
  },
  'watched Secrets': { values: { settings: { 'watch-secrets': true } } },
  'labels of namespaces': { values: { rbac: { namespaceLabels: true } } },
  'metrics for whom the API server lets': {
    values: { settings: { 'metrics-auth': 'kubernetes' }, metrics: CERTIFICATE },
  },
  'metrics by HTTPS for everybody': { values: { metrics: CERTIFICATE } },
  'no metrics': { values: { settings: { 'metrics-address': 0 }, networkPolicy: { enabled: true } } },
  'no probes': { values: { settings: { 'health-address': '0' } } },
  'other ports': {
    values: {
      settings: { 'metrics-address': ':9090', 'health-address': '0.0.0.0:9091' },
      networkPolicy: { enabled: true },
    },
  },
  'all of Prometheus': { values: { metrics: MONITORED }, kinds: PROMETHEUS },
  'all of Prometheus, where there is none': { values: { metrics: MONITORED } },
  'all of Prometheus, for whom the API server lets': {
    values: { settings: { 'metrics-auth': 'kubernetes' }, metrics: { ...MONITORED, ...CERTIFICATE } },
    kinds: PROMETHEUS,
  },
  'Prometheus finds by labels': {
    values: {
      metrics: {
        serviceMonitor: { enabled: true, interval: '1m', labels: { release: 'prometheus' } },
        rules: { enabled: true, labels: { release: 'prometheus' } },
        dashboard: { enabled: true, labels: { folder: 'tenants' } },
      },
    },
    kinds: PROMETHEUS,
  },
  'closed network': { values: { networkPolicy: { enabled: true } } },
  'closed network of another kind': {
    values: {
      networkPolicy: {
        enabled: true,
        metricsFrom: [],
        dnsTo: [{ ipBlock: { cidr: '192.0.2.10/32' } }],
        egressPorts: [443, 16443, 3128],
      },
    },
  },
  'image by digest': {
    values: {
      image: { repository: 'registry.example.com/rai/operator', digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
      imagePullSecrets: [{ name: 'registry' }],
    },
  },
  'image by tag': { values: { image: { tag: '0.1.0-debug', pullPolicy: 'Always' } } },
  'other names': { values: { nameOverride: 'tenants', serviceAccount: { name: 'tenant-keeper' } } },
  'another name for all': { values: { fullnameOverride: 'tenants-of-the-bank' } },
  'a name of the greatest length': { values: { fullnameOverride: 'a'.repeat(50) } },
  'account and roles of somebody else': {
    values: { serviceAccount: { create: false, name: 'made-elsewhere' }, rbac: { create: false } },
  },
  'no account at all': { values: { serviceAccount: { create: false }, userRoles: { create: false } } },
  'roles for everybody': { values: { userRoles: { aggregate: true } } },
  'no definitions': { values: { crds: { enabled: false } } },
  'definitions that go with the release': {
    values: { crds: { keep: false, annotations: { 'argocd.argoproj.io/sync-options': 'ServerSideApply=true' } } },
  },
  'proxy and authority': {
    values: {
      proxy: { httpsProxy: 'http://proxy.example.com:3128', noProxy: '.cluster.local,192.0.2.0/24' },
      ca: { configMap: 'corporate-ca', key: 'bundle.pem' },
    },
  },
  'more of everything': {
    values: {
      extraEnv: [
        { name: 'HTTPS_PROXY', valueFrom: { secretKeyRef: { name: 'proxy', key: 'url' } } },
        { name: 'TZ', value: 'UTC' },
      ],
      extraArgs: ['--log-level=debug'],
      extraVolumes: [
        { name: 'scratch', emptyDir: { sizeLimit: '1Mi' } },
        { name: 'more', projected: { sources: [{ configMap: { name: 'more' } }] } },
      ],
      extraVolumeMounts: [
        { name: 'scratch', mountPath: '/scratch' },
        { name: 'more', mountPath: '/more', readOnly: true },
      ],
      commonLabels: { team: 'platform' },
      podLabels: { team: 'tenants', 'example.com/tier': 'back' },
      podAnnotations: { 'example.com/note': 'for Pods' },
      deploymentAnnotations: { 'example.com/note': 'for the Deployment' },
      serviceAccount: { annotations: { 'example.com/note': 'for the account' } },
    },
  },
  'placed with care': {
    values: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'tenants', effect: 'NoSchedule' }],
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              podAffinityTerm: {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'rai-operator' } },
              },
            },
          ],
        },
      },
      topologySpread: [
        { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
        { topologyKey: 'kubernetes.io/hostname', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' },
      ],
      priorityClassName: 'system-cluster-critical',
      replicas: 3,
      terminationGracePeriodSeconds: 90,
      podDisruptionBudget: { maxUnavailable: '50%' },
      resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } },
      probes: { liveness: { initialDelaySeconds: 5 } },
    },
  },
  'spread over nothing, and nothing kept up': {
    values: { topologySpread: [], podDisruptionBudget: { enabled: false } },
  },
  'who the process is, is left to the cluster': {
    values: { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } },
  },
  'a user with a great number': { values: { podSecurityContext: { runAsUser: 1_000_650_000 } } },
  'every setting': { values: { replicas: 1, settings: EXAMPLES, metrics: CERTIFICATE } },
  'great numbers': { values: { settings: { 'tenant-quota': 1_000_000, 'requests-per-second': 10_000 } } },
  'part of another chart': { values: { global: { imageRegistry: 'registry.example.com' } } },
}
