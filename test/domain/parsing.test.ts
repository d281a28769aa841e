// Text that somebody may have written by hand: read as what it is, or not at all.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isText, isTexts, listIn, objectIn } from '../../src/domain/parsing.ts'

const test = suite('parsing')

const texts: [json: string | undefined, isObject: boolean, isList: boolean][] = [
  ['{"a":1}', true, false],
  ['{}', true, false],
  ['["a","b"]', false, true],
  ['[]', false, true],
  ['["a",""]', false, false],
  ['["a",1]', false, false],
  ['null', false, false],
  ['"a"', false, false],
  ['7', false, false],
  ['{"a":', false, false],
  ['', false, false],
  [undefined, false, false],
]

for (const [json, isObject, isList] of texts) {
  const kind = isObject ? 'an object' : isList ? 'a list of texts' : 'neither an object nor a list of texts'
  test(`${json ?? 'nothing'} is ${kind}`, () => {
    assert.equal(objectIn(json), isObject ? JSON.parse(json!) : undefined)
    assert.equal(listIn(json), isList ? JSON.parse(json!) : undefined)
  })
}

for (const value of ['', 7, null, undefined, {}, ['a']]) {
  test(`${JSON.stringify(value)} is no text`, () => assert.not(isText(value)))
}

test('text is text, and texts are texts', () => {
  assert.ok(isText('a'))
  assert.ok(isTexts(['a', 'b']))
  assert.not(isTexts('ab'))
})

test.run()
