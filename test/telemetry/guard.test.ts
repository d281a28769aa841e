// Who is let read the metrics, what the others are told, and what stands in the log.
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import type { Answer } from '../../src/telemetry/answer.ts'
import { Guard } from '../../src/telemetry/guard.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { HeldReviewer } from './reviewer.ts'

const AWAY = new Failure('KubeUnavailable', 'retry', 'POST /x: no answer')

function start() {
  const clock = new ManualClock()
  const logger = new RecordedLog()
  const reviewer = new HeldReviewer()
  const guard = new Guard({ reviewer, clock, logger })
  /** Asks with a token, and has it answered so. */
  const ask = async (token: string, is: Parameters<HeldReviewer['answer']>[0]) => {
    const refusal = guard.refusal(`Bearer ${token}`)
    reviewer.answer(is)
    return refusal
  }
  const askInVain = async (token: string, error: unknown) => {
    const refusal = guard.refusal(`Bearer ${token}`)
    reviewer.fail(error)
    return refusal
  }
  return { clock, logger, reviewer, guard, ask, askInVain }
}

const statusOf = (answer: Answer | undefined) => answer?.status

const test = suite('guard')

const withoutToken: readonly (readonly [title: string, header: string | undefined])[] = [
  ['no header', undefined],
  ['an empty header', ''],
  ['the scheme alone', 'Bearer'],
  ['the scheme and a space', 'Bearer '],
  ['another scheme', 'Basic YTpi'],
  ['a token without a scheme', 'abc'],
  ['two tokens', 'Bearer abc def'],
  ['what no token consists of', 'Bearer a"b'],
  ['a line break', 'Bearer a\nb'],
  ['a token that is too long', `Bearer ${'a'.repeat(8192)}`],
]

for (const [title, header] of withoutToken) {
  test(`${title} is a 401, and the API server is not asked`, async () => {
    const { guard, reviewer, logger } = start()
    const answer = await guard.refusal(header)
    assert.is(answer?.status, 401)
    assert.equal(answer?.headers, { 'www-authenticate': 'Bearer' })
    assert.equal(reviewer.asked, [])
    assert.equal(logger.lines, [])
  })
}

for (const [header, token] of [
  ['Bearer abc', 'abc'],
  ['bearer abc', 'abc'],
  ['Bearer   a-b._~+/c==', 'a-b._~+/c=='],
  [`Bearer ${'a'.repeat(4000)}`, 'a'.repeat(4000)],
] as const) {
  test(`"${header.slice(0, 30)}" has a token in it`, () => {
    const { guard, reviewer } = start()
    void guard.refusal(header)
    assert.equal(reviewer.asked, [token])
  })
}

test('who is allowed is let in', async () => {
  const { ask } = start()
  assert.is(await ask('t', 'allowed'), undefined)
})

test('a token that is not known is a 401', async () => {
  const { ask } = start()
  assert.is(statusOf(await ask('t', 'unknown')), 401)
})

test('who may not is a 403, which tells them who they are and what they would need', async () => {
  const { ask } = start()
  const answer = await ask('t', 'forbidden')
  assert.is(answer?.status, 403)
  assert.is(answer?.body, '"jane" may not get the nonResourceURL /metrics\n')
})

test('while the API server does not answer everybody gets a 503, which tells nothing of why', async () => {
  const { askInVain, logger } = start()
  const answer = await askInVain('t', AWAY)
  assert.is(answer?.status, 503)
  assert.not.match(answer!.body, 'POST')
  assert.equal(
    logger.lines.map(({ level, fields }) => [level, fields['err']]),
    [['warn', AWAY]],
  )
})

test('a defect lets nobody in', async () => {
  const { askInVain } = start()
  assert.is(statusOf(await askInVain('t', new TypeError('x'))), 503)
})

test('the same complaint stands in the log once a minute, another one at once', async () => {
  const { askInVain, clock, logger } = start()
  for (let i = 0; i < 5; i++) await askInVain(`t${i}`, AWAY)
  assert.is(logger.lines.length, 1)
  await askInVain('u', new Failure('KubeForbidden', 'wait', 'POST /x: 403'))
  assert.is(logger.lines.length, 2)
  await clock.advance(59_999)
  await askInVain('t', AWAY)
  assert.is(logger.lines.length, 2)
  await clock.advance(1)
  await askInVain('t', AWAY)
  assert.is(logger.lines.length, 3)
})

test('a flood of made-up tokens is a 503 for most of them, and one line in the log', async () => {
  const { guard, reviewer, logger } = start()
  const answers = Array.from({ length: 100 }, (_, i) => guard.refusal(`Bearer t${i}`))
  reviewer.answer('unknown')
  const statuses = (await Promise.all(answers)).map(statusOf)
  assert.equal([statuses.filter((one) => one === 401).length, statuses.filter((one) => one === 503).length], [8, 92])
  assert.is(logger.lines.length, 1)
})

test('no token is ever logged, or told to anybody', async () => {
  const { ask, askInVain, logger } = start()
  const answers = [
    await ask('CANARY-1', 'unknown'),
    await ask('CANARY-2', 'forbidden'),
    await askInVain('CANARY-3', AWAY),
  ]
  assert.not.match(inspect([answers, logger.lines], { depth: 9 }), 'CANARY')
})

test('one that is closed lets nobody in and complains of nothing', async () => {
  const { guard, reviewer, logger } = start()
  const waiting = guard.refusal('Bearer t')
  guard.close()
  assert.is(statusOf(await waiting), 503)
  assert.is(statusOf(await guard.refusal('Bearer u')), 503)
  assert.equal(reviewer.asked, ['t'])
  assert.equal(logger.lines, [])
})

test.run()
