// The API server in memory misbehaves as told: what the real one cannot be made to do on demand.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { API_VERSION } from '../../../src/api/names.ts'
import type { Failure } from '../../../src/errors.ts'
import { collectionPath } from '../../../src/kube/kinds.ts'
import type { Query } from '../../../src/kube/transport.ts'
import type { WireList } from '../../../src/kube/wire.ts'
import { ManualClock, settled } from '../manual-clock.ts'
import type { DeliverPolicy } from './watches.ts'
import { MemoryApiServer } from './server.ts'

const test = suite('doubles/memory-api/hooks')

const PATH = collectionPath('raitenants', 'team')
const { signal } = new AbortController()
const LISTED = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' }

function tenant(name: string, labels: Record<string, string> = {}) {
  return { kind: 'RaiTenant', metadata: { name, namespace: 'team', labels }, spec: {} } as const
}

function started() {
  const clock = new ManualClock()
  const server = new MemoryApiServer({ clock })
  server.create({ kind: 'Namespace', metadata: { name: 'team' } })
  return { clock, server, transport: server.transport() }
}

/** All that a watch tells, as `TYPE name`, and how it ends. */
function follow({ server }: { server: MemoryApiServer }, query: Query = { resourceVersion: String(server.version) }) {
  const heard: string[] = []
  const versions: string[] = []
  const read = async () => {
    for await (const line of server.transport().lines(PATH, query, signal)) {
      const { type, object } = JSON.parse(line)
      heard.push(type === 'ERROR' ? `ERROR ${object.code}` : `${type} ${object.metadata.name ?? ''}`.trim())
      versions.push(object.metadata?.resourceVersion)
    }
    return 'ended'
  }
  const over = read().catch((error: Failure) => error.code)
  return { heard, versions, over }
}

async function listed({ server }: { server: MemoryApiServer }, query: Query = {}): Promise<WireList> {
  return (await server.transport().request('GET', PATH, { query }, signal)) as WireList
}

function namesIn({ items }: WireList): string[] {
  return items!.map(({ metadata }) => metadata.name)
}

const byName =
  (decisions: Readonly<Record<string, ReturnType<DeliverPolicy>>>): DeliverPolicy =>
  ({ object }) =>
    ('name' in object.metadata && decisions[object.metadata.name]) || 'now'

test('an answer is settled when the request returns, and nobody shares it', async () => {
  const { server, transport } = started()
  const body = { ...tenant('a'), apiVersion: API_VERSION }
  const answer = transport.request('POST', PATH, { body }, signal)
  assert.ok(server.get('RaiTenant/team/a'))
  const first = (await answer) as { metadata: { labels: object } }
  first.metadata.labels = { changed: '1' }
  assert.not((await listed({ server })).items![0]!.metadata.labels)
})

test('an event is delivered, dropped, doubled or held, as the policy for it and its watch says', async () => {
  const { server } = started()
  const watch = follow({ server })
  await settled()
  const paths = new Set<string>()
  const decide = byName({ b: 'drop', c: 'twice', d: 'hold' })
  server.deliver = (event, path) => {
    paths.add(path)
    return decide(event, path)
  }
  for (const name of ['a', 'b', 'c', 'd', 'e']) server.create(tenant(name))
  await settled()
  assert.equal(watch.heard, ['ADDED a', 'ADDED c', 'ADDED c', 'ADDED e'])
  assert.equal([...paths], [PATH])
  server.releaseHeld()
  server.releaseHeld()
  await settled()
  assert.equal(watch.heard.slice(4), ['ADDED d'])
})

test('what is held comes in its order, or reversed, and no bookmark overtakes it', async () => {
  for (const [order, expected] of [
    ['fifo', ['ADDED a', 'ADDED b']],
    ['reversed', ['ADDED b', 'ADDED a']],
  ] as const) {
    const { server, clock } = started()
    const watch = follow({ server }, { resourceVersion: String(server.version), allowWatchBookmarks: 'true' })
    await settled()
    server.deliver = () => 'hold'
    server.create(tenant('a'))
    server.create(tenant('b'))
    server.deliver = () => 'now'
    await clock.advance(60_000)
    assert.equal(watch.heard, [])
    server.releaseHeld(order)
    await clock.advance(60_000)
    assert.equal(watch.heard, [...expected, 'BOOKMARK'])
  }
})

