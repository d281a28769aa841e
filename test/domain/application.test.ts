// What should happen to an application: each rule once.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { heldBack, isOutdated, isSettled, planApplication } from '../../src/domain/application.ts'
import { CREDENTIAL_LOST, healingTooSoon } from '../../src/domain/healing.ts'
import { planPlacement, tenantKeyOf } from '../../src/domain/placement.ts'
import type { Grounds } from '../../src/domain/placement.ts'
import { renderSecret } from '../../src/domain/secret-rendering.ts'
import type { Delivery, ObservedSecret } from '../../src/domain/secret.ts'
import { Redacted } from '../../src/redacted.ts'
import { applicationOf, boundApplication, boundTenant, condition, ready, tenantOf } from '../doubles/resources.ts'

const test = suite('application')

const MADE = '2026-01-01T00:00:00Z'
const DELIVERED = ['documents.submissions.write' as const, 'documents.submissions.read' as const]
const sameName = { status: { secret: { name: 'web', uid: 's', resourceVersion: '1' } } }

const elsewhere = { metadata: { namespace: 'elsewhere' } }
const going = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }

type PlacedBy = [application: RaiTenantApplication, tenant: RaiTenant | undefined, grounds?: Partial<Grounds>]
type Placed = [title: string, application: RaiTenantApplication, tenant: RaiTenant | undefined, then: string]

const placements: Placed[] = [
  ['a Ready tenant', applicationOf(), boundTenant('t-1'), 't-1'],
  ['no tenant', applicationOf(), undefined, 'TenantNotFound'],
  ['a tenant that is not made yet', applicationOf(), tenantOf(), 'TenantNotReady'],
  [
    'a tenant that has not seen its newest spec',
    applicationOf(),
    boundTenant('t-1', { metadata: { generation: 2 } }),
    'TenantNotReady',
  ],
  ['a tenant that goes', applicationOf(), boundTenant('t-1', going), 'TenantNotReady'],
  ['a tenant of another namespace', applicationOf(), boundTenant('t-1', elsewhere), 'ReferenceNotPermitted'],
  [
    'a tenant of another namespace that admits all',
    applicationOf(),
    boundTenant('t-1', { ...elsewhere, spec: { allowedNamespaces: { from: 'All' } } }),
    't-1',
  ],
  [
    'its tenant, bound, which is not Ready just now',
    boundApplication('a-1'),
    boundTenant('t-1', { status: { conditions: [] } }),
    't-1',
  ],
  ['its tenant, bound, which goes', boundApplication('a-1'), boundTenant('t-1', going), 't-1'],
  ['another tenant than the one it is bound to', boundApplication('a-1'), boundTenant('t-2'), 'TenantChanged'],
  ['a withdrawn grant, bound', boundApplication('a-1'), boundTenant('t-1', elsewhere), 'ReferenceNotPermitted'],
  [
    'a record of another organization',
    boundApplication('a-1', { status: { organization: 'other' } }),
    boundTenant('t-1'),
    'WrongOrganization',
  ],
  [
    'rotation and an overlap',
    applicationOf({ spec: { rotation: { every: '720h' }, overlap: '1h' } }),
    boundTenant('t-1'),
    't-1',
  ],
  [
    'a request to rotate',
    applicationOf({ metadata: { annotations: { 'tenants.resistant.ai/rotate': '1' } } }),
    boundTenant('t-1'),
    't-1',
  ],
  ['an adoption', applicationOf({ spec: { adopt: { applicationId: 'x' } } }), boundTenant('t-1'), 't-1'],
]

for (const [title, application, tenant, then] of placements) {
  test(`an application with ${title}: ${then}`, () => {
    assert.is(placed(application, tenant), then)
  })
}

function placed(...[application, tenant, grounds = {}]: PlacedBy): string {
  const scope = { watchNamespaces: [], selector: undefined }
  const placement = planPlacement(application, tenant, { organization: 'org', labels: 'unread', scope, ...grounds })
  if (placement.step === 'stop') return placement.report.reason
  return placement.step === 'wait' ? 'wait' : placement.tenantId
}

