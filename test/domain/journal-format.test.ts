// How a journal is written and read back: by this version, the one before and the one after it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { JOURNAL_ANNOTATION, RECORD_LABELS } from '../../src/api/names.ts'
import { decodeJournal, encodeJournal, journalMarkOf, scopeLabels } from '../../src/domain/journal-format.ts'
import type { ApplicationAttempt, JournalState, StoredRecord, TenantAttempt } from '../../src/domain/journal.ts'
import { Redacted } from '../../src/redacted.ts'
import {
  answerOf,
  applicationAttempt,
  externalTenant,
  fieldsOf,
  journalOf,
  NOW,
  opened,
  PROOFS,
  SECRETS,
  stored,
  SUBJECT,
  tenantAttempt,
  withData,
  withFields,
} from './attempts.ts'

const test = suite('journal format')

const STATES: readonly JournalState[] = ['open', 'answered', 'bound', 'abandoned', 'surplus', 'rejected']
const ANSWERED: readonly JournalState[] = ['answered', 'bound', 'surplus']

function attemptIn(record: StoredRecord): ApplicationAttempt | TenantAttempt {
  const decoded = decodeJournal(record)
  if ('problem' in decoded) throw new Error(decoded.problem)
  return decoded.attempt
}

function problemIn(record: StoredRecord): string | undefined {
  const decoded = decodeJournal(record)
  return 'problem' in decoded ? decoded.problem : undefined
}

function inState(state: JournalState, proof: ApplicationAttempt['proof']): ApplicationAttempt {
  const attempt = applicationAttempt({ state, proof, endedAt: NOW + 5, passes: 2 })
  return ANSWERED.includes(state) ? { ...attempt, answer: answerOf(attempt) } : attempt
}

for (const state of STATES) {
  for (const proof of Object.values(PROOFS)) {
    test(`an ${state} attempt with ${proof.type} is read back as it was written`, () => {
      const attempt = inState(state, proof)
      assert.equal(opened(attemptIn(journalOf(attempt))), opened(attempt))
    })
  }

  test(`a tenant’s ${state} attempt is read back as it was written`, () => {
    const answer = { ...externalTenant('t-1'), provenance: 'Relinked' as const }
    const attempt = tenantAttempt({ state, ...(ANSWERED.includes(state) && { answer }) })
    assert.equal(attemptIn(journalOf(attempt)), attempt)
  })
}

test('an attempt that was given up keeps the answer that came before', () => {
  const attempt = { ...inState('bound', PROOFS.ClientSecret), state: 'abandoned' as const }
  assert.equal(opened(attemptIn(journalOf(attempt))), opened(attempt))
})

test('an answer without a token URL stays without', () => {
  const attempt = inState('answered', PROOFS.EC)
  const application = { ...attempt.answer!.application, tokenUrl: 'https://eu.id.example/token' }
  for (const answer of [{ application }, attempt.answer!]) {
    assert.equal(attemptIn(journalOf({ ...attempt, answer })), { ...attempt, answer })
  }
})

test('what a later version wrote beside it survives a rewrite, and the version stays theirs', () => {
  const written = withFields(journalOf(applicationAttempt()), { version: 3, readableBy: 1, colour: { name: 'blue' } })
  const theirs: StoredRecord = {
    ...written,
    labels: { ...written.labels, theirs: 'label' },
    annotations: { ...written.annotations, theirs: 'annotation' },
    data: { ...written.data, theirs: new Redacted('data') },
  }
  const answered = { ...applicationAttempt({ state: 'answered' }), answer: answerOf(applicationAttempt()) }
  const rewritten = encodeJournal(theirs.name, answered, theirs)
  assert.is(rewritten.labels['theirs'], 'label')
  assert.is(rewritten.annotations['theirs'], 'annotation')
  assert.is(rewritten.data['theirs']?.reveal(), 'data')
  const fields = fieldsOf(rewritten)
  assert.equal([fields['version'], fields['readableBy'], fields['colour']], [3, 1, { name: 'blue' }])
  assert.is(fields['state'], 'answered')
  assert.equal(opened(attemptIn(stored(rewritten))), opened(answered))
})

