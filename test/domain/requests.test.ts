// What people ask for by annotation: done when it is right, refused when it is wrong, and never done twice.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { claimedSuspect, confirmation, discarding, isAbandoned, unclearSwitch } from '../../src/domain/requests.ts'
import type { Stop } from '../../src/domain/tenant.ts'
import { applicationOf, boundApplication, boundTenant, tenantOf } from '../doubles/resources.ts'

const test = suite('requests')

const CONFIRM = 'tenants.resistant.ai/confirm'
const DISCARD = 'tenants.resistant.ai/discard-suspect'
const ABANDON = 'tenants.resistant.ai/abandon'

const asking = (annotation: string, id: string) => ({ annotations: { [annotation]: id } })
const relinked = { provenance: 'Relinked' as const }

const confirmations: [title: string, resource: RaiTenant | RaiTenantApplication, then: string | undefined][] = [
  ['no request', boundApplication('a-1', { status: relinked }), undefined],
  [
    'the id of a relinked application',
    boundApplication('a-1', { metadata: asking(CONFIRM, 'a-1'), status: relinked }),
    'confirmed',
  ],
  [
    'the id of a relinked tenant',
    boundTenant('t-1', { metadata: asking(CONFIRM, 't-1'), status: relinked }),
    'confirmed',
  ],
  [
    'the tenant’s id on an application',
    boundApplication('a-1', { metadata: asking(CONFIRM, 't-1'), status: relinked }),
    'is bound to a-1',
  ],
  ['another id', boundTenant('t-1', { metadata: asking(CONFIRM, 't-2'), status: relinked }), 'is bound to t-1'],
  ['an empty one', boundTenant('t-1', { metadata: asking(CONFIRM, ''), status: relinked }), 'is bound to t-1'],
  ['the id of one that we made', boundApplication('a-1', { metadata: asking(CONFIRM, 'a-1') }), undefined],
  ['another id where there is nothing to confirm', boundTenant('t-1', { metadata: asking(CONFIRM, 't-2') }), undefined],
  ['an id before anything is bound', applicationOf({ metadata: asking(CONFIRM, 'a-1') }), undefined],
]

for (const [title, resource, then] of confirmations) {
  test(`confirm with ${title} ${wordsFor(then, 'confirmed')}`, () => {
    const confirmed = confirmation(resource)
    if (typeof confirmed === 'object') assertRefused(confirmed, CONFIRM, then)
    else assert.is(confirmed, then)
  })
}

const suspects = [{ applicationId: 'a-9', clientId: 'c', firstSeenAt: '2026-01-01T00:00:00Z' }]

const discards: [title: string, resource: RaiTenantApplication, then: string | undefined][] = [
  ['no request', boundApplication('a-1', { status: { suspects } }), undefined],
  ['a suspect', boundApplication('a-1', { metadata: asking(DISCARD, 'a-9'), status: { suspects } }), 'a-9'],
  [
    'a suspect of one that is unbound',
    applicationOf({ metadata: asking(DISCARD, 'a-9'), status: { suspects } }),
    'a-9',
  ],
  [
    'the id that it is bound to',
    boundApplication('a-1', { metadata: asking(DISCARD, 'a-1'), status: { suspects } }),
    'none of status.suspects',
  ],
  [
    'what commands a terminal',
    applicationOf({ metadata: asking(DISCARD, '\u001b[2J\u202e') }),
    'names ?[2J?, but it is none',
  ],
  ['more than a status takes', applicationOf({ metadata: asking(DISCARD, 'a'.repeat(40_000)) }), 'aaa, but it is none'],
  ['an id where there are no suspects', applicationOf({ metadata: asking(DISCARD, 'a-9') }), 'none of status.suspects'],
  [
    'what was done already',
    applicationOf({ metadata: asking(DISCARD, 'a-8'), status: { suspects, lastHandledDiscard: 'a-8' } }),
    undefined,
  ],
  [
    'another suspect after that',
    applicationOf({ metadata: asking(DISCARD, 'a-9'), status: { suspects, lastHandledDiscard: 'a-8' } }),
    'a-9',
  ],
]

for (const [title, resource, then] of discards) {
  test(`discard-suspect with ${title} ${wordsFor(then, 'a-9')}`, () => {
    const discarded = discarding(resource)
    if (discarded && 'step' in discarded) assertRefused(discarded, DISCARD, then)
    else assert.is(discarded?.id, then)
  })
}

test('a suspect that somebody claims is refused by name', () => {
  assertRefused(claimedSuspect('a-9'), DISCARD, 'names a-9, but a resource or a journal claims it')
})

for (const annotation of ['tenants.resistant.ai/paused', ABANDON]) {
  for (const value of ['true', 'false', undefined]) {
    test(`${annotation}: ${value} is clear`, () => {
      assert.is(unclearSwitch(tenantOf({ metadata: value === undefined ? {} : asking(annotation, value) })), undefined)
    })
  }

  for (const value of ['', 'True', 'yes', ' true']) {
    test(`${annotation}: "${value}" is refused`, () => {
      assertRefused(unclearSwitch(applicationOf({ metadata: asking(annotation, value) }))!, annotation, 'neither')
    })
  }
}

for (const [title, metadata, then] of [
  ['that is being deleted', { ...asking(ABANDON, 'true'), deletionTimestamp: '2026-01-01T00:00:00Z' }, true],
  ['that is not', asking(ABANDON, 'true'), false],
  ['with another value', { ...asking(ABANDON, 'false'), deletionTimestamp: '2026-01-01T00:00:00Z' }, false],
  ['without it', { deletionTimestamp: '2026-01-01T00:00:00Z' }, false],
] as const) {
  test(`abandon on a resource ${title} ${then ? 'counts' : 'does not count'}`, () => {
    assert.is(isAbandoned(boundTenant('t-1', { metadata })), then)
  })
}

function wordsFor(then: string | undefined, right: string): string {
  if (then === undefined) return 'asks for nothing'
  return then === right ? 'is heard' : 'is refused'
}

function assertRefused({ report }: Stop, annotation: string, why: string | undefined): void {
  assert.is(report.reason, 'InvalidSpec')
  assert.match(report.message, annotation)
  assert.match(report.message, why ?? 'a refusal that was not expected')
}

test.run()
