// An application from apply to gone, and all that can be in the way.
import sinon from 'sinon'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FINALIZER, REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import { SECOND_LOOK_MS } from '../../src/domain/gone.ts'
import { Failure } from '../../src/errors.ts'
import { applicationOf, boundTenant, tenantOf, heldBy } from '../doubles/resources.ts'
import { makeHarness, withTenant } from './harness.ts'

const test = suite('application controller')

const down = new Failure('ControlPlaneUnavailable', 'retry', 'the control plane does not answer')
const notAccepted = new Failure('CredentialRejected', 'stall', 'the token endpoint refuses the client')
const forbidden = new Failure('KubeForbidden', 'wait', 'POST secrets: 403 Forbidden')

/** A harness with a Ready tenant and an application that the operator made in it. */
async function withApplication(parts?: Parameters<typeof applicationOf>[0]) {
  const harness = withTenant()
  const application = harness.applications.apply(applicationOf(parts))
  await harness.lookAtApplication(application)
  const applicationId = harness.applicationNow(application)!.status.applicationId!
  const remove = () => harness.applications.delete(harness.applicationNow(application)!)
  return { ...harness, application, applicationId, remove }
}

function plain(secret: ObservedSecret | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, value.reveal()]))
}

const foreign = (name: string): ObservedSecret => ({
  namespace: 'team',
  name,
  uid: 'foreign',
  resourceVersion: '1',
  type: 'Opaque',
  immutable: false,
  labels: {},
  annotations: {},
  controller: undefined,
  data: {},
})

for (const auth of [{ type: 'EC' }, { type: 'RSA', rsa: { bits: 3072 } }, { type: 'ClientSecret' }] as const) {
  test(`with ${auth.type}: one create, one journal, one Secret, one token, one status, Ready`, async () => {
    const harness = withTenant()
    const { applications, applicationReason, applicationNow, lookAtApplication, plane, secrets, tenantId } = harness
    const application = applications.apply(applicationOf({ spec: { auth } }))
    assert.is(await lookAtApplication(application), 'done')
    const { status } = applicationNow(application)!
    assert.equal(plane.calls, [
      `getTenantApplications ${tenantId}`,
      `createTenantApplication ${tenantId}`,
      `token ${status.clientId}`,
    ])
    const [journal] = harness.journals()
    const { name } = journal!.stored
    assert.equal(harness.records.writes, [`create ${name}`, `swap ${name}`, `swap ${name}`])
    assert.is(journal!.attempt.state, 'bound')
    assert.equal(applications.writes, ['addFinalizer team/web', 'patchStatus team/web'])
    assert.equal(secrets.writes, ['create team/web'])
    assert.is(applicationReason(application), 'Ready')
    assert.is(status.provenance, 'Created')
    assert.equal(
      status.credentials?.map(({ state, clientId }) => [state, clientId]),
      [['Active', status.clientId]],
    )
    const data = plain(secrets.held.get('team/web'))
    assert.is(data['application_id'], status.applicationId)
    assert.is(data['client_id'], status.clientId)
    assert.is('client_secret' in data, auth.type === 'ClientSecret')

    assert.is(await lookAtApplication(application), 'done')
    assert.is(plane.calls.length, 3, 'at rest nothing is asked')
    assert.is(applications.writes.length, 2, 'and nothing is written')
  })
}

test('one that is applied before its tenant waits, a second long without a word', async () => {
  const harness = makeHarness()
  const application = harness.applications.apply(applicationOf())
  assert.equal(await harness.lookAtApplication(application), { afterMs: 1_000 })
  assert.equal(harness.applications.writes, [])
  await harness.clock.advance(1_000)
  await harness.lookAtApplication(application)
  assert.is(harness.applicationReason(application), 'TenantNotFound')
  const tenant = harness.tenants.apply(tenantOf())
  await harness.lookAtApplication(application)
  assert.is(harness.applicationReason(application), 'TenantNotReady')
  assert.is(harness.applicationNow(application)!.metadata.finalizers, undefined)
  await harness.lookAtTenant(tenant)
  await harness.lookAtApplication(application)
  assert.is(harness.applicationReason(application), 'Ready')
})

