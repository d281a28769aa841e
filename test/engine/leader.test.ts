// Leader election: who may take the lease and when, what ends a lead, and that never two may write.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Clock } from '../../src/clock.ts'
import { LeaseGate } from '../../src/engine/gate.ts'
import { LeaderElector } from '../../src/engine/leader.ts'
import type { LeaseRecord } from '../../src/engine/leader.ts'
import { Failure } from '../../src/errors.ts'
import { ManualClock, settled } from '../doubles/manual-clock.ts'
import { MemoryLease, MemoryLeaseStore } from '../doubles/memory-leases.ts'
import type { Fate, Verb } from '../doubles/memory-leases.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'

const test = suite('engine/leader')

const DURATION_MS = 15_000
const DEADLINE_MS = 10_000
const PERIOD_MS = 2_000
const HOUR_MS = 3_600_000
const forever = new AbortController().signal

/** One process's view of time: skewed, and standing still or passing unnoticed while the process is frozen. */
class ProcessClock implements Clock {
  readonly #world: ManualClock
  wallSkewMs: number
  #unnoticedMs = 0
  #frozen: { readonly kind: 'stopped' | 'suspended'; readonly since: number } | undefined
  #thawed = Promise.withResolvers<void>()
  readonly #held: (() => void)[] = []

  constructor(world: ManualClock, wallSkewMs = 0) {
    this.#world = world
    this.wallSkewMs = wallSkewMs
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined
  }

  now(): number {
    return this.#world.now() + this.wallSkewMs
  }

  monotonic(): number {
    return this.#world.monotonic() - this.#unnoticedMs
  }

