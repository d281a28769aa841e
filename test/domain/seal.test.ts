// What of a status is sealed: all that decides over what is outside, and nothing else.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { FORGED, sealedFacts } from '../../src/domain/seal.ts'
import { applicationOf, boundApplication, boundTenant, tenantOf } from '../doubles/resources.ts'

const test = suite('seal')

const tenant = boundTenant('t-1')
const application = boundApplication('a-1')
const suspects = [
  { applicationId: 'a-8', clientId: 'c', firstSeenAt: '2026-01-01T00:00:00Z' },
  { applicationId: 'a-9', clientId: 'c', firstSeenAt: '2026-01-01T00:00:00Z' },
]
const former = { ...application.status.credentials![0]!, applicationId: 'a-0' }

const withStatus = (status: Partial<RaiTenantApplication['status']>): RaiTenantApplication => ({
  ...application,
  status: { ...application.status, ...status },
})

const nothing: [title: string, resource: RaiTenant | RaiTenantApplication][] = [
  ['a tenant as applied', tenantOf()],
  ['an application as applied', applicationOf()],
  ['an organization alone', applicationOf({ status: { organization: 'org' } })],
  ['empty lists', applicationOf({ status: { credentials: [], suspects: [] } })],
]

for (const [title, resource] of nothing) {
  test(`with ${title} there is nothing to seal`, () => assert.is(sealedFacts(resource), undefined))
}

const something: [title: string, resource: RaiTenant | RaiTenantApplication][] = [
  ['a tenant’s id', tenantOf({ status: { tenantId: 't-1' } })],
  ['an application’s id', applicationOf({ status: { applicationId: 'a-1' } })],
  ['a credential', applicationOf({ status: { credentials: [former] } })],
  ['a suspect', applicationOf({ status: { suspects } })],
  ['whose a thing is', applicationOf({ status: { provenance: 'Created' } })],
]

for (const [title, resource] of something) {
  test(`${title} alone is sealed`, () => assert.type(sealedFacts(resource), 'string'))
}

const changes: [title: string, changed: RaiTenantApplication][] = [
  ['the organization', withStatus({ organization: 'other' })],
  ['the tenant', withStatus({ tenantId: 't-2' })],
  ['the application', withStatus({ applicationId: 'a-2' })],
  ['the provenance', withStatus({ provenance: 'Relinked' })],
  ['a credential more', withStatus({ credentials: [former, ...application.status.credentials!] })],
  ['a credential less', withStatus({ credentials: [] })],
  ['a suspect', withStatus({ suspects })],
  ['the resource', { ...application, metadata: { ...application.metadata, uid: 'another' } }],
]

for (const [title, changed] of changes) {
  test(`another seal is needed for ${title}`, () => {
    assert.is.not(sealedFacts(changed), sealedFacts(application))
  })
}

test('a suspect is not taken for a credential, nor the other way round', () => {
  const [one] = suspects
  const asSuspect = applicationOf({ metadata: { uid: 'u' }, status: { suspects: [one!] } })
  const asCredential = applicationOf({
    metadata: { uid: 'u' },
    status: { credentials: [{ ...former, applicationId: one!.applicationId }] },
  })
  assert.is.not(sealedFacts(asSuspect), sealedFacts(asCredential))
})

const inOrder: [title: string, one: RaiTenantApplication, other: RaiTenantApplication][] = [
  ['suspects', withStatus({ suspects }), withStatus({ suspects: suspects.toReversed() })],
  [
    'credentials',
    withStatus({ credentials: [former, application.status.credentials![0]!] }),
    withStatus({ credentials: [application.status.credentials![0]!, former] }),
  ],
]

for (const [title, one, other] of inOrder) {
  test(`the order of ${title} is sealed as it was written`, () => {
    assert.is.not(sealedFacts(one), sealedFacts(other))
  })
}

const unsealed: [title: string, changed: RaiTenantApplication][] = [
  ['conditions', withStatus({ conditions: [] })],
  ['the generation seen', withStatus({ observedGeneration: 7 })],
  ['the client id', withStatus({ clientId: 'x' })],
  ['the Secret', withStatus({ secret: { name: 'web', uid: 'u', resourceVersion: '7' } })],
  ['the seal', withStatus({ seal: 'another' })],
  ['the spec', { ...application, spec: { ...application.spec, deletionPolicy: 'Retain' } }],
]

for (const [title, changed] of unsealed) {
  test(`${title} may change under one seal`, () => assert.is(sealedFacts(changed), sealedFacts(application)))
}

test('a tenant’s seal is of its id and where that counts', () => {
  const other = { ...tenant, status: { ...tenant.status, applications: 7 } }
  assert.is(sealedFacts(other), sealedFacts(tenant))
  assert.is.not(sealedFacts({ ...tenant, status: { ...tenant.status, organization: 'x' } }), sealedFacts(tenant))
})

test('a status that is not ours is told as that', () => assert.is(FORGED.report.reason, 'StatusForged'))

test.run()
