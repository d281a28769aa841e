// What the chart renders: the same with every Helm and every time, safe whatever the values are, and the plain manifests with it.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { renderManifests } from '../../.ci/generate-manifests.ts'
import { parseCommand } from '../../src/config.ts'
import { isFailure } from '../../src/errors.ts'
import { ensureBinaries } from '../cluster/binaries.ts'
import { ensureTool } from '../tools/tools.ts'
import {
  CHART,
  deploymentIn,
  environmentOf,
  findHelm,
  FOR_VERSION,
  idOf,
  manifestsIn,
  NAMESPACE,
} from './chart/helm.ts'
import type { Helm, Manifest, Rendering } from './chart/helm.ts'
import { REFUSED } from './chart/refused.ts'
import { schemaFiles } from './chart/schemas.ts'
import { problemsIn } from './chart/security.ts'
import { PROMETHEUS, VALUE_SETS } from './chart/value-sets.ts'

const ROOT = join(import.meta.dirname, '../..')
const DEPLOY = join(ROOT, 'deploy')
const report = (line: string) => void process.stderr.write(`${line}\n`)

const test = suite('chart, rendered')
let helm3: Helm
let helm4: Helm
let directory: string
/** Of each set of values, by Helm 4. */
const rendered = new Map<string, string>()

test.before(async () => {
  helm3 = await findHelm('helm3')
  helm4 = await findHelm('helm4')
  directory = await mkdtemp(join(tmpdir(), 'chart-'))
})

test.after(async () => {
  await rm(directory, { recursive: true })
})

test('both Helms find nothing to complain of', async () => {
  for (const helm of [helm3, helm4]) {
    assert.match(await helm.run(['lint', '--strict', FOR_VERSION, CHART]), '0 chart(s) failed')
  }
})

for (const [name, rendering] of Object.entries(VALUE_SETS)) {
  test(`${name}: Helm 3 and Helm 4 render the same, which is safe, and which the operator understands`, async () => {
    const [text, other] = await Promise.all([helm4.template(rendering), helm3.template(rendering)])
    rendered.set(name, text)
    assert.is(documentsOf(other), documentsOf(text))
    const manifests = manifestsIn(text)
    assert.equal(problemsIn(manifests), [])
    assert.not.throws(() => configOf(manifests))
  })
}

/** Without the blank line that Helm 4 puts behind each document. */
function documentsOf(text: string): string {
  return text.replaceAll(/\n+(?=---\n|$)/g, '\n')
}