  after(ms: number, wake: () => void): () => void {
    const due = this.monotonic() + ms
    let cancel = () => {}
    let isCancelled = false
    const ring = () => {
      if (isCancelled) return
      if (this.#frozen) this.#held.push(ring)
      else if (this.monotonic() < due) cancel = this.#world.after(Math.ceil(due - this.monotonic()), ring)
      else wake()
    }
    cancel = this.#world.after(ms, ring)
    return () => {
      isCancelled = true
      cancel()
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const cancel = this.after(ms, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        reject(signal.reason)
      })
    })
  }

  /** `stopped` as by SIGSTOP; `suspended` as a machine is, whose monotonic clock stands still meanwhile. */
  freeze(kind: 'stopped' | 'suspended'): void {
    this.#frozen ??= { kind, since: this.#world.monotonic() }
  }

  thaw(): void {
    if (this.#frozen?.kind === 'suspended') this.#unnoticedMs += this.#world.monotonic() - this.#frozen.since
    this.#frozen = undefined
    this.#thawed.resolve()
    this.#thawed = Promise.withResolvers<void>()
    for (const ring of this.#held.splice(0)) ring()
  }

  async untilThawed(): Promise<void> {
    while (this.#frozen) await this.#thawed.promise
  }
}

/** Tells when it is opened: the only moments at which a second one can come to be open. */
class WatchedGate extends LeaseGate {
  onExtended = () => {}

  override extend(...hold: Parameters<LeaseGate['extend']>): void {
    super.extend(...hold)
    this.onExtended()
  }
}

type StartOptions = { readonly wallSkewMs?: number; readonly random?: () => number }

class World {
  readonly clock = new ManualClock()
  readonly lease = new MemoryLease(this.clock)

  /** A process that is told to campaign. */
  start(identity: string, options: StartOptions = {}) {
    const process = this.prepare(identity, options)
    process.run()
    return process
  }

  prepare(identity: string, { wallSkewMs = 0, random = () => 0 }: StartOptions = {}) {
    const clock = new ProcessClock(this.clock, wallSkewMs)
    const store = new MemoryLeaseStore(this.lease)
    store.hears = () => clock.untilThawed()
    const gate = new WatchedGate(clock)
    const log = new RecordedLog()
    const told: { readonly at: number; readonly isLeading: boolean }[] = []
    const elector = new LeaderElector({
      store,
      gate,
      identity,
      leaseDurationMs: DURATION_MS,
      renewDeadlineMs: DEADLINE_MS,
      retryPeriodMs: PERIOD_MS,
      clock,
      random,
      onLeading: (isLeading) => told.push({ at: this.clock.monotonic(), isLeading }),
      logger: log,
    })
    const stop = new AbortController()
    const ended = { run: false, lost: false, elected: false }
    void elector.elected.then(() => (ended.elected = true))
    void elector.lost.then(() => (ended.lost = true))
    return {
      identity,
      clock,
      store,
      gate,
      log,
      told,
      elector,
      stop,
      ended,
      run: () => void elector.run(stop.signal).then(() => (ended.run = true)),
      /** When requests of this kind were sent. */
      times: (verb: Verb) => store.calls.filter((call) => call.verb === verb).map(({ at }) => at),
    }
  }

  /** A process that leads, as of now. */
  async leader(identity = 'a', options: StartOptions = {}) {
    const process = this.start(identity, options)
    await settled()
    assert.ok(process.elector.isLeading)
    return process
  }

  /** A process that leads, and one that stands by and has just seen it renew. */
  async pair() {
    const a = await this.leader('a')
    const b = this.start('b')
    await settled()
    return { a, b }
  }
}

type Process = ReturnType<World['prepare']>

function record(parts: Partial<LeaseRecord> = {}): LeaseRecord {
  const at = ManualClock.epoch
  return { holder: 'z', durationMs: DURATION_MS, acquiredAt: at, renewedAt: at, transitions: 3, ...parts }
}

/** Can neither be written nor read. */
const REFUSED: () => Fate = () => ({ fault: 'refused' })
/** Takes longer than anybody waits. */
const HANGING: () => Fate = () => ({ thereMs: HOUR_MS })

/** Lets the next request of this kind meet `fate`, and all others none. */
function once(process: Process, verb: Verb, fate: Fate): void {
  let isOver = false
  process.store.fate = (asked) => {
    if (asked !== verb || isOver) return {}
    isOver = true
    return fate
  }
}

// Taking it

test('a lease that is not there is made, and its maker leads at once', async () => {
  const { lease, start } = bound(new World())
  const a = start('a')
  await settled()
  const now = ManualClock.epoch
  const { version: _, origin: __, ...written } = lease.held!
  assert.equal(written, {
    holder: 'a',
    durationMs: DURATION_MS,
    acquiredAt: now,
    renewedAt: now,
    transitions: 0,
  })
  assert.equal(a.told, [{ at: 0, isLeading: true }])
  assert.equal(a.ended, { run: false, lost: false, elected: true })
  a.gate.check(DURATION_MS)
})

const AT_REST: readonly (readonly [what: string, parts: Partial<LeaseRecord>, takenAt: number])[] = [
  ['that is free', { holder: '' }, 0],
  ['that is free and says that it was renewed just now', { holder: '', durationMs: 9e9 }, 0],
  ['that says nothing at all', { holder: '', durationMs: undefined, acquiredAt: undefined, renewedAt: undefined }, 0],
  ['of another', {}, DURATION_MS],
  ['of another that was renewed years ago', { renewedAt: 0 }, DURATION_MS],
  ['of another that was renewed in years to come', { renewedAt: 9e12 }, DURATION_MS],
  ['of another that lasts for less', { durationMs: 4_000 }, 4_000],
  ['of another that lasts for more', { durationMs: 60_000 }, 60_000],
  ['of another that does not say for how long', { durationMs: undefined, renewedAt: undefined }, DURATION_MS],
]

for (const [what, parts, takenAt] of AT_REST) {
  test(`a lease ${what} is taken after ${takenAt / 1000} s without a change`, async () => {
    const { clock, lease, start } = bound(new World())
    lease.put(record(parts))
    const a = start('a')
    await clock.advance(takenAt + DURATION_MS)
    assert.equal(a.told, [{ at: takenAt, isLeading: true }])
    assert.is(lease.held!.transitions, 4)
    assert.is(lease.held!.acquiredAt, ManualClock.epoch + takenAt)
  })
}

for (const wallSkewMs of [-HOUR_MS, 0, HOUR_MS, 24 * 365 * HOUR_MS]) {
  test(`a clock that is ${wallSkewMs / HOUR_MS} h ahead of the holder's changes nothing`, async () => {
    const world = new World()
    const a = await world.leader('a')
    const b = world.start('b', { wallSkewMs })
    await world.clock.advance(20_000)
    assert.ok(a.elector.isLeading)
    a.clock.freeze('stopped')
    await world.clock.advance(60_000)
    assert.equal(b.told, [{ at: 35_000, isLeading: true }])
  })
}

test('a standby takes over exactly when the lease that it saw last is over', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  await world.clock.advance(5_000)
  a.clock.freeze('stopped')
  await world.clock.advance(4_000 + DURATION_MS - 5_001)
  assert.not(b.elector.isLeading)
  assert.not(a.gate.isHeld && b.gate.isHeld)
  await world.clock.advance(1)
  assert.equal(b.told, [{ at: 4_000 + DURATION_MS, isLeading: true }])
  assert.is(world.lease.held!.transitions, 1)
})

test('a standby takes over at once when the lease is released', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  await world.clock.advance(5_000)
  await a.elector.release(forever)
  await settled()
  assert.equal(b.told, [{ at: 5_000, isLeading: true }])
  assert.equal(a.told.at(-1), { at: 5_000, isLeading: false })
  assert.is(world.lease.held!.transitions, 1)
})

