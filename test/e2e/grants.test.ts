// Whom a tenant admits, and what an operator looks after: grants, labels of namespaces, selectors, and Roles alone.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { bindingRecordName } from '../../src/domain/binding-record.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { allow, createConfinedUser, createOperatorUser } from '../stack/roles.ts'
import { plainValues } from '../stack/api-server.ts'
import { application, eventually, isReady, startStack, tenant } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'
import { told } from '../stack/told.ts'
import { obtainToken } from '../stack/workload.ts'

const bySelector = (selector: object) => ({ allowedNamespaces: { from: 'Selector', selector } })

/** What a test does in a namespace beside the stack's. */
function guestOf(stack: Stack, { name: namespace }: TestNamespace) {
  const run = (args: readonly string[], input?: string) => stack.kubectl(['-n', namespace, ...args], input)
  const get = async <T>(kind: string, name: string): Promise<T | undefined> => {
    const text = await run(['get', kind, name, '--ignore-not-found', '-o', 'json'])
    return text === '' ? undefined : (JSON.parse(text) as T)
  }
  const find = (name: string) => get<RaiTenantApplication>('raiapp', name)
  return {
    run,
    find,
    apply: (name: string, tenantName: string, spec: object = {}) =>
      run(
        ['apply', '-f', '-'],
        JSON.stringify(
          application(name, tenantName, { tenantRef: { name: tenantName, namespace: stack.namespace }, ...spec }),
        ),
      ),
    label: (label: string) => stack.kubectl(['label', 'namespace', namespace, label, '--overwrite']),
    token: async (name: string) =>
      obtainToken(plainValues((await get<{ data: Record<string, string> }>('secret', name))!.data)),
    /** Waits until the application says `reason`, and gives the message that comes with it. */
    told: (name: string, reason: string, withinMs?: number) =>
      eventually(
        `${name} says ${reason}`,
        async () =>
          (await find(name))?.status.conditions?.find((one) => one.type === 'Synced' && one.reason === reason)?.message,
        withinMs,
      ),
  }
}

const creates = async ({ controlPlane }: Stack) => (await controlPlane.counts())['createTenantApplication'] ?? 0

const grants = suite('grants')
let stack: Stack
let namespace: TestNamespace
let guest: ReturnType<typeof guestOf>

grants.before(async () => {
  namespace = await createNamespace(await sharedCluster(), 'grants-guest')
  stack = await startStack('grants', { alsoWatch: [namespace.name] })
  guest = guestOf(stack, namespace)
})

grants.after(async () => {
  await guest.run(['delete', 'raiapp', '--all', '--timeout=30s'])
  await stack.stop()
  await namespace.remove()
})

grants('a tenant admits its own namespace alone, until it says more', async () => {
  await stack.apply(tenant('same'), application('own', 'same'))
  await guest.apply('same', 'same')
  await told(stack, 'application', 'own', 'Ready')
  assert.match(await guest.told('same', 'ReferenceNotPermitted'), `does not admit namespace ${namespace.name}`)
  assert.is(await creates(stack), 1)
  await stack.apply(tenant('same', { allowedNamespaces: { from: 'All' } }))
  await guest.told('same', 'Ready')
})

grants(
  'without the permission to read namespaces a selector admits nobody and says why; with it all goes on by itself',
  async () => {
    await guest.label('team=a')
    await stack.apply(tenant('chosen', bySelector({ matchLabels: { team: 'a' } })))
    await guest.apply('chosen', 'chosen')
    assert.match(await guest.told('chosen', 'ReferenceNotPermitted'), 'may not read namespaces')
    assert.is((await fetch(`${stack.operator.healthUrl}/readyz`)).status, 200)
    await allow(stack.cluster, `rai-operator-${stack.namespace}`, 'namespaces')
    await guest.told('chosen', 'Ready', 60_000)
  },
)

