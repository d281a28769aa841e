// The pages for whoever runs the operator, followed to the letter: installed, limited, its credential replaced, asked, mended, uninstalled.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { APPLICATION_PLURAL, GROUP, TENANT_PLURAL } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { newOrganizationCredential, writeCredential } from '../../src/simulator/organization.ts'
import { startCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { blocksIn } from '../documents/blocks.ts'
import { DeployedOperator } from '../documents/deployed.ts'
import { Reader } from '../documents/reader.ts'
import { read } from '../repo/source-files.ts'
import { startControlPlane } from '../stack/control-plane.ts'
import type { ControlPlane } from '../stack/control-plane.ts'
import { application, eventually, plainValues, tenant } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('handbook')
const DIRECTORY = fileURLToPath(new URL('../../.test-logs/handbook', import.meta.url))
const PAGES = [
  'README.md',
  'docs/api.md',
  'docs/install.md',
  'docs/limits.md',
  'docs/metrics.md',
  'docs/organization-credential.md',
  'docs/reasons.md',
  'docs/troubleshooting.md',
  'docs/uninstall.md',
  'docs/upgrade.md',
] as const
type Page = (typeof PAGES)[number]

let cluster: TestCluster
let controlPlane: ControlPlane
let deployed: DeployedOperator
const readers = new Map<Page, Reader>()

test.before(async () => {
  await rm(DIRECTORY, { recursive: true, force: true })
  await mkdir(DIRECTORY, { recursive: true })
  cluster = await startCluster()
  for (const page of PAGES) readers.set(page, await Reader.begin(page, cluster))
  // The vendor lets the organization have a secret and a key for the same client.
  const organization = await newOrganizationCredential()
  const credentialsDir = join(DIRECTORY, 'organization')
  for (const kind of ['key', 'secret'] as const) await writeCredential(credentialsDir, organization, kind)
  await writeCredential(join(reader('docs/install.md').directory, 'credentials'), organization, 'secret')
  await writeCredential(join(reader('docs/organization-credential.md').directory, 'new'), organization, 'key')
  controlPlane = await startControlPlane({ credentialsDir, logFile: join(DIRECTORY, 'control-plane.log') })
  deployed = new DeployedOperator(cluster, DIRECTORY, controlPlane.settings)
})

test.after(async () => {
  await deployed.end()
  await controlPlane.stop()
  for (const reader of readers.values()) await reader.end()
  await cluster.stop()
})

const reader = (page: Page) => readers.get(page)!
const run = (...args: string[]) => kubectl(cluster, args)

type Resource = RaiTenant | RaiTenantApplication

async function resources(): Promise<readonly Resource[]> {
  return (JSON.parse(await run('get', 'rai', '-A', '-o', 'json')) as { items: Resource[] }).items
}

async function apply(namespace: string, ...items: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl(cluster, ['apply', '-n', namespace, '-f', '-'], { input })
}

async function allReady(): Promise<void> {
  await run('wait', '-A', '--for=condition=Ready', '--timeout=60s', '--all', 'rait,raiapp')
}

/** Waits until a resource in team-a says this. */
async function says(resource: string, reason: string): Promise<void> {
  await run(
    'wait',
    '-n',
    'team-a',
    resource,
    `--for=jsonpath={.status.conditions[?(@.type=="Synced")].reason}=${reason}`,
    '--timeout=60s',
  )
}

/** What was made and deleted outside so far. */
async function changes(): Promise<readonly (number | undefined)[]> {
  const counts = await controlPlane.counts()
  return ['createTenant', 'createTenantApplication', 'deleteTenant', 'deleteTenantApplication'].map((op) => counts[op])
}

const tenantNames = async () => (await controlPlane.state()).tenants.map(({ name }) => name).toSorted()

async function installed(): Promise<void> {
  await reader('docs/install.md').follow('Plain manifests')
  await deployed.catchUp()
}

test('installed from manifests, it makes what the README asks for', async () => {
  await installed()
  // As one is that was not given a name: see the page on its credential.
  await run('set', 'env', 'deployment/rai-operator', '-n', 'rai-system', 'RAI_ORGANIZATION-')
  await deployed.catchUp()
  const manifest = blocksIn(read('README.md')).find(({ language }) => language === 'yaml')
  await kubectl(cluster, ['apply', '-f', '-'], { input: manifest!.text })
  await allReady()
  await reader('README.md').follow('Use it')
})

test('a namespace has as many tenants as its quota lets it, and no more is asked for outside', async () => {
  await run('create', 'namespace', 'team-a')
  await reader('docs/limits.md').follow('Set a quota')
  await allReady()
  assert.equal(await tenantNames(), ['acme', 'one', 'two'])
})

test('the organization’s secret is replaced by a key without a restart, a gap or a call in vain', async () => {
  const page = reader('docs/organization-credential.md')
  const [operator, before] = [await deployed.catchUp(), await changes()]
  const tokens = async () => (await controlPlane.calls('organizationToken')).map(({ status }) => status)
  const asked = await tokens()
  await page.follow('The same client, with another secret or key')
  assert.is(await deployed.catchUp(), operator)
  await eventually('it is tried', async () => {
    await page.follow('See that it works')
    return (await tokens()).length > asked.length
  })
  assert.equal(await tokens(), [...asked, 200])
  assert.equal(await changes(), before)
})

test('the organization’s client is replaced by another one, nothing is taken for another organization’s, and the first may go', async () => {
  const page = reader('docs/organization-credential.md')
  const before = await changes()
  const { clientId, clientSecret } = await controlPlane.makeCredential()
  const another = join(page.directory, 'another')
  await mkdir(another)
  await writeFile(join(another, 'client_id'), clientId)
  await writeFile(join(another, 'client_secret'), clientSecret)
  await page.follow("Write down the organization's name")
  await deployed.catchUp()
  await page.follow('Replace all of it')
  await deployed.catchUp()
  await eventually('the new client is used', async () => {
    await page.follow('See that it works')
    return (await controlPlane.calls('getTenant')).at(-1)?.client === clientId
  })
  const first = (await controlPlane.calls('organizationToken'))[0]!.client!
  await controlPlane.deleteCredential(first)
  await fetch(`${controlPlane.adminUrl}/tokens`, { method: 'DELETE' })
  await page.follow('See that it works')
  // Whoever installs anew has the new one.
  await rm(join(reader('docs/install.md').directory, 'credentials'), { recursive: true })
  await cp(another, join(reader('docs/install.md').directory, 'credentials'), { recursive: true })
  for (const { status } of await resources()) {
    assert.equal(
      status.conditions?.map(({ reason }) => reason),
      ['Ready', 'Ready'],
    )
    assert.match(status.organization!, first)
  }
  assert.equal(await changes(), before)
})

test('what is asked of a running operator is answered, and an upgrade of the same version changes nothing', async () => {
  await apply('team-a', application('web', 'one'))
  await allReady()
  const before = await changes()
  await reader('docs/api.md').follow('The API')
  await reader('docs/reasons.md').follow('Reasons')
  await reader('docs/metrics.md').follow('Who may read them')
  const page = reader('docs/troubleshooting.md')
  await page.follow('Troubleshooting')
  assert.match(await page.follow('A resource says nothing at all'), /^yes$/m)
  await page.follow('It is Ready, and the workload gets 401')
  assert.is((await page.follow('A deletion does not end')).trim(), '')
  await reader('docs/upgrade.md').follow('Forward')
  await deployed.catchUp()
  await allReady()
  assert.equal(await changes(), before)
})

test('ids that somebody else wrote into a status are taken out, and the resource is bound to the same again', async () => {
  const before = await changes()
  const forged = ['patch', 'raiapp', 'web', '-n', 'team-a', '--subresource=status', '--type=merge']
  await run(...forged, '-p', '{"status":{"applicationId":"of-somebody-else"}}')
  await says('raiapp/web', 'StatusForged')
  await reader('docs/reasons.md').follow('StatusForged')
  await says('raiapp/web', 'Ready')
  assert.equal(await changes(), before)
})

test('a resource whose deletion cannot end is let go, and what is left of it is written down', async () => {
  const before = await changes()
  const web = async () => (await resources()).find(({ metadata: { name } }) => name === 'web') as RaiTenantApplication
  const id = (await web()).status.applicationId!
  // What was found again would be left outside without a call.
  await run('annotate', 'raiapp', 'web', '-n', 'team-a', `tenants.resistant.ai/confirm=${id}`)
  await eventually('it is confirmed', async () => (await web()).status.provenance === 'Created')
  const mend = await controlPlane.disturb({ op: 'deleteTenantApplication', kind: 'status', status: 503, count: -1 })
  await run('delete', 'raiapp', 'web', '-n', 'team-a', '--wait=false')
  await eventually('it is stuck', async () =>
    (await reader('docs/troubleshooting.md').follow('A deletion does not end')).includes('team-a/web'),
  )
  assert.match(await reader('docs/api.md').follow('Letting a stuck resource go'), id)
  await mend()
  assert.equal((await changes()).slice(0, 3), before.slice(0, 3))
  assert.ok((await controlPlane.state()).applications.some((one) => one.id === id))
})

test('the operator went first: what hangs on it is taken off by hand, and everything outside stays, Secrets too', async () => {
  const outside = await controlPlane.state()
  await deployed.end()
  await run('delete', 'rait,raiapp', '-A', '--all', '--wait=false')
  await reader('docs/uninstall.md').follow('The operator is gone already')
  assert.equal(await controlPlane.state(), outside)
  await secretWorks('default', 'acme-web')
  await run('delete', 'namespace', 'rai-system', '--timeout=60s')
})

test('uninstalled to keep everything: tenants, applications and Secrets stay, with no owner to go with', async () => {
  await installed()
  await apply('team-a', tenant('globex'), application('kept', 'globex'))
  await allReady()
  const outside = await controlPlane.state()
  await reader('docs/uninstall.md').follow('Keep everything outside')
  await deployed.catchUp()
  assert.equal(await controlPlane.state(), outside)
  await secretWorks('team-a', 'kept')
})

test('uninstalled with everything: what its resources stood for is gone, and nothing else', async () => {
  const others = await tenantNames()
  await installed()
  await apply('team-a', tenant('hooli'), application('gone', 'hooli'))
  await allReady()
  assert.equal(await tenantNames(), [...others, 'hooli'].toSorted())
  await reader('docs/uninstall.md').follow('Delete everything')
  await deployed.catchUp()
  assert.equal(await tenantNames(), others)
})

test('v1 can be served and stored beside v1alpha1 without a conversion, and an operator of before goes on', async () => {
  await installed()
  await apply('team-a', tenant('initech'), application('older', 'initech'))
  await allReady()
  await run('wait', 'rait/initech', '-n', 'team-a', '--for=jsonpath={.status.applications}=1', '--timeout=60s')
  const [before, seen] = [await changes(), await resources()]
  for (const plural of [TENANT_PLURAL, APPLICATION_PLURAL]) {
    const name = `${plural}.${GROUP}`
    const { spec } = JSON.parse(await run('get', 'crd', name, '-o', 'json')) as { spec: { versions: [object] } }
    const [alpha] = spec.versions
    const versions = [
      { ...alpha, storage: false, deprecated: true },
      { ...alpha, name: 'v1', storage: true },
    ]
    await run('patch', 'crd', name, '--type=merge', '-p', JSON.stringify({ spec: { versions } }))
  }
  const inV1 = await eventually('v1 is served', () =>
    run('get', `${TENANT_PLURAL}.v1.${GROUP},${APPLICATION_PLURAL}.v1.${GROUP}`, '-A', '-o', 'json').catch(
      () => undefined,
    ),
  )
  const rewritten = inV1.replaceAll(`"apiVersion": "${GROUP}/v1"`, `"apiVersion": "${GROUP}/v1alpha1"`)
  const byUid = (all: readonly Resource[]) => Object.fromEntries(all.map((one) => [one.metadata.uid, one]))
  assert.equal(byUid((JSON.parse(rewritten) as { items: Resource[] }).items), byUid(seen))
  await apply('team-a', { ...application('newer', 'initech'), apiVersion: `${GROUP}/v1` })
  await allReady()
  const [, applications = 0, ...rest] = before
  assert.equal(await changes(), [before[0], applications + 1, ...rest])
})

test('no command of these pages was left out', () => {
  for (const [page, reader] of readers) assert.equal(reader.left(), [], page)
})

async function secretWorks(namespace: string, name: string): Promise<void> {
  type Secret = {
    readonly data: Readonly<Record<string, string>>
    readonly metadata: { readonly ownerReferences?: unknown }
  }
  const { data, metadata } = JSON.parse(await run('get', 'secret', name, '-n', namespace, '-o', 'json')) as Secret
  assert.is(metadata.ownerReferences, undefined)
  assert.ok((await obtainToken(plainValues(data))).accessToken)
}

test.run()
