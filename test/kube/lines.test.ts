// Lines out of bytes, however the network cuts them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from '../../src/kube/lines.ts'

const test = suite('kube/lines')

async function* each(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

const half = Buffer.from('ž')

const ROWS: readonly (readonly [rule: string, chunks: readonly (string | Uint8Array)[], lines: readonly string[]])[] = [
  ['a chunk of several lines is several lines', ['a\nb\n'], ['a', 'b']],
  ['a line of several chunks is one line', ['a', 'b', 'c\nd', '\n'], ['abc', 'd']],
  ['a character that is cut in two is whole again', [half.subarray(0, 1), half.subarray(1), '\n'], ['ž']],
  ['a line that was not ended is dropped', ['a\nb'], ['a']],
  ['nothing is no line', [], []],
]

for (const [rule, chunks, lines] of ROWS) {
  test(rule, async () => {
    assert.equal(await Array.fromAsync(linesOf(each(chunks))), lines)
  })
}

test.run()