test('of two standbys one takes over, and the other stands by for it', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  const c = world.start('c')
  await settled()
  await a.elector.release(forever)
  await world.clock.advance(60_000)
  assert.not.equal(b.elector.isLeading, c.elector.isLeading)
  assert.is(world.lease.held!.transitions, 1)
})

for (const [random, period] of [
  [0, PERIOD_MS],
  [0.5, 1.6 * PERIOD_MS],
] as const) {
  test(`a standby that cannot watch reads every ${period / 1000} s, and still takes over exactly in time`, async () => {
    const { clock, lease, prepare } = bound(new World())
    lease.put(record())
    const a = prepare('a', { random: () => random })
    a.store.fate = (verb) => (verb === 'watch' ? { fault: 'refused' } : {})
    a.run()
    await clock.advance(DURATION_MS)
    const expected = Array.from({ length: Math.ceil(DURATION_MS / period) }, (_, count) => count * period)
    assert.equal(a.times('read'), [...expected, DURATION_MS])
    assert.equal(a.told, [{ at: DURATION_MS, isLeading: true }])
    assert.is(a.log.lines.filter(({ level }) => level === 'warn').length, 1)
  })
}

test('a standby that cannot watch sees by reading that the lease is alive, or free', async () => {
  const world = new World()
  const a = await world.leader('a')
  const b = world.prepare('b')
  b.store.fate = (verb) => (verb === 'watch' ? { fault: 'refused' } : {})
  b.run()
  await world.clock.advance(60_500)
  assert.not(b.elector.isLeading)
  await a.elector.release(forever)
  await world.clock.advance(PERIOD_MS)
  assert.ok(b.elector.isLeading)
})

test('a watch that ends is followed by another one', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  await world.clock.advance(20_000)
  world.lease.cutWatches()
  await settled()
  await a.elector.release(forever)
  await settled()
  assert.ok(b.elector.isLeading)
  assert.is(b.times('watch').length, 2)
  assert.equal(
    b.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['attempt']),
    ['watch'],
  )
})

test('a watch that has fallen silent is not trusted: what was written meanwhile is found before anything is taken', async () => {
  const world = new World()
  const a = await world.leader('a')
  const b = world.prepare('b')
  b.store.fate = (verb) => (verb === 'watch' ? { backMs: HOUR_MS } : {})
  b.run()
  await world.clock.advance(60_000)
  assert.ok(a.elector.isLeading)
  assert.not(b.elector.isLeading)
  assert.ok(b.times('read').length >= 4)
})

test('a lease that claims to last for ages is looked at again all the same', async () => {
  const { clock, lease, start } = bound(new World())
  lease.put(record({ durationMs: 2 ** 31 * 1000 }))
  const a = start('a')
  await clock.advance(HOUR_MS)
  assert.is(a.times('read').length, 1 + HOUR_MS / DURATION_MS)
  lease.put(record({ holder: '' }))
  await settled()
  assert.ok(a.elector.isLeading)
})

test('whoever cannot read the lease does not take it, and tells so once', async () => {
  const { clock, lease, prepare } = bound(new World())
  lease.put(record())
  const a = prepare('a')
  a.store.fate = REFUSED
  a.run()
  await clock.advance(60_000)
  assert.not(a.elector.isLeading)
  assert.is(a.log.lines.filter(({ level }) => level === 'warn').length, 1)
  a.store.fate = () => ({})
  await clock.advance(PERIOD_MS + DURATION_MS)
  assert.ok(a.elector.isLeading)
})