/** Each a change to what the defaults render, with what is to be said about it. */
const BREACHES: readonly (readonly [said: RegExp, replaced: string, by: string])[] = [
  [/the Pod may be root/, 'runAsNonRoot: true', 'runAsNonRoot: false'],
  [/no profile for system calls/, 'type: RuntimeDefault', 'type: Unconfined'],
  [/shares something with its node/, 'enableServiceLinks: false', 'enableServiceLinks: false\n      hostNetwork: true'],
  [
    /volume of a kind that may not be/,
    'secret:\n            secretName: rai-operator-credentials',
    'hostPath:\n            path: /',
  ],
  [/the container is not restricted/, 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
  [/the container is not restricted/, 'drop: [ALL]', 'drop: [NET_RAW]'],
  [/the image is whatever is there/, 'image: rai-operator:0.1.0', 'image: rai-operator:latest'],
  [/the memory has no limit/, 'limits:', 'limit:'],
  [/no more time to end/, 'terminationGracePeriodSeconds: 60', 'terminationGracePeriodSeconds: 30'],
  [/can be written/, 'readOnly: true', 'readOnly: false'],
  [
    /selects Pods by app\.kubernetes\.io\/name/,
    'matchLabels:\n      app.kubernetes.io/name: rai-operator',
    'matchLabels:\n      app.kubernetes.io/name: other',
  ],
  [/ClusterRole rai-operator: gives what it should not/, 'verbs: [patch]', 'verbs: ["*"]'],
  [/ClusterRole rai-operator: gives what it should not/, 'resources: [secrets]', 'resources: ["*"]'],
  [
    /definitions: gives what it should not/,
    'resourceNames: [raitenants.tenants.resistant.ai, raitenantapplications.tenants.resistant.ai]',
    'resourceNames: []',
  ],
  [/stands in a namespace of others/, 'namespace: rai-system', 'namespace: kube-system'],
  [/business with/, 'kind: PodDisruptionBudget', 'kind: Secret'],
  [/misses a label/, 'app.kubernetes.io/managed-by: Helm', 'example.com/managed-by: Helm'],
  [/is a hook/, 'helm.sh/resource-policy: keep', 'helm.sh/hook: pre-install'],
  [/is there twice/, 'name: rai-operator-view', 'name: rai-operator-edit'],
]

for (const [said, replaced, by] of BREACHES) {
  test(`the rules notice ${JSON.stringify(by)}`, () => {
    const text = rendered.get('defaults')!
    assert.ok(text.includes(replaced), replaced)
    // Deployments have the last of each, roles the first.
    const problems = [text.replace(replaced, by), text.replaceAll(replaced, by)].flatMap((broken) =>
      problemsIn(manifestsIn(broken)),
    )
    assert.match(problems.join('\n'), said)
  })
}

test('two renders are the same bytes', async () => {
  const names = ['defaults', 'more of everything', 'every setting', 'all of Prometheus, for whom the API server lets']
  for (const name of names) assert.is(await helm4.template(VALUE_SETS[name]!), rendered.get(name))
})

/** What the operator makes of the arguments and variables of its container. */
function configOf(manifests: readonly Manifest[]) {
  const { spec } = deploymentIn(manifests).template
  const env = { ...environmentOf(spec.containers[0]), KUBERNETES_SERVICE_HOST: '192.0.2.1' }
  const command = parseCommand(spec.containers[0].args ?? [], env, () => NAMESPACE)
  assert.is(command.command, 'run')
  return (command as Extract<typeof command, { command: 'run' }>).config
}

const of = (name: string) => manifestsIn(rendered.get(name)!)
const kindsOf = (manifests: readonly Manifest[]) => [...new Set(manifests.map(({ kind }) => kind))].toSorted()

test('the operator keeps its records in the namespace of the release, and has each setting as it was said', () => {
  assert.is(configOf(of('defaults')).operatorNamespace, NAMESPACE)
  const config = configOf(of('every setting'))
  assert.is(config.controlPlaneUrl, 'https://api.tenants.testing.resistant.ai/v0')
  assert.equal(config.watchNamespaces, ['team-a', 'team-b'])
  assert.equal(config.allowAdoption.length, 2)
  assert.is(config.leaderElect, false)
  assert.is(config.metricsCertDir, '/etc/rai-operator/metrics-tls')
  assert.is(configOf(of('great numbers')).tenantQuota, 1_000_000)
  assert.is(configOf(of('more of everything')).logLevel, 'debug', 'a flag beats a setting')
})

test('a changed setting changes the Pods, so that they are rolled', () => {
  const [one, two] = ['defaults', 'great numbers'].map((name) => deploymentIn(of(name)).template)
  assert.not.equal(one, two)
})

test('with listed namespaces there are Roles in them, and of the cluster the two definitions alone', () => {
  const manifests = of('listed namespaces')
  assert.equal(manifests.filter(({ kind }) => kind.startsWith('ClusterRole')).map(idOf), [
    'ClusterRole rai-operator-definitions',
    'ClusterRoleBinding rai-operator-definitions',
  ])
  assert.equal(
    manifests
      .filter(({ kind }) => kind === 'Role')
      .map(idOf)
      .toSorted(),
    [
      'Role rai-system rai-operator-records',
      ...['team-a', 'team-b'].flatMap((namespace) =>
        ['', '-edit', '-view'].map((role) => `Role ${namespace} rai-operator${role}`),
      ),
    ],
  )
})

test('what a switch is for is there with it, and not without', () => {
  const PARTS: readonly (readonly [id: string, by: string])[] = [
    ['ClusterRole rai-operator-secrets', 'watched Secrets'],
    ['ClusterRole rai-operator-namespaces', 'labels of namespaces'],
    ['ClusterRole rai-operator-metrics-auth', 'metrics for whom the API server lets'],
    ['ClusterRole rai-operator-metrics-reader', 'metrics for whom the API server lets'],
    ['NetworkPolicy rai-system rai-operator', 'closed network'],
    ['ServiceMonitor rai-system rai-operator', 'all of Prometheus'],
    ['PrometheusRule rai-system rai-operator', 'all of Prometheus'],
    ['ConfigMap rai-system rai-operator-dashboard', 'all of Prometheus'],
  ]
  for (const [id, by] of PARTS) {
    assert.ok(of(by).map(idOf).includes(id), id)
    assert.not(of('defaults').map(idOf).includes(id), id)
  }
  const SWITCHED_OFF: readonly (readonly [kind: string, by: string])[] = [
    ['CustomResourceDefinition', 'no definitions'],
    ['PodDisruptionBudget', 'spread over nothing, and nothing kept up'],
    ['ServiceAccount', 'no account at all'],
    ['ClusterRoleBinding', 'account and roles of somebody else'],
    ['Service', 'no metrics'],
  ]
  for (const [kind, by] of SWITCHED_OFF) {
    assert.ok(kindsOf(of('defaults')).includes(kind), kind)
    assert.not(kindsOf(of(by)).includes(kind), kind)
  }
})

test('kinds of the Prometheus operator are left out where the cluster does not have them', () => {
  const kinds = kindsOf(of('all of Prometheus, where there is none'))
  assert.not(kinds.includes('ServiceMonitor') || kinds.includes('PrometheusRule'))
  assert.ok(kinds.includes('ConfigMap'), 'a dashboard needs no other kind')
})

test('each alert’s runbook is where the value says, and below nothing else', async () => {
  const runbooks = 'https://git.example.com/rai-operator/blob/v0.1.0/'
  const values = { metrics: { rules: { enabled: true, runbooks } } }
  const rendered = manifestsIn(await helm4.template({ values, kinds: PROMETHEUS }))
  const rule = rendered.find(({ kind }) => kind === 'PrometheusRule')
  const { groups } = rule!.spec as { groups: { rules: { alert?: string; annotations?: { runbook_url: string } }[] }[] }
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined)
  assert.ok(alerts.length > 20)
  for (const { alert, annotations } of alerts) {
    assert.is(annotations!.runbook_url, `${runbooks}docs/alerts.md#${alert!.toLowerCase()}`)
  }
})

