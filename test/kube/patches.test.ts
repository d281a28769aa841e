// JSON Patches of finalizers and status: what they change, and what they refuse to overwrite.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FINALIZER } from '../../src/api/names.ts'
import { addingFinalizer, removingFinalizer, replacingStatus } from '../../src/kube/patches.ts'
import { tenantOf } from '../doubles/resources.ts'

const test = suite('kube/patches')

const { metadata } = tenantOf({ metadata: { uid: 'u', resourceVersion: '7' } })
const SAME_RESOURCE = { op: 'test', path: '/metadata/uid', value: 'u' }
const NOT_DELETED = { op: 'test', path: '/metadata/deletionTimestamp', value: null }

test('the first finalizer goes on where there is no list of them', () => {
  assert.equal(addingFinalizer(metadata), [
    SAME_RESOURCE,
    NOT_DELETED,
    { op: 'test', path: '/metadata/finalizers', value: null },
    { op: 'add', path: '/metadata/finalizers', value: [FINALIZER] },
  ])
})

test('a further finalizer goes on behind those that were seen', () => {
  assert.equal(addingFinalizer({ ...metadata, finalizers: ['x/y'] }), [
    SAME_RESOURCE,
    NOT_DELETED,
    { op: 'test', path: '/metadata/finalizers', value: ['x/y'] },
    { op: 'add', path: '/metadata/finalizers/-', value: FINALIZER },
  ])
})

test('a finalizer that is there is not put on again', () => {
  assert.is(addingFinalizer({ ...metadata, finalizers: ['x/y', FINALIZER] }), undefined)
})

test('our finalizer is taken off where it stands, others stay', () => {
  assert.equal(removingFinalizer({ ...metadata, finalizers: ['x/y', FINALIZER, 'z/y'] }), [
    SAME_RESOURCE,
    { op: 'test', path: '/metadata/finalizers/1', value: FINALIZER },
    { op: 'remove', path: '/metadata/finalizers/1' },
  ])
})

test('a finalizer that is off is not taken off again', () => {
  assert.is(removingFinalizer(metadata), undefined)
  assert.is(removingFinalizer({ ...metadata, finalizers: ['x/y'] }), undefined)
})

test('a status replaces that of the version it was made from', () => {
  assert.equal(replacingStatus(metadata, { observedGeneration: 2 }), [
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'add', path: '/status', value: { observedGeneration: 2 } },
  ])
})

test.run()
