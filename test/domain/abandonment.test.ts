// What is remembered of a resource that is let go: every id that is known, and none that an earlier pass told forgotten.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { abandonedNote, abandonedOf, encodeAbandoned, isSameRecord, withEarlier } from '../../src/domain/abandonment.ts'
import type { Abandoned } from '../../src/domain/abandonment.ts'
import type { ApplicationAttempt, Journal, TenantAttempt } from '../../src/domain/journal.ts'
import { applicationOf, boundApplication, boundTenant, tenantOf } from '../doubles/resources.ts'
import { answerOf, applicationAttempt, externalTenant, journalOf, NOW, tenantAttempt } from './attempts.ts'

const test = suite('abandonment')

const NOTHING = { genuine: true, secrets: [], journals: [], unreadable: [], now: NOW }

function read(attempt: ApplicationAttempt | TenantAttempt, name: string): Journal {
  return { stored: journalOf(attempt, name), attempt }
}

const open = read(applicationAttempt(), 'journal-uid-1-open')
const answered = read(applicationAttempt({ state: 'answered', answer: answerOf(applicationAttempt(), 'a-7') }), 'j-7')
const bound = read(applicationAttempt({ state: 'bound', answer: answerOf(applicationAttempt(), 'a-8') }), 'j-8')

function idsIn({ tenantId, applicationIds, suspects, journals }: Abandoned) {
  return { tenantId, applicationIds, suspects, journals }
}

test('an application: what it holds, retiring ones included, and what may be left of a lost answer', () => {
  const application = boundApplication('a-1')
  const credentials = [{ applicationId: 'a-0', clientId: 'c', state: 'Retiring' as const, issuedAt: 'then' }]
  const suspects = [{ applicationId: 'a-9', clientId: 'c', firstSeenAt: '2026-01-01T00:00:00Z' }]
  const status = { ...application.status, suspects, credentials: [...credentials, ...application.status.credentials!] }
  const abandoned = abandonedOf({ ...application, status }, NOTHING)
  assert.equal(idsIn(abandoned), { tenantId: 't-1', applicationIds: ['a-0', 'a-1'], suspects: ['a-9'], journals: [] })
  const { uid } = application.metadata
  assert.equal(
    [abandoned.kind, abandoned.namespace, abandoned.name, abandoned.uid, abandoned.organization],
    ['RaiTenantApplication', 'team', 'web', uid, 'org'],
  )
})

test('what an answer says that nobody was handed; of what is not known the journal; of what is over nothing', () => {
  const unreadable = [{ stored: { ...open.stored, name: 'journal-uid-1-broken' }, problem: 'is broken' }]
  const abandoned = abandonedOf(applicationOf(), { ...NOTHING, journals: [open, answered, bound], unreadable })
  assert.equal(idsIn(abandoned), {
    tenantId: 't-1',
    applicationIds: ['a-7'],
    suspects: [],
    journals: ['journal-uid-1-broken', 'journal-uid-1-open'],
  })
  assert.is(abandoned.organization, 'org')
})

test('a tenant: its id, or the one in an answer that it was not bound to yet', () => {
  assert.is(abandonedOf(boundTenant('t-5'), NOTHING).tenantId, 't-5')
  const answer = { ...externalTenant('t-6'), provenance: 'Created' as const }
  const journals = [read(tenantAttempt({ state: 'answered', answer }), 'j')]
  assert.equal(idsIn(abandonedOf(tenantOf(), { ...NOTHING, journals })), {
    tenantId: 't-6',
    applicationIds: [],
    suspects: [],
    journals: [],
  })
})

test('a later pass keeps what an earlier one wrote down, and when', () => {
  const first = abandonedOf(boundApplication('a-1'), { ...NOTHING, genuine: false, journals: [open] })
  const later = abandonedOf(applicationOf(), { ...NOTHING, journals: [answered], now: NOW + 5_000 })
  const both = withEarlier(later, encodeAbandoned(first))
  assert.equal(both.applicationIds, ['a-1', 'a-7'])
  assert.equal([both.journals, both.genuine], [first.journals, false])
  assert.is(both.abandonedAt, first.abandonedAt)
})

test('a pass that learns nothing new has nothing to write', () => {
  const application = boundApplication('a-1')
  const record = encodeAbandoned(abandonedOf(application, NOTHING))
  const again = withEarlier(abandonedOf(application, { ...NOTHING, now: NOW + 5_000 }), record)
  assert.ok(isSameRecord(record, encodeAbandoned(again)))
  const more = abandonedOf(application, { ...NOTHING, journals: [open] })
  assert.not(isSameRecord(record, encodeAbandoned(withEarlier(more, record))))
})

for (const text of [undefined, '', 'null', '[]', '{"applicationIds":"a-1","tenantId":5,"journals":[1]}']) {
  test(`a record that somebody made unreadable adds nothing: ${text}`, () => {
    const abandoned = abandonedOf(boundApplication('a-1'), NOTHING)
    const annotations: Record<string, string> = text === undefined ? {} : { 'tenants.resistant.ai/abandoned': text }
    assert.equal(withEarlier(abandoned, { ...encodeAbandoned(abandoned), annotations }), abandoned)
  })
}

test('the Event names what is left, or that nothing is known of', () => {
  const application = boundApplication('a-1')
  assert.match(
    abandonedNote(abandonedOf(application, NOTHING)),
    `tenant t-1, applications a-1; remembered in the Secret abandoned-${application.metadata.uid}`,
  )
  assert.match(abandonedNote(abandonedOf(tenantOf(), NOTHING)), 'nothing is known to be there')
})

test.run()
