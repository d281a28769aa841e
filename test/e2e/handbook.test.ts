// The pages for whoever runs the operator, followed to the letter: installed, limited, its credential replaced, asked, mended.
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { writeCredential } from '../../src/simulator/organization.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { blocksIn } from '../documents/blocks.ts'
import { Premises } from '../documents/premises.ts'
import { read } from '../repo/source-files.ts'
import { application, eventually } from '../stack/stack.ts'

const test = suite('handbook')
const PAGES = [
  'README.md',
  'docs/api.md',
  'docs/limits.md',
  'docs/metrics.md',
  'docs/organization-credential.md',
  'docs/reasons.md',
  'docs/troubleshooting.md',
  'docs/upgrade.md',
]
let premises: Premises

test.before(async () => {
  premises = await Premises.begin('handbook', PAGES)
})

test.after(async () => {
  await premises.end()
})

/** Waits until a resource in team-a says this. */
async function says(resource: string, reason: string): Promise<void> {
  await premises.run(
    'wait',
    '-n',
    'team-a',
    resource,
    `--for=jsonpath={.status.conditions[?(@.type=="Synced")].reason}=${reason}`,
    '--timeout=60s',
  )
}

test('installed from manifests, it makes what the README asks for', async () => {
  await premises.install('By plain manifests')
  // As one is that was not given a name: see the page on its credential.
  await premises.run('set', 'env', 'deployment/rai-operator', '-n', 'rai-system', 'RAI_ORGANIZATION-')
  await premises.deployed.catchUp()
  const manifest = blocksIn(read('README.md')).find(({ language }) => language === 'yaml')
  await kubectl(premises.cluster, ['apply', '-f', '-'], { input: manifest!.text })
  await premises.allReady()
  await premises.reader('README.md').follow('Use it')
})

test('a namespace has as many tenants as its quota lets it, and no more is asked for outside', async () => {
  await premises.run('create', 'namespace', 'team-a')
  await premises.reader('docs/limits.md').follow('Set a quota')
  await premises.allReady()
  assert.equal(await premises.tenantNames(), ['acme', 'one', 'two'])
})

test('the organization’s secret is replaced by a key without a restart, a gap or a call in vain', async () => {
  const page = premises.reader('docs/organization-credential.md')
  await writeCredential(join(page.directory, 'new'), premises.organization, 'key')
  const [operator, before] = [await premises.deployed.catchUp(), await premises.changes()]
  const tokens = async () => (await premises.controlPlane.calls('organizationToken')).map(({ status }) => status)
  const asked = await tokens()
  await page.follow('The same client, with another secret or key')
  assert.is(await premises.deployed.catchUp(), operator)
  await eventually('it is tried', async () => {
    await page.follow('See that it works')
    return (await tokens()).length > asked.length
  })
  assert.equal(await tokens(), [...asked, 200])
  assert.equal(await premises.changes(), before)
})

test('the organization’s client is replaced by another one, nothing is taken for another organization’s, and the first may go', async () => {
  const page = premises.reader('docs/organization-credential.md')
  const before = await premises.changes()
  const { clientId, clientSecret } = await premises.controlPlane.makeCredential()
  const another = join(page.directory, 'another')
  await mkdir(another)
  await writeFile(join(another, 'client_id'), clientId)
  await writeFile(join(another, 'client_secret'), clientSecret)
  await page.follow("Write down the organization's name")
  await premises.deployed.catchUp()
  await page.follow('Replace all of it')
  await premises.deployed.catchUp()
  await eventually('the new client is used', async () => {
    await page.follow('See that it works')
    return (await premises.controlPlane.calls('getTenant')).at(-1)?.client === clientId
  })
  const first = (await premises.controlPlane.calls('organizationToken'))[0]!.client!
  await premises.controlPlane.deleteCredential(first)
  await fetch(`${premises.controlPlane.adminUrl}/tokens`, { method: 'DELETE' })
  await page.follow('See that it works')
  // Whoever installs anew has the new one.
  await rm(join(premises.reader('docs/install.md').directory, 'credentials'), { recursive: true })
  await cp(another, join(premises.reader('docs/install.md').directory, 'credentials'), { recursive: true })
  for (const { status } of await premises.resources()) {
    assert.equal(
      status.conditions?.map(({ reason }) => reason),
      ['Ready', 'Ready'],
    )
    assert.match(status.organization!, first)
  }
  assert.equal(await premises.changes(), before)
})

test('what is asked of a running operator is answered, and an upgrade of the same version changes nothing', async () => {
  await premises.apply('team-a', application('web', 'one'))
  await premises.allReady()
  const before = await premises.changes()
  await premises.reader('docs/api.md').follow('The API')
  await premises.reader('docs/reasons.md').follow('Reasons')
  await premises.reader('docs/metrics.md').follow('Who may read them')
  const page = premises.reader('docs/troubleshooting.md')
  await page.follow('Troubleshooting')
  assert.match(await page.follow('A resource says nothing at all'), /^yes$/m)
  await page.follow('It is Ready, and the workload gets 401')
  assert.is((await page.follow('A deletion does not end')).trim(), '')
  await premises.reader('docs/upgrade.md').follow('Forward')
  await premises.deployed.catchUp()
  await premises.allReady()
  assert.equal(await premises.changes(), before)
})

test('ids that somebody else wrote into a status are taken out, and the resource is bound to the same again', async () => {
  const before = await premises.changes()
  const forged = ['patch', 'raiapp', 'web', '-n', 'team-a', '--subresource=status', '--type=merge']
  await premises.run(...forged, '-p', '{"status":{"applicationId":"of-somebody-else"}}')
  await says('raiapp/web', 'StatusForged')
  await premises.reader('docs/reasons.md').follow('StatusForged')
  await says('raiapp/web', 'Ready')
  assert.equal(await premises.changes(), before)
})

test('a resource whose deletion cannot end is let go, and what is left of it is written down', async () => {
  const before = await premises.changes()
  const web = async () =>
    (await premises.resources()).find(({ metadata: { name } }) => name === 'web') as RaiTenantApplication
  const id = (await web()).status.applicationId!
  // What was found again would be left outside without a call.
  await premises.run('annotate', 'raiapp', 'web', '-n', 'team-a', `tenants.resistant.ai/confirm=${id}`)
  await eventually('it is confirmed', async () => (await web()).status.provenance === 'Created')
  const mend = await premises.controlPlane.disturb({
    op: 'deleteTenantApplication',
    kind: 'status',
    status: 503,
    count: -1,
  })
  await premises.run('delete', 'raiapp', 'web', '-n', 'team-a', '--wait=false')
  await eventually('it is stuck', async () =>
    (await premises.reader('docs/troubleshooting.md').follow('A deletion does not end')).includes('team-a/web'),
  )
  assert.match(await premises.reader('docs/api.md').follow('Letting a stuck resource go'), id)
  await mend()
  assert.equal((await premises.changes()).slice(0, 3), before.slice(0, 3))
  assert.ok((await premises.controlPlane.state()).applications.some((one) => one.id === id))
})

test('no command of these pages was left out', () => {
  for (const page of PAGES) assert.equal(premises.reader(page).left(), [], page)
})

test.run()
