// The one switch from what a reconcile came to, to the next look; and how a loop ends.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BackOff } from '../../src/engine/back-off.ts'
import { ControlLoop } from '../../src/engine/control-loop.ts'
import { after, done } from '../../src/engine/outcome.ts'
import type { Outcome, Reconcile } from '../../src/engine/outcome.ts'
import { currentParty } from '../../src/party.ts'
import { Failure } from '../../src/errors.ts'
import type { FailureOptions, Disposition } from '../../src/errors.ts'
import { seeded } from '../sim/random.ts'
import { RecordedLoop } from '../doubles/loop-metrics.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const test = suite('control loop')

function make(reconcile: Reconcile, workers = 1, random = () => 0.5) {
  const clock = new ManualClock()
  const metrics = new RecordedLoop()
  const logger = new RecordedLog()
  const backOff = new BackOff({ firstMs: 1_000, mostMs: 60_000, random: () => 1 })
  const options = { name: 'test', reconcile, workers, deadlineMs: 60_000, backOff, random, clock, metrics, logger }
  const loop = new ControlLoop(options)
  const stop = new AbortController()
  return { clock, metrics, logger, loop, stop, ended: loop.run(stop.signal) }
}

const fail = (disposition: Disposition, options?: FailureOptions) => () =>
  Promise.reject(new Failure('Test', disposition, 'failed as asked', options))

type Row = { title: string; reconcile: () => Promise<Outcome>; againMs: number | undefined; result: string }

const rows: Row[] = [
  { title: 'done is not looked at again', reconcile: async () => done, againMs: undefined, result: 'success' },
  {
    title: 'after is looked at again then',
    reconcile: async () => after(7_000),
    againMs: 7_000,
    result: 'requeue_after',
  },
  {
    title: 'back-off is looked at soon',
    reconcile: async () => ({ next: 'backOff' }),
    againMs: 1_000,
    result: 'requeue',
  },
  { title: 'retry backs off', reconcile: fail('retry'), againMs: 1_000, result: 'error' },
  {
    title: 'retry rests as long as a server asked for',
    reconcile: fail('retry', { retryAfterMs: 8_000 }),
    againMs: 9_000,
    result: 'error',
  },
  { title: 'wait is tried again every half minute', reconcile: fail('wait'), againMs: 30_000, result: 'error' },
  {
    title: 'wait rests as long as a server asked for',
    reconcile: fail('wait', { retryAfterMs: 90_000 }),
    againMs: 101_250,
    result: 'error',
  },
  { title: 'stall is tried again hourly', reconcile: fail('stall'), againMs: 3_600_000, result: 'error' },
  {
    title: 'an unexpected error backs off',
    reconcile: () => Promise.reject(new TypeError('oops')),
    againMs: 1_000,
    result: 'error',
  },
]

test('what a reconcile does is done for the namespace of its key, to the end', async () => {
  const parties: string[] = []
  const { loop, stop, ended } = make(async () => {
    parties.push(currentParty())
    await settled()
    parties.push(currentParty())
    return done
  }, 2)
  loop.enqueue('a/one')
  loop.enqueue('b/one')
  await settled()
  stop.abort()
  await ended
  assert.equal(parties, ['a', 'b', 'a', 'b'])
  assert.is(currentParty(), '')
})

for (const { title, reconcile, againMs, result } of rows) {
  test(title, async () => {
    let looks = 0
    const { clock, loop, metrics, stop } = make(() => (looks++, reconcile()))
    loop.enqueue('ns/a')
    await settled()
    assert.equal(metrics.results, [result])
    await clock.advance((againMs ?? 86_400_000) - 1)
    assert.is(looks, 1, 'not before its time')
    await clock.advance(1)
    assert.is(looks, againMs === undefined ? 1 : 2)
    stop.abort()
  })
}

test('failures in a row rest longer each time, and success forgets them', async () => {
  const outcomes: Outcome[] = [
    { next: 'backOff' },
    { next: 'backOff' },
    { next: 'backOff' },
    after(1),
    { next: 'backOff' },
  ]
  const at: number[] = []
  const { clock, loop, stop } = make(async () => {
    at.push(clock.monotonic())
    return outcomes.shift() ?? done
  })
  loop.enqueue('ns/a')
  await clock.advance(60_000)
  assert.equal(at, [0, 1_000, 3_000, 7_000, 7_001, 8_001])
  stop.abort()
})

