// Stands in for the nodes that a test cluster lacks: runs the operator as its Deployment says, with its Secret as files.
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { startOperator } from '../stack/operator.ts'
import type { Flags, Operator } from '../stack/operator.ts'

const SERVICE_ACCOUNT = 'system:serviceaccount:rai-system:rai-operator'
const IN_ITS_NAMESPACE = ['-n', 'rai-system', '--ignore-not-found', '-o', 'json']

type Variable = { readonly name: string; readonly value: string }
type Deployment = {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly env?: Variable[] }] } }
  }
}
type Secret = { readonly data: Readonly<Record<string, string>> }

export class DeployedOperator {
  readonly #cluster: TestCluster
  readonly #directory: string
  /** What no manifest says: where the control plane is. */
  readonly #flags: Flags
  #running: { readonly operator: Operator; readonly env: NodeJS.ProcessEnv } | undefined
  #mounted: Secret['data'] | undefined
  #versions = 0

  /** `directory` is for its logs and for the Secret's files. */
  constructor(cluster: TestCluster, directory: string, flags: Flags) {
    this.#cluster = cluster
    this.#directory = directory
    this.#flags = flags
  }

  /** Does what nodes would by now have done: mounts the Secret as it is, starts the operator, replaces it, or ends it. */
  async catchUp(): Promise<Operator | undefined> {
    const [deployment, secret] = await Promise.all([
      this.#get<Deployment>('deployment', 'rai-operator'),
      this.#get<Secret>('secret', 'rai-operator-credentials'),
    ])
    if (secret) await this.#mount(secret)
    if (!deployment || !secret) return this.end()
    const variables = deployment.spec.template.spec.containers[0].env ?? []
    const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]))
    if (!isDeepStrictEqual(this.#running?.env, env)) await this.#replace(env)
    return this.#running?.operator
  }

  async end(): Promise<undefined> {
    await this.#running?.operator.stop()
    this.#running = undefined
  }

  async #get<T>(kind: string, name: string): Promise<T | undefined> {
    const text = await kubectl(this.#cluster, ['get', kind, name, ...IN_ITS_NAMESPACE])
    return text === '' ? undefined : (JSON.parse(text) as T)
  }

  /** As a kubelet does it: all files of one version at once, behind links that stay. */
  async #mount({ data }: Secret): Promise<void> {
    if (isDeepStrictEqual(data, this.#mounted)) return
    this.#mounted = data
    const version = `..${++this.#versions}`
    const directory = join(this.#directory, 'credentials')
    const at = (name: string) => join(directory, name)
    await mkdir(at(version), { recursive: true })
    for (const [name, value] of Object.entries(data)) {
      await writeFile(at(join(version, name)), Buffer.from(value, 'base64'))
    }
    await symlink(version, at('..next'))
    await rename(at('..next'), at('..data'))
    const standing = (await readdir(directory)).filter((name) => !name.startsWith('..'))
    for (const name of Object.keys(data)) if (!standing.includes(name)) await symlink(join('..data', name), at(name))
    for (const name of standing) if (data[name] === undefined) await rm(at(name))
  }

  async #replace(env: NodeJS.ProcessEnv): Promise<void> {
    const { kubeconfig } = await this.#cluster.createUser(SERVICE_ACCOUNT)
    const flags = { ...this.#flags, 'credentials-dir': join(this.#directory, 'credentials'), kubeconfig }
    const logFile = join(this.#directory, `operator-${++this.#versions}.log`)
    const operator = await startOperator({ flags, env, logFile })
    await this.end()
    this.#running = { operator, env }
  }
}
