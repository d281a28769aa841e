// Waiting that can be given up, and what it leaves behind.
import { getEventListeners } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withOwnSignal } from '../../src/abort.ts'

const test = suite('abort')

test('a signal of its own aborts as the given one does, with the same reason', async () => {
  const given = new AbortController()
  const reason = new Error('enough')
  await withOwnSignal(given.signal, async (own) => {
    assert.not(own.aborted)
    given.abort(reason)
    assert.is(own.reason, reason)
  })
  await withOwnSignal(given.signal, async (own) => assert.is(own.reason, reason))
})

test('once the work is over, well or not, nothing of it hangs on the given signal', async () => {
  const given = new AbortController()
  const leaving = async (own: AbortSignal) => own.addEventListener('abort', () => assert.unreachable())
  await withOwnSignal(given.signal, leaving)
  const failing = (own: AbortSignal) => leaving(own).then(() => Promise.reject(new Error('broken off')))
  await withOwnSignal(given.signal, failing).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'broken off'),
  )
  assert.is(getEventListeners(given.signal, 'abort').length, 0)
  given.abort()
})

test.run()
