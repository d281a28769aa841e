// Rows of the contract: what a write changes, what it cannot, and over what it is written.
import * as assert from 'uvu/assert'
import { refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'

export const UPDATES: readonly Row[] = [
  [
    'a write to the object cannot change the status',
    async (client) => {
      await client.create(client.tenants, tenant('acme'))
      const path = `${client.tenants}/acme`
      const status = { observedGeneration: 9 }
      const { metadata } = await client.patch(path, [{ op: 'add', path: '/status', value: status }])
      const same = await client.merge(path, { status })
      assert.equal(same['status'], { observedGeneration: -1 })
      assert.is(same.metadata.resourceVersion, metadata.resourceVersion)
      const changed = await client.merge(path, { spec: { deletionProtection: true }, status })
      assert.equal(changed['status'], { observedGeneration: -1 })
      assert.is(changed.metadata.generation, 2)
    },
  ],
  [
    'a write to the status changes nothing else',
    async (client) => {
      const { metadata } = await client.create(client.tenants, tenant('acme', { labels: { a: 'b' } }))
      const written = await client.merge(`${client.tenants}/acme/status`, {
        metadata: { labels: { c: 'd' }, annotations: { e: 'f' }, finalizers: ['example.com/x'] },
        spec: { deletionProtection: true },
        status: { observedGeneration: 9 },
      })
      assert.equal(written['status'], { observedGeneration: 9 })
      assert.is((written['spec'] as { deletionProtection: boolean }).deletionProtection, false)
      assert.equal(written.metadata.labels, { a: 'b' })
      assert.not(written.metadata.annotations)
      assert.not(written.metadata.finalizers)
      assert.is(written.metadata.generation, 1)
      assert.is.not(written.metadata.resourceVersion, metadata.resourceVersion)
    },
  ],
  [
    'a status that is taken away is the default again',
    async (client) => {
      await client.create(client.tenants, tenant('acme'))
      const path = `${client.tenants}/acme/status`
      await client.merge(path, { status: { observedGeneration: 9, organization: 'x' } })
      const without = await client.patch(path, [{ op: 'remove', path: '/status' }])
      assert.equal(without['status'], { observedGeneration: -1 })
      const again = await client.patch(path, [{ op: 'remove', path: '/status' }])
      assert.is(again.metadata.resourceVersion, without.metadata.resourceVersion)
    },
  ],
  [
    'the generation counts changes of the spec, and of nothing else',
    async (client) => {
      await client.create(client.tenants, tenant('acme'))
      const path = `${client.tenants}/acme`
      const counted = async (body: object, at = path) => (await client.merge(at, body)).metadata.generation
      assert.is(await counted({ metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }), 1)
      assert.is(await counted({ metadata: { finalizers: ['example.com/x'] } }), 1)
      assert.is(await counted({ status: { observedGeneration: 1 } }, `${path}/status`), 1)
      assert.is(await counted({ spec: { drainPolicy: 'Managed' } }), 1)
      assert.is(await counted({ spec: { drainPolicy: 'All' } }), 2)
      assert.is(await counted({ spec: { drainPolicy: 'Managed' }, metadata: { generation: 77 } }), 3)
      assert.is(await counted({ metadata: { finalizers: null } }), 3)
    },
  ],
  [
    'a field that is set to null has its default again',
    async (client) => {
      await client.create(client.tenants, tenant('acme', {}, { deletionProtection: true }))
      const { spec, metadata } = await client.merge(`${client.tenants}/acme`, { spec: { deletionProtection: null } })
      assert.is((spec as { deletionProtection: boolean }).deletionProtection, false)
      assert.is(metadata.generation, 2)
      const value = { deletionProtection: null, drainPolicy: null }
      const patched = await client.patch(`${client.tenants}/acme`, [{ op: 'add', path: '/spec', value }])
      assert.equal(patched['spec'], spec)
    },
  ],
  [
    'a write that changes nothing has no new version, but the first after a create: it stores the default status',
    async (client) => {
      const created = await client.create(client.tenants, tenant('acme'))
      const path = `${client.tenants}/acme`
      const touch = async () => (await client.merge(path, {})).metadata.resourceVersion
      const first = await touch()
      assert.is.not(first, created.metadata.resourceVersion)
      assert.is(await touch(), first)
      const { metadata, ...content } = await client.get(path)
      const { resourceVersion, uid } = metadata
      const same = await client.replace(path, { ...content, metadata: { name: 'acme', resourceVersion, uid } })
      assert.is(same.metadata.resourceVersion, first)
      const made = await client.create(client.secrets, secret('acme'))
      const kept = await client.merge(`${client.secrets}/acme`, {})
      assert.is(kept.metadata.resourceVersion, made.metadata.resourceVersion)
    },
  ],
  [
    'a PUT replaces metadata and spec by what is sent',
    async (client) => {
      const metadata = { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['example.com/x'] }
      const made = await client.create(client.tenants, tenant('acme', metadata, { drainPolicy: 'All' }))
      const { resourceVersion, uid, creationTimestamp } = made.metadata
      const sent = { resourceVersion, creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 }
      const replaced = await client.replace(`${client.tenants}/acme`, tenant('acme', sent))
      assert.is((replaced['spec'] as { drainPolicy: string }).drainPolicy, 'Managed')
      for (const field of Object.keys(metadata)) assert.not(field in replaced.metadata, field)
      assert.is(replaced.metadata.uid, uid)
      assert.is(replaced.metadata.creationTimestamp, creationTimestamp)
      assert.is(replaced.metadata.generation, 2)
      assert.equal(replaced['status'], { observedGeneration: -1 })
    },
  ],
  [
    'a PUT over an older version is a conflict, at the status, too',
    async (client) => {
      const { metadata } = await client.create(client.tenants, tenant('acme'))
      const { resourceVersion } = metadata
      const path = `${client.tenants}/acme`
      await client.merge(path, { metadata: { labels: { a: 'b' } } })
      const conflict = await refused('KubeConflict', client.replace(path, tenant('acme', { resourceVersion })))
      assert.is(conflict.message, `PUT ${path}: 409 Conflict`)
      const status = { observedGeneration: 1 }
      const body = { ...tenant('acme', { resourceVersion }), status }
      await refused('KubeConflict', client.replace(`${path}/status`, body))
      await client.create(client.secrets, secret('acme'))
      await refused('KubeConflict', client.replace(`${client.secrets}/acme`, secret('acme', { resourceVersion })))
    },
  ],
  [
    'a PUT for another object of the name is a conflict, whatever its version',
    async (client) => {
      const { metadata } = await client.create(client.secrets, secret('acme'))
      const { resourceVersion } = metadata
      const path = `${client.secrets}/acme`
      await refused('KubeConflict', client.replace(path, secret('acme', { uid: 'another', resourceVersion })))
      await refused('KubeConflict', client.replace(path, secret('acme', { uid: 'another' })))
      const other = await client.create(client.tenants, tenant('acme'))
      const mixed = { uid: metadata.uid, resourceVersion: other.metadata.resourceVersion }
      await refused('KubeConflict', client.replace(`${client.tenants}/acme`, tenant('acme', mixed)))
      await client.replace(path, secret('acme', { uid: metadata.uid, resourceVersion }))
    },
  ],
  [
    'a PUT without a version is refused for our kinds, and replaces a Secret whatever it is',
    async (client) => {
      await client.create(client.tenants, tenant('acme'))
      const failure = await refused('KubeInvalid', client.replace(`${client.tenants}/acme`, tenant('acme')))
      assert.match(failure.message, 'metadata.resourceVersion: Invalid value: 0: must be specified for an update')
      await client.create(client.secrets, secret('acme'))
      await client.merge(`${client.secrets}/acme`, { metadata: { labels: { a: 'b' } } })
      const replaced = await client.replace(`${client.secrets}/acme`, secret('acme', {}, { data: { other: 'eQ==' } }))
      assert.equal(replaced['data'], { other: 'eQ==' })
      assert.not(replaced.metadata.labels)
    },
  ],
  [
    'a PUT of what is not there, or of another name, makes nothing',
    async (client) => {
      await refused('KubeNotFound', client.replace(`${client.tenants}/acme`, tenant('acme', { resourceVersion: '1' })))
      await refused('KubeNotFound', client.replace(`${client.secrets}/acme`, secret('acme')))
      await client.create(client.secrets, secret('acme'))
      await refused('KubeInvalid', client.replace(`${client.secrets}/acme`, secret('other')))
      await refused('KubeInvalid', client.replace(`${client.secrets}/acme`, secret('acme', { namespace: 'default' })))
    },
  ],
  [
    'the type of a Secret cannot be changed, nor left out where it is not Opaque',
    async (client) => {
      await client.create(client.secrets, secret('acme', {}, { type: 'example.com/a' }))
      const path = `${client.secrets}/acme`
      const failure = await refused('KubeInvalid', client.replace(path, secret('acme', {}, { type: 'example.com/b' })))
      assert.is(failure.message, `PUT ${path}: 422 Invalid: type`)
      await refused('KubeInvalid', client.replace(path, secret('acme')))
      await refused('KubeInvalid', client.replace(path, secret('acme', {}, { type: 'Opaque' }), { dryRun: 'All' }))
    },
  ],
  [
    'an immutable Secret keeps its data and stays immutable; its metadata may change, and it can be deleted',
    async (client) => {
      await client.create(client.secrets, secret('acme', {}, { immutable: true }))
      const path = `${client.secrets}/acme`
      const failure = await refused('KubeInvalid', client.merge(path, { data: { key: 'eQ==' } }))
      assert.is(failure.message, `PATCH ${path}: 422 Invalid: data`)
      await refused('KubeInvalid', client.merge(path, { immutable: false }))
      await refused('KubeInvalid', client.merge(path, { immutable: null }))
      const both = await refused('KubeInvalid', client.replace(path, secret('acme', {}, { data: {} })))
      assert.is(both.message, `PUT ${path}: 422 Invalid: data, immutable`)
      await refused('KubeInvalid', client.replace(path, secret('acme'), { dryRun: 'All' }))
      const labelled = await client.merge(path, { metadata: { labels: { a: 'b' } } })
      assert.is(labelled['immutable'], true)
      await client.replace(path, secret('acme', {}, { immutable: true }))
      await client.delete(path)
    },
  ],
  [
    'owner references are kept as they are; they need to be whole, with one controller at most',
    async (client) => {
      const { apiVersion, kind, metadata } = await client.create(client.tenants, tenant('acme'))
      const other = await client.create(client.tenants, tenant('other'))
      const owner = { apiVersion, kind, name: 'other', uid: other.metadata.uid }
      const ownerReferences = [
        { apiVersion, kind, name: 'acme', uid: metadata.uid, controller: true },
        { ...owner, blockOwnerDeletion: false },
      ]
      const made = await client.create(client.secrets, secret('kept', { ownerReferences }))
      assert.equal(made.metadata.ownerReferences, ownerReferences)
      const touched = await client.merge(`${client.secrets}/kept`, { metadata: { labels: { a: 'b' } } })
      assert.equal(touched.metadata.ownerReferences, ownerReferences)
      const two = [ownerReferences[0], { ...owner, controller: true }]
      await refused('KubeInvalid', client.create(client.secrets, secret('two', { ownerReferences: two })))
      await refused('KubeInvalid', client.merge(`${client.secrets}/kept`, { metadata: { ownerReferences: two } }))
      const partial = [{ ...owner, uid: '' }]
      await refused('KubeInvalid', client.create(client.secrets, secret('partial', { ownerReferences: partial })))
    },
  ],
]
