// The queue's promises: one worker per key, one look however many events, soonest first, namespaces in turn.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WorkQueue } from '../../src/engine/queue.ts'
import { RecordedLoop } from '../doubles/loop-metrics.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'

const test = suite('work queue')

function make() {
  const clock = new ManualClock()
  const metrics = new RecordedLoop()
  return { clock, metrics, queue: new WorkQueue(clock, metrics) }
}

/** Takes what is due now, marking each as done. */
async function takeAll(queue: WorkQueue): Promise<(string | undefined)[]> {
  const keys = []
  while (queue.depth > 0) {
    const key = await queue.next()
    keys.push(key)
    queue.done(key!)
  }
  return keys
}

/** What `next` gives right now, or 'nothing'. */
async function now(next: Promise<string | undefined>): Promise<string | undefined> {
  return Promise.race([next, settled().then(() => 'nothing')])
}

test('any number of adds is one look', async () => {
  const { queue } = make()
  for (let i = 0; i < 100; i++) queue.add('ns/a')
  assert.equal(await takeAll(queue), ['ns/a'])
})

test('among due keys the namespaces take turns', async () => {
  const { queue } = make()
  for (const key of ['big/1', 'big/2', 'big/3', 'small/1', 'mid/1', 'mid/2']) queue.add(key)
  assert.equal(await takeAll(queue), ['big/1', 'small/1', 'mid/1', 'big/2', 'mid/2', 'big/3'])
})

test('the guest is for a namespace that nobody is at work for while all are for others', async () => {
  const { queue } = make()
  for (const key of ['big/1', 'big/2', 'big/3']) queue.add(key)
  await queue.next()
  const guest = queue.nextGuest()
  queue.add('big/4')
  assert.is(await now(guest), 'nothing', 'somebody is at work for it')
  queue.add('small/1')
  assert.is(await now(guest), 'small/1')
  assert.is(queue.depth, 3)
  queue.add('small/2')
  const again = queue.nextGuest()
  assert.is(await now(again), 'nothing', 'the first guest is still at work for it')
  queue.done('small/1')
  assert.is(await now(again), 'small/2', 'and when that one is done it may have another')
  queue.add('other/1')
  assert.is(await now(queue.nextGuest()), 'other/1', 'also when it came while no guest was there')
  assert.equal(await takeAll(queue), ['big/2', 'big/3', 'big/4'])
})

test('while somebody is free nobody needs a guest', async () => {
  const { queue } = make()
  const [worker, guest] = [queue.next(), queue.nextGuest()]
  queue.add('small/1')
  assert.equal([await now(worker), await now(guest)], ['small/1', 'nothing'])
  queue.close()
  assert.equal([await guest, await queue.nextGuest()], [undefined, undefined])
})

test('a key that is handed out is given to nobody else', async () => {
  const { queue } = make()
  queue.add('ns/a')
  assert.is(await queue.next(), 'ns/a')
  queue.add('ns/a')
  const second = queue.next()
  assert.is(await now(second), 'nothing')
  queue.done('ns/a')
  assert.is(await now(second), 'ns/a', 'it comes again once it is done')
})

test('a key that was not wanted meanwhile does not come again', async () => {
  const { queue } = make()
  queue.add('ns/a')
  queue.done((await queue.next())!)
  assert.is(queue.depth, 0)
  assert.ok(queue.idle)
})

test('a later time does not put off a sooner one', async () => {
  const { clock, queue } = make()
  queue.add('ns/a', 1_000)
  queue.add('ns/a', 60_000)
  const next = queue.next()
  await clock.advance(999)
  assert.is(await now(next), 'nothing')
  await clock.advance(1)
  assert.is(await now(next), 'ns/a')
})

test('an event brings a waiting key forward, and its wait is over', async () => {
  const { clock, queue } = make()
  queue.add('ns/a', 60_000)
  queue.add('ns/a')
  assert.equal(await takeAll(queue), ['ns/a'])
  await clock.advance(120_000)
  assert.is(queue.depth, 0)
})

test('a delay asked for while a key is due changes nothing', async () => {
  const { clock, queue } = make()
  queue.add('ns/a')
  queue.add('ns/a', 60_000)
  assert.equal(await takeAll(queue), ['ns/a'])
  await clock.advance(60_000)
  assert.is(queue.depth, 0)
})

test('a delay asked for while a key is handed out begins when it was asked for', async () => {
  const { clock, queue } = make()
  queue.add('ns/a')
  const key = (await queue.next())!
  queue.add(key, 5_000)
  queue.add(key, 1_000)
  await clock.advance(600)
  queue.done(key)
  const next = queue.next()
  await clock.advance(399)
  assert.is(await now(next), 'nothing')
  await clock.advance(1)
  assert.is(await now(next), 'ns/a')
})

test('any number of waiting keys needs one timer', () => {
  const { clock, queue } = make()
  for (let i = 0; i < 1_000; i++) queue.add(`ns/${i}`, 1_000 + i)
  assert.is(clock.armed, 1)
})

test('closing tells those who wait and disarms the timer', async () => {
  const { clock, queue } = make()
  queue.add('ns/a', 1_000)
  const next = queue.next()
  queue.close()
  assert.is(await next, undefined)
  assert.is(await queue.next(), undefined)
  assert.is(clock.armed, 0)
})

test('how long a key was due before it was handed out is told', async () => {
  const { clock, metrics, queue } = make()
  queue.add('ns/a')
  await clock.advance(1_500)
  await queue.next()
  assert.equal(metrics.waits, [1.5])
})

test.run()