test('one that only waited for its turn does not forget its failures', async () => {
  const outcomes: Outcome[] = [{ next: 'backOff' }, { next: 'backOff' }, { next: 'woken' }, { next: 'backOff' }]
  const at: number[] = []
  const { clock, loop, stop } = make(async () => {
    at.push(clock.monotonic())
    return outcomes.shift() ?? done
  })
  loop.enqueue('ns/a')
  await clock.advance(10_000)
  assert.equal(at, [0, 1_000, 3_000], 'nor is it looked at before somebody says so')
  loop.enqueue('ns/a')
  await clock.advance(60_000)
  assert.equal(at, [0, 1_000, 3_000, 10_000, 14_000])
  stop.abort()
})

test('who is told to come back at once backs off all the same', async () => {
  const at: number[] = []
  const { clock, loop, stop } = make(async () => {
    at.push(clock.monotonic())
    if (at.length > 4) return done
    throw new Failure('RateLimited', 'retry', 'fewer requests', { retryAfterMs: 0 })
  })
  loop.enqueue('ns/a')
  await clock.advance(60_000)
  assert.equal(at, [0, 1_000, 3_000, 7_000, 15_000])
  stop.abort()
})

test('keys that were told the same time come back spread over a quarter of it, none too soon', async () => {
  const at: number[] = []
  let isOver = false
  const { clock, loop, stop } = make(
    async () => {
      if (isOver) return (void at.push(clock.monotonic()), done)
      throw new Failure('RateLimited', 'retry', 'fewer requests', { retryAfterMs: 40_000 })
    },
    8,
    seeded(1),
  )
  for (let key = 0; key < 500; key++) loop.enqueue(`ns/${key}`)
  await clock.advance(1)
  isOver = true
  await clock.advance(60_000)
  assert.is(at.length, 500)
  assert.ok(Math.min(...at) >= 40_000 && Math.max(...at) <= 50_001)
  // 50 in each second, were they spread evenly.
  for (let second = 40; second < 50; second++) {
    assert.ok(at.filter((ms) => Math.floor(ms / 1_000) === second).length < 100, `second ${second}`)
  }
  stop.abort()
})

test('a reconcile over its deadline is aborted and tried again', async () => {
  let aborted: unknown
  const { clock, loop, metrics, stop } = make(
    (_key, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason
          reject(signal.reason as Error)
        })
      }),
  )
  loop.enqueue('ns/a')
  await clock.advance(60_000)
  assert.is((aborted as Failure).code, 'DeadlineExceeded')
  assert.equal(metrics.results, ['error'])
  stop.abort()
})

test('workers reconcile different keys side by side, never the same one', async () => {
  const running = new Set<string>()
  let most = 0
  const release: (() => void)[] = []
  const { loop, stop, ended } = make((key) => {
    assert.not(running.has(key))
    running.add(key)
    most = Math.max(most, running.size)
    return new Promise((resolve) =>
      release.push(() => {
        running.delete(key)
        resolve(done)
      }),
    )
  }, 2)
  for (const key of ['ns/a', 'ns/a', 'ns/b', 'ns/c']) loop.enqueue(key)
  while (!loop.idle) {
    await settled()
    loop.enqueue('ns/a', 86_400_000)
    for (const go of release.splice(0)) go()
  }
  assert.is(most, 2)
  stop.abort()
  await ended
})

test('a stop aborts the reconciles in flight, waits for them and starts no other', async () => {
  const seen: string[] = []
  let end: (outcome: Outcome) => void = () => {}
  let told = false
  const { loop, stop, ended } = make((key, signal) => {
    seen.push(key)
    signal.addEventListener('abort', () => (told = true))
    return new Promise((resolve) => (end = resolve))
  })
  let over = false
  void ended.then(() => (over = true))
  loop.enqueue('ns/a')
  loop.enqueue('ns/b')
  await settled()
  stop.abort()
  await settled()
  assert.ok(told)
  assert.not(over, 'the reconcile in flight is waited for')
  end(done)
  await ended
  assert.equal(seen, ['ns/a'])
})

