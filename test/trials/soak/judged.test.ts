// How a soak is judged.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import type { StateReport } from '../../../src/simulator/person.ts'
import { astray, atRest, differences, growth, median } from './judged.ts'

const test = suite('trials/soak/judged')

test('neither what comes for a while nor what is missing for a moment counts', () => {
  const looks = [6, 7, 5, 6, 7, 6, 7, 7].map((sockets) => ({ sockets, timers: 3 }))
  assert.equal(atRest([...looks.slice(1), { ...looks[0]!, odd: 1 }]), { sockets: 6, timers: 3, odd: 0 })
})

test('a whole is the sum of its parts at rest, whichever of them has one more at a time', () => {
  const looks = [
    { timers: 4, 'timers: 10 s': 2, 'timers: others': 2 },
    { timers: 4, 'timers: 10 s': 1, 'timers: others': 3 },
    { timers: 4, 'timers: 10 s': 1, 'timers: others': 3 },
    { timers: 4, 'timers: 10 s': 2, 'timers: others': 2 },
  ]
  assert.equal(atRest(looks), { timers: 3, 'timers: 10 s': 1, 'timers: others': 2 })
})

test('more and fewer are both told, also of what was not there at all', () => {
  assert.equal(differences({ sockets: 6, timers: 3, old: 1 }, { sockets: 7, timers: 3, new: 2 }), [
    'sockets: 6 before, 7 after',
    'old: 1 before, 0 after',
    'new: 0 before, 2 after',
  ])
  assert.equal(differences({ sockets: 6 }, { sockets: 6 }), [])
})

test('parts are told with the whole, where that differs', () => {
  const before = { sockets: 3, 'sockets: plain': 1, 'sockets: TLS': 2, 'signals: abort': 9 }
  assert.equal(differences(before, { ...before, sockets: 4, 'sockets: TLS': 3 }), [
    'sockets: 3 before, 4 after; sockets: TLS: 2 before, 3 after',
  ])
  assert.equal(differences(before, { ...before, 'sockets: plain': 2, 'sockets: TLS': 1, 'signals: abort': 8 }), [])
})

test('the last third is compared with the middle one, by medians; what is left of thirds counts as the first', () => {
  assert.equal(growth([900, 900, 100, 100, 500, 102, 102, 1]), { middle: 301, last: 51.5, share: 51.5 / 301 - 1 })
  assert.equal(growth([50, 100, 103]), { middle: 100, last: 103, share: 103 / 100 - 1 })
  assert.is(growth([1, 2]), undefined)
})

test('a median is the one in the middle, or lies between two', () => {
  assert.is(median([3, 1, 2]), 2)
  assert.is(median([4, 1, 2, 3]), 2.5)
})

const bound = (name: string, ...ids: string[]): RaiTenantApplication =>
  ({
    metadata: { name },
    status: { applicationId: ids[0], credentials: ids.map((applicationId) => ({ applicationId })) },
  }) as unknown as RaiTenantApplication

const holding = (...ids: string[]): StateReport =>
  ({
    tenants: [{ name: 'a' }],
    applications: ids.map((id) => ({ id, tenant: 'a', auth: 'EC' })),
  }) as unknown as StateReport

const EVEN = { applications: { creates: 5, deletes: 2, live: 3 } }

test('what is in use and what retires is known', () => {
  assert.equal(astray([bound('web', '1', '2'), bound('batch', '3')], holding('1', '2', '3'), ['a'], EVEN), [])
})

test('what is nobody’s, missing or held twice is told, and so is a balance that is uneven', () => {
  const uneven = { applications: { creates: 5, deletes: 1, live: 3 } }
  assert.equal(astray([bound('web', '1', '2'), bound('batch', '1')], holding('1', '3'), ['a', 'b'], uneven), [
    'the tenants a stand outside',
    "EC 3 in a is nobody's",
    '2 of web does not exist',
    '1 is of web and batch',
    'applications: 5 created, 1 deleted, 3 live',
  ])
})

test.run()
