// The schema of the chart's values. It takes what is known and nothing else, so that a slip is refused by its name.
import { boolean } from '../src/config/kinds.ts'
import type { Kind } from '../src/config/kinds.ts'
import { SETTINGS } from '../src/config/settings.ts'
import type { Setting } from '../src/config/settings.ts'

export type Schema = Readonly<Record<string, unknown>>

/** What the chart itself settles: where things are mounted, and how the Pod reaches the API server. */
const OF_THE_CHART: readonly string[] = [
  SETTINGS.settingsFile.name,
  SETTINGS.credentialsDir.name,
  SETTINGS.kubeconfig.name,
  SETTINGS.context.name,
  SETTINGS.operatorNamespace.name,
  SETTINGS.metricsCertDir.name,
]

/** The settings that can stand in `settings`. */
export const CHART_SETTINGS: readonly Setting[] = Object.values<Setting>(SETTINGS).filter(
  ({ name }) => !OF_THE_CHART.includes(name),
)

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const DURATION = String.raw`(([0-9]+(\.[0-9]*)?|\.[0-9]+)(h|ms|m|s|us|µs|ns))+`

/**
 * What texts of a kind look like, by the placeholder that stands for them in `--help`: as strict as an expression without
 * look-ahead can be, which Helm's library does not have. The last word is the operator's.
 */
const PATTERNS: Readonly<Record<string, string>> = {
  DIGEST: '^[0-9a-f]{12}$',
  DURATION: `^(0|${DURATION})$`,
  HOST: String.raw`^(\*\.)?${LABEL}(\.${LABEL})*$`,
  'HOST:PORT': String.raw`^(0|(\[[0-9a-f:.]+\]|[a-zA-Z0-9.-]*):[0-9]{1,5})$`,
  NAME: String.raw`^${LABEL}(\.${LABEL})*$`,
  NAMESPACE: `^${LABEL}$`,
  'NAMESPACE=NAME': `^${LABEL}=[a-z0-9*]{1,61}$`,
  SELECTOR: '^[^\\n]+$',
  TEXT: String.raw`^\S(.*\S)?$`,
  URL: String.raw`^https?://[^\s\\?#@]+$`,
}

const text: Schema = { type: 'string' }
const filled: Schema = { type: 'string', minLength: 1 }
const flag: Schema = { type: 'boolean' }
const anyNumber: Schema = { type: 'integer', minimum: 0 }
const positive: Schema = { type: 'integer', minimum: 1 }
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 }
const texts = list(filled)
const strings = map(text)
const quantity: Schema = { type: ['string', 'number'] }

/** Nothing but these. */
function object(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, additionalProperties: false, ...(required.length > 0 && { required }) }
}

function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}

function oneOf(...values: readonly string[]): Schema {
  return { enum: values }
}

function like(pattern: string): Schema {
  return { type: 'string', pattern }
}

function ref(name: keyof typeof DEFINITIONS): Schema {
  return { $ref: `#/$defs/${name}` }
}

/** Parts of a Pod, as far as they have a place in one that is held to the restricted standard. */
const DEFINITIONS = {
  labels: {
    ...strings,
    // A second one of the same name would make the manifest invalid.
    propertyNames: { not: { pattern: '^(app\\.kubernetes\\.io/(name|instance|version|managed-by)|helm\\.sh/chart)$' } },
  },
  labelSelector: object({
    matchLabels: strings,
    matchExpressions: list(object({ key: filled, operator: filled, values: list(text) }, ['key', 'operator'])),
  }),
  peer: object({
    namespaceSelector: { $ref: '#/$defs/labelSelector' },
    podSelector: { $ref: '#/$defs/labelSelector' },
    ipBlock: object({ cidr: filled, except: texts }, ['cidr']),
  }),
  nodeTerm: object({
    matchExpressions: list(object({ key: filled, operator: filled, values: list(text) }, ['key', 'operator'])),
    matchFields: list(object({ key: filled, operator: filled, values: list(text) }, ['key', 'operator'])),
  }),
  podTerm: object(
    {
      topologyKey: filled,
      labelSelector: { $ref: '#/$defs/labelSelector' },
      namespaceSelector: { $ref: '#/$defs/labelSelector' },
      namespaces: texts,
      matchLabelKeys: texts,
      mismatchLabelKeys: texts,
    },
    ['topologyKey'],
  ),
  podAffinity: object({
    requiredDuringSchedulingIgnoredDuringExecution: list({ $ref: '#/$defs/podTerm' }),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      object({ weight: positive, podAffinityTerm: { $ref: '#/$defs/podTerm' } }, ['weight', 'podAffinityTerm']),
    ),
  }),
  items: list(object({ key: filled, path: filled, mode: anyNumber }, ['key', 'path'])),
  keyOf: object({ name: filled, key: filled, optional: flag }, ['name', 'key']),
} as const satisfies Readonly<Record<string, Schema>>

