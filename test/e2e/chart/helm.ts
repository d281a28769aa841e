// Helm, of both versions that users have, with folders of its own.
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { Failure } from '../../../src/errors.ts'
import { KUBERNETES_VERSION } from '../../cluster/programs.ts'
import { ensureTool } from '../../tools/tools.ts'

export const CHART = fileURLToPath(new URL('../../../charts/rai-operator/', import.meta.url))
export const RELEASE = 'rai-operator'
export const NAMESPACE = 'rai-system'
/** Away from a cluster: a Helm that was not built by its makers takes it for an old one. */
export const FOR_VERSION = `--kube-version=${KUBERNETES_VERSION}`

/** One version of it. */
export type Helm = {
  /** What it prints. Fails with `HelmFailed`, whose message is what it says. */
  run(args: readonly string[], options?: { readonly values?: object; readonly kubeconfig?: string }): Promise<string>
  /** What the chart renders with these values: the text. */
  template(rendering: Rendering): Promise<string>
}

export type Rendering = {
  readonly values: object
  /** Kinds beside those that every cluster has, as `group/version/Kind`. */
  readonly kinds?: readonly string[]
}

/** Any object of Kubernetes. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: unknown
}

/** Finds it, or builds it, which takes minutes. */
export async function findHelm(version: 'helm3' | 'helm4'): Promise<Helm> {
  const program = await ensureTool(version, (line) => process.stderr.write(`${line}\n`))
  const home = mkdtempSync(join(tmpdir(), `${version}-`))
  const run: Helm['run'] = async (args, { values, kubeconfig = join(home, 'none') } = {}) => {
    const env = {
      ...process.env,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
      KUBECONFIG: kubeconfig,
    }
    const all = values === undefined ? args : [...args, '--values=-']
    const running = promisify(execFile)(program, all, { env, maxBuffer: 64 << 20 })
    running.child.stdin!.on('error', () => undefined).end(JSON.stringify(values ?? {}))
    try {
      return (await running).stdout
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim()
      throw new Failure('HelmFailed', 'stall', said || String(error), { cause: error })
    }
  }
  return {
    run,
    template({ values, kinds = [] }) {
      const known = kinds.map((kind) => `--api-versions=${kind}`)
      return run(['template', RELEASE, CHART, `--namespace=${NAMESPACE}`, FOR_VERSION, ...known], { values })
    },
  }
}

/** The objects in what is rendered. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? [])
}

/** Tells one object from all others. */
export function idOf({ kind, metadata }: Manifest): string {
  return [kind, metadata.namespace, metadata.name].filter(Boolean).join(' ')
}

/** A container of a Deployment, as far as tests look at it. */
export type Container = {
  readonly image: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe?: object
  readonly readinessProbe?: object
  readonly resources: { readonly requests?: object; readonly limits?: { readonly memory?: string } }
  readonly securityContext: object
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
}

export type PodSpec = {
  readonly serviceAccountName: string
  readonly enableServiceLinks?: boolean
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly containers: readonly [Container]
  readonly volumes: readonly (Readonly<Record<string, object>> & { readonly name: never })[]
}

export type DeploymentSpec = {
  readonly replicas: number
  readonly strategy?: { readonly type: string }
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations?: object }
    readonly spec: PodSpec
  }
}

/** The one Deployment among these. */
export function deploymentIn(manifests: readonly Manifest[]): DeploymentSpec {
  return manifests.find(({ kind }) => kind === 'Deployment')!.spec as DeploymentSpec
}

/** What the container is told by variables that stand there as text. */
export function environmentOf({ env = [] }: Container): Readonly<Record<string, string>> {
  return Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])))
}
