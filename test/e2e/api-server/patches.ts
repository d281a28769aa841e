// Rows of the contract: JSON Patches, on whose refusals src/kube/patches.ts relies, and merge patches.
import * as assert from 'uvu/assert'
import type { ResourceMetadata } from '../../../src/api/types.ts'
import { addingFinalizer, removingFinalizer, replacingStatus } from '../../../src/kube/patches.ts'
import type { ApiObject } from '../../doubles/memory-api/objects.ts'
import type { Client } from './client.ts'
import { refused, tenant } from './client.ts'
import type { Row } from './row.ts'

const FINALIZERS = '/metadata/finalizers'

async function made(client: Client, metadata: object = {}): Promise<{ path: string; object: ApiObject }> {
  const object = await client.create(client.tenants, tenant('acme', metadata))
  return { path: `${client.tenants}/acme`, object }
}

function seen({ metadata }: ApiObject): ResourceMetadata {
  return metadata as ResourceMetadata
}

/** Patches of which each does not apply to an object without finalizers. */
const INAPPLICABLE: readonly (readonly [rule: string, op: string, path: string, value?: unknown])[] = [
  ['a test of something else fails', 'test', '/metadata/uid', 'another'],
  ['a test for null of what is there fails', 'test', '/metadata/uid', null],
  ['a test for something of what is absent fails', 'test', FINALIZERS, ['example.com/x']],
  ['a test below what is absent fails, for null, too', 'test', `${FINALIZERS}/0`, null],
  ['nothing can be added to a list that is absent', 'add', `${FINALIZERS}/-`, 'example.com/x'],
  ['nothing can be added below a text', 'add', '/metadata/uid/x', 'example.com/x'],
  ['what is absent cannot be removed', 'remove', FINALIZERS],
  ['an operation that nobody knows does not apply', 'frob', FINALIZERS, []],
]

const REFUSALS: readonly Row[] = INAPPLICABLE.map(([rule, op, at, value]) => [
  `a JSON Patch that does not apply is a conflict and changes nothing: ${rule}`,
  async (client) => {
    const { path } = await made(client)
    const label = { op: 'add', path: '/metadata/labels', value: { a: 'b' } }
    const wrong = { op, path: at, ...(value !== undefined && { value }) }
    const failure = await refused('KubeConflict', client.patch(path, [label, wrong]))
    assert.is(failure.message, `PATCH ${path}: 422 Invalid`)
    assert.not((await client.get(path)).metadata.labels)
  },
])

