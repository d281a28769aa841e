// With ClientSecret nothing proves what a lost answer left: it is suspected and told, and deleted only when a person says so.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { timestamp } from '../../src/clock.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { applicationOf, boundApplication } from '../doubles/resources.ts'
import { messageOf } from './harness.ts'
import { discard, giveUp, suspectsOf, withSuspect } from './suspecting.ts'
import { AMBIGUOUS, HOUR_MS, lost, MINUTE_MS, pendingAnswer, vain, withAbandoned, withAttempt } from './scenarios.ts'

const test = suite('suspects')

const Hold = { onAmbiguousCreate: 'Hold' } as const

test('what a lost answer may have left is a suspect after 75 s, told in status, by an Event and in the metrics', async () => {
  const attempt = await withSuspect()
  const { suspect, status, events, metrics, states, posts } = attempt
  const firstSeenAt = timestamp(ManualClock.epoch + QUARANTINE_MS)
  assert.equal(status().suspects, [{ applicationId: suspect, clientId: `client-${suspect}`, firstSeenAt }])
  const told = events.published.find(({ reason }) => reason === 'OrphanSuspected')
  assert.is(told?.about, 'team/web')
  assert.match(told!.note, suspect)
  assert.ok(metrics.counted.includes('ambiguous suspected'))
  assert.equal([posts(), states()], [1, ['abandoned']])
})

test('what a resource holds that another operator looks after is no suspect', async () => {
  const attempt = await withAttempt('ClientSecret', lost)
  const { applications, ids, look, clock, status } = attempt
  applications.fallBehind()
  applications.apply(boundApplication(ids()[0], { metadata: { name: 'hidden' } }))
  await look()
  await clock.advance(QUARANTINE_MS)
  await look()
  assert.equal(status().suspects ?? [], [])
})

test('Replace makes one more, and what it may have left stays in the list', async () => {
  const attempt = await withSuspect()
  const { suspect, look, status, posts, application, applicationReason, plane } = attempt
  assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.is.not(status().applicationId, suspect)
  assert.equal(suspectsOf(attempt), [suspect])
  assert.is(posts(), 2)
  assert.is(plane.count('deleteTenantApplication'), 0)
})

test('two lost answers hold even Replace, until one is resolved', async () => {
  const attempt = await withSuspect()
  const { look, plane, posts, application, applicationNow, applicationReason, suspect } = attempt
  plane.createFault = lost
  assert.equal(await look(), AMBIGUOUS)
  await giveUp(attempt)
  for (let looks = 0; looks < 3; looks++) assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'AmbiguousCreate')
  const message = messageOf(applicationNow(application))
  for (const id of suspectsOf(attempt)) assert.match(message, id)
  assert.is(suspectsOf(attempt).length, 2)
  assert.is(posts(), 2)
  discard(attempt, suspect)
  assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.is(posts(), 3)
})

test('Hold makes no other before a person has decided, and goes on then', async () => {
  const attempt = await withSuspect({ spec: Hold })
  const { look, posts, application, applicationNow, applicationReason, suspect, status, ids } = attempt
  for (let looks = 0; looks < 3; looks++) assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'AmbiguousCreate')
  assert.match(messageOf(applicationNow(application)), suspect)
  assert.match(messageOf(applicationNow(application)), 'tenants.resistant.ai/discard-suspect')
  assert.is(status().conditions!.find(({ type }) => type === 'Stalled')?.status, 'True')
  assert.is(posts(), 1)
  discard(attempt, suspect)
  assert.is(await look(), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.equal(ids(), [status().applicationId])
})

test('what was never carried out leaves no suspect, and is asked for again after 75 s', async () => {
  const attempt = await withAttempt('ClientSecret', vain, { spec: Hold })
  await giveUp(attempt)
  assert.is(attempt.posts(), 1)
  assert.is(await attempt.look(), 'done')
  assert.equal([attempt.posts(), suspectsOf(attempt)], [2, []])
  assert.not(attempt.events.reasons.includes('team/web OrphanSuspected'))
})

test('what a person made in that minute is suspected, too, and never deleted by itself', async () => {
  const attempt = await withAttempt('ClientSecret', vain)
  const { plane, tenantId, look, clock, sweep, ids } = attempt
  const { cell, scopes } = attempt.application.spec
  const theirs = plane.makeApplication(tenantId, { cell, scopes, auth: { type: 'ClientSecret' } }).application.id
  await giveUp(attempt)
  await look()
  assert.equal(suspectsOf(attempt), [theirs])
  for (let hours = 0; hours < 30; hours++) {
    await clock.advance(HOUR_MS)
    await sweep(tenantId)
  }
  assert.ok(ids().includes(theirs))
})