test('a store that breaks in ways that nobody thought of ends nothing', async () => {
  const { clock, prepare } = bound(new World())
  const a = prepare('a')
  const { read } = a.store
  a.store.read = () => Promise.reject(new TypeError('x is not a function'))
  a.run()
  await clock.advance(PERIOD_MS)
  assert.not(a.ended.run)
  a.store.read = read
  await clock.advance(PERIOD_MS)
  assert.ok(a.elector.isLeading)
})

for (const verb of ['create', 'update'] as const) {
  test(`when the answer to the ${verb} that takes it is lost, the lease is ours, and counted once`, async () => {
    const { clock, lease, prepare } = bound(new World())
    if (verb === 'update') lease.put(record({ holder: '' }))
    const a = prepare('a')
    once(a, verb, { fault: 'lost' })
    a.run()
    await settled()
    assert.not(a.elector.isLeading)
    assert.not(a.gate.isHeld)
    await clock.advance(PERIOD_MS)
    assert.equal(a.told, [{ at: PERIOD_MS, isLeading: true }])
    assert.is(lease.held!.transitions, verb === 'update' ? 4 : 0)
    assert.is(lease.held!.acquiredAt, ManualClock.epoch)
  })
}

test('a lease is held from when the request that took it was sent', async () => {
  const { clock, prepare } = bound(new World())
  const a = prepare('a')
  once(a, 'create', { thereMs: 1_000, backMs: 500 })
  a.run()
  await clock.advance(1_500)
  assert.ok(a.elector.isLeading)
  a.gate.check(DURATION_MS - 1_500)
  assert.throws(() => a.gate.check(DURATION_MS - 1_499), isLeaseLost)
})

test('an answer that comes when nobody waits for it any more opens no gate', async () => {
  const { clock, lease, prepare } = bound(new World())
  const a = prepare('a')
  once(a, 'create', { backMs: DEADLINE_MS + 1_000 })
  const { create } = a.store
  a.store.create = (record) => create.call(a.store, record, forever)
  a.run()
  await clock.advance(DEADLINE_MS + 1_500)
  assert.is(lease.held!.holder, 'a')
  assert.not(a.gate.isHeld)
  await clock.advance(PERIOD_MS)
  assert.ok(a.elector.isLeading)
})

test('whoever is told to stop while it campaigns ends, having written nothing', async () => {
  const { clock, lease, start } = bound(new World())
  lease.put(record())
  const a = start('a')
  await clock.advance(1_000)
  a.stop.abort()
  await settled()
  assert.equal(a.ended, { run: true, lost: false, elected: false })
  await a.elector.release(forever)
  await clock.advance(60_000)
  assert.equal(a.told, [])
  assert.is(lease.writes.length, 1)
  assert.is(clock.armed, 0)
})

// Keeping it

test('a leader renews every retry period, and nothing but the time of renewal changes', async () => {
  const world = new World()
  const a = await world.leader('a')
  const first = world.lease.held!
  await world.clock.advance(3 * PERIOD_MS)
  assert.equal(a.times('update'), [2_000, 4_000, 6_000])
  assert.equal(world.lease.held, { ...first, version: '4', renewedAt: ManualClock.epoch + 6_000 })
  a.gate.check(DURATION_MS)
})

test('a renewal changes the lease even where the wall clock stands still', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  const stuckAt = a.clock.now()
  a.clock.now = () => stuckAt
  await world.clock.advance(60_000)
  assert.ok(a.elector.isLeading)
  assert.not(b.elector.isLeading)
  assert.is(world.lease.writes.length, 31)
})

for (const [what, fate] of [
  ['is refused', REFUSED],
  ['hangs', HANGING],
] as const) {
  test(`when renewing ${what}, leadership ends exactly at the deadline, and the gate is shut before the lease is over`, async () => {
    const world = new World()
    const { a, b } = await world.pair()
    await world.clock.advance(4_000)
    a.store.fate = fate
    await world.clock.advance(DEADLINE_MS - 1)
    assert.ok(a.elector.isLeading)
    a.gate.check()
    await world.clock.advance(1)
    assert.equal(a.told.at(-1), { at: 4_000 + DEADLINE_MS, isLeading: false })
    assert.equal(a.ended, { run: true, lost: true, elected: true })
    assert.throws(() => a.gate.check(), isLeaseLost)
    await world.clock.advance(DURATION_MS - DEADLINE_MS)
    assert.equal(b.told, [{ at: 4_000 + DURATION_MS, isLeading: true }])
    const sent = a.store.calls.length
    await world.clock.advance(60_000)
    assert.is(a.store.calls.length, sent)
  })
}

