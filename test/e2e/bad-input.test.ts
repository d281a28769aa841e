// What the schema cannot refuse: told with reason and remedy, nothing changed outside, healed by itself.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'

const test = suite('bad input')
let stack: Stack
let guest: TestNamespace
/** What is mended without any event is looked at again every half minute or minute. */
const SLOW_MENDING_MS = 120_000

test.before(async () => {
  guest = await createNamespace(await sharedCluster(), 'guest')
  stack = await startStack('bad-input', { alsoWatch: [guest.name] })
})

test.after(async () => {
  await stack.stop()
  await guest.remove()
})

/** All that the control plane holds, to see that it stays so. */
async function outside(): Promise<string> {
  return JSON.stringify(await stack.controlPlane.state())
}

test('a reference to no tenant: TenantNotFound, then Ready when the tenant comes', async () => {
  const before = await outside()
  await stack.apply(application('early', 'late'))
  assert.match(await told(stack, 'application', 'early', 'TenantNotFound'), `${stack.namespace}/late`)
  assert.match(await stack.kubectl(['get', 'raiapp', 'early']), /early +False +TenantNotFound/)
  assert.is(await outside(), before)
  await stack.apply(tenant('late'))
  await told(stack, 'application', 'early', 'Ready')
})

test('a tenant of a namespace that does not admit ours: ReferenceNotPermitted, then Ready when it does', async () => {
  await stack.apply(tenant('guarded'))
  await told(stack, 'tenant', 'guarded', 'Ready')
  const before = await outside()
  const reference = { tenantRef: { name: 'guarded', namespace: stack.namespace } }
  const resource = application('guest', 'guarded', reference)
  const reason = async () => {
    const get = ['-n', guest.name, 'get', 'raiapp', 'guest', '-o', 'jsonpath={.status.conditions}']
    const conditions = JSON.parse((await stack.kubectl(get)) || '[]') as { type: string; reason: string }[]
    return conditions.find(({ type }) => type === 'Synced')?.reason
  }
  await stack.kubectl(['-n', guest.name, 'apply', '-f', '-'], JSON.stringify(resource))
  await eventually('the refusal', async () => (await reason()) === 'ReferenceNotPermitted')
  assert.is(await outside(), before)
  const grant = '{"spec":{"allowedNamespaces":{"from":"All"}}}'
  await stack.kubectl(['patch', 'raitenant', 'guarded', '--type=merge', '-p', grant])
  await eventually('Ready', async () => (await reason()) === 'Ready')
  await stack.kubectl(['-n', guest.name, 'delete', 'raiapp', 'guest', '--timeout=20s'])
})

test('a name that somebody else has in the organization: TenantExists, nothing of theirs touched', async () => {
  const person = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"taken"}' }
  await fetch(`${stack.controlPlane.adminUrl}/tenants`, person)
  const before = await outside()
  await stack.apply(tenant('taken'))
  assert.match(await told(stack, 'tenant', 'taken', 'TenantExists'), 'did not create')
  assert.is(await outside(), before)
  await stack.kubectl(['delete', 'raitenant', 'taken', '--timeout=10s'])
  const { tenants } = await stack.controlPlane.state()
  assert.ok(tenants.some(({ name }) => name === 'taken'))
})

test('a name that another resource has: AlreadyClaimed, which names it, then Ready when that one goes', async () => {
  await stack.apply(tenant('first', { name: 'contested' }))
  await told(stack, 'tenant', 'first', 'Ready')
  await stack.apply(tenant('second', { name: 'contested' }))
  assert.match(await told(stack, 'tenant', 'second', 'AlreadyClaimed'), `${stack.namespace}/first`)
  await stack.kubectl(['delete', 'raitenant', 'first', '--timeout=20s'])
  await told(stack, 'tenant', 'second', 'Ready', SLOW_MENDING_MS)
})

test('a Secret that is somebody else’s: SecretConflict before anything is made, its content untouched', async () => {
  await stack.apply(tenant('crowded'))
  await told(stack, 'tenant', 'crowded', 'Ready')
  await stack.kubectl(['create', 'secret', 'generic', 'mine', '--from-literal=client_id=keep'])
  const before = await outside()
  await stack.apply(application('mine', 'crowded'))
  assert.match(await told(stack, 'application', 'mine', 'SecretConflict'), `${stack.namespace}/mine`)
  assert.is(await outside(), before)
  assert.equal(await stack.secret('mine'), { client_id: 'keep' })
  await stack.kubectl(['delete', 'secret', 'mine'])
  await told(stack, 'application', 'mine', 'Ready', SLOW_MENDING_MS)
})

test('a paused resource is left alone and says so; the pause over, it goes on', async () => {
  const paused = tenant('resting') as { metadata: object }
  Object.assign(paused.metadata, { annotations: { 'tenants.resistant.ai/paused': 'true' } })
  const before = await outside()
  await stack.apply(paused)
  await told(stack, 'tenant', 'resting', 'Paused')
  assert.is(await outside(), before)
  await stack.kubectl(['annotate', 'raitenant', 'resting', 'tenants.resistant.ai/paused-'])
  await told(stack, 'tenant', 'resting', 'Ready')
})

test('a protected tenant stays until the protection is off', async () => {
  await stack.apply(tenant('precious', { deletionProtection: true }))
  await told(stack, 'tenant', 'precious', 'Ready')
  await stack.kubectl(['delete', 'raitenant', 'precious', '--wait=false'])
  await told(stack, 'tenant', 'precious', 'DeletionProtected')
  await stack.kubectl(['patch', 'raitenant', 'precious', '--type=merge', '-p', '{"spec":{"deletionProtection":false}}'])
  await eventually('it is gone', async () => (await stack.tenant('precious')) === undefined)
})

test.run()