test('one whose tenant nobody has looked at yet waits for the first word about that without one of its own', async () => {
  const harness = makeHarness()
  const tenant = harness.tenants.apply(tenantOf())
  const application = harness.applications.apply(applicationOf())
  await harness.clock.advance(60_000)
  assert.is(await harness.lookAtApplication(application), 'done')
  assert.equal(harness.applications.writes, [])
  const paused = { [REQUEST_ANNOTATIONS.paused]: 'true' }
  await harness.lookAtTenant(
    harness.tenants.apply({ ...tenant, metadata: { ...tenant.metadata, annotations: paused } }),
  )
  await harness.lookAtApplication(application)
  assert.is(harness.applicationReason(application), 'TenantNotReady')
})

test('a tenant of another namespace needs its grant, and nothing is made without', async () => {
  const harness = withTenant()
  const application = harness.applications.apply(
    applicationOf({ metadata: { namespace: 'guest' }, spec: { tenantRef: { name: 'acme', namespace: 'team' } } }),
  )
  await harness.clock.advance(2_000)
  await harness.lookAtApplication(application)
  assert.is(harness.applicationReason(application), 'ReferenceNotPermitted')
  assert.equal(harness.plane.calls, [])
  const tenant = harness.tenants.get('team/acme')!
  harness.tenants.apply({ ...tenant, spec: { ...tenant.spec, allowedNamespaces: { from: 'All' } } })
  await harness.lookAtTenant(tenant)
  await harness.lookAtApplication(application)
  assert.is(harness.applicationReason(application), 'Ready')
})

test('a Secret that is somebody else’s is refused before anything is created, and the application follows when it goes', async () => {
  const { applications, applicationReason, lookAtApplication, plane, secrets } = withTenant()
  secrets.held.set('team/web', foreign('web'))
  const application = applications.apply(applicationOf())
  assert.equal(await lookAtApplication(application), { afterMs: 30_000 })
  assert.is(applicationReason(application), 'SecretConflict')
  assert.equal(plane.calls, [])
  assert.is(secrets.held.get('team/web')!.uid, 'foreign')

  secrets.held.delete('team/web')
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
})

test('what nothing was done for is begun without a look at it, at its journals or at its Secret', async () => {
  const { applications, applicationReason, lookAtApplication, records, secrets } = withTenant()
  const application = applications.apply(applicationOf())
  const lists = sinon.spy(records, 'list')
  const gets = sinon.spy(secrets, 'get')
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
  assert.equal([lists.callCount, gets.callCount], [0, 0])
})

test('only who puts the finalizer on begins: who comes second looks for what the first has begun', async () => {
  const { applications, applicationReason, lookAtApplication, plane, records } = withTenant()
  const application = applications.apply(applicationOf())
  applications.beforeWrite = (verb) => {
    applications.beforeWrite = () => {}
    const metadata = { ...application.metadata, finalizers: [FINALIZER] }
    if (verb === 'addFinalizer') applications.apply({ ...application, metadata })
  }
  assert.equal(await lookAtApplication(application), { code: 'KubeConflict', disposition: 'retry' })
  assert.equal(plane.calls, [])
  const lists = sinon.spy(records, 'list')
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
  assert.ok(lists.callCount > 0)
})

test('creates of a second share one look at their tenant, which shows who is there by then', async () => {
  const { applications, applicationReason, clock, lookAtApplication, tenants } = withTenant()
  const reads = sinon.spy(tenants, 'read')
  const make = async (name: string) => {
    const application = applications.apply(applicationOf({ metadata: { name } }))
    await lookAtApplication(application)
    return applicationReason(application)
  }
  assert.equal([await make('one'), await make('two')], ['Ready', 'Ready'])
  assert.is(reads.callCount, 1)
  await clock.advance(1_000)
  assert.is(await make('three'), 'Ready')
  assert.is(reads.callCount, 2)
})