test('renewals that fail are repeated every retry period, told once, and one that succeeds makes all well', async () => {
  const world = new World()
  const a = await world.leader('a')
  a.store.fate = REFUSED
  await world.clock.advance(7_000)
  assert.equal(a.times('update'), [2_000, 4_000, 6_000])
  a.store.fate = () => ({})
  await world.clock.advance(60_000)
  assert.ok(a.elector.isLeading)
  assert.equal(
    a.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['code']),
    ['KubeUnavailable'],
  )
})

test('a renewal that nobody answered is repeated at once: three seconds of the deadline are left then, not one', async () => {
  const world = new World()
  const a = await world.leader('a')
  once(a, 'update', { thereMs: 5_000, fault: 'refused' })
  await world.clock.advance(7_000)
  assert.equal(a.times('update'), [2_000, 7_000])
  await world.clock.advance(2_000)
  assert.equal(a.times('update'), [2_000, 7_000, 9_000])
  assert.ok(a.elector.isLeading)
})

const MEANWHILE: readonly (readonly [what: string, act: (world: World, a: Process) => void, isLost: boolean])[] = [
  ['the answer to the last renewal was lost', (_, a) => once(a, 'update', { fault: 'lost' }), false],
  ['somebody touched it', ({ lease }) => lease.put({ ...lease.held! }), false],
  ['somebody broke it, but for its holder', ({ lease }) => lease.put(broken('a')), false],
  ['it was deleted', ({ lease }) => lease.delete(), false],
  ['another one holds it', ({ lease }) => lease.put(record()), true],
  ['somebody set it free', ({ lease }) => lease.put(record({ holder: '' })), true],
]

function broken(holder: string): LeaseRecord {
  return { holder, durationMs: undefined, acquiredAt: undefined, renewedAt: undefined, transitions: 0 }
}

for (const [what, act, isLost] of MEANWHILE) {
  test(`when ${what}, the next renewal ${isLost ? 'loses' : 'keeps'} the lease at once`, async () => {
    const world = new World()
    const a = await world.leader('a')
    await world.clock.advance(3_000)
    act(world, a)
    await world.clock.advance(3_000)
    assert.is(a.elector.isLeading, !isLost)
    assert.is(a.ended.lost, isLost)
    assert.is(a.gate.isHeld, !isLost)
    if (isLost) assert.equal(a.told.at(-1), { at: 4_000, isLeading: false })
    else assert.is(world.lease.held!.holder, 'a')
    assert.is(world.lease.writes.at(-1)!.verb === 'put', isLost)
  })
}

test('a lease that is deleted is nobody else’s before its time: its holder may not know yet', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  await world.clock.advance(5_000)
  a.store.fate = REFUSED
  world.lease.delete()
  await world.clock.advance(DURATION_MS - 1)
  assert.not(b.elector.isLeading)
  await world.clock.advance(1)
  assert.equal(b.told, [{ at: 5_000 + DURATION_MS, isLeading: true }])
})

test('a lease that is deleted and made anew by its holder is stood by for as before', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  await world.clock.advance(5_000)
  world.lease.delete()
  await world.clock.advance(60_000)
  assert.ok(a.elector.isLeading)
  assert.not(b.elector.isLeading)
})

// Frozen

for (const kind of ['stopped', 'suspended'] as const) {
  test(`a leader that was ${kind} past its lease finds the gate shut before it can write`, async () => {
    const world = new World()
    const { a, b } = await world.pair()
    await world.clock.advance(1_000)
    a.clock.freeze(kind)
    await world.clock.advance(DURATION_MS - 1_000)
    assert.ok(b.elector.isLeading)
    a.clock.thaw()
    // Nothing of the elector has run yet.
    assert.ok(a.elector.isLeading)
    assert.throws(() => a.gate.check(), isLeaseLost)
    await world.clock.advance(PERIOD_MS)
    assert.ok(a.ended.lost)
    assert.ok(b.elector.isLeading)
  })

  test(`a leader that was ${kind} past its lease, and whose lease nobody took, goes on`, async () => {
    const world = new World()
    const a = await world.leader('a')
    await world.clock.advance(1_000)
    a.clock.freeze(kind)
    await world.clock.advance(HOUR_MS)
    a.clock.thaw()
    assert.throws(() => a.gate.check(), isLeaseLost)
    await world.clock.advance(PERIOD_MS)
    assert.ok(a.elector.isLeading)
    a.gate.check()
  })

  test(`a leader that was ${kind} past its lease does not make anew what was deleted`, async () => {
    const world = new World()
    const a = await world.leader('a')
    a.clock.freeze(kind)
    await world.clock.advance(HOUR_MS)
    world.lease.delete()
    a.clock.thaw()
    await world.clock.advance(PERIOD_MS)
    assert.ok(a.ended.lost)
    assert.is(world.lease.held, undefined)
  })
}

