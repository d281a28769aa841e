// Rows of the contract: which objects a list has, in which order, in pages, and in which form.
import * as assert from 'uvu/assert'
import { METADATA_OF_ALL, METADATA_ONLY } from '../../../src/kube/wire.ts'
import { compareVersions } from '../../../src/kube/versions.ts'
import type { Client } from './client.ts'
import { application, names, refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'

async function labelled(client: Client): Promise<void> {
  for (const [name, labels] of [
    ['d', {}],
    ['b', { tier: 'gold', odd: '1' }],
    ['a', { tier: 'gold' }],
    ['c', { tier: 'tin', odd: '1' }],
  ] as const) {
    await client.create(client.tenants, tenant(name, { labels }))
  }
}

const SELECTIONS: readonly (readonly [labelSelector: string, expected: readonly string[]])[] = [
  ['tier=gold', ['a', 'b']],
  ['tier==gold', ['a', 'b']],
  ['tier!=gold', ['c', 'd']],
  ['tier in (gold,tin)', ['a', 'b', 'c']],
  ['tier in (tin)', ['c']],
  ['tier notin (gold)', ['c', 'd']],
  ['tier', ['a', 'b', 'c']],
  ['!tier', ['d']],
  ['odd=1,tier in (gold,tin)', ['b', 'c']],
  ['tier in (gold,tin),odd=1,tier!=tin', ['b']],
  ['tier=gold,tier=tin', []],
]

export const LISTS: readonly Row[] = [
  [
    'a list is sorted by name; only objects of custom kinds say in it what they are',
    async (client) => {
      await labelled(client)
      const tenants = await client.list(client.tenants)
      assert.is(tenants.kind, 'RaiTenantList')
      assert.equal(names(tenants), ['a', 'b', 'c', 'd'])
      assert.is(tenants.items[0]!.kind, 'RaiTenant')
      assert.not(tenants.metadata.continue)
      await client.create(client.secrets, secret('x'))
      const secrets = await client.list(client.secrets)
      assert.is(secrets.kind, 'SecretList')
      assert.is(secrets.items[0]!.kind, undefined)
      assert.is(secrets.items[0]!['type'], 'Opaque')
    },
  ],
  [
    'labels select, by equality, in a set, or by being there',
    async (client) => {
      await labelled(client)
      for (const [labelSelector, expected] of SELECTIONS) {
        assert.equal(names(await client.list(client.tenants, { labelSelector })), expected, labelSelector)
      }
      for (const labelSelector of ['=', 'tier in (gold']) {
        await refused('KubeInvalid', client.list(client.tenants, { labelSelector }))
      }
    },
  ],
  [
    'name, namespace, and of applications tenant and cell select by field',
    async (client) => {
      await client.create(client.applications, application('web'))
      await client.create(client.applications, application('job', { cell: 'us-1' }))
      await client.create(client.applications, application('bot', { cell: 'us-1', tenantRef: { name: 'other' } }))
      for (const [fieldSelector, expected] of [
        ['metadata.name=web', ['web']],
        ['metadata.name!=web', ['bot', 'job']],
        [`metadata.namespace=${client.namespace}`, ['bot', 'job', 'web']],
        ['metadata.namespace=default', []],
        ['spec.tenantRef.name=acme', ['job', 'web']],
        ['spec.cell=us-1', ['bot', 'job']],
        ['spec.cell=us-1,spec.tenantRef.name=acme', ['job']],
      ] as const) {
        assert.equal(names(await client.list(client.applications, { fieldSelector })), expected, fieldSelector)
      }
    },
  ],
  [
    'other fields do not select, and that is said',
    async (client) => {
      await refused('KubeInvalid', client.list(client.applications, { fieldSelector: 'spec.auth.type=EC' }))
      await refused('KubeInvalid', client.list(client.tenants, { fieldSelector: 'spec.cell=eu-1' }))
      await client.create(client.secrets, secret('x', {}, { type: 'example.com/x' }))
      assert.equal(names(await client.list(client.secrets, { fieldSelector: 'type=Opaque' })), [])
    },
  ],
  [
    'all pages of a list show one moment',
    async (client) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await client.create(client.tenants, tenant(name))
      const first = await client.list(client.tenants, { limit: '2' })
      assert.equal(names(first), ['a', 'b'])
      assert.is(first.metadata.remainingItemCount, 3)
      await client.create(client.tenants, tenant('bb'))
      await client.delete(`${client.tenants}/c`)
      await client.merge(`${client.tenants}/d`, { metadata: { labels: { new: '1' } } })
      const second = await client.list(client.tenants, { limit: '2', continue: first.metadata.continue })
      assert.equal(names(second), ['c', 'd'])
      assert.not(second.items[1]!.metadata.labels)
      const last = await client.list(client.tenants, { limit: '2', continue: second.metadata.continue })
      assert.equal(names(last), ['e'])
      assert.not(last.metadata.continue)
      for (const page of [second, last]) assert.is(page.metadata.resourceVersion, first.metadata.resourceVersion)
    },
  ],
  [
    'a page holds what is selected; how much is left is not told, and may be nothing',
    async (client) => {
      await labelled(client)
      const query = { limit: '1', labelSelector: 'tier=gold' }
      const first = await client.list(client.tenants, query)
      assert.equal(names(first), ['a'])
      assert.is(first.metadata.remainingItemCount, undefined)
      const second = await client.list(client.tenants, { ...query, continue: first.metadata.continue })
      assert.equal(names(second), ['b'])
      const last = await client.list(client.tenants, { ...query, continue: second.metadata.continue })
      assert.equal(names(last), [])
      assert.not(last.metadata.continue)
      assert.equal(names(await client.list(client.tenants, { limit: '0' })), ['a', 'b', 'c', 'd'])
    },
  ],
  [
    'a made-up token or limit is refused, and a version of the future is waited for in vain',
    async (client) => {
      await refused('KubeInvalid', client.list(client.tenants, { limit: '1', continue: 'made-up' }))
      await refused('KubeInvalid', client.list(client.tenants, { limit: 'some' }))
      const resourceVersion = '999999999999'
      const failure = await refused('KubeUnavailable', client.list(client.tenants, { resourceVersion }))
      assert.is(failure.retryAfterMs, 1_000)
    },
  ],
  [
    'a list of all namespaces has those of each; a list is as new as what was written before it',
    async (client) => {
      const { metadata } = await client.create(client.tenants, tenant('acme'))
      const path = client.tenants.replace(`/namespaces/${client.namespace}`, '')
      const everywhere = await client.list(path)
      const mine = everywhere.items.filter((item) => item.metadata.namespace === client.namespace)
      assert.equal(
        mine.map((item) => item.metadata.uid),
        [metadata.uid],
      )
      assert.ok(compareVersions(everywhere.metadata.resourceVersion, metadata.resourceVersion) >= 0)
    },
  ],
  [
    'who asks for metadata gets no more, of one object, of a list, and after a write',
    async (client) => {
      const made = await client.create(client.tenants, tenant('acme', { labels: { a: 'b' } }))
      const one = await client.get(`${client.tenants}/acme`, METADATA_ONLY)
      const identity = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
      assert.equal(one, { ...identity, metadata: made.metadata })
      const all = await client.list(client.tenants, {}, METADATA_OF_ALL)
      assert.is(all.kind, 'PartialObjectMetadataList')
      assert.equal(all.items, [{ ...identity, metadata: made.metadata }])
      assert.match(all.metadata.resourceVersion, /^\d+$/)
      await refused('KubeNotFound', client.get(`${client.tenants}/other`, METADATA_ONLY))
    },
  ],
  [
    'a list’s metadata is asked for as a list’s: the form for one object is refused',
    async (client) => {
      await refused('KubeInvalid', client.list(client.tenants, {}, METADATA_ONLY))
      await refused('KubeInvalid', client.list(client.secrets, {}, METADATA_ONLY))
    },
  ],
  [
    'a definition’s metadata can be looked at',
    async (client) => {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      const { metadata } = await client.get(`${path}/raitenants.tenants.resistant.ai`, METADATA_ONLY)
      assert.is(metadata.name, 'raitenants.tenants.resistant.ai')
      assert.is(metadata.deletionTimestamp, undefined)
      await refused('KubeNotFound', client.get(`${path}/rainothings.tenants.resistant.ai`, METADATA_ONLY))
    },
  ],
]
