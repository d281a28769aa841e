// A suspect that a person gives up by annotation: deleted once nobody can turn out to own it, and else refused.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Redacted } from '../../src/redacted.ts'
import { externalApplication, withFields } from '../domain/attempts.ts'
import { applicationOf, boundApplication } from '../doubles/resources.ts'
import { messageOf } from './harness.ts'
import { vain } from './scenarios.ts'
import { discard, suspectsOf, withSuspect } from './suspecting.ts'
import type { Suspecting } from './suspecting.ts'

const test = suite('discarded suspects')

test('a discarded suspect is deleted, leaves the list, and is remembered', async () => {
  const attempt = await withSuspect()
  const { look, suspect, ids, status, plane, logger } = attempt
  await look()
  discard(attempt, suspect)
  assert.is(await look(), 'done')
  assert.equal(ids(), [status().applicationId])
  assert.equal([suspectsOf(attempt), status().lastHandledDiscard], [[], suspect])
  assert.ok(logger.lines.some(({ fields }) => fields['reason'] === 'discard-suspect'))
  await look()
  assert.is(plane.count('deleteTenantApplication'), 1)
})

test('discarding waits while any attempt in the tenant is unfinished', async () => {
  const attempt = await withSuspect()
  const { look, suspect, applications, plane, lookAtApplication, clock, ids } = attempt
  await look()
  plane.createFault = vain
  const other = applications.apply(applicationOf({ metadata: { name: 'other' } }))
  await lookAtApplication(other)
  discard(attempt, suspect)
  assert.equal(await look(), { afterMs: 10_000 })
  assert.ok(ids().includes(suspect))
  await lookAtApplication(other)
  await clock.advance(QUARANTINE_MS)
  await lookAtApplication(other)
  assert.is(await look(), 'done')
  assert.not(ids().includes(suspect))
})

const REFUSALS: [title: string, claim: (attempt: Suspecting) => string, why: string][] = [
  [
    'that a resource claims',
    ({ applications, suspect }) => {
      applications.apply(boundApplication(suspect, { metadata: { name: 'other' } }))
      return suspect
    },
    'a resource or a journal claims it',
  ],
  [
    'that a resource has replaced and still holds',
    ({ applications, suspect }) => {
      const credentials = [
        { applicationId: suspect, clientId: 'c', state: 'Retiring' as const, issuedAt: '2026-01-01T00:00:00Z' },
      ]
      applications.apply(boundApplication('a-x', { metadata: { name: 'other' }, status: { credentials } }))
      return suspect
    },
    'a resource or a journal claims it',
  ],
  [
    'that only the journal of a resource that has gone claims',
    ({ journals, records, suspect }) => {
      const [lost] = journals()
      const fields = { state: 'bound', answer: { ...externalApplication(suspect) } }
      const subject = { kind: 'RaiTenantApplication', namespace: 'team', name: 'gone', uid: 'uid-gone' }
      const bound = withFields(lost!.stored, { ...fields, subject })
      const data = { ...bound.data, client_secret: new Redacted('secret') }
      records.put({ ...bound, data, name: 'journal-uid-gone-1' })
      return suspect
    },
    'a resource or a journal claims it',
  ],
  ['that it is bound to', ({ status }) => status().applicationId!, 'none of status.suspects'],
  ['that nobody knows', () => 'a-unknown', 'none of status.suspects'],
]

for (const [title, claim, why] of REFUSALS) {
  test(`an id ${title} is refused, and nothing is deleted`, async () => {
    const attempt = await withSuspect()
    await attempt.look()
    discard(attempt, claim(attempt))
    const before = attempt.ids()
    assert.is(await attempt.look(), 'done')
    const now = attempt.applicationNow(attempt.application)
    assert.is(attempt.applicationReason(attempt.application), 'InvalidSpec')
    assert.match(messageOf(now), why)
    assert.equal(attempt.ids(), before)
    assert.is(
      now!.status.conditions!.find(({ type }) => type === 'Ready')?.status,
      'True',
      'what works goes on working',
    )
  })
}

test('a journal of the tenant that cannot be read may name the suspect: nothing is deleted', async () => {
  const attempt = await withSuspect()
  const { look, records, journal, suspect, ids } = attempt
  await look()
  const unreadable = withFields(records.held.get(journal())!, { readableBy: 9 })
  records.put({ ...unreadable, name: 'journal-another-1' })
  discard(attempt, suspect)
  assert.equal(await look(), { code: 'AmbiguousCreate', disposition: 'stall' })
  assert.ok(ids().includes(suspect))
})

test.run()
