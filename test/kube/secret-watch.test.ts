// Versions of output Secrets: those that an application owns are followed, and of all others nothing is kept.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GROUP } from '../../src/api/names.ts'
import type { SecretVersion } from '../../src/domain/secret.ts'
import { SecretWatch } from '../../src/kube/secret-watch.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryApiServer } from '../doubles/memory-api/server.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { until } from './fake-api-server.ts'

const test = suite('kube/secret-watch')

const begun: (() => Promise<void>)[] = []
test.after.each(async () => {
  await Promise.all(begun.splice(0).map((end) => end()))
})

const OWNER = { apiVersion: 'tenants.resistant.ai/v1alpha1', kind: 'RaiTenantApplication', name: 'web', uid: 'u-1' }
const OWNED = [{ ...OWNER, controller: true }]

/** One Secret that is an application's, and others that are not. */
async function begin(namespaces: readonly (string | undefined)[] = [undefined]) {
  const clock = new ManualClock()
  const api = new MemoryApiServer({ clock })
  for (const name of ['team', 'other']) api.create({ kind: 'Namespace', metadata: { name } })
  const create = (name: string, ownerReferences: readonly object[], namespace = 'team', ours = {}) => {
    const annotations = Object.fromEntries(Object.entries(ours).map(([key, value]) => [`${GROUP}/${key}`, value]))
    const metadata = { name, namespace, ownerReferences, annotations }
    api.create({ kind: 'Secret', metadata, data: { client_secret: 'aGVsbG8=' } })
  }
  create('ours', OWNED)
  create('elsewhere', OWNED, 'other')
  create('nobodys', [])
  create('not-controlled', [OWNER])
  create('a-deployments', [{ ...OWNER, apiVersion: 'apps/v1', kind: 'Deployment', controller: true }])
  const watch = new SecretWatch({
    namespaces,
    transport: api.transport(),
    clock,
    random: () => 0,
    logger: new RecordedLog(),
    metrics: { requested: () => {}, staleReadSkipped: () => {} },
  })
  const told: [key: string, version: SecretVersion | undefined][] = []
  watch.onChange((key, version) => told.push([key, version]))
  const stop = new AbortController()
  const run = watch.run(stop.signal)
  begun.push(async () => {
    stop.abort()
    await run
  })
  await until(() => watch.states.every(({ synced }) => synced))
  return { api, create, watch, told, keys: () => told.map(([key]) => key) }
}

test('only Secrets that an application controls are told of, by the name of the application', async () => {
  const { keys } = await begin()
  assert.equal(keys().sort(), ['other/web', 'team/web'])
})

test('with a list of namespaces, only those in them', async () => {
  const { keys, watch } = await begin(['team'])
  assert.equal([keys(), watch.states.map(({ name }) => name)], [['team/web'], ['secrets in team']])
})

test('with none nothing is watched', async () => {
  const { keys, watch } = await begin([])
  assert.equal([keys(), watch.states], [[], []])
})

test('what a Secret has become since is known, and what has gone; not what nobody watches', async () => {
  const { api, watch, told } = await begin(['team'])
  const ours = { namespace: 'team', name: 'ours' }
  const { resourceVersion } = told[0]![1]!
  assert.not(watch.hasPassed(ours, resourceVersion))
  assert.not(watch.hasPassed(ours, `${resourceVersion}0`), 'its next version is on its way')
  assert.ok(watch.hasPassed(ours, '1'))
  assert.not(watch.hasPassed({ namespace: 'other', name: 'elsewhere' }, '1'))
  api.delete('Secret/team/ours')
  await until(() => told.length === 2)
  assert.ok(watch.hasPassed(ours, resourceVersion))
})

test('one that an application holds without being its owner is told of, and not one that it let go or that is another namespace’s', async () => {
  const { create, told, keys } = await begin(['team'])
  create('released', [], 'team', { claim: 'team/let-go' })
  create('copied', [], 'team', { claim: 'other/kept', 'held-by': 'u-2' })
  create('held', [], 'team', { claim: 'team/kept', 'held-by': 'u-2' })
  await until(() => told.length === 2)
  assert.equal(keys(), ['team/web', 'team/kept'])
})

test('a change tells the version, and the removal that there is none', async () => {
  const { api, told } = await begin(['team'])
  const changed = api.update({
    kind: 'Secret',
    metadata: { name: 'ours', namespace: 'team', ownerReferences: OWNED },
    data: { client_secret: 'YW5vdGhlcg==' },
  })
  await until(() => told.length === 2)
  assert.is(told[1]![1]?.resourceVersion, changed.metadata.resourceVersion)
  api.delete('Secret/team/ours')
  await until(() => told.length === 3)
  assert.equal(told[2], ['team/web', undefined])
})

test('one that loses its owner is told of as gone, and one that gets one as there', async () => {
  const { api, told } = await begin(['team'])
  const update = (name: string, ownerReferences: readonly object[]) =>
    api.update({ kind: 'Secret', metadata: { name, namespace: 'team', ownerReferences }, data: {} })
  update('ours', [])
  await until(() => told.length === 2)
  assert.equal(told[1], ['team/web', undefined])
  update('nobodys', OWNED)
  await until(() => told.length === 3)
  assert.ok(told[2]![1])
})

test.run()
