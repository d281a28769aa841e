// The chart installed in a cluster of its own, with a control plane outside, and the operator at work as the cluster describes it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RaiTenant, RaiTenantApplication } from '../../../src/api/types.ts'
import { startCluster } from '../../cluster/cluster.ts'
import type { TestCluster } from '../../cluster/cluster.ts'
import { kubectl } from '../../cluster/kubectl.ts'
import { startControlPlane } from '../../stack/control-plane.ts'
import type { ControlPlane } from '../../stack/control-plane.ts'
import type { Operator } from '../../stack/operator.ts'
import { untilLogged } from '../../stack/program.ts'
import { startDeployed } from './deployed.ts'
import { CHART, NAMESPACE, RELEASE } from './helm.ts'
import type { DeploymentSpec, Helm } from './helm.ts'

/** The namespace that the operator watches. */
export const TEAM = 'team-a'
const LIMIT_MS = 30_000

type Resource = RaiTenant | RaiTenantApplication

export type OutputSecret = {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly object[]
  }
  readonly data: Readonly<Record<string, string>>
}

/** What an upgrade may not change: all that is outside, what was ever made and deleted there, the resources and their Secrets. */
export type Kept = {
  /** Creates and deletes that reached the control plane, by operation. */
  readonly counts: Readonly<Record<string, number>>
  readonly outside: object
  readonly secrets: Readonly<Record<string, { readonly uid: string; readonly data: object }>>
  readonly resources: Readonly<Record<string, { readonly uid: string; readonly status: object }>>
}

export class Installation {
  readonly cluster: TestCluster
  readonly controlPlane: ControlPlane
  /** Goes in the end, with logs as `NAME.log` and the mounted files. */
  readonly directory: string
  #operator: Operator | undefined

  private constructor(cluster: TestCluster, controlPlane: ControlPlane, directory: string) {
    this.cluster = cluster
    this.controlPlane = controlPlane
    this.directory = directory
  }

  /** Begins with nothing installed: namespaces alone, and the organization's credential in `credentials` of the directory. */
  static async begin(name: string): Promise<Installation> {
    const directory = await mkdtemp(join(tmpdir(), `${name}-`))
    const cluster = await startCluster({ crds: [] })
    const credentialsDir = join(directory, 'credentials')
    const controlPlane = await startControlPlane({ credentialsDir, logFile: join(directory, 'control-plane.log') })
    const installation = new Installation(cluster, controlPlane, directory)
    for (const namespace of [NAMESPACE, TEAM]) await installation.run('create', 'namespace', namespace)
    await installation.run('label', 'namespace', NAMESPACE, 'pod-security.kubernetes.io/enforce=restricted')
    return installation
  }

  /** Ends everything. */
  async end(): Promise<void> {
    await this.stop()
    await this.controlPlane.stop()
    await this.cluster.stop()
    await rm(this.directory, { recursive: true })
  }

  /** Runs kubectl as administrator. */
  run(...args: readonly string[]): Promise<string> {
    return kubectl(this.cluster, args)
  }

  inTeam(...args: readonly string[]): Promise<string> {
    return this.run('-n', TEAM, ...args)
  }

  /** Settings that lead to the simulated control plane. */
  settings(): object {
    const { 'credentials-dir': _, ...urls } = this.controlPlane.settings
    return { ...urls, 'log-level': 'debug', 'sweep-interval': '1m', 'watch-namespaces': [TEAM] }
  }

  /** Runs Helm against the cluster, for the release. */
  release(helm: Helm, command: string, values?: object, chart = CHART): Promise<string> {
    const charts = command === 'install' || command === 'upgrade' ? [chart] : []
    return helm.run([command, RELEASE, ...charts, `--namespace=${NAMESPACE}`], {
      kubeconfig: this.cluster.kubeconfig,
      ...(values && { values }),
    })
  }

  async deployment(): Promise<DeploymentSpec> {
    const text = await this.run('-n', NAMESPACE, 'get', 'deployment', RELEASE, '-o', 'json')
    return (JSON.parse(text) as { spec: DeploymentSpec }).spec
  }

  /** The Secret with the organization's credential is made, as the chart's notes ask for. */
  async giveCredential(): Promise<void> {
    const files = `--from-file=${join(this.directory, 'credentials')}`
    await this.run('-n', NAMESPACE, 'create', 'secret', 'generic', 'rai-operator-credentials', files)
  }

  /** The operator as the cluster describes it by now, in the place of the one before; see {@link startDeployed}. */
  async roll(name: string, options: { readonly ready?: boolean; readonly bundle?: string } = {}): Promise<Operator> {
    const { cluster, directory } = this
    await this.stop()
    this.#operator = await startDeployed(cluster, { ...options, directory, logFile: join(directory, `${name}.log`) })
    return this.#operator
  }

  /** … and it has looked at everything: at each resource, and at the organization. All is Ready. */
  async rollOver(name: string, options: { readonly bundle?: string } = {}): Promise<void> {
    const operator = await this.roll(name, options)
    const limit = AbortSignal.timeout(LIMIT_MS)
    await untilLogged(operator, /"msg":"swept the organization"/, limit)
    for (const { kind, metadata } of await this.#resources()) {
      const fields = `"controller":"${kind.toLowerCase()}","key":"${metadata.namespace}/${metadata.name}"`
      await untilLogged(operator, new RegExp(`${fields}.*"msg":"reconciled"`), limit)
    }
    await this.allReady()
  }

  /** Ends the operator, if one runs. */
  async stop(): Promise<void> {
    await this.#operator?.stop()
    this.#operator = undefined
  }

  async allReady(): Promise<void> {
    const all = 'raitenants,raitenantapplications'
    await this.inTeam('wait', '--for=condition=Ready', `--timeout=${LIMIT_MS / 1000}s`, '--all', all)
  }

  async kept(): Promise<Kept> {
    const counts = Object.entries(await this.controlPlane.counts())
    const secrets = (await this.secrets()).map(({ metadata: { name, uid }, data }) => [name, { uid, data }] as const)
    const resources = (await this.#resources()).map(({ kind, metadata: { name, uid }, status }) => {
      // How many applications a tenant has is told in its own time.
      const { applications: _, ...settled } = status as RaiTenant['status']
      return [`${kind} ${name}`, { uid, status: settled }] as const
    })
    return {
      counts: Object.fromEntries(counts.filter(([operation]) => /^(?:create|delete)/.test(operation))),
      outside: await this.controlPlane.state(),
      secrets: Object.fromEntries(secrets),
      resources: Object.fromEntries(resources),
    }
  }

  async secrets(): Promise<readonly OutputSecret[]> {
    return (JSON.parse(await this.inTeam('get', 'secrets', '-o', 'json')) as { items: OutputSecret[] }).items
  }

  /** Requests to the API server that the operator's roles do not allow, with how many there were. */
  async refusals(): Promise<readonly unknown[]> {
    const counted = await this.#operator!.metrics('rest_client_requests_total{code="403"')
    return [...counted].filter(([, count]) => count > 0)
  }

  async #resources(): Promise<readonly Resource[]> {
    return (JSON.parse(await this.inTeam('get', 'rai', '-o', 'json')) as { items: Resource[] }).items
  }
}
