// Stuck deletions while the control plane is down for good: let go within seconds, with what is left outside remembered.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ABANDONED_ANNOTATION, REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type { Abandoned } from '../../src/domain/abandonment.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { application, eventually, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'

const test = suite('abandon')
/** What is let go needs nobody but the API server. */
const SOON_MS = 10_000
let stack: Stack
let going: TestNamespace

test.before(async () => {
  going = await createNamespace(await sharedCluster(), 'going')
  stack = await startStack('abandon', { alsoWatch: [going.name] })
  const names = ['web', 'batch', 'calm']
  await stack.apply(tenant('acme'), ...names.map((name) => application(name, 'acme')))
  await stack.apply(tenant('precious', { deletionProtection: true }))
  const list = { apiVersion: 'v1', kind: 'List', items: [tenant('beta'), application('beta', 'beta')] }
  await stack.kubectl(['-n', going.name, 'apply', '-f', '-'], JSON.stringify(list))
  for (const namespace of [stack.namespace, going.name]) {
    await stack.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', '--timeout=60s', 'rai', '--all'])
  }
  await stack.controlPlane.stop()
})

test.after(async () => {
  await stack.stop()
})

const request = (name: 'abandon' | 'paused', value: string) => `${REQUEST_ANNOTATIONS[name]}=${value}`

async function recordOf({ metadata }: RaiTenant | RaiTenantApplication): Promise<Abandoned> {
  const get = ['get', 'secret', `abandoned-${metadata.uid}`, '-o', 'jsonpath={.metadata.annotations}']
  const annotations = JSON.parse(await stack.kubectlOfOperator(get)) as Record<string, string>
  return JSON.parse(annotations[ABANDONED_ANNOTATION]!) as Abandoned
}

async function isGone(kind: 'tenant' | 'application', name: string): Promise<void> {
  await eventually(`${kind} ${name} is gone`, async () => (await stack[kind](name)) === undefined, SOON_MS)
}

test('an application that the control plane holds up goes, its ids are remembered and told, and its Secret stays', async () => {
  const web = (await stack.application('web'))!
  const secret = await stack.secret('web')
  await stack.kubectl(['delete', 'raiapp', 'web', '--wait=false'])
  await told(stack, 'application', 'web', 'ControlPlaneUnavailable')
  await stack.kubectl(['annotate', 'raiapp', 'web', request('abandon', 'true')])
  await isGone('application', 'web')

  const { abandonedAt, ...record } = await recordOf(web)
  assert.ok(Date.parse(abandonedAt) <= Date.now())
  assert.equal(record, {
    kind: 'RaiTenantApplication',
    namespace: stack.namespace,
    name: 'web',
    uid: web.metadata.uid,
    genuine: true,
    organization: web.status.organization,
    tenantId: web.status.tenantId,
    applicationIds: [web.status.applicationId],
    suspects: [],
    secrets: [{ name: 'web', kept: true }],
    journals: [],
  })
  const query = ['get', 'events', '--field-selector', 'reason=Abandoned', '-o', 'jsonpath={.items[*].message}']
  await eventually('the Event', async () => (await stack.kubectl(query)).includes(web.status.applicationId!))
  assert.equal(await stack.secret('web'), secret)
  assert.is(await stack.kubectl(['get', 'secret', 'web', '-o', 'jsonpath={.metadata.ownerReferences}']), '')
  const series = 'rai_abandoned_total{kind="RaiTenantApplication"}'
  assert.is((await stack.operator.metrics(series)).get(series), 1)
})

test('a protected tenant goes, too: what the protection is for stays', async () => {
  const precious = (await stack.tenant('precious'))!
  await stack.kubectl(['delete', 'raitenant', 'precious', '--wait=false'])
  await told(stack, 'tenant', 'precious', 'DeletionProtected')
  await stack.kubectl(['annotate', 'raitenant', 'precious', request('abandon', 'true')])
  await isGone('tenant', 'precious')
  assert.is((await recordOf(precious)).tenantId, precious.status.tenantId)
})

test('a value that says nothing is refused, before the deletion and in it, until it is mended', async () => {
  await stack.kubectl(['annotate', 'raiapp', 'batch', request('abandon', 'yes')])
  assert.match(await told(stack, 'application', 'batch', 'InvalidSpec'), REQUEST_ANNOTATIONS.abandon)
  await stack.kubectl(['delete', 'raiapp', 'batch', '--wait=false'])
  await eventually('it is stalled', async () =>
    (await stack.application('batch'))?.status.conditions?.some(({ type }) => type === 'Stalled'),
  )
  await stack.kubectl(['annotate', '--overwrite', 'raiapp', 'batch', request('abandon', 'true')])
  await isGone('application', 'batch')
})

test('a pause comes first', async () => {
  await stack.kubectl(['annotate', 'raiapp', 'calm', request('paused', 'true'), request('abandon', 'true')])
  await stack.kubectl(['delete', 'raiapp', 'calm', '--wait=false'])
  await told(stack, 'application', 'calm', 'Paused')
  await stack.kubectl(['annotate', 'raiapp', 'calm', `${REQUEST_ANNOTATIONS.paused}-`])
  await isGone('application', 'calm')
})

test('a namespace that is held up goes once what is in it is let go', async () => {
  const run = (...args: string[]) => stack.kubectl(['-n', going.name, ...args])
  const list = JSON.parse(await run('get', 'rai', '-o', 'json')) as { items: (RaiTenant | RaiTenantApplication)[] }
  assert.is(list.items.length, 2)
  await run('delete', 'namespace', going.name, '--wait=false')
  await eventually('both wait', async () => {
    const stamps = await run('get', 'rai', '-o', 'jsonpath={.items[*].metadata.deletionTimestamp}')
    return stamps.split(' ').length === 2
  })
  await run('annotate', 'rai', '--all', request('abandon', 'true'))
  await run('wait', '--for=delete', `namespace/${going.name}`, '--timeout=60s')
  for (const resource of list.items) assert.is((await recordOf(resource)).tenantId, resource.status.tenantId)
})

test.run()
