// What is kept of a resource in memory.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { APPLICATIONS, collectionPath, TENANTS } from '../../src/kube/kinds.ts'

const test = suite('kube/kinds')

const metadata = {
  name: 'acme',
  namespace: 'team',
  uid: 'u-1',
  resourceVersion: '7',
  generation: 2,
  creationTimestamp: '2026-01-01T00:00:00Z',
}

test('what the operator goes by is kept', () => {
  const object = {
    metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['x/y'] },
    spec: { cells: ['eu-1'] },
    status: { observedGeneration: 2, tenantId: 't' },
  }
  assert.equal(TENANTS.project(object), {
    apiVersion: 'tenants.resistant.ai/v1alpha1',
    kind: 'RaiTenant',
    ...object,
  })
})

test('labels, managed fields and the annotations of others are not kept', () => {
  const object = {
    metadata: {
      ...metadata,
      labels: { a: 'b' },
      managedFields: [{ manager: 'kubectl' }],
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'tenants.resistant.ai.example.com/x': 'not ours',
        'tenants.resistant.ai/paused': 'true',
      },
    },
    spec: {},
  }
  assert.equal(APPLICATIONS.project(object).metadata, {
    ...metadata,
    annotations: { 'tenants.resistant.ai/paused': 'true' },
  })
})

test('a resource without a status has one that was never observed', () => {
  assert.equal(TENANTS.project({ metadata, spec: {} } as never).status, { observedGeneration: -1 })
})

test('a collection is of all namespaces, or of one', () => {
  assert.is(collectionPath('raitenants'), '/apis/tenants.resistant.ai/v1alpha1/raitenants')
  assert.is(collectionPath('raitenants', 'a'), '/apis/tenants.resistant.ai/v1alpha1/namespaces/a/raitenants')
})

test.run()
