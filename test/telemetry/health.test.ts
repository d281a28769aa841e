// When a probe says that all is well.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ControlPlaneState, ReflectorState } from '../../src/telemetry/health.ts'
import { Health } from '../../src/telemetry/health.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const DEADLINE_MS = 1000
const unauthorized = { code: 'Unauthorized', message: 'put client_id into the directory' }
const unavailable = { code: 'ControlPlaneUnavailable', message: 'no answer' }

function reflector(state: Partial<ReflectorState> = {}): ReflectorState {
  return { name: 'RaiTenant', synced: true, triedAt: 0, deadlineMs: DEADLINE_MS, ...state }
}

function healthOf(
  reflectors: readonly ReflectorState[],
  controlPlane: ControlPlaneState = { hadToken: true, failure: undefined },
) {
  const clock = new ManualClock()
  return { clock, health: new Health({ reflectors: () => reflectors, controlPlane: () => controlPlane, clock }) }
}

const test = suite('health')

type Alive = [title: string, reflectors: readonly ReflectorState[], afterMs: number, ok: boolean]

const alive: Alive[] = [
  ['a reflector tried just now', [reflector()], 0, true],
  ['a reflector tried twice its deadline ago', [reflector()], 2 * DEADLINE_MS, true],
  ['a reflector tried longer ago than that', [reflector()], 2 * DEADLINE_MS + 1, false],
  ['one of two tried too long ago', [reflector({ triedAt: 3000 }), reflector({ name: 'other' })], 3000, false],
  ['a reflector is not synced, but tries', [reflector({ synced: false, triedAt: 2900 })], 3000, true],
  ['a reflector has not begun yet', [reflector({ triedAt: undefined })], 2 * DEADLINE_MS, true],
  ['a reflector never begins', [reflector({ triedAt: undefined })], 2 * DEADLINE_MS + 1, false],
]

for (const [title, reflectors, afterMs, ok] of alive) {
  test(`healthz is ${ok ? 'ok' : 'not ok'} when ${title}`, async () => {
    const { clock, health } = healthOf(reflectors)
    await clock.advance(afterMs)
    assert.is(health.healthz().ok, ok)
  })
}

type Ready = [title: string, synced: boolean, controlPlane: ControlPlaneState, ok: boolean, told: string]

const ready: Ready[] = [
  ['caches are synced', true, { hadToken: true, failure: undefined }, true, 'ok'],
  ['nothing was asked of the control plane', true, { hadToken: false, failure: undefined }, true, 'not asked yet'],
  ['a cache is not synced', false, { hadToken: true, failure: undefined }, false, 'ok'],
  [
    'the control plane is down',
    true,
    { hadToken: true, failure: unavailable },
    true,
    'ControlPlaneUnavailable: no answer',
  ],
  [
    'the control plane was always down',
    true,
    { hadToken: false, failure: unavailable },
    true,
    'ControlPlaneUnavailable: no answer',
  ],
  [
    'credentials that worked are refused',
    true,
    { hadToken: true, failure: unauthorized },
    true,
    'Unauthorized: put client_id into the directory',
  ],
  [
    'credentials never worked',
    true,
    { hadToken: false, failure: unauthorized },
    false,
    'Unauthorized: put client_id into the directory',
  ],
]

for (const [title, synced, controlPlane, ok, told] of ready) {
  test(`readyz is ${ok ? 'ok' : 'not ok'} when ${title}, and says so`, () => {
    const { health } = healthOf([reflector({ synced })], controlPlane)
    assert.equal(health.readyz(), {
      ok,
      parts: { RaiTenant: synced ? 'synced' : 'not synced yet', 'control plane': told },
    })
  })
}

test.run()
