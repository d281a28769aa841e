// Failures carry what others decide by.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure, isFailure } from '../../src/errors.ts'

const test = suite('failures')

test('a failure says what it is, what to do next, and when', () => {
  const cause = new Error('cause')
  const failure = new Failure('RateLimited', 'wait', 'too many requests', { retryAfterMs: 500, cause })
  assert.instance(failure, Error)
  assert.is(failure.code, 'RateLimited')
  assert.is(failure.disposition, 'wait')
  assert.is(failure.message, 'too many requests')
  assert.is(failure.retryAfterMs, 500)
  assert.is(failure.cause, cause)
})

test('a failure without a cause has none, not even an undefined one', () => {
  const failure = new Failure('Rejected', 'stall', 'no')
  assert.not('cause' in failure)
  assert.is(failure.retryAfterMs, undefined)
})

test('its name and message are what is printed of it first', () => {
  const failure = new Failure('Rejected', 'stall', 'no')
  assert.is(String(failure), 'Failure: no')
  assert.match(inspect(failure), /^Failure: no\n/)
})

const recognized: [title: string, error: unknown, isIt: boolean][] = [
  ['a failure of that code', new Failure('Rejected', 'stall', 'no'), true],
  ['a failure of another code', new Failure('Forbidden', 'stall', 'no'), false],
  ['another error that has the code', Object.assign(new Error('no'), { code: 'Rejected' }), false],
  ['no error', { code: 'Rejected' }, false],
  ['nothing', undefined, false],
]

for (const [title, error, isIt] of recognized) {
  test(`${title} ${isIt ? 'is' : 'is not'} taken for it`, () => assert.is(isFailure(error, 'Rejected'), isIt))
}

test.run()