test('what is held goes with its watch', async () => {
  const { server } = started()
  server.deliver = () => 'hold'
  const first = follow({ server })
  await settled()
  server.create(tenant('a'))
  server.endWatches()
  assert.is(await first.over, 'ended')
  server.deliver = () => 'now'
  const second = follow({ server })
  await settled()
  server.releaseHeld()
  await settled()
  assert.equal([...first.heard, ...second.heard], [])
})

test('the policy does not touch what stands for a list', async () => {
  const { server } = started()
  server.create(tenant('a'))
  server.deliver = () => 'drop'
  const watch = follow({ server }, LISTED)
  server.create(tenant('b'))
  await settled()
  assert.equal(watch.heard, ['ADDED a', 'BOOKMARK'])
})

test('quiet or not, a watch that allows it has a bookmark each minute, each newer than where it began', async () => {
  const { server, clock } = started()
  const watch = follow({ server }, LISTED)
  await settled()
  await clock.advance(59_000)
  assert.equal(watch.heard, ['BOOKMARK'])
  await clock.advance(61_000)
  assert.equal(watch.heard, ['BOOKMARK', 'BOOKMARK', 'BOOKMARK'])
  assert.ok(Number(watch.versions[1]) > Number(watch.versions[0]))
})

test('a watch ends well at its time, and leaves no timer behind', async () => {
  const { server, clock } = started()
  const watch = follow({ server }, { timeoutSeconds: '300', allowWatchBookmarks: 'true' })
  await settled()
  assert.is(clock.armed, 3)
  await clock.advance(300_000)
  assert.is(await watch.over, 'ended')
  assert.is(clock.armed, 0)
  follow({ server })
  await settled()
  server.endWatches()
  assert.is(clock.armed, 0)
})

test('after an expiry watches, versions and lists from before are gone', async () => {
  const { server } = started()
  for (const name of ['a', 'b']) server.create(tenant(name))
  const { metadata } = await listed({ server }, { limit: '1' })
  const watch = follow({ server })
  await settled()
  server.create(tenant('c'))
  server.expire()
  assert.is(await watch.over, 'ended')
  assert.equal(watch.heard, ['ADDED c', 'ERROR 410'])
  const late = follow({ server }, { resourceVersion: metadata.resourceVersion })
  assert.is(await late.over, 'ended')
  assert.equal(late.heard, ['ERROR 410'])
  const page = listed({ server }, { limit: '1', continue: metadata.continue })
  assert.is(await page.then(String, (error: Failure) => error.code), 'KubeGone')
  const current = follow({ server })
  await settled()
  server.create(tenant('d'))
  await settled()
  assert.equal(current.heard, ['ADDED d'])
})

test('a watch whose connection is cut fails, and so does one whose client is closed', async () => {
  const { server, transport } = started()
  const cut = follow({ server })
  await settled()
  server.cutWatches()
  assert.is(await cut.over, 'KubeUnavailable')
  const lines = transport.lines(PATH, {}, signal)
  const next = lines.next().then(String, (error: Failure) => error.code)
  transport.close()
  assert.is(await next, 'KubeUnavailable')
  const request = transport.request('GET', PATH, {}, signal)
  assert.is(await request.then(String, (error: Failure) => error.code), 'KubeUnavailable')
})

test('the next list shows an older state, and what follows it is told from there', async () => {
  const { server } = started()
  server.create(tenant('a'))
  const snapshot = server.snapshot()
  server.create(tenant('b'))
  server.delete('RaiTenant/team/a')
  server.serveNextListFrom(snapshot)
  const old = await listed({ server })
  assert.equal(namesIn(old), ['a'])
  assert.is(old.metadata.resourceVersion, String(snapshot.version))
  assert.equal(namesIn(await listed({ server })), ['b'])
  server.serveNextListFrom(snapshot, 'secrets')
  server.serveNextListFrom(snapshot, 'raitenants')
  const watch = follow({ server }, LISTED)
  await settled()
  assert.equal(watch.heard, ['ADDED a', 'BOOKMARK', 'ADDED b', 'DELETED a'])
})

