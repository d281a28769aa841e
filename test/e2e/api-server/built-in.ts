// Rows of the contract: Leases, Events, namespaces and definitions, as far as the operator uses them.
import * as assert from 'uvu/assert'
import { isNamespaceTerminating } from '../../../src/kube/failures.ts'
import type { Client } from './client.ts'
import { refused, secret, tenant } from './client.ts'
import type { Row } from './row.ts'

const START = '2026-01-01T00:00:00.000000Z'
const LATER = '2026-01-01T00:00:05.123000Z'

function lease(metadata: object, spec: object = {}): object {
  const whole = { holderIdentity: 'a', leaseDurationSeconds: 15, acquireTime: START, renewTime: START, ...spec }
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { ...whole, leaseTransitions: 0 } }
}

function event({ namespace }: Client): object {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace, name: 'acme.1' },
    eventTime: START,
    type: 'Normal',
    reason: 'Ready',
    action: 'Reconcile',
    note: 'works',
    regarding: { apiVersion: 'v1', kind: 'Secret', namespace, name: 'acme', uid: 'u', resourceVersion: '1' },
    reportingController: 'example.com/tester',
    reportingInstance: 'here',
  }
}

/** The client's namespace is about to go, and held. */
async function terminating(client: Client): Promise<string> {
  await client.create(client.secrets, secret('holder', { finalizers: ['example.com/hold'] }))
  await client.create(client.secrets, secret('plain'))
  const path = `/api/v1/namespaces/${client.namespace}`
  const namespace = await client.delete(path)
  assert.is(namespace.kind, 'Namespace')
  assert.equal(namespace['status'], { phase: 'Terminating' })
  assert.ok(namespace.metadata.deletionTimestamp)
  return path
}

async function release(client: Client): Promise<void> {
  await client.merge(`${client.secrets}/holder`, { metadata: { finalizers: null } })
}

