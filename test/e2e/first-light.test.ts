// The main job on real parts: apply in any order, Ready with credentials that work, drained and gone in the right order.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { obtainToken } from '../stack/workload.ts'

const test = suite('first light')
let stack: Stack

test.before(async () => {
  stack = await startStack('first-light')
})

test.after(async () => {
  await stack.stop()
})

test('a tenant with two applications, applied in the wrong order, becomes Ready', async () => {
  await stack.apply(
    application('web', 'acme'),
    application('batch', 'acme', { auth: { type: 'ClientSecret' }, secret: { name: 'batch-credentials' } }),
    tenant('acme'),
  )
  await eventually('all are Ready', async () => {
    const all = [await stack.tenant('acme'), await stack.application('web'), await stack.application('batch')]
    return all.every(isReady)
  })
})

test('kubectl wait agrees', async () => {
  const wait = ['wait', '--for=condition=Ready', '--timeout=5s', '--all', 'raitenants,raitenantapplications']
  assert.match(await stack.kubectl(wait), 'raitenant.tenants.resistant.ai/acme condition met')
})

test('the credentials in the Secrets obtain tokens', async () => {
  for (const name of ['web', 'batch-credentials']) {
    const secret = await stack.secret(name)
    assert.ok((await obtainToken(secret!)).accessToken, name)
  }
})

test('each object was made once, with one organization token and one token for each new credential', async () => {
  const { createTenant, createTenantApplication, organizationToken, applicationToken, getTenants } =
    await stack.controlPlane.counts()
  assert.equal(
    { createTenant, createTenantApplication, organizationToken },
    {
      createTenant: 1,
      createTenantApplication: 2,
      organizationToken: 1,
    },
  )
  assert.is(applicationToken, 4, 'two by the operator, two by the test before')
  assert.is(getTenants, 1)
})

test('kubectl get shows the state in a word, and -o wide the rest', async () => {
  const short = await stack.kubectl(['get', 'rai'])
  assert.match(short, /raitenant\S*\/acme +True +Ready/)
  assert.match(short, /raitenantapplication\S*\/web +True +Ready/)
  const { status } = (await stack.application('batch'))!
  const wide = await stack.kubectl(['get', 'raiapp', 'batch', '-o', 'wide'])
  assert.match(wide, status.applicationId!)
  assert.match(wide, 'batch-credentials')
})

test('a transition is an Event', async () => {
  const events = await eventually('the Event', async () => {
    const text = await stack.kubectl(['get', 'events', '--field-selector', 'reason=Ready', '-o', 'name'])
    return text.trim().split('\n').length >= 3 && text
  })
  assert.match(events, 'event')
})

test('a change that needs no new application is taken over', async () => {
  const patch = JSON.stringify({ spec: { secret: { labels: { team: 'billing' } } } })
  await stack.kubectl(['patch', 'raiapp', 'web', '--type=merge', '-p', patch])
  await eventually(
    'the label',
    async () => (await stack.kubectl(['get', 'secret', 'web', '-o', 'jsonpath={.metadata.labels.team}'])) === 'billing',
  )
  assert.is((await stack.controlPlane.counts())['createTenantApplication'], 2)
})

test('a change that needs one gets it: the new credential in the Secret, and the one before works on', async () => {
  const before = (await stack.secret('web'))!
  await stack.kubectl(['patch', 'raiapp', 'web', '--type=merge', '-p', '{"spec":{"cell":"us-1"}}'])
  const after = await eventually('another credential', async () => {
    const secret = await stack.secret('web')
    return secret?.['client_id'] !== before['client_id'] && secret
  })
  await eventually('Ready again', async () => isReady(await stack.application('web')))
  for (const credential of [before, after]) assert.ok((await obtainToken(credential)).accessToken)
  assert.is((await stack.controlPlane.counts())['createTenantApplication'], 3)
})

test('an application that is deleted goes outside first, and its Secret with it', async () => {
  await stack.kubectl(['delete', 'raiapp', 'web', '--timeout=20s'])
  const { tenants } = await stack.controlPlane.state()
  assert.is(tenants[0]!.applications.length, 1)
  await eventually('the Secret is gone', async () => (await stack.secret('web')) === undefined)
})

test('a tenant that is deleted drains its applications first, then goes, and nothing is left', async () => {
  await stack.kubectl(['delete', 'raitenant', 'acme', '--timeout=20s'])
  assert.is((await stack.kubectl(['get', 'rai', '-o', 'name'])).trim(), '')
  assert.equal((await stack.controlPlane.state()).tenants, [])
  const { deleteTenant, deleteTenantApplication } = await stack.controlPlane.counts()
  assert.equal({ deleteTenant, deleteTenantApplication }, { deleteTenant: 1, deleteTenantApplication: 3 })
})

test('SIGTERM ends the process cleanly', async () => {
  assert.equal(await stack.operator.stop(), { code: 0, signal: null })
})

test.run()