/** A loop of one worker whose reconciles all wait aside; which are in flight, and what ends the wait of each. */
function waitingAside() {
  const inFlight = new Set<string>()
  const release = new Map<string, () => void>()
  const made = make(async (key) => {
    assert.not(inFlight.has(key), `${key} is looked at twice at once`)
    inFlight.add(key)
    await made.loop.aside(key, () => new Promise<void>((resolve) => release.set(key, resolve)))
    inFlight.delete(key)
    return done
  })
  return { ...made, inFlight, release }
}

test('a reconcile that waits aside leaves its worker to another key', async () => {
  const { loop, stop, ended, inFlight, release } = waitingAside()
  for (const key of ['ns/a', 'ns/b']) loop.enqueue(key)
  await settled()
  assert.equal([...inFlight], ['ns/a', 'ns/b'])
  assert.not(loop.idle)
  for (const end of release.values()) end()
  await settled()
  assert.ok(loop.idle)
  stop.abort()
  await ended
})

test('four wait aside at most for each worker, and others keep theirs', async () => {
  const { loop, stop, ended, inFlight, release } = waitingAside()
  for (const key of ['ns/a', 'ns/b', 'ns/c', 'ns/d', 'ns/e', 'ns/f', 'ns/g']) loop.enqueue(key)
  await settled()
  assert.equal([...inFlight], ['ns/a', 'ns/b', 'ns/c', 'ns/d', 'ns/e'])
  release.get('ns/e')!()
  await settled()
  assert.equal(
    [...inFlight],
    ['ns/a', 'ns/b', 'ns/c', 'ns/d', 'ns/f'],
    'the one that kept its worker gives it back at its end',
  )
  release.get('ns/a')!()
  await settled()
  assert.equal([...inFlight], ['ns/b', 'ns/c', 'ns/d', 'ns/f'], 'one that has no worker gives none back')
  release.get('ns/f')!()
  await settled()
  for (const end of release.values()) end()
  stop.abort()
  await ended
})

test('a key that is wanted again while it waits aside is looked at again after that', async () => {
  const { loop, stop, ended, inFlight, release } = waitingAside()
  loop.enqueue('ns/a')
  await settled()
  loop.enqueue('ns/a')
  await settled()
  release.get('ns/a')!()
  await settled()
  assert.equal([...inFlight], ['ns/a'])
  release.get('ns/a')!()
  stop.abort()
  await ended
})

test('a stop waits for those aside, too', async () => {
  const { loop, stop, ended, release } = waitingAside()
  let over = false
  void ended.then(() => (over = true))
  loop.enqueue('ns/a')
  await settled()
  stop.abort()
  await settled()
  assert.not(over)
  release.get('ns/a')!()
  await ended
})

test('an unexpected error is logged with its key; an expected one only for who looks closely', async () => {
  const errors = [new TypeError('oops'), new Failure('Test', 'retry', 'failed as asked')]
  const { clock, loop, logger, stop } = make(() => Promise.reject(errors.shift()!))
  loop.enqueue('ns/a')
  await clock.advance(1_000)
  assert.equal(
    logger.lines.filter(({ message }) => message !== 'reconciled').map(({ level, fields }) => [level, fields['key']]),
    [
      ['error', 'ns/a'],
      ['debug', 'ns/a'],
    ],
  )
  stop.abort()
})

test('who looks closely sees each reconcile, with its key and how it ended', async () => {
  const ends = [() => Promise.reject(new Failure('Test', 'retry', 'failed as asked')), () => Promise.resolve(done)]
  const { clock, loop, logger, stop } = make(() => ends.shift()!())
  loop.enqueue('ns/a')
  await clock.advance(1_000)
  assert.equal(
    logger.lines
      .filter(({ message }) => message === 'reconciled')
      .map(({ level, fields: { controller, key, result } }) => [level, controller, key, result]),
    [
      ['debug', 'test', 'ns/a', 'error'],
      ['debug', 'test', 'ns/a', 'success'],
    ],
  )
  stop.abort()
})

test.run()
