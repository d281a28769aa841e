// Waiting that can be given up, and what it leaves behind.
import { getEventListeners } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withDeadline, withOwnSignal } from '../../src/abort.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

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

test('after its time work is told why, and not once it is over', async () => {
  const clock = new ManualClock()
  const deadline = { ms: 1_000, clock, late: () => new Error('late') }
  const given = new AbortController()
  const over = await withDeadline(deadline, given.signal, async (own) => own)
  const { promise, resolve } = Promise.withResolvers<void>()
  const told: unknown[] = []
  const slow = withDeadline(deadline, given.signal, async (own) => {
    own.addEventListener('abort', () => told.push(own.reason))
    await promise
  })
  await clock.advance(999)
  assert.equal(told, [])
  await clock.advance(1)
  assert.equal(told.map(String), ['Error: late'])
  resolve()
  await slow
  assert.not(over.aborted)
  assert.not(given.signal.aborted)
  assert.is(getEventListeners(given.signal, 'abort').length, 0)
})

test.run()
