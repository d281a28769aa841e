// One line for each thing that happened, and never more than may be shown.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import type { Logger } from '../../src/log.ts'
import { Redacted } from '../../src/redacted.ts'
import type { LoggerOptions } from '../../src/telemetry/logger.ts'
import { createLogger, describeError } from '../../src/telemetry/logger.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const TIME = '2026-01-01T00:00:00.000Z'

async function linesOf(log: (logger: Logger) => void, options: Partial<LoggerOptions> = {}): Promise<string[]> {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  log(await createLogger({ level: 'info', format: 'json', clock: new ManualClock(), destination, ...options }))
  return lines
}

async function fieldsOf(log: (logger: Logger) => void): Promise<Record<string, unknown>> {
  const [line = ''] = await linesOf(log)
  return JSON.parse(line) as Record<string, unknown>
}

/** As an HTTP library throws: everything foreign in message, properties and cause. */
function foreignError(): Error {
  const error = new Error('HTTP-Code: 404\nBody: s3cret', { cause: new Error('s3cret') })
  return Object.assign(error, { code: 404, body: 's3cret', headers: { authorization: 's3cret' } })
}

const test = suite('logger')

test('a line is one JSON object with level, time, fields and message, in this order', async () => {
  const lines = await linesOf((logger) => logger.info({ kind: 'RaiTenant', key: 'a/b' }, 'tenant created'))
  assert.equal(lines, [`{"level":"info","time":"${TIME}","kind":"RaiTenant","key":"a/b","msg":"tenant created"}\n`])
})

test('what is less severe than the level is not written', async () => {
  const all = (logger: Logger) => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({}, level)
  }
  assert.is((await linesOf(all, { level: 'debug' })).length, 4)
  assert.is((await linesOf(all, { level: 'info' })).length, 3)
  assert.is((await linesOf(all, { level: 'error' })).length, 1)
})

test("a child's fields stand in all of its lines", async () => {
  const fields = await fieldsOf((logger) => logger.child({ controller: 'c' }).info({ key: 'k' }, 'm'))
  assert.equal(fields, { level: 'info', time: TIME, controller: 'c', key: 'k', msg: 'm' })
})

test('the message is constant text: nothing is filled in', async () => {
  const fields = await fieldsOf((logger) => logger.info({}, '%s %d'))
  assert.is(fields['msg'], '%s %d')
})

test('a secret is not written, however deep it lies', async () => {
  const secret = new Redacted('s3cret')
  const fields = await fieldsOf((logger) => logger.child({ secret }).info({ a: secret, b: { c: [secret] } }, 'm'))
  assert.equal(fields['secret'], '[redacted]')
  assert.equal(fields['a'], '[redacted]')
  assert.equal(fields['b'], { c: ['[redacted]'] })
})

test('of a foreign error no body, header or cause is written, under whatever name it goes', async () => {
  const log = (logger: Logger) => {
    logger.error({ err: foreignError() }, 'm')
    logger.error({ error: foreignError() }, 'm')
    logger.child({ err: foreignError() }).error({}, 'm')
  }
  for (const format of ['json', 'pretty'] as const) {
    const lines = await linesOf(log, { format })
    assert.is(lines.length, 3)
    for (const line of lines) {
      assert.match(line, 'HTTP-Code: 404')
      assert.not.match(line, /s3cret|authorization/)
    }
  }
})

test('an unexpected error is written with its frames, an expected one without', () => {
  const { stack, ...unexpected } = describeError(foreignError())
  assert.equal(unexpected, { name: 'Error', message: 'HTTP-Code: 404' })
  assert.match(String(stack), /^ {4}at foreignError /)
  assert.equal(describeError(new Failure('RateLimited', 'wait', 'too many requests', { cause: foreignError() })), {
    name: 'Failure',
    code: 'RateLimited',
    message: 'too many requests',
  })
})

test("an error's message is cut where nobody reads on", () => {
  assert.is(String(describeError(new Error('x'.repeat(5000)))['message']).length, 1000)
})

test('a pretty line is for a person', async () => {
  const [line = ''] = await linesOf((logger) => logger.warn({ key: 'a/b' }, 'look here'), { format: 'pretty' })
  assert.match(line, /WARN.*: .*look here.*"key":"a\/b"/)
})

test.run()
