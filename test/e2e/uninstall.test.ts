// Uninstalled in each way that docs/uninstall.md has, and installed again; and, as docs/versions.md says, with another version of the API.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { APPLICATION_PLURAL, GROUP, TENANT_PLURAL } from '../../src/api/names.ts'
import { Premises } from '../documents/premises.ts'
import type { Resource } from '../documents/premises.ts'
import { plainValues } from '../stack/api-server.ts'
import { application, eventually, tenant } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('uninstall')
const PAGE = 'docs/uninstall.md'
let premises: Premises

test.before(async () => {
  premises = await Premises.begin('uninstall', [PAGE])
  await premises.run('create', 'namespace', 'team-a')
  await premises.install('By plain manifests')
})

test.after(async () => {
  await premises.end()
})

/** It stands without an owner, and its credential obtains a token. */
async function secretWorks(name: string): Promise<void> {
  type Secret = {
    readonly data: Readonly<Record<string, string>>
    readonly metadata: { readonly ownerReferences?: unknown }
  }
  const { data, metadata } = JSON.parse(
    await premises.run('get', 'secret', name, '-n', 'team-a', '-o', 'json'),
  ) as Secret
  assert.is(metadata.ownerReferences, undefined)
  assert.ok((await obtainToken(plainValues(data))).accessToken)
}

test('the operator went first: what hangs on it is taken off by hand, and everything outside stays, Secrets too', async () => {
  await premises.apply('team-a', tenant('acme'), application('web', 'acme'))
  await premises.allReady()
  const outside = await premises.controlPlane.state()
  await premises.deployed.end()
  await premises.run('delete', 'rait,raiapp', '-A', '--all', '--wait=false')
  await premises.reader(PAGE).follow('The operator is gone already')
  assert.equal(await premises.controlPlane.state(), outside)
  await secretWorks('web')
  await premises.reader(PAGE).follow('By plain manifests')
})

test('uninstalled to keep everything: tenants, applications and Secrets stay, with no owner to go with', async () => {
  await premises.install('By Helm')
  await premises.apply('team-a', tenant('globex'), application('kept', 'globex'))
  await premises.allReady()
  const outside = await premises.controlPlane.state()
  await premises.reader(PAGE).follow('Keep everything outside')
  await premises.reader(PAGE).follow('By Helm')
  await premises.deployed.catchUp()
  assert.equal(await premises.controlPlane.state(), outside)
  await secretWorks('kept')
})

test('uninstalled with everything: what its resources stood for is gone, and nothing else', async () => {
  const others = await premises.tenantNames()
  await premises.install('By plain manifests')
  await premises.apply('team-a', tenant('hooli'), application('gone', 'hooli'))
  await premises.allReady()
  assert.equal(await premises.tenantNames(), [...others, 'hooli'].toSorted())
  await premises.reader(PAGE).follow('Delete everything')
  await premises.reader(PAGE).follow('By plain manifests')
  await premises.deployed.catchUp()
  assert.equal(await premises.tenantNames(), others)
  for (const page of ['docs/install.md', PAGE]) assert.equal(premises.reader(page).left(), [], page)
})

test('v1 can be served and stored beside v1alpha1 without a conversion, and an operator of before goes on', async () => {
  await premises.install('By plain manifests')
  await premises.apply('team-a', tenant('initech'), application('older', 'initech'))
  await premises.allReady()
  await premises.run('wait', 'rait/initech', '-n', 'team-a', '--for=jsonpath={.status.applications}=1', '--timeout=60s')
  const [before, seen] = [await premises.changes(), await premises.resources()]
  for (const plural of [TENANT_PLURAL, APPLICATION_PLURAL]) {
    const name = `${plural}.${GROUP}`
    const { spec } = JSON.parse(await premises.run('get', 'crd', name, '-o', 'json')) as {
      spec: { versions: [object] }
    }
    const [alpha] = spec.versions
    const versions = [
      { ...alpha, storage: false, deprecated: true },
      { ...alpha, name: 'v1', storage: true },
    ]
    await premises.run('patch', 'crd', name, '--type=merge', '-p', JSON.stringify({ spec: { versions } }))
  }
  const inV1 = await eventually('v1 is served', () =>
    premises
      .run('get', `${TENANT_PLURAL}.v1.${GROUP},${APPLICATION_PLURAL}.v1.${GROUP}`, '-A', '-o', 'json')
      .catch(() => undefined),
  )
  const rewritten = inV1.replaceAll(`"apiVersion": "${GROUP}/v1"`, `"apiVersion": "${GROUP}/v1alpha1"`)
  const byUid = (all: readonly Resource[]) => Object.fromEntries(all.map((one) => [one.metadata.uid, one]))
  assert.equal(byUid((JSON.parse(rewritten) as { items: Resource[] }).items), byUid(seen))
  await premises.apply('team-a', { ...application('newer', 'initech'), apiVersion: `${GROUP}/v1` })
  await premises.allReady()
  const [, applications = 0, ...rest] = before
  assert.equal(await premises.changes(), [before[0], applications + 1, ...rest])
})

test.run()