test('a rewrite takes away what an attempt does not say any more', () => {
  const ended = journalOf(applicationAttempt({ endedAt: NOW }))
  assert.is(fieldsOf(encodeJournal(ended.name, applicationAttempt(), ended))['endedAt'], undefined)
})

test('a version that a later one says can be read is read', () => {
  assert.is(problemIn(withFields(journalOf(applicationAttempt()), { version: 9, readableBy: 1 })), undefined)
})

/** Format version 1, as it was first released. Never changed: journals of that time must stay readable for ever. */
const V1_APPLICATION =
  '{"version":1,"readableBy":1,"type":"application","state":"answered","organization":"org","holder":"one","subject":{"kind":"RaiTenantApplication","namespace":"team","name":"web","uid":"uid-1"},"passes":0,"openedAt":1767225600000,"endedAt":1767225600005,"tenantId":"t-1","cell":"eu-1","scopes":["documents.submissions.read"],"auth":"EC","kid":"kid-1","answer":{"id":"a-1","clientId":"client-a-1","authServer":"aus","cell":"eu-1","scopes":["documents.submissions.read"],"tokenUrl":"https://eu.id.example/token"}}'
const V1_TENANT =
  '{"version":1,"readableBy":1,"type":"tenant","state":"bound","organization":"org","holder":"one","subject":{"kind":"RaiTenant","namespace":"team","name":"acme","uid":"uid-2"},"passes":1,"openedAt":1767225600000,"endedAt":1767225600005,"tenantName":"acme","answer":{"id":"t-1","name":"acme","createdAt":"2026-01-01T00:00:00Z","cells":["eu-1"],"links":[{"cell":"eu-1","host":"acme.eu-1.example"}],"provenance":"Created"}}'

function fixture(name: string, annotation: string, data: Readonly<Record<string, string>> = {}): StoredRecord {
  const annotations = { 'tenants.resistant.ai/journal': annotation }
  return withData({ name, uid: 'x', resourceVersion: '1', labels: {}, annotations, data: {} }, data)
}

test('an application’s journal of format version 1 can be read', () => {
  const data = { before: '["a-0"]', 'private_key.pem': 'P', 'private_key.jwk': 'J' }
  const scopes = ['documents.submissions.read']
  const application = { id: 'a-1', clientId: 'client-a-1', authServer: 'aus', cell: 'eu-1', scopes }
  const expected: ApplicationAttempt = {
    type: 'application',
    state: 'answered',
    organization: 'org',
    holder: 'one',
    subject: SUBJECT,
    passes: 0,
    openedAt: 1767225600000,
    endedAt: 1767225600005,
    tenantId: 't-1',
    cell: 'eu-1',
    scopes,
    proof: { type: 'EC', kid: 'kid-1', privateKeyPem: new Redacted('P'), privateKeyJwk: new Redacted('J') },
    before: ['a-0'],
    answer: { application: { ...application, tokenUrl: 'https://eu.id.example/token' } },
  }
  assert.equal(opened(attemptIn(fixture('journal-uid-1-abc', V1_APPLICATION, data))), opened(expected))
})

test('a client secret in a journal of format version 1 can be read', () => {
  const annotation = V1_APPLICATION.replace('"auth":"EC","kid":"kid-1"', '"auth":"ClientSecret"')
  const attempt = attemptIn(fixture('journal-uid-1-abc', annotation, { before: '[]', client_secret: 'S' }))
  assert.ok(attempt.type === 'application')
  assert.is(attempt.answer?.clientSecret?.reveal(), 'S')
  assert.equal(attempt.proof, { type: 'ClientSecret' })
})