test('a Secret that may not be written is found out before anything is created', async () => {
  const { applications, applicationReason, lookAtApplication, plane, secrets } = withTenant()
  secrets.refusal = () => forbidden
  const application = applications.apply(applicationOf())
  assert.equal(await lookAtApplication(application), { code: 'SecretWriteRefused', disposition: 'wait' })
  assert.is(applicationReason(application), 'SecretWriteRefused')
  assert.equal(plane.calls, [])
})

test('a Secret that is refused only after the create: the answer stays in the journal, and is written when that is possible', async () => {
  const harness = withTenant()
  const { applications, applicationReason, applicationNow, lookAtApplication, plane, secrets, states } = harness
  secrets.refusal = (dryRun) => (dryRun ? undefined : forbidden)
  const application = applications.apply(applicationOf())
  for (let looks = 0; looks < 3; looks++) {
    assert.equal(await lookAtApplication(application), { code: 'SecretWriteRefused', disposition: 'wait' })
    assert.is(applicationReason(application), 'SecretWriteRefused')
    assert.equal(states(), ['answered'])
    assert.is(applicationNow(application)!.status.applicationId, undefined)
  }
  secrets.refusal = () => undefined
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
  assert.equal(states(), ['bound'])
  assert.equal(plane.idsIn(harness.tenantId), [applicationNow(application)!.status.applicationId])
  assert.is(plane.count('createTenantApplication'), 1)
  assert.is(plane.count('deleteTenantApplication'), 0)
})

const away = new Failure('KubeUnavailable', 'retry', 'the API server does not answer')

