// A secret is given out on request only.
import { format, inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Redacted } from '../../src/redacted.ts'

const SECRET = 's3cret'
const redacted = new Redacted(SECRET)

const ways: [title: string, print: () => unknown][] = [
  ['as a string', () => String(redacted)],
  ['in a template', () => `a ${redacted as unknown as string}`],
  ['in text put together', () => ['a', redacted].join(' ')],
  ['as JSON', () => JSON.stringify({ redacted })],
  ['by inspect', () => inspect({ deep: { redacted } }, { depth: null, showHidden: true })],
  ['by format', () => format('%s %o %j', redacted, redacted, redacted)],
  ['by its entries', () => JSON.stringify([Object.entries(redacted), Object.getOwnPropertyNames(redacted)])],
  ['as a copy', () => JSON.stringify(Object.assign({}, redacted))],
  ['by structuredClone', () => inspect(structuredClone(redacted))],
  ['in the message of an error', () => inspect(new Error(`no: ${String(redacted)}`, { cause: redacted }))],
]

const test = suite('redacted')

for (const [title, print] of ways) {
  test(`a secret is not seen ${title}`, () => assert.not.match(String(print()), SECRET))
}

test('what is printed says that something was left out', () => {
  assert.is(String(redacted), '[redacted]')
  assert.is(JSON.stringify(redacted), '"[redacted]"')
  assert.is(inspect(redacted), '[redacted]')
})

test('who asks for the secret gets it', () => assert.is(redacted.reveal(), SECRET))

test.run()