test('a tenant that goes by labels is waited for while those are read', () => {
  const tenant = boundTenant('t-1', {
    ...elsewhere,
    spec: { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'a' } } } },
  })
  assert.is(placed(applicationOf(), tenant), 'wait')
  assert.is(placed(applicationOf(), tenant, { labels: { team: 'a' } }), 't-1')
  assert.is(placed(applicationOf(), tenant, { labels: { team: 'b' } }), 'ReferenceNotPermitted')
})

const hidden: [title: string, scope: Grounds['scope'], told: RegExp][] = [
  ['no tenant there is', { watchNamespaces: [], selector: undefined }, /^there is no RaiTenant team\/acme: create it/],
  ['the operator has a selector', { watchNamespaces: ['team'], selector: 'stage=a' }, /selector stage=a matches/],
  ['the operator looks elsewhere', { watchNamespaces: ['other'], selector: 'stage=a' }, /setting watch-namespaces/],
]

for (const [title, scope, told] of hidden) {
  test(`that a tenant is not found is told as what it may be when ${title}`, () => {
    const placement = planPlacement(applicationOf(), undefined, { organization: 'org', labels: 'unread', scope })
    assert.match(placement.step === 'stop' ? placement.report.message : '', told)
  })
}

test('a tenant is looked for in the own namespace unless another is named', () => {
  assert.is(tenantKeyOf(applicationOf()), 'team/acme')
  assert.is(tenantKeyOf(applicationOf({ spec: { tenantRef: { name: 'x', namespace: 'other' } } })), 'other/x')
})

const settled: [title: string, application: RaiTenantApplication, settled: boolean][] = [
  ['bound, Ready and Synced', boundApplication(), true],
  ['not bound', applicationOf(), false],
  ['changed since', boundApplication('a-1', { metadata: { generation: 2 } }), false],
  [
    'Ready, but not Synced',
    boundApplication('a-1', { status: { conditions: [ready()[0]!, condition('Synced', 'False', 'Paused')] } }),
    false,
  ],
  ['without conditions, as after a restore', boundApplication('a-1', { status: { conditions: [] } }), false],
]

for (const [title, application, is] of settled) {
  test(`an application that is ${title} is ${is ? '' : 'not '}settled`, () => assert.is(isSettled(application), is))
}

const DELIVERY: Delivery = {
  tenantId: 't-1',
  application: {
    id: 'a-1',
    clientId: 'c-1',
    authServer: 'aus1',
    cell: 'eu-1',
    scopes: DELIVERED,
  },
  credential: {
    clientId: 'c-1',
    proof: { type: 'EC', kid: 'k', privateKeyPem: new Redacted('p'), privateKeyJwk: new Redacted('{"kty":"EC"}') },
  },
  tokenUrl: 'https://eu.id.resistant.ai/token',
  documentsApiUrl: 'https://api.documents.resistant.ai',
}

function secretOf(application: RaiTenantApplication, parts: Partial<ObservedSecret> = {}): ObservedSecret {
  const { owner, ...secret } = renderSecret(application, DELIVERY)
  return { ...secret, uid: 's-1', resourceVersion: '7', immutable: false, controller: owner, ...parts }
}

type Planned = [
  title: string,
  application: RaiTenantApplication,
  secret: 'none' | 'whole' | 'empty' | 'released' | 'emptied' | 'foreign',
  /** The step or its reason; `outdated` where the spec asks for another application. */
  then: string,
]

const web = applicationOf()
const narrow = { spec: { scopes: ['documents.submissions.read' as const] } }
const formerly = { status: { secret: { name: 'old', uid: 's', resourceVersion: '1' } } }
/** A resource whose status names the Secret as it stands. */
function written(id: string, parts: NonNullable<Parameters<typeof boundApplication>[1]> = {}): RaiTenantApplication {
  const secret = { name: 'web', uid: 's-1', resourceVersion: '7' }
  return boundApplication(id, { ...parts, status: { secret, ...parts.status } })
}