export const BUILT_IN: readonly Row[] = [
  [
    'a Lease keeps its times to the microsecond, in UTC',
    async (client) => {
      const renewTime = '2026-01-01T01:00:00.123456+01:00'
      const made = await client.create(client.leases, lease({ name: 'lead' }, { renewTime }))
      assert.equal(made['spec'], {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: START,
        renewTime: '2026-01-01T00:00:00.123456Z',
        leaseTransitions: 0,
      })
      assert.is(made.metadata.generation, undefined)
    },
  ],
  [
    'a time in a Lease has exactly six digits after the point',
    async (client) => {
      for (const renewTime of ['2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00Z', 'soon']) {
        await refused('KubeInvalid', client.create(client.leases, lease({ name: 'lead' }, { renewTime })))
      }
    },
  ],
  [
    'a Lease is renewed over the version that was seen, and over no other',
    async (client) => {
      const path = `${client.leases}/lead`
      const { metadata } = await client.create(client.leases, lease({ name: 'lead' }))
      const { resourceVersion } = metadata
      const renewed = lease({ name: 'lead', resourceVersion }, { renewTime: LATER })
      assert.is(((await client.replace(path, renewed))['spec'] as { renewTime: string }).renewTime, LATER)
      await refused('KubeConflict', client.replace(path, renewed))
      await refused('KubeInvalid', client.replace(path, lease({ name: 'lead' })))
    },
  ],
  [
    'a Lease that is not there is made by a PUT, whatever version that names',
    async (client) => {
      const made = await client.replace(`${client.leases}/lead`, lease({ name: 'lead', resourceVersion: '1' }))
      assert.is.not(made.metadata.resourceVersion, '1')
      await refused('KubeAlreadyExists', client.create(client.leases, lease({ name: 'lead' })))
    },
  ],
  [
    'an Event is told once under its name, and counted by a merge patch',
    async (client) => {
      const made = await client.create(client.events, event(client))
      assert.is(made['note'], 'works')
      assert.is(made['eventTime'], START)
      await refused('KubeAlreadyExists', client.create(client.events, event(client)))
      const series = { count: 2, lastObservedTime: LATER }
      const counted = await client.merge(`${client.events}/acme.1`, { series })
      assert.equal(counted['series'], series)
      assert.is(counted['note'], 'works')
      await refused('KubeNotFound', client.merge(`${client.events}/acme.2`, { series }))
    },
  ],
  [
    'what an Event said cannot be changed',
    async (client) => {
      await client.create(client.events, event(client))
      for (const change of [
        { note: 'other' },
        { reason: 'Other' },
        { regarding: { uid: 'v' } },
        { eventTime: LATER },
      ]) {
        await refused('KubeInvalid', client.merge(`${client.events}/acme.1`, change))
      }
      await client.merge(`${client.events}/acme.1`, { metadata: { labels: { a: 'b' } } })
    },
  ],
  [
    'a patch that makes what cannot be read is taken for a conflict: nobody says what kind it is of',
    async (client) => {
      await client.create(client.events, event(client))
      const series = { count: 2, lastObservedTime: '2026-01-01T00:00:05Z' }
      await refused('KubeConflict', client.merge(`${client.events}/acme.1`, { series }))
    },
  ],
  [
    'a namespace is active, is labelled with its name, and is there once',
    async (client) => {
      const { metadata, status } = await client.get(`/api/v1/namespaces/${client.namespace}`)
      assert.equal(status, { phase: 'Active' })
      assert.equal(metadata.labels, { 'kubernetes.io/metadata.name': client.namespace })
      const again = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: client.namespace } }
      await refused('KubeAlreadyExists', client.create('/api/v1/namespaces', again))
      const labels = { team: 'a' }
      const labelled = await client.merge(`/api/v1/namespaces/${client.namespace}`, { metadata: { labels } })
      assert.is(labelled.metadata.labels?.['team'], 'a')
      const fieldSelector = `metadata.name=${client.namespace}`
      const { items } = await client.list('/api/v1/namespaces', { fieldSelector, labelSelector: 'team in (a,b)' })
      assert.is(items.length, 1)
    },
  ],
  [
    'in a namespace that is being deleted nothing is created, not even on trial, and that is told apart',
    async (client) => {
      const path = await terminating(client)
      const why = `unable to create new content in namespace ${client.namespace} because it is being terminated`
      for (const create of [
        () => client.create(client.secrets, secret('late')),
        () => client.create(client.secrets, secret('late'), { dryRun: 'All' }),
        () => client.create(client.secrets, secret('holder')),
        () => client.create(client.tenants, tenant('late')),
        () => client.create(client.events, event(client)),
        () => client.replace(`${client.leases}/late`, lease({ name: 'late' })),
      ]) {
        const failure = await refused('KubeForbidden', create())
        assert.ok(isNamespaceTerminating(failure))
        assert.match(failure.message, why)
      }
      assert.not(isNamespaceTerminating(await refused('KubeNotFound', client.get(`${client.secrets}/late`))))
      await release(client)
      await client.until(
        () => client.get(path).catch(() => undefined),
        (namespace) => namespace === undefined,
      )
      await refused('KubeNotFound', client.create(client.secrets, secret('late')))
    },
  ],
  [
    'a namespace that is being deleted takes along what is in it, and waits for what is held',
    async (client) => {
      const path = await terminating(client)
      const left = () => client.list(client.secrets)
      const { items } = await client.until(left, (list) => list.items.length === 1)
      assert.is(items[0]!.metadata.name, 'holder')
      assert.ok(items[0]!.metadata.deletionTimestamp)
      const labelled = await client.merge(`${client.secrets}/holder`, { metadata: { labels: { a: 'b' } } })
      assert.equal(labelled.metadata.labels, { a: 'b' })
      assert.ok(await client.get(path))
      await release(client)
      await client.until(
        () => client.get(path).catch(() => undefined),
        (namespace) => namespace === undefined,
      )
    },
  ],
]
