// The cache: never back in time, and every change told once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Stored } from '../../src/kube/store.ts'
import { Store } from '../../src/kube/store.ts'
import { StoreIndex } from '../../src/kube/store-index.ts'
import { StoreTally } from '../../src/kube/store-tally.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const test = suite('kube/store')

type Thing = Stored & { readonly of?: string }

function thing(name: string, version: number, more: { uid?: string; namespace?: string; of?: string } = {}): Thing {
  const { uid = `uid-${name}`, namespace = 'team', of } = more
  return { metadata: { name, namespace, uid, resourceVersion: String(version) }, ...(of !== undefined && { of }) }
}

function cache() {
  const log = new RecordedLog()
  const told: string[] = []
  let skipped = 0
  const store = new Store<Thing>({ requested: () => {}, staleReadSkipped: () => skipped++ }, log)
  const versionOf = (object?: Thing) => object && `${object.metadata.uid}@${object.metadata.resourceVersion}`
  store.onChange((key, before, after) => told.push(`${key} ${versionOf(before)} → ${versionOf(after)}`))
  return { store, log, told, skipped: () => skipped }
}

function list(store: Store<Thing>, items: readonly Thing[], version: number, namespace?: string): void {
  store.replace({ items, version: String(version), since: store.newestVersion, namespace })
}

test('an event is shown and told', () => {
  const { store, told } = cache()
  store.upsert(thing('a', 5))
  store.upsert(thing('a', 7))
  assert.is(store.get('team/a')?.metadata.resourceVersion, '7')
  store.remove(thing('a', 8))
  assert.is(store.get('team/a'), undefined)
  assert.equal(told, ['team/a undefined → uid-a@5', 'team/a uid-a@5 → uid-a@7', 'team/a uid-a@7 → undefined'])
})

test('the same event twice is told once', () => {
  const { store, told, skipped } = cache()
  store.upsert(thing('a', 5))
  store.upsert(thing('a', 5))
  assert.is(told.length, 1)
  assert.is(skipped(), 0)
})

test('our own write is shown at once, and events older than it are skipped and counted', () => {
  const { store, told, skipped } = cache()
  store.upsert(thing('a', 99))
  store.observeAnswer(thing('a', 101))
  store.upsert(thing('a', 100))
  store.upsert(thing('a', 101))
  assert.is(store.get('team/a')?.metadata.resourceVersion, '101')
  assert.is(skipped(), 1)
  assert.equal(told.slice(1), ['team/a uid-a@99 → uid-a@101'])
})

test('an answer about a resource that has gone, or was made again, or has moved on is not shown', () => {
  const { store, told } = cache()
  store.observeAnswer(thing('a', 5))
  store.upsert(thing('b', 7, { uid: 'second' }))
  store.observeAnswer(thing('b', 8, { uid: 'first' }))
  store.observeAnswer(thing('b', 6, { uid: 'second' }))
  assert.equal(told, ['team/b undefined → second@7'])
})

test('an answer at the version that is held already is shown: the last finalizer goes without a new one', () => {
  const { store } = cache()
  store.upsert(thing('a', 5, { of: 'finalizer' }))
  store.observeAnswer(thing('a', 5))
  assert.is(store.get('team/a')?.of, undefined)
})

test('a list tells what came, what changed and what has gone', () => {
  const { store, told } = cache()
  for (const one of [thing('same', 1), thing('changed', 2), thing('gone', 3)]) store.upsert(one)
  list(store, [thing('same', 1), thing('changed', 8), thing('new', 9)], 10)
  assert.equal(told.slice(3), [
    'team/changed uid-changed@2 → uid-changed@8',
    'team/new undefined → uid-new@9',
    'team/gone uid-gone@3 → undefined',
  ])
})

test('a resource that was deleted and made again between two lists has gone and come', () => {
  const { store, told } = cache()
  store.upsert(thing('a', 1, { uid: 'first' }))
  list(store, [thing('a', 5, { uid: 'second' })], 6)
  assert.equal(told.slice(1), ['team/a first@1 → undefined', 'team/a undefined → second@5'])
})

test('the end of a former resource does not take away the one that has its name now', () => {
  const { store, told } = cache()
  store.upsert(thing('a', 7, { uid: 'second' }))
  store.remove(thing('a', 5, { uid: 'first' }))
  assert.is(told.length, 1)
  assert.ok(store.get('team/a'))
})

test('the end of a resource that came after the one that is shown takes that one away too', () => {
  const { store } = cache()
  store.upsert(thing('a', 3, { uid: 'first' }))
  store.remove(thing('a', 9, { uid: 'second' }))
  assert.is(store.get('team/a'), undefined)
})

test('a list that was under way while we wrote does not undo our write', () => {
  const { store, skipped } = cache()
  store.upsert(thing('a', 5))
  const since = store.newestVersion
  store.observeAnswer(thing('a', 12))
  store.replace({ items: [thing('a', 5)], version: '10', since, namespace: undefined })
  assert.is(store.get('team/a')?.metadata.resourceVersion, '12')
  assert.is(skipped(), 1)
})

test('a list older than what was known when it was asked for shows a restored cluster, and is believed', () => {
  const { store, told } = cache()
  store.upsert(thing('a', 500))
  store.upsert(thing('b', 501))
  list(store, [thing('a', 100)], 120)
  assert.equal(told.slice(2), ['team/a uid-a@500 → uid-a@100', 'team/b uid-b@501 → undefined'])
  store.upsert(thing('a', 130))
  assert.is(store.get('team/a')?.metadata.resourceVersion, '130')
  assert.is(store.newestVersion, '130')
})

