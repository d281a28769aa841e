// Rules that hold for all that the chart renders, whatever the values are: what a reviewer of a cluster looks for.
import { deploymentIn, idOf, NAMESPACE } from './helm.ts'
import type { Container, Manifest, PodSpec } from './helm.ts'

type Rule = {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly verbs: readonly string[]
}

/** Kinds that stand in no namespace. */
const OF_THE_CLUSTER = ['CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding']
const KINDS = `${OF_THE_CLUSTER.join(' ')} ServiceAccount Role RoleBinding Service Deployment PodDisruptionBudget
  NetworkPolicy ConfigMap ServiceMonitor PrometheusRule`.split(/\s+/)
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']
const RESOURCES = `raitenants raitenantapplications raitenants/status raitenantapplications/status secrets events leases
  customresourcedefinitions namespaces tokenreviews subjectaccessreviews`.split(/\s+/)
const VOLUMES = ['configMap', 'secret', 'emptyDir', 'projected', 'csi']
const LABELS = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by', 'helm.sh/chart']
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/

/** What is wrong, a line each; nothing where all is well. */
export function problemsIn(manifests: readonly Manifest[]): string[] {
  const ids = manifests.map(idOf)
  const { selector, template } = deploymentIn(manifests)
  const { labels } = template.metadata
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is there twice`),
    ...manifests.flatMap((manifest) => problemsOf(manifest).map((problem) => `${idOf(manifest)}: ${problem}`)),
    ...Object.entries(selector.matchLabels)
      .filter(([name, value]) => labels[name] !== value)
      .map(([name]) => `the Deployment selects Pods by ${name}, which they do not have`),
    ...problemsOfPod(template.spec),
    ...problemsOfContainer(template.spec.containers[0]),
  ]
}

function problemsOf(manifest: Manifest): string[] {
  const { kind, metadata } = manifest
  const isOfCluster = OF_THE_CLUSTER.includes(kind)
  const isRole = kind.endsWith('Role') || kind.endsWith('RoleBinding')
  return failed({
    'is of a kind that the chart has no business with': KINDS.includes(kind),
    'has a name that it cannot have': NAME.test(metadata.name),
    'says of no namespace, or of one that it cannot be in': isOfCluster === (metadata.namespace === undefined),
    'stands in a namespace of others': isOfCluster || isRole || metadata.namespace === NAMESPACE,
    'misses a label': LABELS.every((label) => metadata.labels?.[label] !== undefined),
    'is a hook': Object.keys(metadata.annotations ?? {}).every((name) => !name.startsWith('helm.sh/hook')),
    'gives what it should not': ((manifest as { rules?: readonly Rule[] }).rules ?? []).every(isModest),
    'is bound to somebody else': subjectsOf(manifest).every(
      ({ kind, namespace }) => kind === 'ServiceAccount' && namespace === NAMESPACE,
    ),
  })
}

function subjectsOf(manifest: Manifest): readonly { readonly kind: string; readonly namespace: string }[] {
  return (manifest as { subjects?: readonly { kind: string; namespace: string }[] }).subjects ?? []
}

/** No wildcard, nothing by which more could be had, definitions by name alone. */
function isModest({ apiGroups = [], resources = [], resourceNames, nonResourceURLs = [], verbs }: Rule): boolean {
  return (
    verbs.every((verb) => VERBS.includes(verb)) &&
    resources.every((resource) => RESOURCES.includes(resource)) &&
    !apiGroups.includes('*') &&
    nonResourceURLs.every((url) => url === '/metrics') &&
    (resources.includes('customresourcedefinitions') ? resourceNames?.length === 2 : true)
  )
}

function problemsOfPod(pod: PodSpec): string[] {
  const { securityContext, volumes, containers } = pod
  const names = volumes.map(({ name }) => name as string)
  return failed({
    'the Pod may be root': securityContext['runAsNonRoot'] === true && securityContext['runAsUser'] !== 0,
    'the Pod has no profile for system calls': same(securityContext['seccompProfile'], { type: 'RuntimeDefault' }),
    'the Pod shares something with its node': Object.keys(pod).every((key) => !key.startsWith('host')),
    'the Pod has a volume of a kind that may not be': volumes.every((volume) =>
      Object.keys(volume).every((key) => key === 'name' || VOLUMES.includes(key)),
    ),
    'two volumes have one name': new Set(names).size === names.length,
    'something is mounted that is not there': containers[0].volumeMounts.every(({ name }) => names.includes(name)),
    'variables of Services are injected': !(pod.enableServiceLinks ?? true),
    'the Pod has no more time to end than the operator': pod.terminationGracePeriodSeconds > 50,
    'there is more than one container': containers.length === 1,
  })
}

function problemsOfContainer(container: Container): string[] {
  const { image, securityContext, resources, env = [], volumeMounts } = container
  const hasPort = (port: string) => (container.ports ?? []).some(({ name }) => name === port)
  return failed({
    'the container is not restricted': same(securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    }),
    'the image is whatever is there': /@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$/.test(image),
    'the memory has no limit': resources.limits?.memory !== undefined,
    'nothing is requested': resources.requests !== undefined,
    'there is no probe': !hasPort('health') || Boolean(container.livenessProbe && container.readinessProbe),
    'a variable is there twice': new Set(env.map(({ name }) => name)).size === env.length,
    'a Secret or a certificate can be written': volumeMounts
      .filter(({ mountPath }) => mountPath.startsWith('/etc/rai-operator/'))
      .every(({ readOnly }) => readOnly === true),
  })
}

function same(one: unknown, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The names of rules that do not hold. */
function failed(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(rules).flatMap(([problem, holds]) => (holds ? [] : [problem]))
}
