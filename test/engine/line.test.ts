// First come, first served, however many came before.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Line } from '../../src/engine/line.ts'

const test = suite('line')

test('who came first is taken first, whoever came in between', () => {
  const line = new Line<number>()
  assert.is(line.shift(), undefined)
  line.append('a', 1)
  line.append('b', 2)
  assert.equal(line.shift(), ['a', 1])
  line.append('a', 3)
  line.append('c', 4)
  assert.equal([line.size, line.get('a'), line.get('x')], [3, 3, undefined])
  assert.equal(
    [line.shift(), line.shift(), line.shift()],
    [
      ['b', 2],
      ['a', 3],
      ['c', 4],
    ],
  )
})

test('one is taken from the middle, and the others keep their order', () => {
  const line = new Line<number>()
  for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) line.append(key, index)
  assert.equal(line.shift(), ['a', 0])
  assert.equal([...line.keys()], ['b', 'c', 'd'])
  assert.equal([line.take('c'), line.take('c'), line.size], [2, undefined, 2])
  line.append('c', 5)
  assert.equal([line.shift(), line.shift(), line.shift(), line.shift()], [['b', 1], ['d', 3], ['c', 5], undefined])
})

test('a line that was empty goes on', () => {
  const line = new Line<number>()
  for (let i = 0; i < 3; i++) {
    line.append('a', i)
    assert.equal(line.shift(), ['a', i])
    assert.is(line.shift(), undefined)
    assert.is(line.size, 0)
  }
})

test('it holds thousands that take turns', () => {
  const line = new Line<number>()
  const keys = Array.from({ length: 5_000 }, (_, i) => `key-${i}`)
  for (const key of keys) line.append(key, 0)
  for (let round = 0; round < 3; round++) {
    for (const key of keys) {
      assert.is(line.shift()?.[0], key)
      line.append(key, round)
    }
  }
  assert.is(line.size, keys.length)
})

test.run()