test('a late event about what has gone does not bring it back', () => {
  const { store, told, skipped } = cache()
  store.upsert(thing('a', 5))
  store.remove(thing('a', 8))
  for (const version of [5, 7, 8]) store.upsert(thing('a', version))
  assert.is(store.get('team/a'), undefined)
  assert.equal(told.slice(1), ['team/a uid-a@5 → undefined'])
  assert.is(skipped(), 3)
})

test('nor does one about what had gone before it was ever seen', () => {
  const { store, told } = cache()
  store.remove(thing('a', 8))
  store.upsert(thing('a', 7))
  assert.equal(told, [])
})

test('what has gone makes room for another of its name', () => {
  const { store } = cache()
  store.upsert(thing('a', 5, { uid: 'first' }))
  store.remove(thing('a', 8, { uid: 'first' }))
  store.upsert(thing('a', 9, { uid: 'second' }))
  assert.is(store.get('team/a')?.metadata.uid, 'second')
})

test('what a list lacks may come back: the list may have been too old to show it', () => {
  const { store, told } = cache()
  store.upsert(thing('a', 5))
  list(store, [], 6)
  store.upsert(thing('a', 7))
  assert.equal(told.slice(1), ['team/a uid-a@5 → undefined', 'team/a undefined → uid-a@7'])
})

test('what had gone before a restore is there again after it', () => {
  const { store } = cache()
  store.upsert(thing('a', 500))
  store.remove(thing('a', 510))
  store.upsert(thing('b', 520))
  list(store, [thing('a', 100)], 120)
  assert.is(store.get('team/a')?.metadata.resourceVersion, '100')
  store.upsert(thing('a', 130))
  assert.is(store.get('team/a')?.metadata.resourceVersion, '130')
})

test('of what has gone, more is remembered than events can be late, and not without end', () => {
  const { store } = cache()
  store.remove(thing('a', 5))
  for (let gone = 1; gone <= 199; gone++) store.remove(thing(`gone-${gone}`, 5 + gone))
  store.upsert(thing('a', 4))
  assert.is(store.get('team/a'), undefined)
  store.remove(thing('one-more', 2_000))
  store.upsert(thing('a', 4))
  assert.ok(store.get('team/a'))
})

test('the list of one namespace leaves the others alone', () => {
  const { store } = cache()
  store.upsert(thing('a', 1, { namespace: 'one' }))
  store.upsert(thing('a', 2, { namespace: 'two' }))
  list(store, [], 5, 'one')
  assert.equal(
    Array.from(store.all(), ({ metadata }) => metadata.namespace),
    ['two'],
  )
})

test('a handler that throws is logged, and the others are told', () => {
  const { store, log } = cache()
  const heard: string[] = []
  store.onChange(() => {
    throw new Error('oh')
  })
  store.onChange((key) => heard.push(key))
  store.upsert(thing('a', 1))
  assert.equal(heard, ['team/a'])
  assert.is(store.size, 1)
  assert.equal(
    log.lines.map(({ level, fields }) => [level, fields['key']]),
    [['error', 'team/a']],
  )
})

test('an index knows who refers to what, before others are told of the change', () => {
  const { store } = cache()
  const index = new StoreIndex<Thing>(store, ({ of }) => of ?? '')
  const names = (of: string) => Array.from(index.of(of), ({ metadata }) => metadata.name)
  const seen: string[][] = []
  store.onChange(() => seen.push(names('x')))
  store.upsert(thing('a', 1, { of: 'x' }))
  store.upsert(thing('b', 2, { of: 'x' }))
  store.upsert(thing('a', 3, { of: 'y' }))
  assert.equal(seen, [['a'], ['a', 'b'], ['b']])
  assert.equal(names('y'), ['a'])
  store.remove(thing('b', 4, { of: 'x' }))
  assert.equal(names('x'), [])
})

test('an index holds the newest state of a resource', () => {
  const { store } = cache()
  const index = new StoreIndex<Thing>(store, ({ of }) => of ?? '')
  store.upsert(thing('a', 1, { of: 'x' }))
  store.upsert(thing('a', 2, { of: 'x' }))
  assert.equal(
    Array.from(index.of('x'), ({ metadata }) => metadata.resourceVersion),
    ['2'],
  )
})

test('a tally knows what is referred to as long as anybody refers to it', () => {
  const { store } = cache()
  const tally = new StoreTally<Thing>(store, ({ of }) => (of ?? '').split(' ').filter(Boolean))
  const known = () => ['x', 'y', 'z'].filter((value) => tally.has(value)).join()
  const steps: readonly (readonly [() => void, string])[] = [
    [() => store.upsert(thing('a', 1, { of: 'x y' })), 'x,y'],
    [() => store.upsert(thing('b', 2, { of: 'y' })), 'x,y'],
    [() => store.upsert(thing('a', 3, { of: 'x y' })), 'x,y'],
    [() => store.upsert(thing('a', 4, { of: 'z' })), 'y,z'],
    [() => store.remove(thing('b', 5, { of: 'y' })), 'z'],
    [() => store.remove(thing('a', 6, { of: 'z' })), ''],
  ]
  for (const [step, expected] of steps) {
    step()
    assert.is(known(), expected)
  }
})

test.run()