const plans: Planned[] = [
  ['unbound, no Secret', web, 'none', 'create'],
  ['unbound, an own Secret without a credential', web, 'empty', 'create'],
  ['unbound, an own Secret with a credential, which is still to be proven', web, 'whole', 'relink'],
  ['unbound, a released Secret with a credential', web, 'released', 'relink'],
  ['unbound, a released Secret without a credential', web, 'emptied', 'SecretConflict'],
  ['unbound, a released Secret of other scopes', applicationOf(narrow), 'released', 'relink outdated'],
  ['unbound, somebody else’s Secret', web, 'foreign', 'SecretConflict'],
  ['bound, its Secret', written('a-1'), 'whole', 'deliver'],
  ['bound, its Secret, of which only the owner is lost', written('a-1'), 'released', 'relink'],
  ['bound, a released Secret without a credential', written('a-1'), 'emptied', 'SecretConflict'],
  ['bound, a released Secret of another application', written('a-2'), 'released', 'SecretConflict'],
  ['bound, no Secret', written('a-1'), 'none', 'heal'],
  ['bound, an own Secret without a credential', written('a-1'), 'empty', 'heal'],
  ['bound, a Secret of another application', written('a-2'), 'whole', 'heal'],
  ['bound, somebody else’s Secret', written('a-1'), 'foreign', 'SecretConflict'],
  ['a change of cell', written('a-1', { spec: { cell: 'us-1' } }), 'whole', 'deliver outdated'],
  [
    'a change of scopes',
    written('a-1', { spec: { scopes: ['documents.submissions.read'] } }),
    'whole',
    'deliver outdated',
  ],
  ['a change of auth', written('a-1', { spec: { auth: { type: 'ClientSecret' } } }), 'whole', 'deliver outdated'],
  ['another order of the scopes', written('a-1', { spec: { scopes: DELIVERED } }), 'whole', 'deliver'],
  ['a change of the Secret’s name, nothing there', boundApplication('a-1', formerly), 'none', 'move'],
  ['a change of the Secret’s name, an own Secret there', boundApplication('a-1', formerly), 'empty', 'move'],
  ['a change of the Secret’s name, a crashed move there', boundApplication('a-1', formerly), 'whole', 'move'],
  ['a change of the Secret’s name, the same but for its owner', boundApplication('a-1', formerly), 'released', 'move'],
  [
    'a change of the Secret’s name, another application’s released Secret there',
    boundApplication('a-2', formerly),
    'released',
    'SecretConflict',
  ],
  [
    'a change of the Secret’s name, a released Secret without a credential there',
    boundApplication('a-1', formerly),
    'emptied',
    'SecretConflict',
  ],
  ['a change of the Secret’s name to somebody else’s', boundApplication('a-1', formerly), 'foreign', 'SecretConflict'],
  [
    'the Secret’s name written down',
    written('a-1', { spec: { secret: { name: 'web', type: 'Opaque' } } }),
    'whole',
    'deliver',
  ],
  ['bound, its Secret that somebody wrote to', boundApplication('a-1', sameName), 'whole', 'restore'],
  ['bound, its Secret that somebody wrote other ids to', boundApplication('a-2', sameName), 'whole', 'restore'],
  ['bound, its Secret that somebody emptied', boundApplication('a-1', sameName), 'empty', 'heal'],
]

for (const [title, application, kind, then] of plans) {
  test(`${title}: ${then}`, () => {
    const secrets = {
      none: undefined,
      whole: secretOf(application),
      empty: secretOf(application, { data: {} }),
      released: secretOf(application, { controller: undefined }),
      emptied: secretOf(application, { controller: undefined, data: {} }),
      foreign: secretOf(application, { controller: undefined, annotations: {} }),
    }
    const plan = planApplication(application, secrets[kind])
    const said = plan.step === 'stop' ? plan.report.reason : plan.step
    const isOther = 'delivery' in plan && isOutdated(application, plan.delivery)
    assert.is(isOther ? `${said} outdated` : said, then)
  })
}

test('a move says from where, and what stands in its way', () => {
  const application = boundApplication('a-1', formerly)
  assert.equal(planApplication(application, undefined), { step: 'move', from: ['old'], over: undefined })
})

test('one that was set back before its end takes the credential from wherever it stands', () => {
  const secret = { name: 'web', uid: 's', resourceVersion: '1', otherNames: ['elsewhere'] }
  const application = boundApplication('a-1', { status: { secret } })
  const standing = secretOf(application)
  assert.equal(planApplication(application, standing), { step: 'move', from: ['elsewhere'], over: standing })
})

const lengths: [wanted: 3072 | 4096 | undefined, held: 3072 | 4096, outdated: boolean][] = [
  [undefined, 3072, false],
  [undefined, 4096, true],
  [4096, 4096, false],
  [4096, 3072, true],
  [3072, 4096, true],
]

