// Keys come out of the schedule when they are due, soonest first, each once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Schedule } from '../../src/engine/schedule.ts'

const test = suite('schedule')

function drain(schedule: Schedule, now: number): string[] {
  const keys = []
  for (let due = schedule.take(now); due; due = schedule.take(now)) keys.push(due.key)
  return keys
}

test('hands out what is due, soonest first', () => {
  const schedule = new Schedule()
  for (const [key, at] of [
    ['c', 30],
    ['a', 10],
    ['d', 40],
    ['b', 20],
  ] as const)
    schedule.set(key, at)
  assert.equal(drain(schedule, 30), ['a', 'b', 'c'])
  assert.is(schedule.nextAt(), 40)
})

test('of several wanted times the soonest wins', () => {
  const schedule = new Schedule()
  schedule.set('a', 50)
  schedule.set('a', 20)
  schedule.set('a', 80)
  assert.is(schedule.size, 1)
  assert.is(schedule.nextAt(), 20)
  assert.equal(drain(schedule, 100), ['a'], 'once, however often it was wanted')
})

test('a key that is taken out leaves nothing behind', () => {
  const schedule = new Schedule()
  schedule.set('a', 10)
  schedule.set('b', 20)
  assert.ok(schedule.delete('a'))
  assert.not(schedule.delete('a'))
  assert.is(schedule.nextAt(), 20)
  assert.equal(drain(schedule, 100), ['b'])
})

test('a key wanted again later than it was taken out comes at the later time', () => {
  const schedule = new Schedule()
  schedule.set('a', 10)
  schedule.delete('a')
  schedule.set('a', 60)
  assert.is(schedule.take(59), undefined)
  assert.equal(schedule.take(60), { key: 'a', at: 60 })
})

test('ten thousand keys come out sorted', () => {
  const schedule = new Schedule()
  const times = Array.from({ length: 10_000 }, (_, i) => (i * 7_919) % 10_007)
  times.forEach((at, i) => schedule.set(`${i}`, at))
  const order = drain(schedule, Infinity).map((key) => times[Number(key)]!)
  assert.equal(
    order,
    [...times].sort((a, b) => a - b),
  )
})

test.run()
