// Rows of the contract: a dry run checks everything, answers as the write would, and leaves nothing behind.
import * as assert from 'uvu/assert'
import { refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'

const DRY = { dryRun: 'All' }

export const DRY_RUNS: readonly Row[] = [
  [
    'a dry create shows the object without a version, and there is none',
    async (client) => {
      for (const [path, body] of [
        [client.tenants, tenant('acme')],
        [client.secrets, secret('acme')],
      ] as const) {
        const { metadata } = await client.create(path, body, DRY)
        assert.ok(metadata.uid)
        assert.ok(metadata.creationTimestamp)
        assert.is(metadata.resourceVersion, undefined)
        await refused('KubeNotFound', client.get(`${path}/acme`))
        assert.equal((await client.list(path)).items, [])
      }
      const { spec, status } = await client.create(client.tenants, tenant('acme'), DRY)
      assert.is((spec as { drainPolicy: string }).drainPolicy, 'Managed')
      assert.equal(status, { observedGeneration: -1 })
    },
  ],
  [
    'a dry create is refused where the create would be',
    async (client) => {
      await client.create(client.secrets, secret('acme'))
      await refused('KubeAlreadyExists', client.create(client.secrets, secret('acme'), DRY))
      const elsewhere = client.secrets.replace(client.namespace, `${client.namespace}-x`)
      await refused('KubeNotFound', client.create(elsewhere, secret('acme'), DRY))
    },
  ],
  [
    'a dry PUT shows what would be, at the version that is, and is refused where the PUT would be',
    async (client) => {
      const path = `${client.secrets}/acme`
      const { metadata } = await client.create(client.secrets, secret('acme'))
      const { uid, resourceVersion } = metadata
      const changed = secret('acme', { labels: { a: 'b' }, uid, resourceVersion }, { data: { other: 'eQ==' } })
      const shown = await client.replace(path, changed, DRY)
      assert.equal(shown['data'], { other: 'eQ==' })
      assert.equal(shown.metadata.labels, { a: 'b' })
      assert.is(shown.metadata.resourceVersion, resourceVersion)
      const kept = await client.get(path)
      assert.equal(kept['data'], { key: 'eA==' })
      assert.is(kept.metadata.resourceVersion, resourceVersion)
      await refused('KubeConflict', client.replace(path, secret('acme', { resourceVersion: '1' }), DRY))
      await refused('KubeConflict', client.replace(path, secret('acme', { uid: 'another' }), DRY))
      await refused('KubeNotFound', client.replace(`${client.secrets}/other`, secret('other'), DRY))
    },
  ],
  [
    'a dry patch shows the generation that would be, and changes nothing',
    async (client) => {
      const path = `${client.tenants}/acme`
      const made = await client.create(client.tenants, tenant('acme'))
      const shown = await client.merge(path, { spec: { drainPolicy: 'All' } }, DRY)
      assert.is(shown.metadata.generation, 2)
      assert.is(shown.metadata.resourceVersion, made.metadata.resourceVersion)
      const status = await client.merge(`${path}/status`, { status: { observedGeneration: 1 } }, DRY)
      assert.equal(status['status'], { observedGeneration: 1 })
      const { metadata } = await client.get(path)
      assert.is(metadata.generation, 1)
      assert.is(metadata.resourceVersion, made.metadata.resourceVersion)
      await refused('KubeConflict', client.patch(path, [{ op: 'test', path: '/metadata/uid', value: 'x' }], DRY))
    },
  ],
  [
    'a dry delete, told by the body or by the query, deletes nothing and heeds preconditions',
    async (client) => {
      const path = `${client.secrets}/acme`
      await client.create(client.secrets, secret('acme'))
      assert.is((await client.delete(path, { dryRun: ['All'] }))['status'], 'Success')
      assert.is((await client.delete(path, undefined, DRY))['status'], 'Success')
      const preconditions = { uid: 'another' }
      await refused('KubeConflict', client.delete(path, { dryRun: ['All'], preconditions }))
      await client.get(path)
    },
  ],
  [
    'a dry delete of what a finalizer holds shows the mark and leaves none',
    async (client) => {
      const path = `${client.tenants}/acme`
      const made = await client.create(client.tenants, tenant('acme', { finalizers: ['example.com/hold'] }))
      const shown = await client.delete(path, { dryRun: ['All'] })
      assert.ok(shown.metadata.deletionTimestamp)
      assert.is(shown.metadata.generation, 2)
      assert.is(shown.metadata.resourceVersion, made.metadata.resourceVersion)
      assert.not((await client.get(path)).metadata.deletionTimestamp)
      await client.merge(path, { metadata: { finalizers: null } })
    },
  ],
  [
    'beside a body of options the query of a delete does not count: that is no dry run',
    async (client) => {
      await client.create(client.secrets, secret('acme'))
      await client.delete(`${client.secrets}/acme`, {}, DRY)
      await refused('KubeNotFound', client.get(`${client.secrets}/acme`))
    },
  ],
  [
    'a dry write that takes off the last finalizer lets nothing go',
    async (client) => {
      const path = `${client.tenants}/acme`
      await client.create(client.tenants, tenant('acme', { finalizers: ['example.com/hold'] }))
      const { metadata } = await client.delete(path)
      const shown = await client.merge(path, { metadata: { finalizers: null } }, DRY)
      assert.not(shown.metadata.finalizers)
      assert.is(shown.metadata.resourceVersion, metadata.resourceVersion)
      assert.equal((await client.get(path)).metadata.finalizers, ['example.com/hold'])
      await client.merge(path, { metadata: { finalizers: null } })
    },
  ],
]
