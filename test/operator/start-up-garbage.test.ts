// Once, a little after the start, and only where Node shows its collector.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startUpGarbage } from '../../src/operator/start-up-garbage.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const test = suite('start-up garbage')

function make() {
  const clock = new ManualClock()
  const collected: unknown[] = []
  const collect = (async (options: unknown) => void collected.push(options)) as unknown as NodeJS.GCFunction
  return { clock, collected, component: startUpGarbage(clock, collect) }
}
const running = new AbortController().signal

test('the heap is collected down to what is alive, once, and not before the first looks', async () => {
  const { clock, collected, component } = make()
  await component.start(running)
  await clock.advance(1_999)
  assert.equal(collected, [])
  await clock.advance(86_400_000)
  assert.equal(collected, [{ type: 'major', flavor: 'last-resort' }])
})

test('nothing is collected once it is stopped', async () => {
  const { clock, collected, component } = make()
  await component.start(running)
  await component.stop()
  await clock.advance(86_400_000)
  assert.equal(collected, [])
})

test('a Node that does not show its collector is let be', async () => {
  const clock = new ManualClock()
  assert.is(globalThis.gc, undefined, 'a test process has none')
  const component = startUpGarbage(clock)
  await component.start(running)
  await clock.advance(86_400_000)
  await component.stop()
})

test.run()