function withKeyOf(bits: number) {
  const jwk = JSON.stringify({ kty: 'RSA', n: Buffer.alloc(bits / 8, 1).toString('base64url') })
  const proof = { type: 'RSA' as const, kid: 'k', privateKeyPem: new Redacted('p'), privateKeyJwk: new Redacted(jwk) }
  return { ...DELIVERY, credential: { ...DELIVERY.credential, proof } }
}

for (const [wanted, held, outdated] of lengths) {
  test(`a key of ${held} bits where ${wanted ?? 'no length'} is asked for is ${outdated ? '' : 'not '}outdated`, () => {
    const spec = { auth: { type: 'RSA' as const, ...(wanted && { rsa: { bits: wanted } }) } }
    assert.is(isOutdated(boundApplication('a-1', { spec }), withKeyOf(held)), outdated)
  })
}

for (const provenance of ['Relinked', 'Adopted'] as const) {
  test(`a key of any length will do for what is ${provenance}, unless one is asked for`, () => {
    const auth = { type: 'RSA' as const }
    const application = (spec: object) => boundApplication('a-1', { spec, status: { provenance } })
    assert.not(isOutdated(application({ auth }), withKeyOf(4096)))
    assert.ok(isOutdated(application({ auth: { ...auth, rsa: { bits: 3072 } } }), withKeyOf(4096)))
  })
}

const healings: [title: string, issuedAt: string, agoMs: number, then: 'SecretMissing' | undefined][] = [
  ['just made', MADE, 0, 'SecretMissing'],
  ['made a moment less than ten minutes ago', MADE, 599_999, 'SecretMissing'],
  ['made ten minutes ago', MADE, 600_000, undefined],
  ['of which nobody knows when it was made', '', 0, undefined],
]

for (const [title, issuedAt, agoMs, then] of healings) {
  test(`a lost credential that was ${title} is ${then ? 'not yet ' : ''}replaced`, () => {
    const { report } =
      healingTooSoon(boundApplication('a-1'), CREDENTIAL_LOST, issuedAt, Date.parse(MADE) + agoMs) ?? {}
    assert.is(report?.reason, then)
    assert.is(report?.held, undefined)
  })
}

const suspect = (applicationId: string, minute: number) => ({
  applicationId,
  clientId: `client-${applicationId}`,
  firstSeenAt: `2026-01-01T00:0${minute}:00Z`,
})

type Held = [title: string, spec: Partial<RaiTenantApplication['spec']>, minutes: number[], held: boolean]

const bySecret = { auth: { type: 'ClientSecret' } } as const
const hold = { onAmbiguousCreate: 'Hold' } as const
const helds: Held[] = [
  ['no lost answer', bySecret, [], false],
  ['one lost answer', bySecret, [1], false],
  ['one lost answer that may have left two', bySecret, [1, 1], false],
  ['two lost answers', bySecret, [1, 2], true],
  ['no lost answer, and Hold', { ...bySecret, ...hold }, [], false],
  ['one lost answer, and Hold', { ...bySecret, ...hold }, [1], true],
  ['two lost answers, and a key', {}, [1, 2], false],
  ['one lost answer, a key, and Hold', hold, [1], false],
]

for (const [title, spec, minutes, held] of helds) {
  test(`${title}: ${held ? 'no other application is made' : 'one more may be made'}`, () => {
    const suspects = minutes.map((minute, i) => suspect(`a-${9 - i}`, minute))
    const { report } = heldBack(applicationOf({ spec, status: { suspects } })) ?? {}
    assert.is(report?.reason, held ? 'AmbiguousCreate' : undefined)
    assert.is(report?.held, held ? true : undefined)
    const ids = suspects.map(({ applicationId }) => applicationId).sort()
    if (held) assert.match(report?.message ?? '', ids.join(', '))
  })
}

test('one that is held back says how to end that', () => {
  const suspects = [suspect('a-1', 1), suspect('a-2', 2)]
  const { report } = heldBack(applicationOf({ spec: bySecret, status: { suspects } })) ?? {}
  assert.match(report?.message ?? '', 'tenants.resistant.ai/discard-suspect')
})

test.run()
