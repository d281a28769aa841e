// A virtual month of rotations with an operator that dies every day, at any of its calls: the same holds at every instant.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { journals } from './lifecycle.ts'
import { KeyPool } from './key-pool.ts'
import { RotatingFleet } from './rotating-fleet.ts'

const test = suite('a month of rotations and crashes')
const DAYS = 30
const APPLICATIONS = 20

const pool = await KeyPool.make({ rsa: true })

test('whatever dies, each Secret’s credential obtains a token, and a replaced one does for its overlap', async () => {
  const month = new RotatingFleet({ pool, seed: 1, tenants: 5, applications: 4, overlapHours: 6, crashes: true })
  await month.begin()
  await month.live(DAYS)
  await month.settle()
  assert.equal(month.faults(), [])
  // On a day with fewer calls than it was to survive nobody dies.
  assert.ok(month.crashes >= DAYS - 3, String(month.crashes))
  assert.ok(month.audit.rotations.length >= APPLICATIONS * DAYS, String(month.audit.rotations.length))
  assert.ok(journals(month.world).length <= 2, String(journals(month.world)))
  await month.end()
})

test.run()