test('definitions outlive the release unless it is said otherwise', () => {
  const policies = (name: string) =>
    of(name)
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])
  assert.equal(policies('defaults'), ['keep', 'keep'])
  assert.equal(policies('definitions that go with the release'), [undefined, undefined])
})

test('the definitions are those in crds/', async () => {
  for (const { metadata, ...rendering } of of('defaults').filter(({ kind }) => kind === 'CustomResourceDefinition')) {
    const [plural, ...group] = metadata.name.split('.')
    const text = await readFile(join(ROOT, `crds/${group.join('.')}_${plural}.yaml`), 'utf8')
    const { metadata: own, ...source } = parse(text) as Manifest
    assert.equal(rendering, source)
    assert.equal(metadata.annotations, { ...own.annotations, 'helm.sh/resource-policy': 'keep' })
  }
})

test('people’s roles are aggregated only where that is asked for', () => {
  const labels = (name: string) =>
    of(name)
      .flatMap(({ metadata }) => Object.keys(metadata.labels ?? {}))
      .filter((label) => label.includes('aggregate'))
  assert.equal(labels('defaults'), [])
  assert.equal(labels('roles for everybody').toSorted(), [
    'rbac.authorization.k8s.io/aggregate-to-edit',
    'rbac.authorization.k8s.io/aggregate-to-view',
  ])
})

for (const { values, message } of REFUSED) {
  test(`${JSON.stringify(values)} is refused by its name`, async () => {
    for (const helm of [helm3, helm4]) assert.match(await refusalOf(helm, values), message)
  })
}

async function refusalOf(helm: Helm, values: object): Promise<string> {
  try {
    await helm.template({ values })
  } catch (error) {
    if (isFailure(error, 'HelmFailed')) return error.message
    throw error
  }
  return 'it is taken'
}

test('the plain manifests are what the chart renders', async () => {
  for (const { path, text } of await renderManifests(await ensureTool('helm4', report))) {
    assert.is(
      await readFile(path, 'utf8'),
      text,
      `${relative(ROOT, path)} is stale: run node .ci/generate-manifests.ts`,
    )
  }
})

/** A use of the base, with what the chart has to be told for the same. */
const OVERLAYS: Readonly<Record<string, { readonly components: readonly string[] } & Rendering>> = {
  base: { components: [], values: {} },
  'the network policy': { components: ['network-policy'], values: { networkPolicy: { enabled: true } } },
  'watched Secrets': { components: ['watch-secrets'], values: { settings: { 'watch-secrets': true } } },
  'labels of namespaces': { components: ['namespace-labels'], values: { rbac: { namespaceLabels: true } } },
  Prometheus: { components: ['prometheus'], ...VALUE_SETS['all of Prometheus']! },
  'metrics for whom the API server lets': {
    components: ['metrics-auth'],
    ...VALUE_SETS['metrics for whom the API server lets']!,
  },
  'all together': {
    components: ['network-policy', 'watch-secrets', 'namespace-labels', 'prometheus', 'metrics-auth'],
    values: {
      settings: { 'watch-secrets': true, 'metrics-auth': 'kubernetes' },
      rbac: { namespaceLabels: true },
      networkPolicy: { enabled: true },
      metrics: {
        certificateSecret: 'rai-operator-metrics-tls',
        serviceMonitor: { enabled: true },
        rules: { enabled: true },
        dashboard: { enabled: true },
      },
    },
    kinds: PROMETHEUS,
  },
}

for (const [name, { components, ...rendering }] of Object.entries(OVERLAYS)) {
  test(`kustomize makes of the base and its components what the chart renders: ${name}`, async () => {
    const built = await kustomize({ resources: ['base'], components: components.map((one) => `components/${one}`) })
    assert.equal(comparable(built), comparable(manifestsIn(await helm4.template(rendering))))
  })
}