test('a tenant’s journal of format version 1 can be read', () => {
  assert.equal(
    attemptIn(fixture('journal-uid-2-abc', V1_TENANT)),
    tenantAttempt({
      state: 'bound',
      subject: { kind: 'RaiTenant', namespace: 'team', name: 'acme', uid: 'uid-2' },
      passes: 1,
      endedAt: NOW + 5,
      answer: { ...externalTenant('t-1'), provenance: 'Created' },
    }),
  )
})

const ofApplication = journalOf(applicationAttempt())
const answered = journalOf(inState('answered', PROOFS.EC))
const answeredWithSecret = journalOf(inState('answered', PROOFS.ClientSecret))
const ofTenant = journalOf(tenantAttempt())
const noAnnotation = { ...ofApplication, annotations: {} }
const noObject = { ...ofApplication, annotations: { [JOURNAL_ANNOTATION]: '["open"]' } }
const noJson = { ...ofApplication, annotations: { [JOURNAL_ANNOTATION]: '{"version":1' } }
const LACKS = 'lacks a part of what a journal says'
const ASKED = 'lacks a part of what was asked for'
const ANSWER = 'lacks the answer that its state speaks of'
const BEFORE = 'has no list of what was there before'

const broken: [title: string, record: StoredRecord, problem: string][] = [
  ['no annotation', noAnnotation, `has no readable annotation ${JOURNAL_ANNOTATION}`],
  ['an annotation that is cut', noJson, `has no readable annotation ${JOURNAL_ANNOTATION}`],
  ['an annotation that is no object', noObject, `has no readable annotation ${JOURNAL_ANNOTATION}`],
  ['no version', withFields(ofApplication, { version: undefined }), 'has no version'],
  ['no version that reads it', withFields(ofApplication, { readableBy: 'all' }), 'has no version'],
  [
    'a version too new',
    withFields(ofApplication, { version: 7, readableBy: 2 }),
    'has version 7, which this version of the operator cannot read',
  ],
  ['an unknown type', withFields(ofApplication, { type: 'user' }), LACKS],
  ['an unknown state', withFields(ofApplication, { state: 'toString' }), LACKS],
  ['no organization', withFields(ofApplication, { organization: '' }), LACKS],
  ['no holder', withFields(ofApplication, { holder: undefined }), LACKS],
  ['no time', withFields(ofApplication, { openedAt: '2026-01-01T00:00:00Z' }), LACKS],
  ['an end that is no time', withFields(ofApplication, { endedAt: 'soon' }), LACKS],
  ['no passes', withFields(ofApplication, { passes: null }), LACKS],
  ['no subject', withFields(ofApplication, { subject: undefined }), LACKS],
  ['a subject of another kind', withFields(ofApplication, { subject: { ...SUBJECT, kind: 'Pod' } }), LACKS],
  ['a subject without a UID', withFields(ofApplication, { subject: { ...SUBJECT, uid: '' } }), LACKS],
  [
    'the name of another resource’s journal',
    { ...ofApplication, name: 'journal-uid-2-a' },
    'has a name that belongs to another resource',
  ],
  ['no tenant', withFields(ofApplication, { tenantId: undefined }), ASKED],
  ['no cell', withFields(ofApplication, { cell: 7 }), ASKED],
  ['scopes that are no texts', withFields(ofApplication, { scopes: ['a', 1] }), ASKED],
  ['no list of before', withData(ofApplication, { before: undefined }), BEFORE],
  ['a list of before that is cut', withData(ofApplication, { before: '["a-0"' }), BEFORE],
  ['a list of before that is none', withData(ofApplication, { before: '{}' }), BEFORE],
  ['an unknown kind of key', withFields(ofApplication, { auth: 'DSA' }), 'lacks its key'],
  ['no kid', withFields(ofApplication, { kid: undefined }), 'lacks its key'],
  ['no PEM', withData(ofApplication, { 'private_key.pem': undefined }), 'lacks its key'],
  ['no JWK', withData(ofApplication, { 'private_key.jwk': undefined }), 'lacks its key'],
  ['no answer', withFields(answered, { answer: undefined }), ANSWER],
  ['an answer without an id', withFields(answered, { answer: { clientId: 'c' } }), ANSWER],
  ['no secret', withData(answeredWithSecret, { client_secret: undefined }), 'lacks the secret of its answer'],
  ['no tenant name', withFields(ofTenant, { tenantName: undefined }), 'does not say which name was asked for'],
  ['no answer of a tenant', withFields(ofTenant, { state: 'bound' }), 'lacks the answer its state speaks of'],
]

