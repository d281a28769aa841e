// The whole client against the simulator, which is as strict as the contract and counts every call.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CredentialsDirectory } from '../../src/controlplane/credentials.ts'
import { keyMaker } from '../../src/controlplane/keys.ts'
import type { ApplicationRequest, CreatedApplication } from '../../src/domain/external.ts'
import type { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import type { CredentialKind } from '../../src/simulator/organization.ts'
import { writeCredential } from '../../src/simulator/organization.ts'
import type { Settings } from '../../src/simulator/settings.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { failureOf } from '../doubles/failure-of.ts'
import { settled } from '../doubles/manual-clock.ts'
import { openOrganization } from './organization.ts'
import { EagerClock } from './recorded-calls.ts'

const forever = new AbortController().signal
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
const root = mkdtempSync(join(tmpdir(), 'control-plane-'))
const running: { readonly simulator: Simulator; readonly plane: { close(): void } }[] = []

async function setUp(
  settings: Partial<Settings> = {},
  kind: CredentialKind = 'key',
  options: { readonly pageLimit?: number } = {},
) {
  const clock = new EagerClock()
  const simulator = await startSimulator({ settings }, clock)
  const directory = join(root, String(running.length))
  await writeCredential(directory, simulator.organization, kind)
  const { url, tokenUrl } = simulator
  const credentials = new CredentialsDirectory(directory, clock)
  const organization = openOrganization({ baseUrl: url, tokenUrl, credentials, clock, ...options })
  running.push({ simulator, plane: organization.plane })
  return { ...organization, clock, simulator, directory }
}

async function created(creating: Promise<{ readonly outcome: string }>): Promise<CreatedApplication> {
  const result = await creating
  assert.is(result.outcome, 'created', JSON.stringify(result))
  return (result as unknown as { value: CreatedApplication }).value
}

const bySecret: ApplicationRequest = { cell: 'eu-1', scopes: SCOPES, auth: { type: 'ClientSecret' } }

const controlPlane = suite('control plane')

controlPlane.after(async () => {
  for (const { simulator, plane } of running) {
    plane.close()
    await simulator.close()
  }
  rmSync(root, { recursive: true })
})

for (const kind of ['key', 'secret'] as const) {
  controlPlane(`all operations work, with one token, where the organization has a ${kind}`, async () => {
    const { plane, simulator, metrics } = await setUp({}, kind)
    const { tenants, applications, prover } = plane

    const tenant = await tenants.create({ name: 'acme', cells: ['eu-1', 'us-1'] }, forever)
    assert.ok(tenant.outcome === 'created')
    const { id } = tenant.value
    assert.equal(await tenants.get(id, forever), tenant.value)
    assert.equal((await tenants.list(forever)).tenants, [tenant.value])
    assert.equal(
      tenant.value.links.map(({ cell }) => cell),
      ['eu-1', 'us-1'],
    )

    const keys = keyMaker()
    const auths = [
      { type: 'ClientSecret' } as const,
      await keys.make({ type: 'EC' }),
      await keys.make({ type: 'RSA', bits: 2056 }),
    ]
    for (const auth of auths) {
      const { application, credential } = await created(applications.create(id, { ...bySecret, auth }, forever))
      assert.equal(await applications.get(id, application.id, forever), application)
      assert.ok(application.tokenUrl && prover.mayReceiveCredential(application.tokenUrl))
      await prover.prove(credential, application.tokenUrl, application.scopes, forever)
    }

    const listed = (await applications.list(id, forever)) ?? []
    assert.is(listed.length, 3)
    assert.is((await failureOf(tenants.delete(id, forever))).code, 'Rejected')
    for (const one of listed) {
      assert.is(await applications.delete(id, one.id, forever), 'deleted')
      assert.is(await applications.delete(id, one.id, forever), 'absent')
      assert.is(await applications.get(id, one.id, forever), undefined)
    }
    assert.is(await tenants.delete(id, forever), 'deleted')
    assert.is(await tenants.delete(id, forever), 'absent')
    assert.is(await tenants.get(id, forever), undefined)
    assert.is(await applications.list(id, forever), undefined)

    const counts = simulator.log.counts()
    assert.equal([counts['organizationToken'], counts['applicationToken']], [1, 3])
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    assert.is(metrics.calls.length, total, 'every call is in the metrics')
    assert.equal(plane.credentialStatus(), { state: 'accepted', hadToken: true })
  })
}

controlPlane('only the scopes that are used are asked for', async () => {
  const organizationScopes = [
    'tenants.read',
    'tenants.write',
    'tenants.applications.read',
    'tenants.applications.write',
  ] as const
  const { plane } = await setUp({ organizationScopes })
  assert.equal((await plane.tenants.list(forever)).tenants, [])
})

const VARIANTS: readonly (readonly [what: string, settings: Partial<Settings>])[] = [
  ['links below the base', { nextHref: 'base' }],
  ['links below the origin', { nextHref: 'origin', nextParameters: 'after-first' }],
  ['absolute links', { nextHref: 'absolute' }],
  ['a limit that is refused', { maxLimit: 20, overLimit: 'reject' }],
  ['a limit that is cut', { maxLimit: 3, overLimit: 'clamp' }],
  ['another order', { order: 'newest-first', maxLimit: 2, overLimit: 'clamp' }],
  ['fields that nobody knows and no links', { extraFields: true, tenantLinks: false }],
]

for (const [what, settings] of VARIANTS) {
  controlPlane(`all pages are read: ${what}`, async () => {
    const { plane, simulator } = await setUp({ quota: 50, ...settings }, 'key', { pageLimit: 21 })
    const names = Array.from({ length: 23 }, (_, i) => `tenant${i}`)
    for (const name of names) simulator.person.createTenant({ name })
    const { tenants: listed } = await plane.tenants.list(forever)
    assert.equal(listed.map(({ name }) => name).toSorted(), names.toSorted())
    assert.is(new Set(listed.map(({ id }) => id)).size, 23)
  })
}

controlPlane('a limit that was refused is not tried again', async () => {
  const { plane, simulator } = await setUp({ maxLimit: 50 })
  await plane.tenants.list(forever)
  await plane.tenants.list(forever)
  assert.is(simulator.log.counts()['getTenants'], 3)
})

for (const applicationLinks of ['everywhere', 'single', 'never'] as const) {
  for (const tokenUrlLink of ['string', 'href'] as const) {
    controlPlane(`the token URL is found where it is: ${applicationLinks}, as ${tokenUrlLink}`, async () => {
      const { plane, simulator } = await setUp({ applicationLinks, tokenUrlLink })
      const { id } = simulator.person.createTenant({ name: 'acme' })
      const { application } = await created(plane.applications.create(id, bySecret, forever))
      const [listed] = (await plane.applications.list(id, forever)) ?? []
      assert.is(typeof application.tokenUrl, applicationLinks === 'never' ? 'undefined' : 'string')
      assert.is(typeof listed?.tokenUrl, applicationLinks === 'everywhere' ? 'string' : 'undefined')
    })
  }
}

controlPlane('a credential that does not fit is rejected, and one of another host is sent nowhere', async () => {
  const { plane, simulator } = await setUp()
  const { id } = simulator.person.createTenant({ name: 'acme' })
  const { application, credential } = await created(plane.applications.create(id, bySecret, forever))
  const { tokenUrl = '', scopes } = application
  const wrong = { ...credential, proof: { type: 'ClientSecret', clientSecret: new Redacted('s3cr3t') } } as const
  const refused = await failureOf(plane.prover.prove(wrong, tokenUrl, scopes, forever))
  assert.equal([refused.code, refused.disposition], ['CredentialRejected', 'stall'])
  assert.match(refused.message, /401 invalid_client/)
  assert.not.match(refused.message, /s3cr3t/)

  const before = simulator.log.counts()['applicationToken']
  const elsewhere = await failureOf(plane.prover.prove(credential, 'https://evil.example/token', scopes, forever))
  assert.equal([elsewhere.code, elsewhere.disposition], ['Rejected', 'stall'])
  assert.is(simulator.log.counts()['applicationToken'], before)
})

controlPlane('a token endpoint in trouble is not a rejected credential', async () => {
  const { plane, simulator, tokenBudget } = await setUp()
  const { id } = simulator.person.createTenant({ name: 'acme' })
  const { application, credential } = await created(plane.applications.create(id, bySecret, forever))
  const prove = () => plane.prover.prove(credential, application.tokenUrl ?? '', application.scopes, forever)
  simulator.faults.add({ op: 'applicationToken', kind: 'status', status: 503 })
  assert.is((await failureOf(prove())).code, 'ControlPlaneUnavailable')
  simulator.faults.add({ op: 'applicationToken', kind: 'close' })
  assert.is((await failureOf(prove())).code, 'ControlPlaneUnavailable')
  simulator.faults.add({ op: 'applicationToken', kind: 'status', status: 429, headers: { 'Retry-After': '60' } })
  const limited = await failureOf(prove())
  assert.equal([limited.code, limited.retryAfterMs, tokenBudget.pausedMs], ['RateLimited', 60_000, 60_000])
  assert.is((await failureOf(prove())).code, 'RateLimited')
  assert.is(simulator.log.counts()['applicationToken'], 3, 'nobody asks while the endpoint wants to be left alone')
})

controlPlane('when all tokens are revoked at once, many calls get one new token', async () => {
  const { plane, simulator } = await setUp()
  await plane.tenants.list(forever)
  simulator.revokeTokens()
  await Promise.all(Array.from({ length: 16 }, () => plane.tenants.list(forever)))
  assert.is(simulator.log.counts()['organizationToken'], 2)
})

controlPlane('a token is used until it is old, and then replaced before it fails', async () => {
  // With a key, the renewal in the background is signed on a thread of its own, and time would leap past its assertion.
  const { plane, simulator, clock } = await setUp({ tokenLifetimeMs: 3_600_000 }, 'secret')
  for (let minute = 0; minute < 240; minute++) {
    await plane.tenants.list(forever)
    // No request may be under way when time makes a leap: each has a deadline armed from its first moment on.
    while (clock.armed > 0) await settled()
    await clock.advance(60_000)
  }
  const refused = simulator.log.entries(0, 'getTenants').filter(({ status }) => status !== 200)
  assert.equal(refused, [])
  assert.is(simulator.log.counts()['organizationToken'], 5)
})

controlPlane('refused credentials are Unauthorized for all, asked for once, and mended without a restart', async () => {
  const { plane, simulator, clock, directory } = await setUp({}, 'secret')
  const { clientId } = simulator.organization
  const wrong = { clientId, clientSecret: new Redacted('wrong') }
  await writeCredential(directory, wrong, 'secret')
  await clock.advance(1_000)
  const codes = await Promise.all(
    Array.from({ length: 50 }, async () => (await failureOf(plane.tenants.list(forever))).code),
  )
  assert.equal([...new Set(codes)], ['Unauthorized'])
  assert.is(simulator.log.counts()['organizationToken'], 1)
  assert.equal(plane.credentialStatus(), { state: 'refused', hadToken: false })

  await writeCredential(directory, simulator.organization, 'secret')
  await clock.advance(1_000)
  assert.equal((await plane.tenants.list(forever)).tenants, [])
  assert.equal(plane.credentialStatus(), { state: 'accepted', hadToken: true })
})

controlPlane('missing credentials are told without asking anybody', async () => {
  const { plane, simulator, clock, directory } = await setUp()
  rmSync(join(directory, 'kid'))
  await clock.advance(1_000)
  assert.match((await failureOf(plane.tenants.list(forever))).message, /kid is missing/)
  assert.throws(() => plane.organization(), /kid is missing/)
  assert.equal(plane.credentialStatus(), { state: 'missing', hadToken: false })
  assert.equal(simulator.log.counts(), {})
})

controlPlane('an organization is named after its host and its client id', async () => {
  const { plane, simulator } = await setUp()
  const { host } = new URL(simulator.url)
  assert.is(plane.organization(), `${host}/${simulator.organization.clientId}`)
})

controlPlane('two organizations stand side by side', async () => {
  const [one, other] = [await setUp(), await setUp({}, 'secret')]
  await one.plane.tenants.create({ name: 'acme', cells: ['eu-1'] }, forever)
  await other.plane.tenants.create({ name: 'acme', cells: ['eu-1'] }, forever)
  assert.is((await one.plane.tenants.list(forever)).tenants.length, 1)
  assert.is((await other.plane.tenants.list(forever)).tenants.length, 1)
  assert.not.equal(one.plane.organization(), other.plane.organization())
})

controlPlane('the first token can be waited for', async () => {
  const { plane, simulator } = await setUp()
  await plane.firstToken(forever)
  await plane.firstToken(forever)
  assert.equal(simulator.log.counts(), { organizationToken: 1 })
})

controlPlane('a proxy that cannot be one is a wrong configuration, told without its password', () => {
  const addresses = { baseUrl: 'https://api.example.com/v0', tokenUrl: 'https://id.example.com/token' }
  const open = () => openOrganization({ ...addresses, proxyEnv: { HTTPS_PROXY: 'http://user:s3cr3t@[bad' } })
  assert.throws(
    open,
    (error: Failure) => error.code === 'WrongConfiguration' && !/s3cr3t/.test(inspect(error, { depth: 9 })),
  )
})

controlPlane.run()
