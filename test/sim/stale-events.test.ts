// Whatever becomes of an event on its way to a cache, nothing is done outside that would not have been done with it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KeyPool } from './key-pool.ts'
import { disturb, DISTURBANCES } from './stale-events.ts'

const test = suite('stale events')
const pool = await KeyPool.make({ rsa: false })

for (const mode of ['EC', 'ClientSecret'] as const) {
  const { events, faults } = await disturb(pool, mode, undefined, 'drop')
  test(`${mode}: undisturbed, the life ends well`, () => {
    assert.equal(faults, [])
    assert.ok(events.length > 15, String(events.length))
  })
  for (const [index, event] of events.entries()) {
    for (const disturbance of DISTURBANCES) {
      test(`${mode}: ${disturbance} at event ${index}, ${event}, changes nothing outside`, async () => {
        const disturbed = await disturb(pool, mode, index, disturbance)
        assert.equal(disturbed.faults, [], `repeat: node test/sim/replay.ts event ${mode} ${index} ${disturbance}`)
      })
    }
  }
}

test.run()
