// Rows of the contract: what a watch tells, in which order, from where on, and how it ends.
import * as assert from 'uvu/assert'
import { METADATA_OF_ALL, METADATA_ONLY } from '../../../src/kube/wire.ts'
import { compareVersions } from '../../../src/kube/versions.ts'
import type { Client } from './client.ts'
import { refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'
import type { Event, Watch } from './watch.ts'

const INITIAL = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' }

/** Watches from now on. */
async function watchOn(client: Client, path: string, query: object = {}): Promise<Watch> {
  const { metadata } = await client.list(path)
  return client.watch(path, { resourceVersion: metadata.resourceVersion, ...query })
}

function versionIn({ object }: Event): string {
  return object.metadata.resourceVersion
}

/** The reason why the generator fails. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.unreachable('it did not fail'),
    (error: unknown) => error,
  )
}

export const WATCHES: readonly Row[] = [
  [
    'a watch tells every change after its version, once and in order, as it was then',
    async (client) => {
      await client.create(client.tenants, tenant('before'))
      const watch = await watchOn(client, client.tenants)
      const path = `${client.tenants}/acme`
      const written = [
        await client.create(client.tenants, tenant('acme')),
        await client.merge(path, { spec: { drainPolicy: 'All' } }),
        await client.merge(`${path}/status`, { status: { observedGeneration: 2 } }),
      ]
      await client.delete(path)
      await client.create(client.tenants, tenant('next'))
      const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()]
      assert.equal(
        events.map(({ type }) => type),
        ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED'],
      )
      for (const [index, object] of written.entries()) assert.equal(events[index]!.object, object)
      const versions = events.map(versionIn)
      assert.equal(versions.toSorted(compareVersions), versions)
      assert.is(new Set(versions).size, 4)
      assert.equal(await watch.told(1), ['ADDED next'])
    },
  ],
  [
    'what is deleted is told of as it was, at the version of its end',
    async (client) => {
      const { object } = await deleted(client)
      assert.equal((object['spec'] as { drainPolicy: string }).drainPolicy, 'All')
      assert.not(object.metadata.deletionTimestamp)
    },
  ],
  [
    'what goes with its last finalizer is told of as it was stored last: with that finalizer',
    async (client) => {
      const path = `${client.tenants}/acme`
      await client.create(client.tenants, tenant('acme', { finalizers: ['example.com/a', 'example.com/b'] }))
      const watch = await watchOn(client, client.tenants)
      await client.delete(path)
      await client.merge(path, { metadata: { finalizers: ['example.com/b'] } })
      const answer = await client.merge(path, { metadata: { finalizers: null, labels: { last: 'word' } } })
      const [marked, held, gone] = [await watch.next(), await watch.next(), await watch.next()]
      assert.equal([marked.type, held.type, gone.type], ['MODIFIED', 'MODIFIED', 'DELETED'])
      assert.ok(marked.object.metadata.deletionTimestamp)
      assert.equal(gone.object.metadata.finalizers, ['example.com/b'])
      assert.not(gone.object.metadata.labels)
      assert.is(versionIn(held), answer.metadata.resourceVersion)
      assert.ok(compareVersions(versionIn(gone), versionIn(held)) > 0)
    },
  ],
  [
    'trials, refusals and writes that change nothing are not told of',
    async (client) => {
      const path = `${client.secrets}/acme`
      await client.create(client.secrets, secret('acme'))
      const watch = await watchOn(client, client.secrets)
      await client.create(client.secrets, secret('dry'), { dryRun: 'All' })
      await client.delete(path, { dryRun: ['All'] })
      await client.merge(path, { data: { key: 'eQ==' } }, { dryRun: 'All' })
      await client.merge(path, { data: { key: 'eA==' } })
      await refused('KubeConflict', client.replace(path, secret('acme', { resourceVersion: '1' })))
      await client.create(client.secrets, secret('next'))
      assert.equal(await watch.told(1), ['ADDED next'])
    },
  ],
  [
    'a watch of one namespace, or of one kind, tells of no other; one of all namespaces tells of each',
    async (client) => {
      const all = client.tenants.replace(`/namespaces/${client.namespace}`, '')
      const { metadata } = await client.list(all)
      const { resourceVersion } = metadata
      // One that nobody else has on this server.
      const name = client.namespace.replaceAll('-', '')
      const here = client.watch(client.tenants, { resourceVersion })
      const everywhere = client.watch(all, { resourceVersion, fieldSelector: `metadata.name=${name}` })
      await client.create(client.secrets, secret(name))
      const elsewhere = client.tenants.replace(client.namespace, 'default')
      const { metadata: other } = await client.create(elsewhere, tenant(name))
      await client.delete(`${elsewhere}/${name}`)
      await client.create(client.tenants, tenant(name))
      assert.equal(await here.told(1), [`ADDED ${name}`])
      const mine = [other.namespace, other.namespace, client.namespace]
      for (const namespace of mine) assert.is((await everywhere.next()).object.metadata.namespace, namespace)
    },
  ],
  [
    'with labels selected, what comes to match is added, and what matches no more is deleted as it was',
    async (client) => {
      const watch = await watchOn(client, client.tenants, { labelSelector: 'tier in (gold,tin)' })
      const path = `${client.tenants}/acme`
      const label = (tier: string | null) => client.merge(path, { metadata: { labels: { tier } } })
      await client.create(client.tenants, tenant('acme'))
      await label('lead')
      const added = await label('gold')
      await label('tin')
      const left = await label('lead')
      await label('gold')
      await client.delete(path)
      await client.create(client.tenants, tenant('next', { labels: { tier: 'tin' } }))
      const events: Event[] = []
      for (let count = 0; count < 5; count++) events.push(await watch.next())
      assert.equal(
        events.map(({ type, object }) => `${type} ${object.metadata.labels?.['tier']}`),
        ['ADDED gold', 'MODIFIED tin', 'DELETED tin', 'ADDED gold', 'DELETED gold'],
      )
      assert.is(versionIn(events[0]!), added.metadata.resourceVersion)
      assert.is(versionIn(events[2]!), left.metadata.resourceVersion)
      assert.equal(await watch.told(1), ['ADDED next'])
    },
  ],
  [
    'a watch of one name tells of no other, whatever becomes of it',
    async (client) => {
      const watch = await watchOn(client, client.leases, { fieldSelector: 'metadata.name=lead' })
      const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: 'a' } })
      await client.create(client.leases, lease('other'))
      await client.create(client.leases, lease('lead'))
      await client.delete(`${client.leases}/other`)
      await client.delete(`${client.leases}/lead`)
      await client.create(client.leases, lease('lead'))
      assert.equal(await watch.told(3), ['ADDED lead', 'DELETED lead', 'ADDED lead'])
    },
  ],
  [
    'a list may come as a stream: all there is by name, a bookmark that says so, then what changes',
    async (client) => {
      for (const name of ['b', 'c', 'a']) await client.create(client.tenants, tenant(name))
      await client.delete(`${client.tenants}/c`)
      const last = await client.create(client.tenants, tenant('d', { labels: { a: 'b' } }))
      const watch = client.watch(client.tenants, INITIAL)
      assert.equal(await watch.told(2), ['ADDED a', 'ADDED b'])
      assert.equal(await watch.next(), { type: 'ADDED', object: last })
      const { type, object } = await watch.next()
      assert.is(type, 'BOOKMARK')
      assert.is(object.kind, 'RaiTenant')
      assert.equal(object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
      assert.ok(compareVersions(object.metadata.resourceVersion, last.metadata.resourceVersion) >= 0)
      await client.delete(`${client.tenants}/a`)
      assert.equal(await watch.told(1), ['DELETED a'])
    },
    'WatchList',
  ],
  [
    'a streamed list of nothing, and one of what is selected, end with their bookmark, too',
    async (client) => {
      const empty = client.watch(client.secrets, INITIAL)
      assert.is((await empty.next()).type, 'BOOKMARK')
      await client.create(client.secrets, secret('a', { labels: { tier: 'gold' } }))
      await client.create(client.secrets, secret('b'))
      assert.equal(await empty.told(2), ['ADDED a', 'ADDED b'])
      const selected = client.watch(client.secrets, { ...INITIAL, labelSelector: 'tier=gold' })
      assert.equal(await selected.told(2), ['ADDED a', 'BOOKMARK undefined'])
    },
    'WatchList',
  ],
  [
    'who allows no bookmarks has none, and none may ask for a streamed list without saying how old it may be',
    async (client) => {
      await client.create(client.tenants, tenant('a'))
      const watch = client.watch(client.tenants, { ...INITIAL, allowWatchBookmarks: undefined })
      await watch.next()
      await client.create(client.tenants, tenant('b'))
      assert.equal(await watch.told(1), ['ADDED b'])
      const unsaid = client.watch(client.tenants, { ...INITIAL, resourceVersionMatch: undefined })
      await refused('KubeInvalid', unsaid.next())
      const beside = client.watch(client.tenants, { resourceVersionMatch: 'NotOlderThan' })
      await refused('KubeInvalid', beside.next())
    },
    'WatchList',
  ],
  [
    'a watch from no version, or from 0, begins with all there is',
    async (client) => {
      await client.create(client.tenants, tenant('b'))
      await client.create(client.tenants, tenant('a'))
      for (const query of [{}, { resourceVersion: '0' }]) {
        assert.equal(await client.watch(client.tenants, query).told(2), ['ADDED a', 'ADDED b'])
      }
    },
  ],
  [
    'a watch from a version that is too long ago says so in its only event',
    async (client) => {
      const events = await client.watch(client.tenants, { resourceVersion: '1' }).rest()
      assert.equal(
        events.map(({ type, object }) => `${type} ${object.code} ${object.reason}`),
        ['ERROR 410 Expired'],
      )
    },
  ],
  [
    'a watch that is taken up again from the version of an event misses nothing',
    async (client) => {
      const first = await watchOn(client, client.tenants)
      for (const name of ['a', 'b', 'c']) await client.create(client.tenants, tenant(name))
      const { object } = await first.next()
      await first.leave()
      const { resourceVersion } = object.metadata
      assert.equal(await client.watch(client.tenants, { resourceVersion }).told(2), ['ADDED b', 'ADDED c'])
    },
  ],
  [
    'a watch tells how far it has come before its time is over, and then ends well',
    async (client) => {
      const query = { allowWatchBookmarks: 'true', timeoutSeconds: '4', labelSelector: 'tier=gold' }
      const watch = await watchOn(client, client.tenants, query)
      const { metadata } = await client.create(client.tenants, tenant('unselected'))
      const { type, object } = await watch.next()
      assert.is(type, 'BOOKMARK')
      assert.ok(compareVersions(object.metadata.resourceVersion, metadata.resourceVersion) >= 0)
      assert.not(object.metadata.annotations)
      for (const event of await watch.rest()) assert.is(event.type, 'BOOKMARK')
    },
  ],
  [
    'a watch of what does not exist finds nothing, and one of an unknown field is refused',
    async (client) => {
      await refused('KubeNotFound', client.watch(client.tenants.replace('raitenants', 'rainothings')).next())
      await refused('KubeInvalid', client.watch(client.tenants, { fieldSelector: 'spec.cell=eu-1' }).next())
    },
  ],
  [
    'a watch whose signal aborts fails with the signal’s reason, waiting or not',
    async (client) => {
      const { metadata } = await client.create(client.tenants, tenant('a'))
      const stop = new AbortController()
      const lines = client.transport.lines(client.tenants, { watch: 'true' }, stop.signal)
      await lines.next()
      const waiting = failureOf(lines.next())
      const reason = new Error('enough')
      stop.abort(reason)
      assert.is(await waiting, reason)
      assert.ok((await lines.next()).done)
      assert.is(await failureOf(client.transport.lines(client.tenants, {}, stop.signal).next()), reason)
      const options = { body: { preconditions: { uid: metadata.uid } } }
      const late = client.transport.request('DELETE', `${client.tenants}/a`, options, stop.signal)
      assert.is(await failureOf(late), reason)
      await client.get(`${client.tenants}/a`)
    },
  ],
  [
    'a watch for metadata tells no more, bookmarks among it',
    async (client) => {
      const { metadata } = await client.create(client.tenants, tenant('a', { labels: { a: 'b' } }))
      const watch = client.watch(client.tenants, INITIAL, METADATA_ONLY)
      const identity = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
      assert.equal(await watch.next(), { type: 'ADDED', object: { ...identity, metadata } })
      const { type, object } = await watch.next()
      assert.is(type, 'BOOKMARK')
      assert.is(object.kind, identity.kind)
      assert.is(object.metadata.annotations?.['k8s.io/initial-events-end'], 'true')
    },
    'WatchList',
  ],
  [
    'a watch that asks for the metadata of a list ends at once and does not say why',
    async (client) => {
      await client.create(client.tenants, tenant('a'))
      assert.equal(await client.watch(client.tenants, INITIAL, METADATA_OF_ALL).rest(), [])
    },
    'WatchList',
  ],
]

async function deleted(client: Client): Promise<Event> {
  await client.create(client.tenants, tenant('acme'))
  await client.merge(`${client.tenants}/acme`, { spec: { drainPolicy: 'All' } })
  const watch = await watchOn(client, client.tenants)
  await client.delete(`${client.tenants}/acme`)
  return watch.next()
}