test('a leader that was frozen past its deadline and still cannot renew has lost', async () => {
  const world = new World()
  const a = await world.leader('a')
  a.clock.freeze('stopped')
  await world.clock.advance(DEADLINE_MS + 1_000)
  a.store.fate = HANGING
  a.clock.thaw()
  await world.clock.advance(PERIOD_MS)
  assert.equal(a.told.at(-1), { at: DEADLINE_MS + 1_000 + PERIOD_MS, isLeading: false })
})

test('a renewal of a process that has lost, come late, does not bring it back', async () => {
  const world = new World()
  const { a, b } = await world.pair()
  a.store.fate = (verb) => (verb === 'update' ? { thereMs: 60_000 } : {})
  await world.clock.advance(90_000)
  assert.ok(a.ended.lost)
  assert.ok(b.elector.isLeading)
  assert.is(world.lease.held!.holder, 'b')
})

// Giving it back

test('a release shuts the gate first, and then sets the lease free for the next', async () => {
  const world = new World()
  const a = await world.leader('a')
  await world.clock.advance(3_000)
  let wasHeld: boolean | undefined
  const { update } = a.store
  a.store.update = (...args) => {
    wasHeld = a.gate.isHeld
    return update.apply(a.store, args)
  }
  const released = a.elector.release(forever)
  assert.not(a.gate.isHeld)
  await released
  assert.is(wasHeld, false)
  const now = ManualClock.epoch + 3_000
  const { version: _, origin: __, ...written } = world.lease.held!
  assert.equal(written, { holder: '', durationMs: 1_000, acquiredAt: now, renewedAt: now, transitions: 0 })
  assert.equal(a.ended, { run: true, lost: false, elected: true })
  assert.is(world.clock.armed, 0)
  await a.elector.release(forever)
  assert.is(world.lease.writes.length, 3)
})

test('a release after the run was stopped does the same', async () => {
  const world = new World()
  const a = await world.leader('a')
  a.stop.abort()
  await settled()
  assert.ok(a.ended.run)
  assert.not(a.gate.isHeld)
  await a.elector.release(forever)
  assert.is(world.lease.held!.holder, '')
})

const RELEASES: readonly (readonly [what: string, act: (world: World, a: Process) => void, holder: string])[] = [
  ['leaves a lease alone that another one has taken', ({ lease }) => lease.put(record()), 'z'],
  ['ends well where the API server cannot be reached', (_, a) => (a.store.fate = REFUSED), 'a'],
  ['goes over what somebody else changed just then', ({ lease }, a) => touchBeforeUpdate(lease, a), ''],
]

function touchBeforeUpdate(lease: MemoryLease, a: Process): void {
  const { update } = a.store
  a.store.update = (...args) => {
    a.store.update = update
    lease.put({ ...lease.held! })
    return update.apply(a.store, args)
  }
}

for (const [what, act, holder] of RELEASES) {
  test(`a release ${what}`, async () => {
    const world = new World()
    const a = await world.leader('a')
    act(world, a)
    await a.elector.release(forever)
    assert.is(world.lease.held!.holder, holder)
    assert.not(a.gate.isHeld)
  })
}

test('a release finds the lease of which we never heard that it is ours', async () => {
  const { lease, prepare } = bound(new World())
  const a = prepare('a')
  once(a, 'create', { fault: 'lost' })
  a.run()
  await settled()
  assert.is(lease.held!.holder, 'a')
  await a.elector.release(forever)
  assert.is(lease.held!.holder, '')
})

test('a release that hangs is over when it is told so', async () => {
  const world = new World()
  const a = await world.leader('a')
  a.store.fate = HANGING
  const stop = new AbortController()
  const released = a.elector.release(stop.signal)
  await settled()
  stop.abort()
  await released
  assert.not(a.gate.isHeld)
})

