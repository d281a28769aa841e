// Components start in order and stop in reverse, whatever fails.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Lifecycle } from '../../src/engine/lifecycle.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const test = suite('lifecycle')

function make(failing: { start?: string; stop?: string } = {}) {
  const trace: string[] = []
  const components = ['a', 'b', 'c'].map((name) => ({
    name,
    async start() {
      trace.push(`+${name}`)
      if (failing.start === name) throw new Error(`${name} does not start`)
    },
    async stop() {
      trace.push(`-${name}`)
      if (failing.stop === name) throw new Error(`${name} does not stop`)
    },
  }))
  const logger = new RecordedLog()
  return { trace, logger, lifecycle: new Lifecycle(components, logger) }
}

const running = () => new AbortController().signal

test('starts in order and stops in reverse', async () => {
  const { trace, lifecycle } = make()
  await lifecycle.start(running())
  await lifecycle.stop()
  assert.equal(trace, ['+a', '+b', '+c', '-c', '-b', '-a'])
})

test('a start that fails ends the start; what had begun is stopped', async () => {
  const { trace, lifecycle } = make({ start: 'b' })
  await lifecycle.start(running()).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'b does not start'),
  )
  await lifecycle.stop()
  assert.equal(trace, ['+a', '+b', '-b', '-a'])
})

test('one that fails to stop does not keep the others from it', async () => {
  const { trace, logger, lifecycle } = make({ stop: 'b' })
  await lifecycle.start(running())
  await lifecycle.stop()
  assert.equal(trace.slice(3), ['-c', '-b', '-a'])
  assert.equal(
    logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['component']),
    ['b'],
  )
})

test('an aborted start begins nothing more', async () => {
  const { trace, lifecycle } = make()
  await lifecycle.start(AbortSignal.abort(new Error('stopped'))).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'stopped'),
  )
  assert.equal(trace, [])
})

test('stopping twice stops each once', async () => {
  const { trace, lifecycle } = make()
  await lifecycle.start(running())
  await lifecycle.stop()
  await lifecycle.stop()
  assert.is(trace.length, 6)
})

test.run()
