// The adapter to Kubernetes on the real API server: what no double can vouch for.
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { API_VERSION, FINALIZER, TENANT_KIND } from '../../src/api/names.ts'
import type { RaiTenant } from '../../src/api/types.ts'
import { systemClock } from '../../src/clock.ts'
import type { Transition } from '../../src/controllers/ports.ts'
import type { DesiredSecret } from '../../src/domain/secret.ts'
import { Failure } from '../../src/errors.ts'
import { ResourceDefinitions } from '../../src/kube/definitions.ts'
import { Events } from '../../src/kube/events.ts'
import { isNamespaceTerminating } from '../../src/kube/failures.ts'
import { collectionPath, TENANTS } from '../../src/kube/kinds.ts'
import { loadKubeconfig } from '../../src/kube/kubeconfig.ts'
import { Reflector } from '../../src/kube/reflector.ts'
import { Resources } from '../../src/kube/resources.ts'
import { KubeSecrets } from '../../src/kube/secrets.ts'
import { Store } from '../../src/kube/store.ts'
import type { Stored } from '../../src/kube/store.ts'
import { createTransport } from '../../src/kube/transport.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { compareVersions } from '../../src/kube/versions.ts'
import type { WireList, WireObject } from '../../src/kube/wire.ts'
import { Redacted } from '../../src/redacted.ts'
import { sharedCluster } from '../cluster/cluster.ts'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import type { TestNamespace } from '../cluster/namespaces.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const test = suite('e2e/kube')

const stop = new AbortController()
const { signal } = stop
const running: Promise<unknown>[] = []
const transports: Transport[] = []
const namespaces: TestNamespace[] = []
let cluster: TestCluster
let team: string
let transport: Transport

test.before(async () => {
  cluster = await sharedCluster()
  team = await namespaceFor('kube')
  transport = connect(cluster.kubeconfig)
})

test.after(async () => {
  stop.abort()
  await Promise.all(running)
  for (const transport of transports) transport.close()
  await Promise.all(namespaces.map((namespace) => namespace.remove()))
})

async function namespaceFor(topic: string): Promise<string> {
  const namespace = await createNamespace(cluster, topic)
  namespaces.push(namespace)
  return namespace.name
}

function connect(kubeconfig: string): Transport {
  const connected = createTransport({
    kubeconfig: loadKubeconfig({ path: kubeconfig, context: undefined }),
    userAgent: 'rai-operator/test',
    clock: systemClock,
    metrics: { requested: () => {}, staleReadSkipped: () => {} },
  })
  transports.push(connected)
  return connected
}

type Followed<T extends Stored> = { transport: Transport; path: string; project: (object: WireObject) => T }

/** A cache that follows a collection, and all that it was told. */
function follow<T extends Stored>({ transport, path, project }: Followed<T>, labelSelector?: string) {
  const log = new RecordedLog()
  const store = new Store<T>({ requested: () => {}, staleReadSkipped: () => {} }, log)
  const seen: { before: T | undefined; after: T | undefined }[] = []
  store.onChange((_, before, after) => seen.push({ before, after }))
  const [, namespace] = /\/namespaces\/([^/]+)/.exec(path) ?? []
  const reflector = new Reflector({
    name: 'test',
    transport,
    path,
    namespace,
    labelSelector,
    project,
    store,
    clock: systemClock,
    random: Math.random,
    logger: log,
  })
  running.push(reflector.run(signal))
  return { store, seen, log, reflector }
}

async function tenants() {
  const path = collectionPath(TENANTS.plural, team)
  const { store, seen, reflector } = follow<RaiTenant>({
    transport,
    path,
    project: (object) => TENANTS.project(object),
  })
  await reflector.synced
  return {
    store,
    seen,
    writer: new Resources<RaiTenant>({
      transport,
      kind: TENANTS,
      store,
      namespaces: [undefined],
      labelSelector: undefined,
    }),
  }
}

let names = 0

