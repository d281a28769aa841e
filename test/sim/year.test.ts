// A virtual year of rotations: 50 applications with another credential each day, and at no instant one that does not work.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Rotation } from './credential-audit.ts'
import { KeyPool } from './key-pool.ts'
import { DAY_MS, HOUR_MS, RotatingFleet } from './rotating-fleet.ts'
import type { Day } from './rotating-fleet.ts'

const test = suite('a year of rotations')
const MINUTE_MS = 60_000
const DAYS = 365
const APPLICATIONS = 50
/** How much earlier than asked for a credential may be replaced. Source: docs/api.md, "Rotation and replacement". */
const MOST_EARLY = 0.1
/** Dates in a status are whole seconds. */
const ROUNDING_MS = 2_000
/** What a rotation may be late, since its calls take time. */
const LATE_MS = MINUTE_MS

const pool = await KeyPool.make({ rsa: true })
const year = new RotatingFleet({ pool, seed: 365, tenants: 10, applications: 5, overlapHours: 6, crashes: false })
await year.begin()
await year.live(DAYS)
const rotations = year.audit.rotations.slice()
await year.settle()

const most = (days: readonly Day[], of: keyof Day) => Math.max(...days.map((day) => day[of]))

/** By whole days since the world began, … */
function byDay(all: readonly Rotation[]): Rotation[][] {
  return Object.values(Object.groupBy(all, ({ atMs }) => Math.floor(atMs / DAY_MS))).map((some = []) => some)
}

/** … and of a day the part that fell into its fullest hour. */
function fullestHour(day: readonly Rotation[]): number {
  const hours = Object.values(Object.groupBy(day, ({ atMs }) => Math.floor(atMs / HOUR_MS)))
  return Math.max(...hours.map((some = []) => some.length)) / day.length
}

test('at every instant each Secret’s credential obtains a token, and a replaced one does for its overlap', () => {
  assert.equal(year.faults(), [])
  assert.ok(year.audit.samples > 4_000, String(year.audit.samples))
})

test('each application is rotated each day, and not sooner than a tenth of it before', () => {
  const bySecret = Object.values(Object.groupBy(rotations, ({ secret }) => secret)).map((some = []) => some.length)
  assert.is(bySecret.length, APPLICATIONS)
  assert.ok(Math.min(...bySecret) >= DAYS, String(Math.min(...bySecret)))
  assert.ok(Math.max(...bySecret) <= Math.ceil(DAYS / (1 - MOST_EARLY)), String(Math.max(...bySecret)))
  const periods = rotations.map(({ afterMs }) => afterMs)
  assert.ok(Math.min(...periods) >= DAY_MS * (1 - MOST_EARLY) - ROUNDING_MS, String(Math.min(...periods)))
  assert.ok(Math.max(...periods) <= DAY_MS + LATE_MS, String(Math.max(...periods)))
})

test('rotations are spread: never two thirds of a day’s fall into one hour', () => {
  const whole = byDay(rotations).filter((day) => day.length >= APPLICATIONS / 2)
  assert.ok(whole.length >= DAYS - 1, String(whole.length))
  const fullest = Math.max(...whole.map(fullestHour))
  assert.ok(fullest < 2 / 3, String(fullest))
})

test('every rotation is counted', async () => {
  assert.is(await year.counted(), year.audit.rotations.length)
})

test('nothing grows: neither journals and other records, nor what waits for a time, nor Events', () => {
  const later = year.days.slice(1)
  assert.ok(most(later, 'mostJournals') <= 12, String(most(later, 'mostJournals')))
  const [second, last] = [year.days.slice(30, 60), year.days.slice(-30)]
  for (const what of ['mostJournals', 'records', 'timers'] as const) {
    assert.ok(most(last, what) <= most(second, what) + 3, `${what}: ${most(second, what)}, ${most(last, what)}`)
  }
  assert.is(most(later, 'events'), year.days[0]!.events)
})

test.after(() => year.end())
test.run()
