// When a probe says that all is well.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ControlPlaneState, ReflectorState } from '../../src/telemetry/health.ts'
import { Health } from '../../src/telemetry/health.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const DEADLINE_MS = 1000

function reflector(state: Partial<ReflectorState> = {}): ReflectorState {
  return { name: 'RaiTenant', synced: true, triedAt: 0, deadlineMs: DEADLINE_MS, ...state }
}

function healthOf(
  reflectors: readonly ReflectorState[],
  controlPlane: ControlPlaneState = { hadToken: true, state: 'accepted' },
  optional: readonly ReflectorState[] = [],
) {
  const clock = new ManualClock()
  const reflecting = { reflectors: () => reflectors, optionalReflectors: () => optional }
  return { clock, health: new Health({ ...reflecting, controlPlane: () => controlPlane, clock }) }
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
  ['caches are synced', true, { state: 'accepted', hadToken: true }, true, 'ok'],
  ['nothing was asked of the control plane', true, { state: 'untried', hadToken: false }, true, 'not asked yet'],
  ['a cache is not synced', false, { state: 'accepted', hadToken: true }, false, 'ok'],
  ['the control plane is down', true, { state: 'unreachable', hadToken: true }, true, 'ControlPlaneUnavailable'],
  [
    'the control plane was always down',
    true,
    { state: 'unreachable', hadToken: false },
    true,
    'ControlPlaneUnavailable',
  ],
  ['credentials that worked are refused', true, { state: 'refused', hadToken: true }, true, 'Unauthorized'],
  ['credentials never worked', true, { state: 'refused', hadToken: false }, false, 'Unauthorized'],
  ['credentials are missing', true, { state: 'missing', hadToken: false }, false, 'Unauthorized'],
]

for (const [title, synced, controlPlane, ok, told] of ready) {
  test(`readyz is ${ok ? 'ok' : 'not ok'} when ${title}, and says so`, () => {
    const { health } = healthOf([reflector({ synced })], controlPlane)
    const { parts, ...rest } = health.readyz()
    assert.equal(rest, { ok })
    assert.is(parts['RaiTenant'], synced ? 'synced' : 'not synced yet')
    assert.is(parts['control plane']?.split(':')[0], told)
  })
}

test('one that is optional is told of and waited for by nobody, but has to try like all', async () => {
  const { clock, health } = healthOf([], undefined, [reflector({ name: 'namespaces', synced: false })])
  assert.equal([health.readyz().ok, health.readyz().parts['namespaces']], [true, 'not synced yet'])
  assert.ok(health.healthz().ok)
  await clock.advance(2 * DEADLINE_MS + 1)
  assert.not(health.healthz().ok)
})

test('a probe tells names of parts, each with one of a few sentences, and no other data', () => {
  const states = ['untried', 'accepted', 'missing', 'refused', 'unreachable'] as const
  const all = states.flatMap((state) =>
    [true, false].flatMap((synced) => {
      const { health } = healthOf([reflector({ synced })], { state, hadToken: synced }, [
        reflector({ name: 'secrets', synced, triedAt: -2 * DEADLINE_MS - 1 }),
      ])
      return [health.healthz(), health.readyz()]
    }),
  )
  const told = all.flatMap(({ parts }) => Object.entries(parts))
  assert.equal(new Set(all.flatMap((report) => Object.keys(report))), new Set(['ok', 'parts']))
  assert.equal([...new Set(told.map(([name]) => name))].toSorted(), ['RaiTenant', 'control plane', 'secrets'])
  assert.equal([...new Set(told.map(([, state]) => state))].toSorted(), [
    'ControlPlaneUnavailable: the token endpoint does not answer',
    "Unauthorized: the organization's credential is missing or cannot be read",
    "Unauthorized: the organization's credential is refused",
    'has not tried for twice its deadline',
    'not asked yet',
    'not synced yet',
    'ok',
    'synced',
    'tries',
  ])
})

test.run()
