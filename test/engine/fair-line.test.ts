// In a line of many parties each has its turn, however many one of them sends.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FairLine } from '../../src/engine/fair-line.ts'

const test = suite('fair line')

function lineOf(...members: readonly string[]): FairLine<string> {
  const line = new FairLine<string>()
  for (const member of members) line.append(member[0]!, member)
  return line
}

function takeAll(line: FairLine<string>): string[] {
  const taken: string[] = []
  while (line.size > 0) taken.push(line.shift()!)
  return taken
}

test('within a party who came first is first', () => {
  assert.equal(takeAll(lineOf('a1', 'a2', 'a3')), ['a1', 'a2', 'a3'])
})

test('parties take turns', () => {
  assert.equal(takeAll(lineOf('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1')), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
})

test('who comes when others have had theirs is next', () => {
  const line = lineOf('a1', 'a2', 'a3')
  line.shift()
  line.append('b', 'b1')
  assert.equal(takeAll(line), ['b1', 'a2', 'a3'])
})

test('a party that comes again as soon as it was served does not pass by one that waits', () => {
  const line = lineOf('a1', 'b1', 'b2', 'b3')
  const taken: string[] = []
  for (let again = 2; again < 5; again++) {
    taken.push(line.shift()!, line.shift()!)
    line.append('a', `a${again}`)
  }
  assert.equal(taken, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
})

test('who leaves is not served, and leaves but once', () => {
  const line = lineOf('a1')
  const leave = line.append('b', 'b1')
  line.append('b', 'b2')
  leave()
  leave()
  assert.is(line.size, 2)
  assert.equal(line.values(), ['a1', 'b2'])
  assert.equal(takeAll(line), ['a1', 'b2'])
  assert.is(line.shift(), undefined)
})

test('once it was empty nobody is remembered', () => {
  const line = lineOf('a1', 'b1')
  takeAll(line)
  line.append('a', 'a2')
  line.append('b', 'b2')
  assert.equal(takeAll(line), ['a2', 'b2'])
})

test.run()
