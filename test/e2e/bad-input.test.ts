// What the schema cannot refuse: told with reason and remedy, nothing changed outside, healed by itself.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GROUP, REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import { bindingRecordName } from '../../src/domain/binding-record.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { journalSaying, putRecord } from '../stack/handmade-records.ts'
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

const requests: readonly [kind: 'tenant' | 'application', request: string, value: string, reason: string][] = [
  ['tenant', 'paused', 'yes', 'InvalidSpec'],
  ['tenant', 'abandon', '', 'InvalidSpec'],
  ['tenant', 'recreate', 'ITSELF', 'InvalidSpec'],
  ['application', 'paused', 'True', 'InvalidSpec'],
  ['application', 'abandon', '1', 'InvalidSpec'],
  ['application', 'discard-suspect', 'no-such-application', 'InvalidSpec'],
  // Of what is not there, or was never asked for, there is nothing to refuse.
  ['tenant', 'recreate', 'no-such-tenant', 'Ready'],
  ['tenant', 'confirm', 'no-such-tenant', 'Ready'],
  ['application', 'confirm', 'no-such-application', 'Ready'],
  ['application', 'rotat', 'now', 'Ready'],
]

test('a request with a value that means nothing changes nothing outside: told, or of no account, and over once it is taken off', async () => {
  await stack.apply(tenant('asked'), application('asked', 'asked'))
  await told(stack, 'application', 'asked', 'Ready')
  const { tenantId } = (await stack.tenant('asked'))!.status
  const before = await outside()
  for (const [kind, request, value, reason] of requests) {
    const annotation = `${GROUP}/${request}`
    const annotate = (...args: string[]) =>
      stack.kubectl(['annotate', '--overwrite', `rai${kind === 'tenant' ? 't' : 'app'}`, 'asked', ...args])
    // What is of no account is told by a look that follows it.
    const look = crypto.randomUUID()
    await annotate(`${annotation}=${value.replace('ITSELF', tenantId!)}`, `${REQUEST_ANNOTATIONS.reconcile}=${look}`)
    const message = reason === 'Ready' ? undefined : await told(stack, kind, 'asked', reason)
    assert.ok(message?.includes(annotation) ?? true, message)
    await annotate(`${annotation}-`)
    await eventually(`${request} is over`, async () => {
      const { status } = (await stack[kind]('asked'))!
      return status.lastHandledReconcile === look && status.conditions?.every(({ reason }) => reason === 'Ready')
    })
    assert.is(await outside(), before, request)
  }
})

test('a selector that selects no namespace admits nobody: ReferenceNotPermitted', async () => {
  await stack.apply(
    tenant('lonely', { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'nobody' } } } }),
  )
  await told(stack, 'tenant', 'lonely', 'Ready')
  const before = await outside()
  const run = (args: readonly string[], input?: string) => stack.kubectl(['-n', guest.name, ...args], input)
  const reference = { tenantRef: { name: 'lonely', namespace: stack.namespace } }
  await run(['apply', '-f', '-'], JSON.stringify(application('lonely', 'lonely', reference)))
  await eventually('the refusal', async () =>
    (await run(['get', 'raiapp', 'lonely'])).includes('ReferenceNotPermitted'),
  )
  assert.is(await outside(), before)
  await run(['delete', 'raiapp', 'lonely', '--timeout=20s'])
})

test('a protected tenant stays until the protection is off', async () => {
  await stack.apply(tenant('precious', { deletionProtection: true }))
  await told(stack, 'tenant', 'precious', 'Ready')
  await stack.kubectl(['delete', 'raitenant', 'precious', '--wait=false'])
  await told(stack, 'tenant', 'precious', 'DeletionProtected')
  await stack.kubectl(['patch', 'raitenant', 'precious', '--type=merge', '-p', '{"spec":{"deletionProtection":false}}'])
  await eventually('it is gone', async () => (await stack.tenant('precious')) === undefined)
})

test('a Secret that is the operator’s own, beside a resource in its namespace: SecretConflict, and it stays as it is', async () => {
  const run = stack.kubectlOfOperator
  const put = (...items: object[]) =>
    run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  await stack.operator.stop()
  const namespaces = [stack.namespace, stack.operatorNamespace].join()
  await stack.startOperator('own', { flags: { 'watch-namespaces': namespaces } })
  await put(tenant('own'))
  await run(['wait', '--for=condition=Ready', '--timeout=60s', 'rait', 'own'])
  const tenantId = await run(['get', 'rait', 'own', '-o', 'jsonpath={.status.tenantId}'])
  const { id } = await stack.controlPlane.makeApplication('own', {
    cell: 'eu-1',
    scopes: ['documents.submissions.read'],
  })
  await putRecord(stack, { ...journalSaying('nobody', 'not a journal'), name: 'journal-of-nobody' })
  const own = ['sealing-key', bindingRecordName(tenantId), 'journal-of-nobody']
  const all = async () => [await outside(), await run(['get', 'secret', ...own, '-o', 'json'])]

  const before = await all()
  const wanting = own.flatMap((name) => [
    application(`wants-${name}`, 'own', { secret: { name } }),
    application(`adopts-${name}`, 'own', { secret: { name }, adopt: { applicationId: id } }),
  ])
  await put(...wanting)
  await eventually('all are refused', async () => {
    const reasons = await run([
      'get',
      'raiapp',
      '-o',
      'custom-columns=:.status.conditions[?(@.type=="Stalled")].reason',
    ])
    return reasons.split('\n').filter((reason) => reason.trim() === 'SecretConflict').length === wanting.length
  })
  assert.equal(await all(), before)
  await run(['delete', 'raiapp', '--all', '--timeout=20s'])
  assert.equal(await all(), before)
  await stack.controlPlane.deleteApplication('own', id)
  await run(['delete', 'rait', 'own', '--timeout=60s'])
})

test.run()