export const PATCHES: readonly Row[] = [
  ...REFUSALS,
  [
    'in a JSON Patch what is absent equals null',
    async (client) => {
      const { path } = await made(client)
      const absent = ['/metadata/deletionTimestamp', FINALIZERS, '/metadata/labels', '/anything']
      await client.patch(
        path,
        absent.map((at) => ({ op: 'test', path: at, value: null })),
      )
    },
  ],
  [
    'a JSON Patch inserts into a list, appends to it and takes out of it by index, which may count from behind',
    async (client) => {
      const { path } = await made(client, { finalizers: ['example.com/b'] })
      const patched = async (op: string, index: string, value?: string) =>
        (await client.patch(path, [{ op, path: `${FINALIZERS}/${index}`, ...(value && { value }) }])).metadata
          .finalizers
      assert.equal(await patched('add', '0', 'example.com/a'), ['example.com/a', 'example.com/b'])
      assert.equal(await patched('add', '-', 'example.com/d'), ['example.com/a', 'example.com/b', 'example.com/d'])
      assert.equal(await patched('replace', '2', 'example.com/c'), ['example.com/a', 'example.com/b', 'example.com/c'])
      assert.equal(await patched('remove', '1'), ['example.com/a', 'example.com/c'])
      await refused('KubeConflict', patched('add', '3', 'example.com/e'))
      await refused('KubeConflict', patched('remove', '2'))
      await refused('KubeConflict', patched('test', 'x', 'example.com/a'))
      assert.equal(await patched('remove', '-1'), ['example.com/a'])
      assert.equal(await patched('add', '1', 'example.com/z'), ['example.com/a', 'example.com/z'])
      const metadata = { finalizers: null }
      await client.merge(path, { metadata })
    },
  ],
  [
    'a JSON Patch may replace a member that is not there, and speaks of a slash in a name as ~1',
    async (client) => {
      const { path } = await made(client)
      await client.patch(path, [{ op: 'replace', path: '/metadata/annotations', value: { 'example.com/a': '1' } }])
      const { metadata } = await client.patch(path, [
        { op: 'test', path: '/metadata/annotations/example.com~1a', value: '1' },
        { op: 'add', path: '/metadata/annotations/example.com~1b', value: '2' },
      ])
      assert.equal(metadata.annotations, { 'example.com/a': '1', 'example.com/b': '2' })
    },
  ],
  [
    'the operations of a JSON Patch see what those before them did',
    async (client) => {
      const { path } = await made(client)
      const { metadata } = await client.patch(path, [
        { op: 'add', path: '/metadata/labels', value: { a: '1' } },
        { op: 'test', path: '/metadata/labels', value: { a: '1' } },
        { op: 'add', path: '/metadata/labels/b', value: '2' },
        { op: 'remove', path: '/metadata/labels/a' },
      ])
      assert.equal(metadata.labels, { b: '2' })
    },
  ],
  [
    'our finalizer goes on as the first or as a further one, over unrelated writes and over no other list',
    async (client) => {
      const { path, object } = await made(client)
      await client.merge(path, { metadata: { annotations: { a: 'b' } } })
      const held = await client.patch(path, addingFinalizer(seen(object))!)
      assert.is(held.metadata.finalizers?.length, 1)
      await refused('KubeConflict', client.patch(path, addingFinalizer(seen(object))!))
      await client.merge(path, { metadata: { finalizers: ['example.com/x'] } })
      const other = await client.patch(path, addingFinalizer(seen(await client.get(path)))!)
      assert.is(other.metadata.finalizers?.length, 2)
      await client.merge(path, { metadata: { finalizers: null } })
    },
  ],
  [
    'our finalizer goes off where it stands, and nothing else in its place',
    async (client) => {
      const { path, object } = await made(client)
      const held = await client.patch(path, addingFinalizer(seen(object))!)
      const [ours] = held.metadata.finalizers!
      await client.merge(path, { metadata: { finalizers: ['example.com/x', ours] } })
      await refused('KubeConflict', client.patch(path, removingFinalizer(seen(held))!))
      const released = await client.patch(path, removingFinalizer(seen(await client.get(path)))!)
      assert.equal(released.metadata.finalizers, ['example.com/x'])
      await client.merge(path, { metadata: { finalizers: null } })
    },
  ],
  [
    'our finalizer does not go on what is being deleted',
    async (client) => {
      const { path, object } = await made(client, { finalizers: ['example.com/x'] })
      await client.delete(path)
      await refused('KubeConflict', client.patch(path, addingFinalizer(seen(object))!))
      await client.merge(path, { metadata: { finalizers: null } })
    },
  ],
  [
    'the status is replaced over exactly the version that it was made from',
    async (client) => {
      const { path, object } = await made(client)
      const status = { observedGeneration: 1, organization: 'x' }
      const written = await client.patch(`${path}/status`, replacingStatus(seen(object), status))
      assert.equal(written['status'], status)
      await refused('KubeConflict', client.patch(`${path}/status`, replacingStatus(seen(object), status)))
      const shorter = await client.patch(`${path}/status`, replacingStatus(seen(written), { observedGeneration: 2 }))
      assert.equal(shorter['status'], { observedGeneration: 2 })
    },
  ],
  [
    'a patch may name the version it is for, and then is a conflict over any other',
    async (client) => {
      const { path, object } = await made(client)
      const { resourceVersion } = object.metadata
      const body = { metadata: { resourceVersion, labels: { a: 'b' } } }
      await client.merge(path, body)
      await refused('KubeConflict', client.merge(path, body))
      await refused('KubeConflict', client.patch(path, [{ op: 'add', path: '/metadata/resourceVersion', value: '1' }]))
    },
  ],
  [
    'a patch cannot make it another object, nor one that is being deleted',
    async (client) => {
      const { path } = await made(client)
      const failure = await refused('KubeInvalid', client.merge(path, { metadata: { uid: 'another' } }))
      assert.match(failure.message, 'metadata.uid: Invalid value: "another": field is immutable')
      await refused('KubeInvalid', client.merge(path, { metadata: { name: 'another' } }))
      const deletionTimestamp = '2026-01-01T00:00:00Z'
      await refused('KubeInvalid', client.merge(path, { metadata: { deletionTimestamp } }))
    },
  ],
  [
    'a patch that is none is refused; one of what is not there finds nothing, whatever it says',
    async (client) => {
      const { path } = await made(client)
      const nothing = { op: 'test', path: '/metadata/uid', value: 'x' }
      await refused('KubeNotFound', client.patch(`${client.tenants}/other`, [nothing]))
      await refused('KubeNotFound', client.merge(`${client.secrets}/other`, {}))
      const options = { body: nothing, contentType: 'application/json-patch+json' }
      const { signal } = new AbortController()
      await refused('KubeInvalid', client.transport.request('PATCH', path, options, signal))
      const untyped = { body: {}, contentType: 'application/json' }
      await refused('KubeInvalid', client.transport.request('PATCH', path, untyped, signal))
    },
  ],
  [
    'a merge patch removes what is null, replaces lists, and leaves the rest',
    async (client) => {
      const { path } = await made(client, {
        labels: { a: '1', b: '2' },
        finalizers: ['example.com/a', 'example.com/b'],
      })
      const body = { metadata: { labels: { a: null, c: '3' }, finalizers: ['example.com/c'] } }
      const { metadata } = await client.merge(path, body)
      assert.equal(metadata.labels, { b: '2', c: '3' })
      assert.equal(metadata.finalizers, ['example.com/c'])
      const cleared = await client.merge(path, { metadata: { labels: null, finalizers: [] } })
      assert.not(cleared.metadata.labels)
      assert.not(cleared.metadata.finalizers)
    },
  ],
]
