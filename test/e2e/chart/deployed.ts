// The operator as a Deployment in the cluster describes it, started as a process: what a kubelet would do with its Pod.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import type { TestCluster } from '../../cluster/cluster.ts'
import { kubectl } from '../../cluster/kubectl.ts'
import { startOperator } from '../../stack/operator.ts'
import type { Operator } from '../../stack/operator.ts'
import { environmentOf, NAMESPACE, RELEASE } from './helm.ts'
import type { DeploymentSpec, PodSpec } from './helm.ts'

type Source = { readonly data?: Readonly<Record<string, string>> }

/**
 * Starts it with the variables and arguments of its container, as its ServiceAccount, with its volumes below `directory`. It waits
 * until the operator is ready unless `ready` is false.
 */
export async function startDeployed(
  cluster: TestCluster,
  options: {
    readonly directory: string
    readonly logFile: string
    readonly ready?: boolean
    /** What is in its image, see {@link startOperator}. */
    readonly bundle?: string
  },
): Promise<Operator> {
  const { directory, ...rest } = options
  const { spec } = JSON.parse(await get(cluster, 'deployment', RELEASE)) as { spec: DeploymentSpec }
  const pod = spec.template.spec
  const [container] = pod.containers
  await mountVolumes(cluster, pod, directory)
  const inside = (text: string) => (text.startsWith('/etc/') ? join(directory, text) : text)
  const env = Object.entries(environmentOf(container)).map(([name, value]) => [name, inside(value)] as const)
  const args = (container.args ?? []).map((arg) => /^--([^=]+)=(.*)$/s.exec(arg)!.slice(1) as [string, string])
  const flags = {
    ...Object.fromEntries(args),
    // In a Pod both are where the operator looks by itself.
    kubeconfig: await kubeconfigOf(cluster, pod.serviceAccountName, directory),
    'operator-namespace': NAMESPACE,
    'credentials-dir': inside('/etc/rai-operator/credentials'),
  }
  return startOperator({ ...rest, flags, env: Object.fromEntries(env) })
}

/** Brings the mounted files up to date, as a kubelet does now and then. What is optional and missing is an empty folder. */
export async function mountVolumes(cluster: TestCluster, pod: PodSpec, directory: string): Promise<void> {
  for (const { name, mountPath } of pod.containers[0].volumeMounts) {
    const folder = join(directory, mountPath)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    const secret = pod.volumes.find((volume) => volume.name === name)!['secret'] as
      { readonly secretName: string; readonly optional?: boolean } | undefined
    if (!secret) throw new Error(`nothing mounts volumes such as ${name} in tests`)
    const text = await get(cluster, 'secret', secret.secretName)
    if (text === '' && !secret.optional) throw new Error(`a Pod waits for the Secret ${secret.secretName}`)
    const { data = {} } = (text === '' ? {} : JSON.parse(text)) as Source
    for (const [key, value] of Object.entries(data)) await writeFile(join(folder, key), Buffer.from(value, 'base64'))
  }
}

/** As the kubelet has it for a Pod: a token of the account, got by TokenRequest. */
async function kubeconfigOf(cluster: TestCluster, account: string, directory: string): Promise<string> {
  const token = (await kubectl(cluster, ['-n', NAMESPACE, 'create', 'token', account])).trim()
  const { users: _, ...rest } = parse(cluster.kubeconfigText) as {
    users: unknown
    contexts: { context: { user: string } }[]
  }
  const [{ context }] = rest.contexts as [{ context: { user: string } }]
  const path = join(directory, 'kubeconfig')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, stringify({ ...rest, users: [{ name: context.user, user: { token } }] }), { mode: 0o600 })
  return path
}

async function get(cluster: TestCluster, kind: string, name: string): Promise<string> {
  return kubectl(cluster, ['-n', NAMESPACE, 'get', kind, name, '--ignore-not-found', '-o', 'json'])
}