grants(
  'a label that goes withdraws the grant: what works goes on, nothing new is made, and comes when the label does',
  async () => {
    const before = await creates(stack)
    await guest.label('team=b')
    assert.match(await guest.told('chosen', 'ReferenceNotPermitted'), /do not match .* goes on working/)
    await guest.run(['annotate', 'raiapp', 'chosen', 'tenants.resistant.ai/rotate=now'])
    await guest.run(['annotate', 'raiapp', 'same', 'tenants.resistant.ai/rotate=now'])
    await eventually('another one, which is admitted, is rotated', async () => (await creates(stack)) === before + 1)
    const withdrawn = (await guest.find('chosen'))!
    assert.ok(isReady(withdrawn))
    assert.is(withdrawn.status.lastHandledRotate, undefined)
    assert.ok((await guest.token('chosen')).accessToken)
    await guest.label('team=a')
    await guest.told('chosen', 'Ready')
    await eventually('the rotation', async () => (await guest.find('chosen'))?.status.lastHandledRotate === 'now')
    assert.is(await creates(stack), before + 2)
  },
)

grants('a change of the tenant’s selector is acted upon at once, in both directions', async () => {
  await guest.label('team=a')
  await stack.apply(
    tenant('chosen', bySelector({ matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] })),
  )
  await guest.told('chosen', 'ReferenceNotPermitted')
  await stack.apply(tenant('chosen', bySelector({})))
  await guest.told('chosen', 'Ready')
})

grants('an application whose grant was withdrawn is deleted like any other', async () => {
  await stack.apply(tenant('chosen', { allowedNamespaces: { from: 'Same' } }))
  await guest.told('chosen', 'ReferenceNotPermitted')
  const { applicationId } = (await guest.find('chosen'))!.status
  await guest.run(['delete', 'raiapp', 'chosen', '--timeout=20s'])
  const { applications } = await stack.controlPlane.state()
  assert.not(applications.some(({ id }) => id === applicationId))
})

grants.run()

const selectors = suite('operators side by side')
let other: TestNamespace

selectors.before(async () => {
  other = await createNamespace(await sharedCluster(), 'selectors-other')
  stack = await startStack('selectors', { flags: { selector: 'stage=a' } })
  const user = `rai-operator-${other.name}`
  const kubeconfig = await createOperatorUser(stack.cluster, user, other.name)
  const flags = { selector: 'stage in (b)', 'operator-namespace': other.name, kubeconfig }
  await stack.startOperator('other', { flags })
})

selectors.after(async () => {
  await stack.stop()
  await other.remove()
})

function labelled(stage: string, resource: object): object {
  const { metadata } = resource as { metadata: object }
  return { ...resource, metadata: { ...metadata, labels: { stage } } }
}

selectors('each looks after what its selector matches, and keeps its records in its own namespace', async () => {
  for (const stage of ['a', 'b']) {
    await stack.apply(labelled(stage, tenant(`of${stage}`)), labelled(stage, application(`web-${stage}`, `of${stage}`)))
  }
  for (const stage of ['a', 'b']) await told(stack, 'application', `web-${stage}`, 'Ready')
  assert.is(await creates(stack), 2)
  const records = (namespace: string) => stack.kubectl(['-n', namespace, 'get', 'secrets', '-o', 'name'])
  for (const [namespace, name] of [
    [stack.operatorNamespace, 'ofa'],
    [other.name, 'ofb'],
  ] as const) {
    const { tenantId } = (await stack.tenant(name))!.status
    const bindings = (await records(namespace)).split('\n').filter((line) => line.startsWith('secret/tenant-'))
    assert.equal(bindings, [`secret/${bindingRecordName(tenantId!)}`])
  }
})

selectors('a tenant that the selector hides is not found, and the message names the selector', async () => {
  await stack.apply(labelled('a', application('astray', 'ofb')))
  assert.match(await told(stack, 'application', 'astray', 'TenantNotFound'), 'selector stage=a')
  await stack.kubectl(['label', 'raiapp', 'astray', 'stage=b', '--overwrite'])
  await told(stack, 'application', 'astray', 'Ready')
})

selectors(
  'a resource that matches nobody’s selector is left alone, deletion included, until it matches again',
  async () => {
    const id = (await stack.application('web-a'))!.status.applicationId
    const stands = async () => (await stack.controlPlane.state()).applications.some((one) => one.id === id)
    await stack.kubectl(['label', 'raiapp', 'web-a', 'stage-'])
    await stack.kubectl(['delete', 'raiapp', 'web-a', '--wait=false'])
    // By then both have heard of it.
    for (const stage of ['a', 'b']) {
      await stack.apply(labelled(stage, application(`later-${stage}`, `of${stage}`)))
      await told(stack, 'application', `later-${stage}`, 'Ready')
    }
    assert.ok(await stands())
    assert.ok((await stack.application('web-a'))!.metadata.finalizers)
    await stack.kubectl(['label', 'raiapp', 'web-a', 'stage=a'])
    await eventually('it is gone', async () => (await stack.application('web-a')) === undefined)
    assert.not(await stands())
  },
)