/** Makes a tenant that no other test knows, and waits until the cache shows it. */
async function newTenant(store: Store<RaiTenant>, metadata: object = {}): Promise<RaiTenant> {
  const name = `tenant${++names}`
  await apply({
    apiVersion: API_VERSION,
    kind: TENANT_KIND,
    metadata: { name, namespace: team, ...metadata },
    spec: {},
  })
  await until('the tenant is in the cache', () => store.get(`${team}/${name}`) !== undefined)
  return store.get(`${team}/${name}`)!
}

function apply(object: object): Promise<string> {
  return kubectl(cluster, ['apply', '-f', '-'], { input: JSON.stringify(object) })
}

function annotate({ metadata }: RaiTenant, value: string): Promise<string> {
  return kubectl(cluster, [
    '-n',
    team,
    'annotate',
    '--overwrite',
    'rait',
    metadata.name,
    `example.com/touched=${value}`,
  ])
}

async function until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) assert.unreachable(`${what} within ${withinMs} ms`)
    await sleep(20)
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, Failure)
  return error as Failure
}

test('the first finalizer goes on and off, whatever else is written meanwhile', async () => {
  const { store, writer } = await tenants()
  const tenant = await newTenant(store)
  await annotate(tenant, 'once')
  const held = await writer.addFinalizer(tenant, signal)
  assert.equal(held.metadata.finalizers, [FINALIZER])
  assert.equal(store.get(`${team}/${held.metadata.name}`), held)
  await annotate(tenant, 'twice')
  await writer.removeFinalizer(held, signal)
  assert.not((await writer.read(tenant, signal)).metadata.finalizers)
})

test('a further finalizer leaves others alone; a list of them that has changed is a conflict', async () => {
  const { store, writer } = await tenants()
  const tenant = await newTenant(store, { finalizers: ['example.com/a'] })
  const held = await writer.addFinalizer(tenant, signal)
  assert.equal(held.metadata.finalizers, ['example.com/a', FINALIZER])
  const { name } = tenant.metadata
  const others = JSON.stringify([{ op: 'replace', path: '/metadata/finalizers', value: ['example.com/b'] }])
  await kubectl(cluster, ['-n', team, 'patch', 'rait', name, '--type=json', '-p', others])
  const conflict = await failureOf(writer.addFinalizer(tenant, signal))
  assert.is(conflict.code, 'KubeConflict')
  assert.is(conflict.message, `PATCH ${collectionPath('raitenants', team)}/${name}: 422 Invalid`)
  await writer.removeFinalizer(held, signal)
  const back = await writer.addFinalizer(await writer.read(tenant, signal), signal)
  assert.equal(back.metadata.finalizers, ['example.com/b', FINALIZER])
  const theirs = JSON.stringify([{ op: 'remove', path: '/metadata/finalizers/0' }])
  await kubectl(cluster, ['-n', team, 'patch', 'rait', name, '--type=json', '-p', theirs])
  await writer.removeFinalizer(back, signal)
  assert.not((await writer.read(tenant, signal)).metadata.finalizers)
})

test('no finalizer goes on a resource that is being deleted', async () => {
  const { store, writer } = await tenants()
  const tenant = await newTenant(store, { finalizers: ['example.com/a'] })
  await writer.delete(tenant, signal)
  assert.ok(store.get(`${team}/${tenant.metadata.name}`)?.metadata.deletionTimestamp)
  assert.is((await failureOf(writer.addFinalizer(tenant, signal))).code, 'KubeConflict')
  const release = JSON.stringify([{ op: 'remove', path: '/metadata/finalizers' }])
  await kubectl(cluster, ['-n', team, 'patch', 'rait', tenant.metadata.name, '--type=json', '-p', release])
})

test('with its last finalizer a resource that is being deleted goes from the cache, and stays gone', async () => {
  const { store, writer, seen } = await tenants()
  const tenant = await writer.addFinalizer(await newTenant(store), signal)
  const key = `${team}/${tenant.metadata.name}`
  await writer.delete(tenant, signal)
  await writer.removeFinalizer(store.get(key)!, signal)
  await until('it is gone', () => store.get(key) === undefined)
  await writer.removeFinalizer(tenant, signal)
  await writer.delete(tenant, signal)
  assert.is((await failureOf(writer.read(tenant, signal))).code, 'KubeNotFound')
  const mine = seen.filter(({ before, after }) => (after ?? before)?.metadata.uid === tenant.metadata.uid)
  assert.is(mine.filter(({ after }) => after === undefined).length, 1)
  assert.is(mine.at(-1)?.after, undefined)
})

