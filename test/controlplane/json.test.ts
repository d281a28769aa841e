// Integers in JSON, of any size.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { writeJson } from '../../src/controlplane/json.ts'

const json = suite('json')

json('a bigint goes out as an integer, digit for digit', () => {
  const n = 2n ** 3071n + 12_345_678_901_234_567_890n
  assert.is(writeJson({ n, e: 65_537n, zero: 0n }), `{"n":${n},"e":65537,"zero":0}`)
})

json('everything else goes out as it always does', () => {
  const value = { text: '1n', list: [1, null, true], nested: { x: [1n] }, absent: undefined }
  assert.is(writeJson(value), '{"text":"1n","list":[1,null,true],"nested":{"x":[1]}}')
})

json.run()