test('an API server that is away for a moment costs no application', async () => {
  const { applications, applicationReason, lookAtApplication, plane, secrets, tenantId } = withTenant()
  let refusals = 3
  secrets.refusal = (dryRun) => (dryRun || refusals-- <= 0 ? undefined : away)
  const application = applications.apply(applicationOf())
  for (let looks = 0; looks < 3; looks++) {
    assert.equal(await lookAtApplication(application), { code: 'KubeUnavailable', disposition: 'retry' })
  }
  assert.is(await lookAtApplication(application), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.is(plane.idsIn(tenantId).length, 1)
  assert.is(plane.count('createTenantApplication'), 1)
})

test('a Secret that was written although its answer was lost is taken for written', async () => {
  const { applications, applicationReason, lookAtApplication, plane, secrets } = withTenant()
  const { create } = secrets
  secrets.create = async (secret, options) => {
    const written = await create.call(secrets, secret, options)
    if (options.dryRun) return written
    throw away
  }
  const application = applications.apply(applicationOf())
  assert.equal(await lookAtApplication(application), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.is(await lookAtApplication(application), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.equal(secrets.writes, ['create team/web'])
  assert.is(plane.count('createTenantApplication'), 1)
})

test('a missing permission of the operator itself is a line in the log', async () => {
  const { applications, lookAtApplication, logger } = withTenant()
  applications.beforeWrite = () => {
    throw forbidden
  }
  await lookAtApplication(applications.apply(applicationOf()))
  const line = logger.lines.find(({ level }) => level === 'warn')
  assert.is(line?.fields['key'], 'team/web')
})

test('an answer that was lost is never followed by a second create before it has been looked for', async () => {
  const harness = withTenant()
  const { applications, applicationReason, applicationNow, lookAtApplication, plane } = harness
  plane.createFault = { outcome: 'ambiguous', failure: down }
  const application = applications.apply(applicationOf())
  assert.equal(await lookAtApplication(application), { code: 'AmbiguousCreate', disposition: 'retry' })
  assert.is(applicationReason(application), 'AmbiguousCreate')
  const reconciling = applicationNow(application)!.status.conditions!.find(({ type }) => type === 'Reconciling')
  assert.is(reconciling?.status, 'True')
  for (const annotations of [{ 'tenants.resistant.ai/paused': 'true' }, { 'tenants.resistant.ai/rotate': '1' }, {}]) {
    const now = applicationNow(application)!
    applications.apply({ ...now, metadata: { ...now.metadata, annotations } })
    await lookAtApplication(application)
    await harness.clock.advance(20_000)
  }
  assert.is(applicationReason(application), 'AmbiguousCreate')
  assert.equal(harness.states(), ['open'])
  assert.is(plane.count('createTenantApplication'), 1)
})

for (const [title, outcome, failure, reason, left] of [
  ['a refused create', 'rejected', new Failure('Rejected', 'stall', 'refused'), 'Rejected', ['rejected']],
  ['missing rights', 'rejected', new Failure('Forbidden', 'wait', 'no scope'), 'Forbidden', ['rejected']],
  ['a full budget', 'rejected', new Failure('RateLimited', 'wait', 'too many'), 'RateLimited', ['rejected']],
  ['a control plane that is down', 'notSent', down, 'ControlPlaneUnavailable', []],
] as const) {
  test(`${title}: told as ${reason}, and made on the next try by another journal`, async () => {
    const { applications, applicationReason, lookAtApplication, plane, states } = withTenant()
    plane.createFault = { outcome, failure }
    const application = applications.apply(applicationOf())
    assert.equal(await lookAtApplication(application), { code: failure.code, disposition: failure.disposition })
    assert.is(applicationReason(application), reason)
    assert.equal(states(), left)
    await lookAtApplication(application)
    assert.is(applicationReason(application), 'Ready')
    assert.equal(states(), [...left, 'bound'])
    assert.is(plane.count('createTenantApplication'), 2)
  })
}

test('Ready waits for the token endpoint; only after a minute a refusal is called one', async () => {
  const { applications, applicationReason, applicationNow, clock, lookAtApplication, plane } = withTenant()
  plane.proofFailure = notAccepted
  const application = applications.apply(applicationOf())
  assert.equal(await lookAtApplication(application), { afterMs: 3_000 })
  assert.is(applicationReason(application), 'Provisioning')
  assert.ok(applicationNow(application)!.status.applicationId, 'what is bound is recorded at once')
  await clock.advance(59_000)
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Provisioning')
  await clock.advance(1_000)
  assert.equal(await lookAtApplication(application), { code: 'CredentialRejected', disposition: 'stall' })
  assert.is(applicationReason(application), 'CredentialRejected')
  plane.proofFailure = undefined
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
  assert.is(plane.count('createTenantApplication'), 1, 'and never a second application')
})

test('a token endpoint that is down: told, bound all the same, proved later', async () => {
  const { applications, applicationReason, lookAtApplication, plane } = withTenant()
  plane.proofFailure = down
  const application = applications.apply(applicationOf())
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'ControlPlaneUnavailable')
  plane.proofFailure = undefined
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Ready')
  assert.is(plane.count('createTenantApplication'), 1)
})

test('a token URL elsewhere gets no credential: it is kept in the Secret, without that URL', async () => {
  const { applications, applicationReason, lookAtApplication, plane, secrets, tenantId } = withTenant()
  const { create } = plane.applications
  plane.applications.create = async (...args) => {
    const made = await create(...args)
    if (made.outcome !== 'created') return made
    const tokenUrl = 'https://elsewhere.example/token'
    return { ...made, value: { ...made.value, application: { ...made.value.application, tokenUrl } } }
  }
  const application = applications.apply(applicationOf())
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Rejected')
  assert.is(plane.count('token'), 0)
  const data = plain(secrets.held.get('team/web'))
  assert.ok(data['private_key.pem'])
  assert.not('token_url' in data)
  assert.is(plane.applicationsHeld.get(tenantId)!.length, 1)
})

test('a token URL that the answer leaves out is asked for once', async () => {
  const { applications, applicationReason, lookAtApplication, plane } = withTenant()
  const { create } = plane.applications
  plane.applications.create = async (...args) => {
    const made = await create(...args)
    if (made.outcome !== 'created') return made
    const { tokenUrl: _, ...application } = made.value.application
    return { ...made, value: { ...made.value, application } }
  }
  const application = applications.apply(applicationOf())
  await lookAtApplication(application)
  assert.is(plane.count('getTenantApplication'), 1)
  assert.is(applicationReason(application), 'Ready')
})

test('a spec changed while the application is made keeps its ids, and is looked at next', async () => {
  const { applications, applicationNow, lookAtApplication, plane } = withTenant()
  const application = applications.apply(applicationOf())
  let changed = false
  applications.beforeWrite = (verb) => {
    if (verb !== 'patchStatus' || changed) return
    changed = true
    const now = applicationNow(application)!
    applications.apply({ ...now, spec: { ...now.spec, deletionPolicy: 'Retain' } })
  }
  await lookAtApplication(application)
  const { metadata, status } = applicationNow(application)!
  assert.ok(status.applicationId)
  assert.is(metadata.generation, 2)
  assert.is(status.observedGeneration, 1, 'the status speaks of the spec that was acted on')
  await lookAtApplication(application)
  assert.is(applicationNow(application)!.status.observedGeneration, 2)
  assert.is(plane.count('createTenantApplication'), 1)
})

test('a crash between Secret and status: the journal says that the application is ours, and it is bound', async () => {
  const harness = withTenant()
  const { applicationNow, applications, plane, secrets } = harness
  applications.beforeWrite = (verb) => {
    if (verb === 'patchStatus') throw away
  }
  const application = applications.apply(applicationOf())
  assert.equal(await harness.lookAtApplication(application), { code: 'KubeUnavailable', disposition: 'retry' })
  applications.beforeWrite = () => {}
  assert.is(await harness.start().lookAtApplication(application), 'done')
  const { status } = applicationNow(application)!
  assert.equal([status.applicationId], plane.idsIn(harness.tenantId))
  assert.is(status.provenance, 'Created')
  assert.equal(secrets.writes, ['create team/web'])
  assert.equal(harness.states(), ['bound'])
  assert.is(plane.count('createTenantApplication'), 1)
})

test('a status that was lost with the journal: the application is bound again, but never deleted on that word', async () => {
  const { application, applicationId, applicationNow, applications, lookAtApplication, plane, records, tenantId } =
    await withApplication()
  for (const name of records.held.keys()) records.remove(name)
  applications.apply({ ...applicationNow(application)!, status: { observedGeneration: -1 } })
  await lookAtApplication(application)
  const { status } = applicationNow(application)!
  assert.is(status.applicationId, applicationId)
  assert.is(status.provenance, 'Relinked')
  assert.is(plane.count('createTenantApplication'), 1)
  await applications.delete(applicationNow(application)!)
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
  assert.equal(plane.idsIn(tenantId), [applicationId])
})

test('a Secret that names an application of another resource is not believed', async () => {
  const { application, applicationNow, applications, lookAtApplication, secrets, applicationReason } =
    await withApplication()
  const thief = applications.apply(applicationOf({ metadata: { name: 'thief' } }))
  const planted = secrets.held.get('team/web')!
  const owner = { ...planted.controller!, uid: thief.metadata.uid }
  secrets.held.set('team/thief', { ...planted, name: 'thief', controller: owner })
  await lookAtApplication(thief)
  assert.is(applicationReason(thief), 'AlreadyClaimed')
  assert.is(applicationNow(thief)!.status.applicationId, undefined)
  assert.ok(applicationNow(application)!.status.applicationId)
})

test('changed labels and keys of the Secret are written again from what it holds', async () => {
  const { application, applicationNow, applications, applicationReason, lookAtApplication, plane, secrets } =
    await withApplication()
  const now = applicationNow(application)!
  applications.apply({ ...now, spec: { ...now.spec, secret: { labels: { team: 'a' }, keys: { client_id: 'ID' } } } })
  await lookAtApplication(application)
  const secret = secrets.held.get('team/web')!
  assert.equal(secret.labels, { team: 'a' })
  assert.is(plain(secret)['ID'], applicationNow(application)!.status.clientId)
  assert.not('client_id' in secret.data)
  assert.is(applicationReason(application), 'Ready')
  assert.is(plane.count('createTenantApplication'), 1)
})

test('is deleted outside, seen to be gone, and only then let go', async () => {
  const { application, applicationId, applicationNow, lookAtApplication, metrics, plane, remove } =
    await withApplication()
  await remove()
  assert.is(await lookAtApplication(application), 'done')
  assert.equal(plane.calls.slice(3), [
    `deleteTenantApplication ${applicationId}`,
    `getTenantApplication ${applicationId}`,
  ])
  assert.is(applicationNow(application), undefined)
  assert.ok(metrics.counted.includes('deleted RaiTenantApplication 0'))
})

test('a delete of our own counts, even if the finalizer cannot be taken off at once', async () => {
  const { application, applicationNow, applications, lookAtApplication, remove } = await withApplication()
  await remove()
  let refusals = 1
  applications.beforeWrite = (verb) => {
    if (verb === 'removeFinalizer' && refusals-- > 0) throw new Failure('KubeConflict', 'retry', 'somebody was first')
  }
  assert.equal(await lookAtApplication(application), { code: 'KubeConflict', disposition: 'retry' })
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined, 'without the second look that somebody else’s delete takes')
})

test('with Retain it stays outside, and its Secret, which never has an owner, is nobody’s before the finalizer goes', async () => {
  const { application, applicationNow, lookAtApplication, plane, remove, secrets, tenantId } = await withApplication({
    spec: { deletionPolicy: 'Retain' },
  })
  assert.is(heldBy(secrets.held.get('team/web')!), application.metadata.uid)
  await remove()
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
  assert.is(plane.applicationsHeld.get(tenantId)!.length, 1)
  const secret = secrets.held.get('team/web')!
  assert.equal([secret.controller, heldBy(secret)], [undefined, undefined])
  assert.ok(plain(secret)['client_id'])
})

for (const [before, after, owned] of [
  ['Delete', 'Retain', false],
  ['Retain', 'Delete', true],
] as const) {
  test(`${before} changed to ${after}, the Secret ${owned ? 'has an owner' : 'has none'} from the next look on, and its values stay`, async () => {
    const { application, applicationNow, applications, lookAtApplication, secrets } = await withApplication({
      spec: { deletionPolicy: before },
    })
    const { data } = secrets.held.get('team/web')!
    const now = applicationNow(application)!
    applications.apply({ ...now, spec: { ...now.spec, deletionPolicy: after } })
    await lookAtApplication(application)
    const secret = secrets.held.get('team/web')!
    const { uid } = application.metadata
    assert.equal([secret.controller?.uid, heldBy(secret)], owned ? [uid, undefined] : [undefined, uid])
    assert.equal(secret.data, data)
  })
}

test('deleted as soon as the policy is Delete, the Secret goes too, although it has no owner yet', async () => {
  const { application, applicationNow, applications, lookAtApplication, plane, remove, secrets, tenantId } =
    await withApplication({ spec: { deletionPolicy: 'Retain' } })
  const now = applicationNow(application)!
  applications.apply({ ...now, spec: { ...now.spec, deletionPolicy: 'Delete' } })
  await remove()
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
  assert.equal([plane.applicationsHeld.get(tenantId)!.length, secrets.held.get('team/web')], [0, undefined])
})

test('while the kind itself is being deleted, everything outside is kept', async () => {
  const { application, applicationNow, definitions, lookAtApplication, plane, remove, tenantId } =
    await withApplication()
  definitions.deleted = true
  await remove()
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
  assert.is(plane.applicationsHeld.get(tenantId)!.length, 1)
})

test('an outage during deletion is told, and the deletion goes on after it', async () => {
  const { application, applicationNow, applicationReason, lookAtApplication, plane, remove } = await withApplication()
  plane.outage = down
  await remove()
  assert.equal(await lookAtApplication(application), { code: 'ControlPlaneUnavailable', disposition: 'retry' })
  assert.is(applicationReason(application), 'ControlPlaneUnavailable')
  plane.outage = undefined
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
})

test('one that somebody deleted with its whole tenant is let go when a list proves the organization', async () => {
  const { application, applicationNow, lookAtApplication, plane, remove, tenantId, tenants } = await withApplication()
  const other = plane.makeTenant({ name: 'other', cells: ['eu-1'] })
  tenants.apply(boundTenant(other.id, { metadata: { name: 'other' } }))
  plane.tenantsHeld.delete(tenantId)
  plane.applicationsHeld.delete(tenantId)
  await remove()
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
})

test('without such a proof one absence is none: it takes a second look', async () => {
  const { application, applicationNow, clock, lookAtApplication, plane, remove, tenantId } = await withApplication()
  plane.applicationsHeld.set(tenantId, [])
  await remove()
  assert.equal(await lookAtApplication(application), { afterMs: SECOND_LOOK_MS })
  await clock.advance(SECOND_LOOK_MS)
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
})

test('one made again while its tenant goes gets no finalizer and creates nothing', async () => {
  const { applications, applicationReason, applicationNow, clock, lookAtApplication, plane, tenants } = withTenant()
  await tenants.delete(tenants.get('team/acme')!)
  const application = applications.apply(applicationOf())
  await clock.advance(2_000)
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'TenantNotReady')
  assert.is(applicationNow(application)!.metadata.finalizers, undefined)
  assert.equal(plane.calls, [])
})