test('a resource made again under the same name is neither read, nor deleted, nor released in place of the old one', async () => {
  const { store, writer } = await tenants()
  const former = await newTenant(store)
  const { name } = former.metadata
  await kubectl(cluster, ['-n', team, 'delete', 'rait', name])
  await apply({
    apiVersion: API_VERSION,
    kind: TENANT_KIND,
    metadata: { name, namespace: team, finalizers: [FINALIZER] },
    spec: {},
  })
  await until(
    'the new one is in the cache',
    () => (store.get(`${team}/${name}`)?.metadata.uid ?? '') !== former.metadata.uid,
  )
  const held = { ...former, metadata: { ...former.metadata, finalizers: [FINALIZER] } }
  assert.is((await failureOf(writer.read(former, signal))).code, 'KubeNotFound')
  await writer.delete(former, signal)
  await writer.removeFinalizer(held, signal)
  const current = await writer.read(store.get(`${team}/${name}`)!, signal)
  assert.equal(current.metadata.finalizers, [FINALIZER])
  assert.not(current.metadata.deletionTimestamp)
  await writer.removeFinalizer(current, signal)
})

test('a status is written over the version it was made from, and over no other', async () => {
  const { store, writer } = await tenants()
  const tenant = await newTenant(store)
  assert.equal(tenant.status, { observedGeneration: -1 })
  const status = { observedGeneration: 1, organization: 'acme' }
  const written = await writer.patchStatus(tenant, status, signal)
  assert.equal(written.status, status)
  assert.equal(store.get(`${team}/${tenant.metadata.name}`), written)
  assert.is(await writer.patchStatus(written, status, signal), written)
  const stale = await failureOf(writer.patchStatus(tenant, { observedGeneration: 2 }, signal))
  assert.is(stale.code, 'KubeConflict')
  const wrong = { ...status, links: [{ cell: 7 }] } as unknown as RaiTenant['status']
  const invalid = await failureOf(writer.patchStatus(written, wrong, signal))
  assert.is(invalid.code, 'KubeInvalid')
  assert.match(invalid.message, 'status.links')
})

test('while we write and watch, the cache never goes back', async () => {
  const { store, writer, seen } = await tenants()
  let tenant = await newTenant(store)
  for (let generation = 1; generation <= 50; generation++) {
    tenant = await writer.patchStatus(tenant, { observedGeneration: generation }, signal)
    assert.equal(store.get(`${team}/${tenant.metadata.name}`), tenant)
  }
  const versions = seen
    .filter(({ after }) => after?.metadata.uid === tenant.metadata.uid)
    .map(({ after }) => after!.metadata.resourceVersion)
  assert.ok(versions.length >= 51)
  assert.ok(versions.every((version, index) => index === 0 || compareVersions(versions[index - 1]!, version) < 0))
})

test('lists come as a stream and as pages, and are the same', async () => {
  const namespace = await namespaceFor('pages')
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const body = (index: number) => ({ metadata: { name: `c${index}`, labels: { odd: String(index % 2 === 1) } } })
  for (let from = 0; from < 520; from += 40) {
    const some = Array.from({ length: 40 }, (_, index) => body(from + index))
    await Promise.all(some.map((one) => transport.request('POST', path, { body: one }, signal)))
  }
  let pages = 0
  const withoutStreams: Transport = {
    host: transport.host,
    close: () => transport.close(),
    request(method, asked, options, until) {
      pages++
      return transport.request(method, asked, options, until)
    },
    lines(asked, query, until) {
      // Without this match the API server refuses to stream a list, as one does that does not know how.
      return transport.lines(asked, { ...query, resourceVersionMatch: undefined }, until)
    },
  }
  const project = (object: WireObject) => object as Stored
  const streamed = follow({ transport, path, project })
  const paged = follow({ transport: withoutStreams, path, project })
  const odd = follow({ transport, path, project }, 'odd=true')
  await Promise.all([streamed, paged, odd].map(({ reflector }) => reflector.synced))
  const held = ({ store }: typeof paged) => Array.from(store.all(), ({ metadata }) => metadata.uid).toSorted()
  assert.ok(pages >= 2)
  assert.ok(streamed.store.size >= 520)
  assert.equal(held(paged), held(streamed))
  assert.is(odd.store.size, 260)

  await transport.request('DELETE', `${path}/c1`, {}, signal)
  await until('all have heard of it', () =>
    [streamed, paged, odd].every(({ store }) => store.get(`${namespace}/c1`) === undefined),
  )
})