/** Uses of listed namespaces: the folders that each of these takes in, the settings, and what the chart renders of the same. */
const LISTINGS: readonly {
  readonly rule: string
  readonly roles: readonly string[]
  readonly namespaces: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly rendered: () => readonly Manifest[]
}[] = [
  {
    rule: 'kustomize makes of listed namespaces what the chart renders',
    roles: ['namespace'],
    namespaces: ['team-a', 'team-b'],
    env: { RAI_WATCH_NAMESPACES: 'team-a,team-b' },
    rendered: () => of('listed namespaces'),
  },
  {
    rule: '… and where Secrets are followed, too, in these and no others',
    roles: ['namespace', 'watched-secrets'],
    namespaces: ['team-a'],
    env: { RAI_WATCH_NAMESPACES: 'team-a', RAI_WATCH_SECRETS: 'true' },
    rendered: () => of('listed namespaces, whose Secrets are watched'),
  },
]

for (const { rule, roles, namespaces, env, rendered } of LISTINGS) {
  test(rule, async () => {
    const container = { name: 'operator', env: Object.entries(env).map(([name, value]) => ({ name, value })) }
    const built = await kustomize({
      resources: ['base'],
      components: ['components/listed-namespaces'],
      namespaces,
      roles,
      patches: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'rai-operator', namespace: NAMESPACE },
          spec: { template: { spec: { containers: [container] } } },
        },
      ],
    })
    assert.equal(comparable(built), comparable(rendered()))
  })
}

type Overlay = {
  /** In deploy/, as are `components`. */
  readonly resources: readonly string[]
  readonly components: readonly string[]
  /** Each takes in these folders of a listed namespace. */
  readonly namespaces?: readonly string[]
  readonly roles?: readonly string[]
  readonly patches?: readonly object[]
}

async function kustomize(asked: Overlay): Promise<Manifest[]> {
  const { resources, components, namespaces = [], roles = [], patches = [] } = asked
  const { kubectl } = await ensureBinaries(report)
  const overlay = await mkdtemp(join(directory, 'overlay-'))
  for (const namespace of namespaces) {
    const folder = join(overlay, namespace)
    await mkdir(folder)
    const resources = roles.map((role) => relative(folder, join(DEPLOY, 'components/listed-namespaces', role)))
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify({ namespace, resources }))
  }
  const within = (path: string) => relative(overlay, join(DEPLOY, path))
  const kustomization = {
    resources: [...resources.map(within), ...namespaces],
    components: components.map(within),
    patches: patches.map((patch) => ({ patch: JSON.stringify(patch) })),
  }
  await writeFile(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization))
  return manifestsIn((await promisify(execFile)(kubectl, ['kustomize', overlay], { maxBuffer: 16 << 20 })).stdout)
}

/** By name, without what only Helm says, and without the definitions, the namespace, and orders that mean nothing. */
function comparable(manifests: readonly Manifest[]): object {
  const compared = manifests.filter(({ kind }) => kind !== 'CustomResourceDefinition' && kind !== 'Namespace')
  return Object.fromEntries(compared.map((manifest) => [idOf(manifest), withoutOrder(manifest)]))
}

/** Of variables, volumes and what is mounted; all else has none, and stays in its order. */
function nameOf(item: unknown): string {
  return (item as { readonly name?: string }).name ?? ''
}

function withoutOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrder).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([key]) => key !== 'helm.sh/chart' && key !== 'app.kubernetes.io/managed-by',
  )
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutOrder(part)]))
}

test('the samples fit schemas that are made of the definitions, and a sample with a slip does not', async () => {
  const kubeconform = await ensureTool('kubeconform', report)
  const schemas = join(directory, 'schemas')
  await mkdir(schemas)
  for (const [name, schema] of Object.entries(await schemaFiles(join(ROOT, 'crds')))) {
    await writeFile(join(schemas, name), JSON.stringify(schema))
  }
  const location = join(schemas, '{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json')
  const check = (path: string) =>
    promisify(execFile)(kubeconform, ['-summary', '-output=json', `-schema-location=${location}`, path]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    )
  const summaryOf = (text: string) => (JSON.parse(text) as { summary: object }).summary
  const samples = join(DEPLOY, 'samples')
  assert.equal(summaryOf(await check(samples)), { valid: 3, invalid: 0, errors: 0, skipped: 0 })
  const sample = await readFile(join(samples, 'tenant.yaml'), 'utf8')
  const slip = join(directory, 'slip.yaml')
  await writeFile(slip, sample.replace('cells:', 'cell:'))
  const said = await check(slip)
  assert.match(said, "additional properties 'cell' not allowed")
  assert.equal(summaryOf(said), { valid: 0, invalid: 1, errors: 0, skipped: 0 })
})

test.run()