// Whatever happens

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Three processes at a time, and everything that can go wrong with them but the deletion of the lease. */
class Turmoil {
  readonly #world = new World()
  readonly #random: () => number
  /** Each has one kind of trouble: a machine that is suspended and whose clock is set back cannot know what time it is. */
  readonly #alive = new Map<Process, 'suspended' | 'stopped'>()
  #isCalm = false
  #started = 0
  /** How often a process came to lead. */
  leads = 0

  constructor(seed: number) {
    this.#random = randomOf(seed)
    for (let count = 0; count < 3; count++) this.#start()
  }

  async rage(ms: number): Promise<void> {
    for (const { clock } = this.#world; clock.monotonic() < ms;) {
      await clock.advance(this.#upTo(700))
      this.#check()
      for (const [process, trouble] of this.#alive) this.#trouble(process, trouble)
      this.#check()
    }
  }

  /** All is well from now on; whoever is frozen goes on. */
  async calmDown(ms: number): Promise<Process[]> {
    this.#isCalm = true
    for (const { clock } of this.#alive.keys()) if (clock.isFrozen) clock.thaw()
    for (let passed = 0; passed < ms; passed += 500) {
      await this.#world.clock.advance(500)
      this.#check()
    }
    const writers = [...this.#alive.keys()].filter(({ gate }) => gate.isHeld)
    for (const { stop } of this.#alive.keys()) stop.abort()
    return writers
  }

  #start(): void {
    const process = this.#world.prepare(`p${++this.#started}`, {
      wallSkewMs: (this.#random() - 0.5) * HOUR_MS,
      random: this.#random,
    })
    process.store.fate = (verb) => this.#fate(verb)
    process.gate.onExtended = () => this.#check()
    this.#alive.set(process, this.#happens(0.5) ? 'suspended' : 'stopped')
    void process.elector.elected.then(() => this.leads++)
    void process.elector.lost.then(() => this.#replace(process))
    process.run()
  }

  #replace(process: Process): void {
    if (this.#alive.delete(process)) this.#start()
  }

  #trouble(process: Process, trouble: 'suspended' | 'stopped'): void {
    const { clock, elector } = process
    const die = this.#random()
    if (clock.isFrozen) {
      if (die < 0.05) clock.thaw()
    } else if (die < 0.01) clock.freeze(trouble)
    else if (die < 0.014) void elector.release(forever).then(() => this.#replace(process))
    else if (die < 0.018) {
      // Gone for good, as by SIGKILL; what it has sent is under way still.
      clock.freeze('stopped')
      this.#replace(process)
    } else if (die < 0.028 && trouble === 'stopped') clock.wallSkewMs += (this.#random() - 0.5) * 60_000
  }

  #fate(verb: Verb): Fate {
    if (this.#isCalm) return {}
    const thereMs = this.#happens(0.1) ? this.#upTo(12_000) : this.#upTo(200)
    const backMs = this.#happens(0.1) ? this.#upTo(12_000) : this.#upTo(200)
    const isFaulty = this.#happens(verb === 'watch' ? 0.3 : 0.15)
    return { thereMs, backMs, ...(isFaulty && { fault: this.#happens(0.5) ? 'refused' : 'lost' }) }
  }

  #check(): void {
    const writers = [...this.#alive.keys()].filter(({ clock, gate }) => !clock.isFrozen && gate.isHeld)
    if (writers.length > 1) throw new Error(`${writers.map(({ identity }) => identity).join(' and ')} may both write`)
  }

  #happens(probability: number): boolean {
    return this.#random() < probability
  }

  #upTo(ms: number): number {
    return Math.ceil(this.#random() * ms)
  }
}

test('no two processes may ever write at the same time, and in the end one may', async () => {
  let leads = 0
  for (let seed = 1; seed <= 100; seed++) {
    const turmoil = new Turmoil(seed)
    try {
      await turmoil.rage(150_000)
      assert.is((await turmoil.calmDown(60_000)).length, 1)
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
    leads += turmoil.leads
  }
  assert.ok(leads > 300, `${leads} leads are too few to tell`)
})

function isLeaseLost(error: unknown): boolean {
  return error instanceof Failure && error.code === 'LeaseLost'
}

function bound(world: World) {
  const { clock, lease } = world
  return { clock, lease, start: world.start.bind(world), prepare: world.prepare.bind(world) }
}

test.run()