test('a kind that is made later is followed from then on, and one that goes takes its resources with it', async () => {
  const plural = 'gizmos'
  const group = `${team}.rai.example`
  const path = `/apis/${group}/v1/namespaces/${team}/${plural}`
  const { store, log, reflector } = follow({ transport, path, project: (object) => object as Stored })
  await until('it was told that there is none', () => log.lines.some(({ level }) => level === 'warn'))
  await apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: 'gizmo', kind: 'Gizmo', listKind: 'GizmoList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  })
  await reflector.synced
  await apply({ apiVersion: `${group}/v1`, kind: 'Gizmo', metadata: { name: 'x', namespace: team } })
  await until('it is in the cache', () => store.size === 1)
  await kubectl(cluster, ['delete', 'crd', `${plural}.${group}`])
  await until('it has gone', () => store.size === 0)
})

test('who may not look waits, says so once, and follows once permitted', async () => {
  const name = `watcher-${team}`
  const user = await cluster.createUser(name)
  const restricted = connect(user.kubeconfig)
  const path = collectionPath(TENANTS.plural, team)
  const project = (object: WireObject) => TENANTS.project(object)
  const { log, reflector } = follow<RaiTenant>({ transport: restricted, path, project })
  await until('it was refused', () => log.lines.some(({ level }) => level === 'warn'))
  const warning = log.lines.find(({ level }) => level === 'warn')!
  assert.is(warning.fields['code'], 'KubeForbidden')
  assert.match((warning.fields['err'] as Failure).message, `User "${name}" cannot`)
  const role = ['create', 'role', 'watcher', '--verb=list,watch', '--resource=raitenants.tenants.resistant.ai']
  await kubectl(cluster, ['-n', team, ...role])
  await kubectl(cluster, ['-n', team, 'create', 'rolebinding', 'watcher', '--role=watcher', `--user=${name}`])
  await reflector.synced
  assert.ok(log.lines.some(({ level }) => level === 'info'))

  assert.ok(await new ResourceDefinitions(restricted).beingDeleted(TENANTS.plural, signal))
  assert.not(await new ResourceDefinitions(transport).beingDeleted(TENANTS.plural, signal))
  const secrets = new KubeSecrets(restricted)
  const refused = await failureOf(secrets.create(secretNamed('refused'), { dryRun: true }, signal))
  assert.is(refused.code, 'KubeForbidden')
  assert.match(
    refused.message,
    `User "${name}" cannot create resource "secrets" in API group "" in the namespace "${team}"`,
  )
})

function secretNamed(name: string, more: Partial<DesiredSecret> = {}): DesiredSecret {
  return {
    namespace: team,
    name,
    type: 'Opaque',
    labels: { a: 'b' },
    annotations: { 'example.com/c': 'd' },
    owner: undefined,
    data: { key: new Redacted('žluťoučký') },
    ...more,
  }
}