test('a tenant that is another one by now is told, and the application stays where it is', async () => {
  const { application, applicationReason, lookAtApplication, plane, tenants } = await withApplication()
  const tenant = tenants.get('team/acme')!
  tenants.apply({ ...tenant, status: { ...tenant.status, tenantId: 't-new' } })
  const calls = plane.calls.length
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'TenantChanged')
  assert.is(plane.calls.length, calls)
})

test('a shutdown during the create: the answer is written down, and the next process hands it over', async () => {
  const harness = withTenant()
  const { applicationNow, applicationReason, plane, secrets } = harness
  const application = harness.applications.apply(applicationOf())
  const stop = new AbortController()
  const { create } = plane.applications
  plane.applications.create = (...args) => {
    stop.abort(new Failure('Stopping', 'retry', 'the process stops'))
    return create(...args)
  }
  assert.equal(await harness.lookAtApplication(application, stop.signal), { code: 'Stopping', disposition: 'retry' })
  assert.equal(harness.states(), ['answered'])
  assert.is(await harness.start().lookAtApplication(application), 'done')
  assert.is(applicationReason(application), 'Ready')
  assert.equal([applicationNow(application)!.status.applicationId], plane.idsIn(harness.tenantId))
  assert.ok(secrets.held.has('team/web'))
})

test('a shutdown during the token request: what was made is bound, delivered and recorded before the end', async () => {
  const { applications, applicationNow, applicationReason, lookAtApplication, plane, secrets, states } = withTenant()
  const application = applications.apply(applicationOf())
  const stop = new AbortController()
  plane.prover.prove = async (_credential, _tokenUrl, _scopes, signal) => {
    stop.abort(new Failure('Stopping', 'retry', 'the process stops'))
    signal.throwIfAborted()
  }
  assert.equal(await lookAtApplication(application, stop.signal), { code: 'Stopping', disposition: 'retry' })
  assert.ok(applicationNow(application)!.status.applicationId)
  assert.ok(secrets.held.has('team/web'))
  assert.is(applicationReason(application), 'Provisioning')
  assert.equal(states(), ['answered'], 'whoever comes next sees that all is done')
})

test.run()
