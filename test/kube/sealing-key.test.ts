// The key by which the operator knows its own writing: made once, whoever else makes one at the same time.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RECORD_LABELS } from '../../src/api/names.ts'
import type { RecordContent } from '../../src/domain/journal.ts'
import { Failure, isFailure } from '../../src/errors.ts'
import { SealingKey } from '../../src/kube/sealing-key.ts'
import { Redacted } from '../../src/redacted.ts'
import { MemoryRecords } from '../doubles/memory-records.ts'
import { thrownBy } from './fake-api-server.ts'

const test = suite('kube/sealing-key')

const forever = new AbortController().signal
const away = new Failure('KubeUnavailable', 'retry', 'the API server does not answer')
const forbidden = new Failure('KubeForbidden', 'wait', 'POST secrets: 403 Forbidden')
const ADOPTING = { [RECORD_LABELS.record]: 'sealing-key', [RECORD_LABELS.state]: 'adopting' }

function keyOf(text: string, labels: Readonly<Record<string, string>> = ADOPTING): RecordContent {
  return { name: 'sealing-key', labels, annotations: {}, data: { key: new Redacted(text) } }
}

function begin() {
  const records = new MemoryRecords()
  return { records, key: new SealingKey(records), held: () => records.held.get('sealing-key')! }
}

test('where there is none, one is made, and what was written before it is to be sealed', async () => {
  const { records, key, held } = begin()
  assert.is(await key.load(forever), true)
  assert.equal(records.writes, ['create sealing-key'])
  assert.equal(held().labels, ADOPTING)
  assert.is(Buffer.from(held().data['key']!.reveal(), 'base64url').length, 32)
})

test('no two keys are the same', async () => {
  const keys = await Promise.all(
    [begin(), begin()].map(async ({ key, held }) => {
      await key.load(forever)
      return held().data['key']!.reveal()
    }),
  )
  assert.is(new Set(keys).size, 2)
})

test('it is made once: the next process reads it, and seals the same', async () => {
  const { records, key } = begin()
  await key.load(forever)
  await key.adopted(forever)
  const next = new SealingKey(records)
  assert.is(await next.load(forever), false)
  assert.is(next.seal('text'), key.seal('text'))
  assert.is.not(next.seal('text'), next.seal('another'))
  assert.is(records.writes.filter((write) => write.startsWith('create')).length, 1)
})

test('a process that ends before all is sealed leaves that to the next', async () => {
  const { records, key } = begin()
  await key.load(forever)
  const next = new SealingKey(records)
  assert.is(await next.load(forever), true)
  await next.adopted(forever)
  assert.is(await new SealingKey(records).load(forever), false)
})

test('that all is sealed takes the label off and nothing else', async () => {
  const { key, held } = begin()
  await key.load(forever)
  const { data, labels } = held()
  await key.adopted(forever)
  const { [RECORD_LABELS.state]: _, ...rest } = labels
  assert.equal(held().labels, rest)
  assert.is(held().data['key']?.reveal(), data['key']!.reveal())
})

test('a key whose making was not confirmed is the key', async () => {
  const { records, key, held } = begin()
  records.lostAnswer = (verb) => (verb === 'create' ? away : undefined)
  assert.is(await key.load(forever), true)
  assert.is(records.writes.length, 1)
  assert.is(key.seal('text'), await sealBy(held().data['key']!.reveal()))
})

test('of two replicas that make one at the same time, both take the first', async () => {
  const { records, key } = begin()
  records.refusal = (verb) => {
    if (verb === 'create' && records.held.size === 0) records.put(keyOf('of the other'))
    return undefined
  }
  assert.is(await key.load(forever), true)
  assert.is(key.seal('text'), await sealBy('of the other'))
})

async function sealBy(text: string): Promise<string> {
  const { records, key } = begin()
  records.put(keyOf(text))
  await key.load(forever)
  return key.seal('text')
}

for (const [title, failure] of [
  ['is not allowed', forbidden],
  ['does not arrive', away],
] as const) {
  test(`where making one ${title}, nothing is sealed`, async () => {
    const { records, key } = begin()
    records.refusal = (verb) => (verb === 'create' ? failure : undefined)
    assert.is(await thrownBy(key.load(forever)), failure)
    assert.throws(() => key.seal('text'))
  })
}

test('a key that cannot be read is not made anew', async () => {
  const { records, key } = begin()
  records.put(keyOf('key'))
  records.refusal = (verb) => (verb === 'get' ? away : undefined)
  assert.is(await thrownBy(key.load(forever)), away)
  assert.equal(records.writes, [])
})

test('a Secret without the key is told and left: another key would make all that stands forged', async () => {
  const { records, key } = begin()
  records.put({ ...keyOf('key'), data: {} })
  const failure = await thrownBy(key.load(forever))
  assert.ok(isFailure(failure, 'SealingKeyUnusable'))
  assert.is(failure.disposition, 'stall')
  assert.equal(records.writes, [])
})

test('who comes second in saying that all is sealed gives way', async () => {
  const { records, key } = begin()
  await key.load(forever)
  const other = new SealingKey(records)
  await other.load(forever)
  await other.adopted(forever)
  assert.ok(isFailure(await thrownBy(key.adopted(forever)), 'KubeConflict'))
})

test.run()