test('a Secret is tried, written, read, and replaced at its version only', async () => {
  const secrets = new KubeSecrets(transport)
  const { store } = await tenants()
  const { metadata } = await newTenant(store)
  // One that exists: else the garbage collector would take the Secret away.
  const owner = { apiVersion: API_VERSION, kind: TENANT_KIND, name: metadata.name, uid: metadata.uid }
  const desired = secretNamed('web', { owner })
  await secrets.create(desired, { dryRun: true }, signal)
  assert.is(await secrets.get(team, 'web', signal), undefined)
  const created = await secrets.create(desired, { dryRun: false }, signal)
  assert.equal(created.controller, desired.owner)
  assert.is(created.data['key']?.reveal(), 'žluťoučký')
  assert.is((await failureOf(secrets.create(desired, { dryRun: true }, signal))).code, 'KubeAlreadyExists')

  const changed = secretNamed('web', { owner, data: { other: new Redacted('x') }, labels: {} })
  await secrets.replace(created, changed, { dryRun: true }, signal)
  const replaced = await secrets.replace(created, changed, { dryRun: false }, signal)
  assert.equal(Object.keys(replaced.data), ['other'])
  assert.equal(replaced.labels, {})
  assert.is(replaced.uid, created.uid)
  assert.is((await failureOf(secrets.replace(created, desired, { dryRun: false }, signal))).code, 'KubeConflict')

  const read = await secrets.get(team, 'web', signal)
  assert.is(read?.resourceVersion, replaced.resourceVersion)
})

test('an API server that refuses a Secret and quotes its values is not quoted', async () => {
  const hidden = 'not-a-docker-config'
  const secret = secretNamed('docker', {
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': new Redacted(hidden) },
  })
  const failure = await failureOf(new KubeSecrets(transport).create(secret, { dryRun: true }, signal))
  assert.is(failure.code, 'KubeInvalid')
  assert.ok(failure.message.endsWith(': 422 Invalid: data[.dockerconfigjson]'), failure.message)
  assert.not.match(failure.message, hidden)
})

const READY: Transition = { type: 'Normal', reason: 'Ready', action: 'Reconcile', note: 'works' }
const TELLING = { instance: 'test', clock: systemClock }

test('an Event is where kubectl finds it, and one more of the same is counted', async () => {
  const { store } = await tenants()
  const tenant = await newTenant(store)
  const logger = new RecordedLog()
  const events = new Events({ transport, ...TELLING, logger })
  for (let times = 0; times < 3; times++) events.publish(tenant, READY)
  events.publish(tenant, { ...READY, type: 'Warning', reason: 'Draining', note: 'n'.repeat(2_000) })
  await events.flush(5_000)
  assert.equal(logger.lines, [])
  const path = `/apis/events.k8s.io/v1/namespaces/${team}/events`
  const list = (await transport.request('GET', path, {}, signal)) as WireList
  type Event = { regarding: { uid: string }; reason: string; note: string; series?: { count: number } }
  const mine = (list.items as unknown as Event[]).filter(({ regarding }) => regarding.uid === tenant.metadata.uid)
  const told = mine.map(({ reason, series, note }) => `${reason} ${series?.count ?? 1} ${note.length}`)
  assert.equal(told.toSorted(), ['Draining 1 1024', 'Ready 3 5'])
  const shown = await kubectl(cluster, ['-n', team, 'describe', 'rait', tenant.metadata.name])
  assert.match(shown, /Normal +Ready +.* works/)
})

test('in a namespace that is being deleted nothing is created, and Events are let go', async () => {
  const namespace = await namespaceFor('terminating')
  const metadata = { name: 'holder', namespace, finalizers: ['example.com/hold'] }
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
  await kubectl(cluster, ['delete', 'namespace', namespace, '--wait=false'])

  const secret = secretNamed('late', { namespace })
  const failure = await failureOf(new KubeSecrets(transport).create(secret, { dryRun: true }, signal))
  assert.is(failure.code, 'KubeForbidden')
  assert.ok(isNamespaceTerminating(failure))
  assert.match(failure.message, `unable to create new content in namespace ${namespace} because it is being terminated`)

  const logger = new RecordedLog()
  const events = new Events({ transport, ...TELLING, logger })
  const about = { kind: TENANT_KIND, metadata: { name: 'x', namespace, uid: 'u', resourceVersion: '1' } } as RaiTenant
  events.publish(about, READY)
  await events.flush(5_000)
  assert.equal(
    logger.lines.map(({ level }) => level),
    ['debug'],
  )
  const release = JSON.stringify([{ op: 'remove', path: '/metadata/finalizers' }])
  await kubectl(cluster, ['-n', namespace, 'patch', 'configmap', 'holder', '--type=json', '-p', release])
})

test.run()