for (const [title, record, problem] of broken) {
  test(`a journal with ${title} is refused in its own words`, () => assert.is(problemIn(record), problem))
}

for (const state of ANSWERED) {
  test(`an ${state} attempt is refused without its answer`, () => {
    assert.is(problemIn(journalOf(applicationAttempt({ state }))), ANSWER)
  })
}

const marks: [title: string, attempt: ApplicationAttempt | TenantAttempt, scope: string, claims: string | undefined][] =
  [
    ['open', inState('open', PROOFS.EC), 't-1', undefined],
    ['answered', inState('answered', PROOFS.ClientSecret), 't-1', 'a-1'],
    ['bound', inState('bound', PROOFS.EC), 't-1', 'a-1'],
    ['surplus', inState('surplus', PROOFS.EC), 't-1', undefined],
    ['abandoned', { ...inState('bound', PROOFS.EC), state: 'abandoned' }, 't-1', undefined],
    ['rejected', inState('rejected', PROOFS.RSA), 't-1', undefined],
    ['tenant’s', tenantAttempt(), 'name:acme', undefined],
  ]

for (const [title, attempt, scope, claims] of marks) {
  test(`of an ${title} journal the mark says ${claims === undefined ? 'that it claims nothing' : `that it claims ${claims}`}`, () => {
    const mark = journalMarkOf(journalOf(attempt))
    const { state, holder, subject, openedAt, endedAt, passes } = attempt
    assert.equal(mark, { state, holder, subject, openedAt, endedAt, passes, scope, claims })
  })
}

for (const state of STATES) {
  test(`metadata and mark of an ${state} journal hold no secret`, () => {
    for (const proof of Object.values(PROOFS)) {
      const { data: _, ...metadata } = journalOf(inState(state, proof))
      const all = JSON.stringify([metadata, journalMarkOf(metadata)])
      for (const secret of Object.values(SECRETS)) assert.not(all.includes(JSON.stringify(secret).slice(1, -1)))
    }
  })
}

test('a journal that cannot be read has no mark but what is wrong', () => {
  assert.equal(journalMarkOf(noJson), { problem: `has no readable annotation ${JOURNAL_ANNOTATION}` })
  assert.equal(journalMarkOf(withFields(ofApplication, { tenantId: undefined })), {
    problem: 'does not say where it is about',
  })
})

test('journals are found by where they are about, and by whom', () => {
  const { labels } = ofTenant
  assert.is(labels[RECORD_LABELS.record], 'journal')
  assert.is(labels[RECORD_LABELS.subject], 'uid-1')
  assert.is(labels[RECORD_LABELS.scope], scopeLabels('name:acme')[RECORD_LABELS.scope])
  assert.is(ofApplication.labels[RECORD_LABELS.scope], 't-1')
})

for (const scope of ['t-1', 'name:acme', 'name:Ünïcode 💼', '-t', 't.', '', 'x'.repeat(64), `t/${'1'.repeat(300)}`]) {
  test(`the scope "${scope.slice(0, 20)}" is a label that the API server takes`, () => {
    assert.match(scopeLabels(scope)[RECORD_LABELS.scope]!, /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/)
  })
}

test.run()