test('while another attempt in the tenant may yet name them, nothing is suspected', async () => {
  const attempt = await withAttempt('ClientSecret', vain)
  const { applications, lookAtApplication, plane, look, clock, states } = attempt
  await look()
  await clock.advance(QUARANTINE_MS)
  const other = applications.apply(applicationOf({ metadata: { name: 'other' }, spec: attempt.application.spec }))
  const answer = pendingAnswer(plane)
  const looking = lookAtApplication(other)
  await clock.advance(0)
  assert.equal(await look(), { afterMs: 5_000 })
  assert.equal([suspectsOf(attempt), states()], [[], ['open', 'open']])
  answer.resolve()
  assert.is(await looking, 'done')
  assert.equal(await look(), { afterMs: 0 })
  assert.equal([suspectsOf(attempt), states()], [[], ['abandoned', 'bound']])
})

test('… nor by a sweep, which does not count then', async () => {
  const attempt = await withAbandoned('ClientSecret')
  const { applications, lookAtApplication, plane, clock, sweep, tenantId, journals } = attempt
  const other = applications.apply(applicationOf({ metadata: { name: 'other' }, spec: attempt.application.spec }))
  const answer = pendingAnswer(plane)
  const looking = lookAtApplication(other)
  await clock.advance(MINUTE_MS)
  assert.equal(await sweep(tenantId), { afterMs: 30_000 })
  assert.equal([suspectsOf(attempt), journals()[0]!.attempt.passes], [[], 0])
  answer.resolve()
  assert.is(await looking, 'done')
  await sweep(tenantId)
  assert.equal([suspectsOf(attempt), journals()[0]!.attempt.passes], [[], 1])
})

test('a suspect that somebody claims leaves the list at the next sweep', async () => {
  const attempt = await withSuspect()
  const { applications, look, suspect, sweep, clock, tenantId } = attempt
  await look()
  applications.apply(boundApplication(suspect, { metadata: { name: 'other' } }))
  await clock.advance(MINUTE_MS)
  await sweep(tenantId)
  assert.equal(suspectsOf(attempt), [])
})

test('a suspect that has gone leaves the list at the next sweep', async () => {
  const attempt = await withSuspect()
  const { look, suspect, sweep, clock, tenantId, plane } = attempt
  await look()
  await plane.applications.delete(tenantId, suspect, new AbortController().signal)
  await clock.advance(MINUTE_MS)
  await sweep(tenantId)
  assert.equal(suspectsOf(attempt), [])
})

test('what appears after the attempt was given up belongs to the same lost answer', async () => {
  const attempt = await withSuspect({ spec: Hold })
  const { carryOut, status, suspect, sweep, clock, tenantId } = attempt
  const late = carryOut()
  await clock.advance(MINUTE_MS)
  await sweep(tenantId)
  assert.equal(suspectsOf(attempt), [suspect, late])
  assert.is(new Set(status().suspects!.map(({ firstSeenAt }) => firstSeenAt)).size, 1)
})

test('however long the status takes to be written, all of one lost answer have one time', async () => {
  const attempt = await withAttempt('ClientSecret', lost)
  const { applications, carryOut, status, sweep, clock, tenantId } = attempt
  const patchStatus = applications.patchStatus.bind(applications)
  applications.patchStatus = async (...args) => {
    await clock.advance(2_000)
    return patchStatus(...args)
  }
  await giveUp(attempt)
  applications.patchStatus = patchStatus
  carryOut()
  await clock.advance(MINUTE_MS)
  await sweep(tenantId)
  assert.is(suspectsOf(attempt).length, 2)
  assert.is(new Set(status().suspects!.map(({ firstSeenAt }) => firstSeenAt)).size, 1)
})

test('of a resource that has gone, what appears is told on the tenant', async () => {
  const attempt = await withAttempt('ClientSecret', vain)
  const { remove, look, clock, carryOut, sweep, tenantId, events, application, applicationNow, ids } = attempt
  await remove()
  await giveUp(attempt)
  await look()
  assert.is(applicationNow(application), undefined)
  const late = carryOut()
  await clock.advance(MINUTE_MS)
  await sweep(tenantId)
  const told = events.published.find(({ reason }) => reason === 'OrphanSuspected')
  assert.is(told?.about, 'team/acme')
  assert.match(told!.note, late)
  assert.equal(ids(), [late])
})

test.run()
