// The gate by both clocks: what the monotonic one does not notice, the wall clock does, and the other way round.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LeaseGate, OPEN, SHUT } from '../../src/engine/gate.ts'
import { Failure } from '../../src/errors.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const test = suite('engine/gate')

/** A clock whose two faces can be moved one by one. */
class TwoFacedClock extends ManualClock {
  wallMs = 0
  monotonicMs = 0

  override now(): number {
    return super.now() + this.wallMs
  }

  override monotonic(): number {
    return super.monotonic() + this.monotonicMs
  }
}

function setUp() {
  const clock = new TwoFacedClock()
  return { clock, gate: new LeaseGate(clock), extend: (gate: LeaseGate) => extendNow(gate, clock) }
}

function extendNow(gate: LeaseGate, clock: ManualClock): void {
  gate.extend(clock.monotonic(), clock.now(), 15_000)
}

function passes(gate: LeaseGate, spareMs?: number): boolean {
  try {
    gate.check(spareMs)
    return true
  } catch (error) {
    assert.instance(error, Failure)
    assert.is((error as Failure).code, 'LeaseLost')
    assert.is((error as Failure).disposition, 'retry')
    return false
  }
}

test('it is shut until there is a lease', () => {
  const { gate } = setUp()
  assert.not(passes(gate))
  assert.not(gate.isHeld)
})

const MOMENTS: readonly (readonly [
  what: string,
  wallMs: number,
  monotonicMs: number,
  spareMs: number,
  open: boolean,
])[] = [
  ['at the start', 0, 0, 0, true],
  ['with as much to spare as the lease lasts', 0, 0, 15_000, true],
  ['with more to spare than the lease lasts', 0, 0, 15_001, false],
  ['just before the end', 14_999, 14_999, 0, true],
  ['at the end', 15_000, 15_000, 0, false],
  ['with 2 s to spare when there are 2 s', 13_000, 13_000, 2_000, true],
  ['with 2 s to spare when there is less', 13_001, 13_001, 2_000, false],
  ['after the machine was suspended', 15_000, 1, 0, false],
  ['when the wall clock was set forward', 3_600_000, 1, 0, false],
  ['when the wall clock was set back', -3_600_000, 14_999, 0, true],
  ['when the wall clock was set back and the time is over', -3_600_000, 15_000, 0, false],
]

for (const [what, wallMs, monotonicMs, spareMs, open] of MOMENTS) {
  test(`${what} it is ${open ? 'open' : 'shut'}`, () => {
    const { clock, gate, extend } = setUp()
    extend(gate)
    clock.wallMs = wallMs
    clock.monotonicMs = monotonicMs
    assert.is(passes(gate, spareMs), open)
    if (spareMs === 0) assert.is(gate.isHeld, open)
  })
}

test('a renewal opens it again, from when it was begun', async () => {
  const { clock, gate } = setUp()
  extendNow(gate, clock)
  const [monotonic, wall] = [clock.monotonic() + 1_000, clock.now() + 1_000]
  await clock.advance(15_000)
  assert.not(passes(gate))
  gate.extend(monotonic, wall, 15_000)
  assert.ok(passes(gate, 1_000))
  assert.not(passes(gate, 1_001))
})

test('an older renewal than the last takes nothing away', async () => {
  const { clock, gate, extend } = setUp()
  const [monotonic, wall] = [clock.monotonic(), clock.now()]
  await clock.advance(2_000)
  extend(gate)
  gate.extend(monotonic, wall, 15_000)
  assert.ok(passes(gate, 15_000))
})

test('once closed it stays shut', () => {
  const { gate, extend } = setUp()
  extend(gate)
  gate.close()
  gate.close()
  assert.not(passes(gate))
  extend(gate)
  assert.not(passes(gate))
  assert.not(gate.isHeld)
})

test('without leader election every write passes', () => {
  OPEN.check()
  OPEN.check(1e9)
})

test('the gate of a process that only reads refuses, and says so', () => {
  try {
    SHUT.check()
  } catch (error) {
    assert.is((error as Failure).code, 'ReadOnly')
    return
  }
  assert.unreachable('it was open')
})

test.run()
