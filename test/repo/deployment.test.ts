// The Deployment and NetworkPolicy in deploy/ fit the operator that they are for.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { SETTINGS } from '../../src/config/settings.ts'
import { read } from './source-files.ts'

type Port = {
  readonly name?: string
  readonly containerPort?: number
  readonly port?: number
  readonly protocol?: string
}
type Probe = { readonly httpGet: { readonly path: string; readonly port: string } }
type Manifest = { readonly kind: string; readonly metadata: Readonly<Record<string, unknown>>; readonly spec: never }
type Deployment = {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> }
    readonly spec: {
      readonly serviceAccountName: string
      readonly terminationGracePeriodSeconds: number
      readonly containers: readonly [
        {
          readonly args?: unknown
          readonly env?: unknown
          readonly command?: unknown
          readonly ports: readonly Port[]
          readonly livenessProbe: Probe
          readonly readinessProbe: Probe
          readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly: boolean }[]
        },
      ]
    }
  }
}
type NetworkPolicy = {
  readonly podSelector: { readonly matchLabels: unknown }
  readonly policyTypes: readonly string[]
  readonly ingress: readonly { readonly from: unknown; readonly ports: readonly Port[] }[]
  readonly egress: readonly { readonly ports: readonly Port[] }[]
}

const manifests = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest)
const specOf = (path: string, kind: string) => manifests(path).find((one) => one.kind === kind)!.spec
const deployment: Deployment = specOf('deploy/base/deployment.yaml', 'Deployment')
const pod = deployment.template.spec
const [container] = pod.containers
const policy: NetworkPolicy = specOf('deploy/components/network-policy/network-policy.yaml', 'NetworkPolicy')
const portOf = (address: string) => Number(address.split(':')[1])
const METRICS = portOf(SETTINGS.metricsAddress.default)
const HEALTH = portOf(SETTINGS.healthAddress.default)

const test = suite('deployment')

test('the Pod needs no setting: it listens, and finds its credential, where the operator does by default', () => {
  assert.equal([container.args, container.env, container.command], [undefined, undefined, undefined])
  assert.equal(
    container.ports.map(({ name, containerPort }) => [name, containerPort]),
    [
      ['metrics', METRICS],
      ['health', HEALTH],
    ],
  )
  assert.equal(container.volumeMounts, [
    { name: 'credentials', mountPath: SETTINGS.credentialsDir.default, readOnly: true },
  ])
})

test('its probes ask what the operator answers', () => {
  assert.equal(container.livenessProbe.httpGet, { path: '/healthz', port: 'health' })
  assert.equal(container.readinessProbe.httpGet, { path: '/readyz', port: 'health' })
})

test('it may take longer to end than the operator does', () => {
  assert.ok(pod.terminationGracePeriodSeconds > Number.parseInt(SETTINGS.drainTimeoutMs.default, 10))
})

test('it has the ServiceAccount that the roles are bound to, in a namespace that holds Pods to the restricted standard', () => {
  const metadataOf = (path: string) => manifests(path)[0]!.metadata
  assert.is(metadataOf('deploy/base/service-account.yaml')['name'], pod.serviceAccountName)
  assert.equal(metadataOf('deploy/base/namespace.yaml')['labels'], {
    'pod-security.kubernetes.io/enforce': 'restricted',
  })
})

test('nobody reaches it but who scrapes it, and it reaches names and TLS alone', () => {
  const { labels } = deployment.template.metadata
  assert.equal({ ...labels, ...(policy.podSelector.matchLabels as object) }, labels)
  assert.equal(policy.policyTypes, ['Ingress', 'Egress'])
  assert.equal(
    policy.ingress.map(({ from, ports }) => [from !== undefined, ports.map(({ port }) => port)]),
    [[true, [METRICS]]],
  )
  assert.equal(
    policy.egress.flatMap(({ ports }) => ports.map(({ protocol = 'TCP', port }) => `${protocol} ${port}`)),
    ['UDP 53', 'TCP 53', 'TCP 443', 'TCP 6443'],
  )
})

test.run()