test('a restored backup brings back what was, at its version, and cuts the watches', async () => {
  const { server } = started()
  server.create(tenant('a'))
  const snapshot = server.snapshot()
  server.delete('RaiTenant/team/a')
  server.create(tenant('b'))
  server.expire()
  const watch = follow({ server })
  await settled()
  server.restore(snapshot)
  assert.is(await watch.over, 'KubeUnavailable')
  const next = follow({ server })
  server.create(tenant('c'))
  await settled()
  assert.equal(next.heard, ['ADDED c'])
  server.restore(snapshot)
  assert.is(server.version, snapshot.version)
  assert.equal(namesIn(await listed({ server })), ['a'])
})

test('people create, apply, look and delete, whatever the policy', async () => {
  const { server } = started()
  server.deliver = () => 'drop'
  const made = server.create(tenant('a', { x: '1' }))
  assert.is(made.metadata.generation, 1)
  const labelled = server.update({ ...tenant('a', { y: '2' }), spec: { drainPolicy: 'All' } })
  assert.is(labelled.metadata.generation, 2)
  assert.is(labelled.spec.drainPolicy, 'All')
  assert.equal(server.get(`${PATH}/a`)!.metadata.labels, { x: '1', y: '2' })
  server.updateStatus('RaiTenant/team/a', { organization: 'x' })
  assert.equal(server.get('RaiTenant/team/a')!.status, { observedGeneration: -1, organization: 'x' })
  assert.equal(
    server.all('RaiTenant', 'team').map(({ metadata }) => metadata.name),
    ['a'],
  )
  server.delete('RaiTenant/team/a')
  assert.is(server.get('RaiTenant/team/a'), undefined)
  assert.throws(() => server.delete('RaiTenant/team/a'), /404 NotFound/)
  assert.throws(() => server.create({ kind: 'Pod', metadata: { name: 'a', namespace: 'team' } }), /knows no Pod/)
})

test('a namespace that is being deleted is swept at once, or when a test says so', async () => {
  const { server } = started()
  server.create({ kind: 'Secret', metadata: { name: 's', namespace: 'team' } })
  server.sweeps = false
  server.delete('Namespace/team')
  assert.ok(server.get('Secret/team/s'))
  assert.throws(() => server.create(tenant('late')), /is being terminated/)
  server.sweep()
  assert.is(server.get('Secret/team/s'), undefined)
  assert.is(server.get('Namespace/team'), undefined)
})

test('a definition that is being deleted takes its objects along, and its kind goes with the last one', async () => {
  const { server } = started()
  const held = { ...tenant('a'), metadata: { ...tenant('a').metadata, finalizers: ['example.com/hold'] } }
  server.create(held)
  server.create(tenant('b'))
  const watch = follow({ server })
  await settled()
  server.delete('CustomResourceDefinition/raitenants.tenants.resistant.ai')
  assert.ok(server.get('RaiTenant/team/a')!.metadata.deletionTimestamp)
  assert.throws(() => server.create(tenant('c')), /405 MethodNotAllowed/)
  assert.equal(namesIn(await listed({ server })), ['a'])
  server.update({ ...tenant('a'), metadata: { ...tenant('a').metadata, finalizers: [] } })
  assert.is(await watch.over, 'ended')
  assert.is(await listed({ server }).then(String, (error: Failure) => error.code), 'KubeNotFound')
})

test('garbage stays until it is collected', async () => {
  const { server } = started()
  const { metadata, apiVersion, kind } = server.create(tenant('a'))
  const ownerReferences = [{ apiVersion, kind, name: 'a', uid: metadata.uid }]
  server.create({ kind: 'Secret', metadata: { name: 's', namespace: 'team', ownerReferences } })
  server.delete('RaiTenant/team/a')
  server.create(tenant('a'))
  assert.ok(server.get('Secret/team/s'))
  server.collectGarbage()
  assert.is(server.get('Secret/team/s'), undefined)
})

test.run()
