// What has expired is neither found nor kept.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CallLog } from '../../src/simulator/call-log.ts'
import { Expiring } from '../../src/simulator/expiring.ts'
import { RateLimit } from '../../src/simulator/rate-limit.ts'

const memory = suite('simulator: memory')

memory('a value is found until its instant, not at it', () => {
  const values = new Expiring<string>()
  values.set('a', 'x', 100, 0)
  assert.is(values.get('a', 99), 'x')
  assert.is(values.get('a', 100), undefined)
  assert.is(values.get('b', 0), undefined)
})

memory('a value that is set again has the new instant', () => {
  const values = new Expiring<string>()
  values.set('a', 'x', 100, 0)
  values.set('b', 'y', 100, 0)
  values.set('a', 'z', 200, 50)
  values.set('c', 'y', 300, 150)
  assert.is(values.get('a', 150), 'z')
})

memory('nothing is found after all was forgotten', () => {
  const values = new Expiring<string>()
  values.set('a', 'x', 100, 0)
  values.clear()
  assert.is(values.get('a', 0), undefined)
})

memory('the log keeps the last hundred thousand calls and counts all', () => {
  const log = new CallLog()
  const call = { at: '', op: 'getTenants', method: 'GET', path: '/' }
  for (let n = 0; n < 250_000; n++) log.begin(call)
  assert.ok(log.entries().length >= 100_000 && log.entries().length <= 200_000)
  assert.is(log.entries().at(-1)?.seq, 250_000)
  assert.equal(log.counts(), { getTenants: 250_000 })
})

memory('a rate limit lets a burst pass and then one call per interval', () => {
  const limit = new RateLimit()
  const at = (now: number) => limit.take(now, 10, 2)
  assert.equal([at(0), at(0), at(0), at(50), at(100), at(100)], [0, 0, 100, 50, 0, 100])
})

memory('a rate of 0 is no limit', () => {
  const limit = new RateLimit()
  assert.equal([limit.take(0, 0, 1), limit.take(0, 0, 1)], [0, 0])
})

memory.run()