const env = object(
  {
    // Those of settings have a place of their own, where they are checked. NODE_OPTIONS would open what the image has closed:
    // debuggers, heap snapshots, reports.
    name: { ...like('^[A-Za-z_][A-Za-z0-9_]*$'), not: { pattern: '^(RAI_|NODE_OPTIONS$)' } },
    value: text,
    valueFrom: object({
      configMapKeyRef: ref('keyOf'),
      secretKeyRef: ref('keyOf'),
      fieldRef: object({ apiVersion: filled, fieldPath: filled }, ['fieldPath']),
      resourceFieldRef: object({ containerName: filled, resource: filled, divisor: quantity }, ['resource']),
    }),
  },
  ['name'],
)

const volume = object(
  {
    name: filled,
    configMap: object({ name: filled, items: ref('items'), defaultMode: anyNumber, optional: flag }, ['name']),
    secret: object({ secretName: filled, items: ref('items'), defaultMode: anyNumber, optional: flag }, ['secretName']),
    emptyDir: object({ medium: text, sizeLimit: quantity }),
    csi: object(
      {
        driver: filled,
        readOnly: flag,
        fsType: filled,
        volumeAttributes: strings,
        nodePublishSecretRef: object({ name: filled }, ['name']),
      },
      ['driver'],
    ),
    projected: object(
      {
        defaultMode: anyNumber,
        sources: list(
          object({
            configMap: object({ name: filled, items: ref('items'), optional: flag }, ['name']),
            secret: object({ name: filled, items: ref('items'), optional: flag }, ['name']),
            serviceAccountToken: object({ audience: filled, expirationSeconds: positive, path: filled }, ['path']),
            clusterTrustBundle: object(
              {
                name: filled,
                signerName: filled,
                labelSelector: ref('labelSelector'),
                optional: flag,
                path: filled,
              },
              ['path'],
            ),
          }),
        ),
      },
      ['sources'],
    ),
  },
  ['name'],
)

const volumeMount = object(
  { name: filled, mountPath: filled, subPath: filled, readOnly: flag, recursiveReadOnly: filled },
  ['name', 'mountPath'],
)

const toleration = object({
  key: filled,
  operator: oneOf('Exists', 'Equal'),
  value: text,
  effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
  tolerationSeconds: { type: 'integer' },
})

const affinity = object({
  nodeAffinity: object({
    requiredDuringSchedulingIgnoredDuringExecution: object({ nodeSelectorTerms: list(ref('nodeTerm')) }, [
      'nodeSelectorTerms',
    ]),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      object({ weight: positive, preference: ref('nodeTerm') }, ['weight', 'preference']),
    ),
  }),
  podAffinity: ref('podAffinity'),
  podAntiAffinity: ref('podAffinity'),
})

const probe = object({
  initialDelaySeconds: anyNumber,
  periodSeconds: positive,
  timeoutSeconds: positive,
  failureThreshold: positive,
})

const topology = object(
  {
    topologyKey: filled,
    maxSkew: positive,
    whenUnsatisfiable: oneOf('ScheduleAnyway', 'DoNotSchedule'),
    minDomains: positive,
    matchLabelKeys: texts,
    nodeAffinityPolicy: oneOf('Honor', 'Ignore'),
    nodeTaintsPolicy: oneOf('Honor', 'Ignore'),
  },
  ['topologyKey', 'maxSkew', 'whenUnsatisfiable'],
)