selectors(
  'one that looks after a part only does not delete what it does not know: drainPolicy All is refused',
  async () => {
    const foreign = { cell: 'eu-1', scopes: ['documents.submissions.read'] }
    await stack.apply(labelled('a', tenant('drained', { drainPolicy: 'All' })))
    await told(stack, 'tenant', 'drained', 'Ready')
    const { id } = await stack.controlPlane.makeApplication('drained', foreign)
    await stack.kubectl(['delete', 'raitenant', 'drained', '--wait=false'])
    assert.match(await told(stack, 'tenant', 'drained', 'DrainBlocked'), 'selector')
    await stack.controlPlane.deleteApplication('drained', id)
    await stack.kubectl(['annotate', 'raitenant', 'drained', 'tenants.resistant.ai/reconcile=now'])
    await eventually('it is gone', async () => (await stack.tenant('drained')) === undefined)
  },
)

selectors('a selector that matches nothing starts, manages nothing, and is a warning', async () => {
  const flags = { selector: 'stage=none', 'lease-name': 'nothing' }
  const operator = await stack.startOperator('nothing', { flags })
  const line = (await readFile(operator.logFile, 'utf8')).split('\n').find((one) => one.includes('no resource matches'))
  assert.equal([JSON.parse(line!).level, JSON.parse(line!).selector], ['warn', 'stage=none'])
  await operator.stop()
})

selectors.run()

const confined = suite('Roles alone')
let kubeconfig: string

confined.before(async () => {
  namespace = await createNamespace(await sharedCluster(), 'confined-guest')
  stack = await startStack('confined', { alsoWatch: [namespace.name] })
  guest = guestOf(stack, namespace)
  await stack.operator.stop()
  const watched = [stack.namespace, namespace.name]
  kubeconfig = await createConfinedUser(stack.cluster, `confined-${stack.namespace}`, stack.operatorNamespace, watched)
})

confined.after(async () => {
  await stack.stop()
  await namespace.remove()
})

confined(
  'with Roles in the watched namespaces, and no more than the definitions beside them, everything works',
  async () => {
    const operator = await stack.startOperator('confined', { flags: { kubeconfig } })
    await stack.apply(tenant('acme', { allowedNamespaces: { from: 'All' } }))
    await guest.apply('kept', 'acme', { deletionPolicy: 'Retain' })
    await guest.told('kept', 'Ready')
    await guest.apply('web', 'acme')
    await guest.told('web', 'Ready')
    const { applicationId } = (await guest.find('kept'))!.status

    // Whether anybody else claims what is bound again is asked in the watched namespaces.
    await guest.run(['delete', 'raiapp', 'kept', '--timeout=20s'])
    await guest.apply('kept', 'acme')
    await guest.told('kept', 'Ready')
    const { status } = (await guest.find('kept'))!
    assert.equal([status.applicationId, status.provenance], [applicationId, 'Relinked'])
    await guest.run(['annotate', 'raiapp', 'kept', `tenants.resistant.ai/confirm=${applicationId}`])
    await eventually('confirmed', async () => (await guest.find('kept'))?.status.provenance === 'Created')

    await stack.kubectl(['delete', 'raitenant', 'acme', '--timeout=30s'])
    const { tenants, applications } = await stack.controlPlane.state()
    assert.equal([tenants, applications], [[], []])
    assert.not.match(await readFile(operator.logFile, 'utf8'), 'KubeForbidden')
  },
)

confined('a tenant outside of the watched namespaces is not found, and the message says why', async () => {
  const elsewhere = { tenantRef: { name: 'acme', namespace: 'default' } }
  await stack.apply(application('astray', 'acme', elsewhere))
  assert.match(await told(stack, 'application', 'astray', 'TenantNotFound'), /namespace default.*watch-namespaces/)
})

confined.run()
