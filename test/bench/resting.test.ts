// What resources at rest cost, as far as no machine matters: no call, and little memory.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { restingOperator } from '../doubles/resting-operator.ts'

const HEAP_GROWTH = fileURLToPath(new URL('heap-growth.ts', import.meta.url))
const MOST_BYTES = 2_000

const resting = suite('at rest')

resting('a start over what is Ready, and any look at it afterwards, calls nobody', async () => {
  const operator = await restingOperator(500)
  assert.is(await operator.lookAtAll(), 500)
  await operator.stop()
  assert.equal(operator.calls, [])
})

resting(`memory grows by at most ${MOST_BYTES} bytes of heap for each resource`, async () => {
  const args = ['--expose-gc', HEAP_GROWTH, '500', '5500']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const bytes = Number(stdout)
  assert.ok(bytes > 500 && bytes <= MOST_BYTES, `${bytes} bytes`)
})

resting.run()
