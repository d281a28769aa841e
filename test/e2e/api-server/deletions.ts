// Rows of the contract: how objects go, at once or when nothing holds them any more.
import * as assert from 'uvu/assert'
import { compareVersions } from '../../../src/kube/versions.ts'
import type { ApiObject } from '../../doubles/memory-api/objects.ts'
import type { Client } from './client.ts'
import { refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'

const HOLD = 'example.com/hold'
const OTHER = 'example.com/other'

/** A tenant that is being deleted, held by these. */
async function dying(client: Client, finalizers: readonly string[]): Promise<{ path: string; object: ApiObject }> {
  const path = `${client.tenants}/acme`
  await client.create(client.tenants, tenant('acme', { finalizers }))
  return { path, object: await client.delete(path) }
}

async function release(client: Client, path: string): Promise<void> {
  await client.merge(path, { metadata: { finalizers: null } })
}

export const DELETIONS: readonly Row[] = [
  [
    'what nothing holds goes at once, and a status says so',
    async (client) => {
      for (const [path, body, group] of [
        [client.tenants, tenant('acme'), { group: 'tenants.resistant.ai' }],
        [client.secrets, secret('acme'), {}],
      ] as const) {
        const { metadata } = await client.create(path, body)
        const answer = await client.delete(`${path}/acme`)
        assert.is(answer.kind, 'Status')
        assert.is(answer['status'], 'Success')
        const kind = path.split('/').at(-1)
        assert.equal(answer['details'], { name: 'acme', ...group, kind, uid: metadata.uid })
        await refused('KubeNotFound', client.get(`${path}/acme`))
        await refused('KubeNotFound', client.delete(`${path}/acme`))
      }
    },
  ],
  [
    'what a finalizer holds is marked, counts a generation, and is answered with what it is then',
    async (client) => {
      const path = `${client.tenants}/acme`
      const made = await client.create(client.tenants, tenant('acme', { finalizers: [HOLD] }))
      const marked = await client.delete(path)
      assert.match(marked.metadata.deletionTimestamp!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.is(marked.metadata.deletionGracePeriodSeconds, 0)
      assert.is(marked.metadata.generation, 2)
      assert.ok(compareVersions(marked.metadata.resourceVersion, made.metadata.resourceVersion) > 0)
      const { metadata } = await client.get(path)
      assert.equal(metadata, marked.metadata)
      await release(client, path)
    },
  ],
  [
    'deleting once more what is being deleted changes nothing',
    async (client) => {
      const { path, object } = await dying(client, [HOLD])
      assert.equal((await client.delete(path)).metadata, object.metadata)
      await release(client, path)
    },
  ],
  [
    'a precondition that is not met is a conflict, also for what is being deleted',
    async (client) => {
      const path = `${client.tenants}/acme`
      const made = await client.create(client.tenants, tenant('acme', { finalizers: [HOLD] }))
      const { uid, resourceVersion } = made.metadata
      const failure = await refused('KubeConflict', client.delete(path, { preconditions: { uid: 'another' } }))
      assert.is(failure.message, `DELETE ${path}: 409 Conflict`)
      await refused('KubeConflict', client.delete(path, { preconditions: { uid, resourceVersion: '1' } }))
      assert.not((await client.get(path)).metadata.deletionTimestamp)
      await client.delete(path, { preconditions: { uid, resourceVersion } })
      await refused('KubeConflict', client.delete(path, { preconditions: { uid: 'another' } }))
      await release(client, path)
      await refused('KubeNotFound', client.delete(path, { preconditions: { uid: 'another' } }))
    },
  ],
  [
    'a Secret is deleted at exactly the version that was seen',
    async (client) => {
      const path = `${client.secrets}/acme`
      const { metadata } = await client.create(client.secrets, secret('acme'))
      const { uid, resourceVersion } = metadata
      await client.merge(path, { metadata: { labels: { a: 'b' } } })
      const preconditions = { uid, resourceVersion }
      await refused('KubeConflict', client.delete(path, { preconditions }))
      const current = await client.get(path)
      await client.delete(path, { preconditions: { uid, resourceVersion: current.metadata.resourceVersion } })
      await refused('KubeNotFound', client.get(path))
    },
  ],
  [
    'no finalizer goes on what is being deleted',
    async (client) => {
      const { path } = await dying(client, [HOLD])
      const adding = client.merge(path, { metadata: { finalizers: [HOLD, OTHER] } })
      const { message } = await refused('KubeInvalid', adding)
      const why = 'no new finalizers can be added if the object is being deleted, found new finalizers'
      assert.match(message, `metadata.finalizers: Forbidden: ${why} []string{"${OTHER}"}`)
      await refused('KubeInvalid', client.merge(path, { metadata: { finalizers: [OTHER] } }))
      await release(client, path)
    },
  ],
  [
    'what is being deleted can be changed, and stays being deleted',
    async (client) => {
      const { path, object } = await dying(client, [HOLD])
      const changed = await client.merge(path, { spec: { deletionProtection: true }, metadata: { labels: { a: 'b' } } })
      assert.is(changed.metadata.generation, 3)
      const written = await client.merge(`${path}/status`, { status: { observedGeneration: 3 } })
      assert.equal(written['status'], { observedGeneration: 3 })
      const marks = { deletionTimestamp: null, deletionGracePeriodSeconds: null }
      const kept = await client.merge(path, { metadata: { ...marks } })
      assert.is(kept.metadata.deletionTimestamp, object.metadata.deletionTimestamp)
      assert.is(kept.metadata.resourceVersion, written.metadata.resourceVersion)
      await release(client, path)
    },
  ],
  [
    'it goes with its last finalizer: that write is answered with what it asked for, at the version before',
    async (client) => {
      const { path } = await dying(client, [HOLD, OTHER])
      const held = await client.patch(path, [{ op: 'remove', path: '/metadata/finalizers/0' }])
      assert.equal(held.metadata.finalizers, [OTHER])
      const released = await client.patch(path, [
        { op: 'remove', path: '/metadata/finalizers/0' },
        { op: 'add', path: '/metadata/labels', value: { last: 'word' } },
      ])
      assert.not(released.metadata.finalizers)
      assert.equal(released.metadata.labels, { last: 'word' })
      assert.is(released.metadata.resourceVersion, held.metadata.resourceVersion)
      await refused('KubeNotFound', client.get(path))
      await refused('KubeNotFound', client.patch(path, [{ op: 'remove', path: '/metadata/finalizers' }]))
    },
  ],
  [
    'a PUT without the last finalizer takes it away, too, and a write to the status does not',
    async (client) => {
      const { path, object } = await dying(client, [HOLD])
      const { resourceVersion } = object.metadata
      const body = { ...tenant('acme', { resourceVersion }), status: { observedGeneration: 1 } }
      const kept = await client.replace(`${path}/status`, body)
      assert.equal(kept.metadata.finalizers, [HOLD])
      await client.replace(path, tenant('acme', { resourceVersion: kept.metadata.resourceVersion }))
      await refused('KubeNotFound', client.get(path))
    },
  ],
  [
    'a finalizer that goes from what is not being deleted leaves it there',
    async (client) => {
      await client.create(client.tenants, tenant('acme', { finalizers: [HOLD] }))
      await release(client, `${client.tenants}/acme`)
      assert.not((await client.get(`${client.tenants}/acme`)).metadata.finalizers)
    },
  ],
  [
    'a Secret is held by finalizers, too, and counts no generation',
    async (client) => {
      await client.create(client.secrets, secret('acme', { finalizers: [HOLD] }))
      const { metadata, kind } = await client.delete(`${client.secrets}/acme`)
      assert.is(kind, 'Secret')
      assert.ok(metadata.deletionTimestamp)
      assert.is(metadata.generation, undefined)
      await release(client, `${client.secrets}/acme`)
      await refused('KubeNotFound', client.get(`${client.secrets}/acme`))
    },
  ],
  [
    'what has lost all its owners is collected in time; what has one left only forgets the others',
    async (client) => {
      const owner = await client.create(client.tenants, tenant('acme'))
      const { apiVersion, kind, metadata } = owner
      const living = { apiVersion, kind, name: 'acme', uid: metadata.uid }
      const gone = { ...living, uid: '00000000-1111-4222-8333-444444444444' }
      await client.create(client.secrets, secret('owned', { ownerReferences: [living] }))
      await client.create(client.secrets, secret('shared', { ownerReferences: [gone, living] }))
      await client.create(client.secrets, secret('orphan', { ownerReferences: [gone] }))
      await client.create(client.secrets, secret('free'))
      const left = () => client.list(client.secrets)
      const held = await client.until(left, ({ items }) => items.length < 4)
      assert.equal(
        held.items.map((item) => item.metadata.name),
        ['free', 'owned', 'shared'],
      )
      const owners = async () => (await client.get(`${client.secrets}/shared`)).metadata.ownerReferences
      await client.until(owners, (references) => references?.length === 1)
      assert.equal(await owners(), [living])
      await client.delete(`${client.tenants}/acme`)
      await client.until(left, ({ items }) => items.length === 1)
    },
  ],
]
