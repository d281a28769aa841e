// Rows of the contract: how objects come to be, and what they are then.
import * as assert from 'uvu/assert'
import { compareVersions } from '../../../src/kube/versions.ts'
import { application, refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'

export const CREATES: readonly Row[] = [
  [
    'identity, version, generation and creation time are the server’s to give',
    async (client) => {
      const claimed = {
        uid: 'mine',
        generation: 7,
        creationTimestamp: '2020-01-01T00:00:00Z',
        deletionTimestamp: '2020-01-01T00:00:00Z',
      }
      const { metadata } = await client.create(client.tenants, tenant('acme', claimed))
      assert.is.not(metadata.uid, 'mine')
      assert.match(metadata.uid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.match(metadata.resourceVersion, /^[1-9]\d*$/)
      assert.is(metadata.generation, 1)
      assert.match(metadata.creationTimestamp, /^20(?!20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.is(metadata.deletionTimestamp, undefined)
      assert.is(metadata.namespace, client.namespace)
    },
  ],
  [
    'the schema’s defaults are filled in, and what is given stays',
    async (client) => {
      const { spec } = await client.create(client.tenants, tenant('acme', {}, { drainPolicy: 'All' }))
      assert.equal(spec, {
        cells: ['eu-1'],
        adoptionPolicy: 'Never',
        deletionProtection: false,
        drainPolicy: 'All',
        allowedNamespaces: { from: 'Same' },
      })
      const made = await client.create(client.applications, application('web', { secret: { name: 'x' } }))
      assert.equal(made['spec'], {
        tenantRef: { name: 'acme' },
        cell: 'eu-1',
        scopes: ['documents.submissions.read'],
        auth: { type: 'EC' },
        secret: { name: 'x' },
        onAmbiguousCreate: 'Replace',
      })
    },
  ],
  [
    'what the schema does not know is left out',
    async (client) => {
      const { spec } = await client.create(client.tenants, tenant('acme', {}, { unknown: 1 }))
      assert.not('unknown' in (spec as object))
      const status = { observedGeneration: 1, unknown: { a: 1 } }
      const written = await client.merge(`${client.tenants}/acme/status`, { status })
      assert.equal(written['status'], { observedGeneration: 1 })
    },
  ],
  [
    'a new object’s status is the schema’s default, whatever was sent',
    async (client) => {
      const sent = { ...tenant('acme'), status: { observedGeneration: 5 } }
      const expected = { observedGeneration: -1 }
      assert.equal((await client.create(client.tenants, sent))['status'], expected)
      assert.equal((await client.get(`${client.tenants}/acme`))['status'], expected)
      assert.equal((await client.list(client.tenants)).items[0]!['status'], expected)
    },
  ],
  [
    'a Secret is Opaque unless it says otherwise, has no generation, and has its texts encoded',
    async (client) => {
      const more = { stringData: { text: 'žluťoučký', key: 'newer' } }
      const made = await client.create(client.secrets, secret('plain', {}, more))
      const encoded = (text: string) => Buffer.from(text).toString('base64')
      assert.is(made['type'], 'Opaque')
      assert.equal(made['data'], { text: encoded('žluťoučký'), key: encoded('newer') })
      assert.is(made['stringData'], undefined)
      assert.is(made.metadata.generation, undefined)
      const typed = await client.create(client.secrets, secret('typed', {}, { type: 'example.com/kind', data: {} }))
      assert.is(typed['type'], 'example.com/kind')
      assert.is(typed['data'], undefined)
    },
  ],
  [
    'what is empty in the metadata is left out',
    async (client) => {
      const empty = { labels: {}, annotations: {}, finalizers: [], ownerReferences: [] }
      for (const [path, body] of [
        [client.tenants, tenant('acme', empty)],
        [client.secrets, secret('acme', empty)],
      ] as const) {
        const { metadata } = await client.create(path, body)
        for (const field of Object.keys(empty)) assert.not(field in metadata, field)
      }
    },
  ],
  [
    'a second object of a name is refused, be the first one about to go',
    async (client) => {
      await client.create(client.tenants, tenant('acme', { finalizers: ['example.com/hold'] }))
      const first = await refused('KubeAlreadyExists', client.create(client.tenants, tenant('acme')))
      assert.is(first.message, `POST ${client.tenants}: 409 AlreadyExists`)
      await client.delete(`${client.tenants}/acme`)
      await refused('KubeAlreadyExists', client.create(client.tenants, tenant('acme')))
      await client.create(client.secrets, secret('acme'))
      await refused('KubeAlreadyExists', client.create(client.secrets, secret('acme')))
      await client.merge(`${client.tenants}/acme`, { metadata: { finalizers: null } })
    },
  ],
  [
    'an object made again under a name is another one',
    async (client) => {
      const first = await client.create(client.tenants, tenant('acme'))
      await client.delete(`${client.tenants}/acme`)
      const second = await client.create(client.tenants, tenant('acme'))
      assert.is.not(second.metadata.uid, first.metadata.uid)
      assert.ok(compareVersions(second.metadata.resourceVersion, first.metadata.resourceVersion) > 0)
    },
  ],
  [
    'no version may be sent with a new object',
    async (client) => {
      await refused('KubeUnavailable', client.create(client.tenants, tenant('acme', { resourceVersion: '5' })))
      await refused('KubeUnavailable', client.create(client.secrets, secret('acme', { resourceVersion: '5' })))
    },
  ],
  [
    'a new object needs a name, and a namespace that is not another one',
    async (client) => {
      await refused('KubeInvalid', client.create(client.tenants, tenant('')))
      await refused('KubeInvalid', client.create(client.tenants, tenant('acme', { namespace: 'default' })))
      await client.create(client.tenants, tenant('acme', { namespace: client.namespace }))
    },
  ],
  [
    'a new object is of the path’s kind; a built-in one need not say so',
    async (client) => {
      await refused('KubeInvalid', client.create(client.tenants, application('acme')))
      await refused('KubeInvalid', client.create(client.tenants, { metadata: { name: 'acme' }, spec: {} }))
      await refused('KubeInvalid', client.create(client.secrets, { ...secret('acme'), kind: 'ConfigMap' }))
      await client.create(client.secrets, { metadata: { name: 'acme' } })
    },
  ],
  [
    'what is not there is not found: an object, a namespace, a kind',
    async (client) => {
      const failure = await refused('KubeNotFound', client.get(`${client.tenants}/acme`))
      assert.is(failure.message, `GET ${client.tenants}/acme: 404 NotFound`)
      const elsewhere = client.secrets.replace(client.namespace, `${client.namespace}-x`)
      await refused('KubeNotFound', client.create(elsewhere, secret('acme')))
      assert.equal((await client.list(elsewhere)).items, [])
      await refused('KubeNotFound', client.list(client.tenants.replace('raitenants', 'rainothings')))
      await refused('KubeNotFound', client.get(`${client.secrets}/acme`))
    },
  ],
  [
    'every write of whatever kind has a newer version than the one before',
    async (client) => {
      const versions = [
        await client.create(client.tenants, tenant('acme')),
        await client.create(client.secrets, secret('acme')),
        await client.merge(`${client.tenants}/acme/status`, { status: { observedGeneration: 1 } }),
        await client.merge(`${client.secrets}/acme`, { metadata: { labels: { a: 'b' } } }),
      ].map(({ metadata }) => metadata.resourceVersion)
      assert.equal(versions.toSorted(compareVersions), versions)
      assert.is(new Set(versions).size, versions.length)
      const { metadata } = await client.list(client.tenants)
      assert.ok(compareVersions(metadata.resourceVersion, versions[2]!) >= 0)
    },
  ],
]