/** The whole schema, of JSON Schema's draft 2020-12. */
export function valuesSchema(): Schema {
  const values = object({
    image: object({
      repository: filled,
      tag: text,
      digest: like('^(sha256:[0-9a-f]{64})?$'),
      pullPolicy: oneOf('IfNotPresent', 'Always', 'Never'),
    }),
    imagePullSecrets: list(object({ name: filled }, ['name'])),
    credentials: object({ secret: filled }),
    settings: object(Object.fromEntries(CHART_SETTINGS.map(({ name, kind }) => [name, schemaOf(kind)]))),
    replicas: positive,
    crds: object({ enabled: flag, keep: flag, annotations: strings }),
    rbac: object({ create: flag, namespaceLabels: flag }),
    userRoles: object({ create: flag, aggregate: flag }),
    serviceAccount: object({ create: flag, name: text, annotations: strings }),
    metrics: object({
      certificateSecret: text,
      serviceMonitor: object({ enabled: flag, interval: like(`^${DURATION}$`), labels: ref('labels') }),
      rules: object({ enabled: flag, labels: ref('labels'), runbooks: like(String.raw`^(https?://[^\s@]+/)?$`) }),
      dashboard: object({ enabled: flag, labels: ref('labels') }),
    }),
    networkPolicy: object({
      enabled: flag,
      metricsFrom: list(ref('peer')),
      dnsTo: list(ref('peer')),
      egressPorts: { ...list(port), minItems: 1, uniqueItems: true },
    }),
    // No password: the chart never holds a credential.
    proxy: object({ httpsProxy: like(String.raw`^(https?://[^\s@]+)?$`), noProxy: text }),
    ca: object({ configMap: text, key: filled }),
    podDisruptionBudget: object({
      enabled: flag,
      maxUnavailable: { anyOf: [positive, like('^[0-9]{1,3}%$')] },
    }),
    topologySpread: list(topology),
    resources: object({ requests: map(quantity), limits: map(quantity) }),
    podSecurityContext: object({ runAsUser: positive, runAsGroup: positive, fsGroup: positive }),
    probes: object({ liveness: probe, readiness: probe }),
    terminationGracePeriodSeconds: positive,
    priorityClassName: text,
    nodeSelector: strings,
    tolerations: list(toleration),
    affinity,
    extraEnv: list(env),
    extraArgs: list(like('^--')),
    extraVolumes: list(volume),
    extraVolumeMounts: list(volumeMount),
    commonLabels: ref('labels'),
    podLabels: ref('labels'),
    podAnnotations: strings,
    deploymentAnnotations: strings,
    nameOverride: { type: 'string', maxLength: 50 },
    fullnameOverride: { type: 'string', maxLength: 50 },
    // What a chart around this one passes to all that it depends on: not looked at.
    global: { type: 'object', additionalProperties: true },
  })
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...values, $defs: DEFINITIONS }
}

/** What the file of values takes for a setting of this kind. Throws for a kind that nobody has thought of here. */
export function schemaOf(kind: Kind<unknown>): Schema {
  const { placeholder, takes } = kind
  if (kind === boolean) return flag
  const [, least, most] = /^a whole number from (\d+) to (\d+)$/.exec(takes) ?? []
  if (least !== undefined) return { type: 'integer', minimum: Number(least), maximum: Number(most) }
  if (placeholder.endsWith(',…')) return { ...list(ofPlaceholder(placeholder.slice(0, -2))), uniqueItems: true }
  if (placeholder.includes('|')) return oneOf(...placeholder.split('|'))
  const schema = ofPlaceholder(placeholder)
  // Unquoted, YAML's 0 is a number.
  return kind.fromFile(0) === undefined ? schema : { anyOf: [schema, { const: 0 }] }
}

function ofPlaceholder(placeholder: string): Schema {
  const pattern = PATTERNS[placeholder]
  if (pattern === undefined) throw new Error(`no schema is known for settings that take ${placeholder}`)
  return like(pattern)
}
