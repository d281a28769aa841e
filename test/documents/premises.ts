// Where pages are followed: a cluster of its own, a control plane outside, and the operator, once a page has installed it.
import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { newOrganizationCredential, writeCredential } from '../../src/simulator/organization.ts'
import type { OrganizationCredential } from '../../src/simulator/organization.ts'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { startControlPlane } from '../stack/control-plane.ts'
import type { ControlPlane } from '../stack/control-plane.ts'
import { ensureTool } from '../tools/tools.ts'
import { DeployedOperator } from './deployed.ts'
import { Reader } from './reader.ts'

const LOGS = fileURLToPath(new URL('../../.test-logs/', import.meta.url))
const INSTALL = 'docs/install.md'
const CHANGING = ['createTenant', 'createTenantApplication', 'deleteTenant', 'deleteTenantApplication']

export type Resource = RaiTenant | RaiTenantApplication

export class Premises {
  readonly cluster: TestCluster
  readonly controlPlane: ControlPlane
  /** A secret and a key of one client, which both work. */
  readonly organization: OrganizationCredential
  readonly deployed: DeployedOperator
  readonly #readers: ReadonlyMap<string, Reader>

  private constructor(
    cluster: TestCluster,
    controlPlane: ControlPlane,
    organization: OrganizationCredential,
    deployed: DeployedOperator,
    readers: ReadonlyMap<string, Reader>,
  ) {
    this.cluster = cluster
    this.controlPlane = controlPlane
    this.organization = organization
    this.deployed = deployed
    this.#readers = readers
  }

  /** Begins with a reader for each page, and for the one by which the operator is installed, with a client's secret. */
  static async begin(name: string, pages: readonly string[]): Promise<Premises> {
    const directory = join(LOGS, name)
    await rm(directory, { recursive: true, force: true })
    await mkdir(join(directory, 'bin'), { recursive: true })
    await symlink(await ensureTool('helm4', toStandardError), join(directory, 'bin/helm'))
    const cluster = await startCluster()
    const readers = new Map<string, Reader>()
    for (const page of new Set([INSTALL, ...pages])) readers.set(page, await Reader.begin(page, cluster, directory))
    const organization = await newOrganizationCredential()
    const credentialsDir = join(directory, 'organization')
    for (const kind of ['key', 'secret'] as const) await writeCredential(credentialsDir, organization, kind)
    await writeCredential(join(readers.get(INSTALL)!.directory, 'credentials'), organization, 'secret')
    const controlPlane = await startControlPlane({ credentialsDir, logFile: join(directory, 'control-plane.log') })
    const deployed = new DeployedOperator(cluster, directory, controlPlane.settings)
    return new Premises(cluster, controlPlane, organization, deployed, readers)
  }

  /** Ends everything. */
  async end(): Promise<void> {
    await this.deployed.end()
    await this.controlPlane.stop()
    for (const reader of this.#readers.values()) await reader.end()
    await this.cluster.stop()
  }

  reader(page: string): Reader {
    return this.#readers.get(page)!
  }

  /** The operator is installed as the page says under this heading, and runs. */
  async install(how: 'By Helm' | 'By plain manifests'): Promise<void> {
    await this.reader(INSTALL).follow(how)
    await this.deployed.catchUp()
  }

  /** Runs kubectl as administrator. */
  run(...args: string[]): Promise<string> {
    return kubectl(this.cluster, args)
  }

  async apply(namespace: string, ...items: readonly object[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    await kubectl(this.cluster, ['apply', '-n', namespace, '-f', '-'], { input })
  }

  async resources(): Promise<readonly Resource[]> {
    return (JSON.parse(await this.run('get', 'rai', '-A', '-o', 'json')) as { items: Resource[] }).items
  }

  async allReady(): Promise<void> {
    await this.run('wait', '-A', '--for=condition=Ready', '--timeout=60s', '--all', 'rait,raiapp')
  }

  /** How often tenants and applications were made and deleted outside so far, in this order. */
  async changes(): Promise<readonly number[]> {
    const counts = await this.controlPlane.counts()
    return CHANGING.map((operation) => counts[operation] ?? 0)
  }

  /** Of those that stand outside. */
  async tenantNames(): Promise<readonly string[]> {
    return (await this.controlPlane.state()).tenants.map(({ name }) => name).toSorted()
  }
}

function toStandardError(line: string): void {
  process.stderr.write(`${line}\n`)
}
