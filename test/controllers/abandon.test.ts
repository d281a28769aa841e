// A stuck resource that a person has let go: its ids are remembered first, nothing outside is asked for or deleted.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { Failure } from '../../src/errors.ts'
import { withFields } from '../domain/attempts.ts'
import { boundApplication, boundTenant } from '../doubles/resources.ts'
import { makeHarness, withTenant } from './harness.ts'
import type { Harness } from './harness.ts'
import type { ProcessSettings } from './process.ts'
import { away, DAY_MS, down, follow, lost, MINUTE_MS, vain, withAttempt } from './scenarios.ts'

const test = suite('abandon')

const ABANDON = { 'tenants.resistant.ai/abandon': 'true' }
const PAUSED = { 'tenants.resistant.ai/paused': 'true' }
const refusedByPolicy = new Failure('KubeForbidden', 'wait', 'a policy refuses it')

/** What the record of this resource says. */
function recordOf({ records }: Pick<Harness, 'records'>, { metadata }: RaiTenant | RaiTenantApplication) {
  const record = records.held.get(`abandoned-${metadata.uid}`)
  return record && (JSON.parse(record.annotations['tenants.resistant.ai/abandoned']!) as Record<string, unknown>)
}

function annotated<T extends RaiTenant | RaiTenantApplication>(resource: T, annotations: Record<string, string>): T {
  const { metadata } = resource
  return { ...resource, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } }
}

type Parts = Parameters<typeof boundApplication>[1] & Parameters<typeof boundTenant>[1]
type Cause = {
  readonly title: string
  readonly settings?: ProcessSettings
  readonly parts?: Parts
  readonly before?: (harness: Harness) => void
}

const unauthorized: ProcessSettings = {
  get organization(): string {
    throw new Failure('Unauthorized', 'wait', 'there are no credentials')
  },
}

const CAUSES: readonly Cause[] = [
  { title: 'nothing' },
  { title: 'a control plane that does not answer', before: ({ plane }) => (plane.outage = down) },
  { title: 'Unauthorized', settings: unauthorized },
  { title: 'WrongOrganization', parts: { status: { organization: 'another' } } },
  { title: 'StatusForged', parts: { status: { seal: 'forged' } } },
  {
    title: 'a request that is not supported',
    parts: { metadata: { annotations: { 'tenants.resistant.ai/recreate': 'x' } } },
  },
  {
    title: 'a refused confirm',
    parts: { metadata: { annotations: { 'tenants.resistant.ai/confirm': 'x' } }, status: { provenance: 'Relinked' } },
  },
]

const OF_TENANTS: readonly Cause[] = [
  ...CAUSES,
  { title: 'DeletionProtected', parts: { spec: { deletionProtection: true } } },
  {
    title: 'DrainBlocked by a paused application',
    before: ({ applications }) => applications.apply(boundApplication('a-1', { metadata: { annotations: PAUSED } })),
  },
]

for (const { title, settings, parts = {}, before } of CAUSES) {
  test(`an application that is held up by ${title} goes without a call, its ids remembered and told`, async () => {
    const harness = makeHarness(settings)
    const { applications, applicationNow, lookAtApplication, plane, events, metrics, logger } = harness
    const suspects = [{ applicationId: 'a-9', clientId: 'c', firstSeenAt: '2026-01-01T00:00:00Z' }]
    const status = { ...parts.status, suspects }
    const application = applications.apply(boundApplication('a-1', { ...parts, status }))
    await applications.delete(application)
    before?.(harness)
    applications.apply(annotated(applicationNow(application)!, ABANDON))
    assert.is(await lookAtApplication(application), 'done')
    assert.is(applicationNow(application), undefined)
    assert.equal(plane.calls, [])
    const record = recordOf(harness, application)!
    assert.equal(
      [record['applicationIds'], record['suspects'], record['tenantId'], record['genuine']],
      [['a-1'], ['a-9'], 't-1', title !== 'StatusForged'],
    )
    assert.equal(events.reasons, ['team/web Abandoned'])
    assert.match(events.published[0]!.note, 'tenant t-1, applications a-1, a-9')
    assert.equal(metrics.counted, ['abandoned RaiTenantApplication'])
    const told = logger.lines.find(({ fields }) => fields['operation'] === 'abandon')
    assert.equal(told?.fields['applicationIds'], ['a-1'])
  })
}

for (const { title, settings, parts = {}, before } of OF_TENANTS) {
  test(`a tenant that is held up by ${title} goes without a call, and its applications are left alone`, async () => {
    const harness = makeHarness(settings)
    const { tenants, applications, tenantNow, lookAtTenant, plane, events, metrics } = harness
    const tenant = tenants.apply(boundTenant('t-1', parts))
    await tenants.delete(tenant)
    before?.(harness)
    tenants.apply(annotated(tenantNow(tenant)!, ABANDON))
    assert.is(await lookAtTenant(tenant), 'done')
    assert.is(tenantNow(tenant), undefined)
    assert.equal([plane.calls, applications.writes], [[], []])
    assert.is(recordOf(harness, tenant)!['tenantId'], 't-1')
    assert.equal(events.reasons, ['team/acme Abandoned'])
    assert.equal(metrics.counted, ['abandoned RaiTenant'])
  })
}

test('on a resource that is not being deleted it has no effect', async () => {
  const { applications, lookAtApplication, applicationReason, applicationNow, events } = withTenant()
  const application = applications.apply(boundApplication('a-1', { metadata: { annotations: ABANDON } }))
  await lookAtApplication(application)
  assert.ok(applicationNow(application))
  assert.is(applicationReason(application), 'Ready')
  assert.equal(events.reasons, [])
})

test('one that is paused, too, stays until that is over', async () => {
  const { applications, lookAtApplication, applicationNow, applicationReason, records } = makeHarness()
  const annotations = { ...ABANDON, ...PAUSED }
  const application = applications.apply(boundApplication('a-1', { metadata: { annotations } }))
  await applications.delete(application)
  await lookAtApplication(application)
  assert.is(applicationReason(application), 'Paused')
  assert.is(records.held.size, 0)
  applications.apply(annotated(applicationNow(application)!, { 'tenants.resistant.ai/paused': 'false' }))
  await lookAtApplication(application)
  assert.is(applicationNow(application), undefined)
})

for (const annotation of ['tenants.resistant.ai/abandon', 'tenants.resistant.ai/paused']) {
  test(`${annotation} with a value that says nothing: InvalidSpec, and nothing is done, deletion included`, async () => {
    const { applications, lookAtApplication, applicationNow, applicationReason, plane, records } = withTenant()
    const application = applications.apply(
      boundApplication('a-1', { metadata: { annotations: { [annotation]: 'yes' } } }),
    )
    await lookAtApplication(application)
    assert.is(applicationReason(application), 'InvalidSpec')
    await applications.delete(applicationNow(application)!)
    await lookAtApplication(application)
    assert.is(applicationReason(application), 'InvalidSpec')
    assert.equal([plane.calls, records.held.size], [[], 0])
    assert.ok(applicationNow(application))
    applications.apply(annotated(applicationNow(application)!, { [annotation]: 'false' }))
    await lookAtApplication(application)
    assert.is(plane.count('deleteTenantApplication'), 1)
  })
}

test('an unfinished attempt is named, and what it made is nobody’s: the sweep takes it back', async () => {
  const attempt = await withAttempt('EC', lost)
  const { application, applications, applicationNow, look, remove, journal, clock, sweep, tenantId, ids } = attempt
  const name = journal()
  await remove()
  applications.apply(annotated(applicationNow(application)!, ABANDON))
  assert.is(await look(), 'done')
  assert.equal(recordOf(attempt, application)!['journals'], [name])
  assert.is(ids().length, 1)
  await follow(clock, () => sweep(tenantId), 2 * DAY_MS)
  assert.equal(ids(), [])
})

test('an attempt that cannot be read holds nothing up, is named, and stays', async () => {
  const attempt = await withAttempt('EC', vain)
  const { application, applications, applicationNow, look, remove, journal, records } = attempt
  const name = journal()
  records.put(withFields(records.held.get(name)!, { readableBy: 9 }))
  await remove()
  applications.apply(annotated(applicationNow(application)!, ABANDON))
  assert.is(await look(), 'done')
  assert.equal(recordOf(attempt, application)!['journals'], [name])
  assert.ok(records.held.has(name))
})

test('an answer that was not handed over is remembered, and never deleted by the sweep', async () => {
  const attempt = await withAttempt('EC', lost)
  const { application, applications, applicationNow, look, remove, records, clock, sweep, tenantId, ids, states } =
    attempt
  let swaps = 0
  records.refusal = (verb) => (verb === 'swap' && swaps++ === 1 ? away : undefined)
  await look()
  const { applicationId: _, credentials: __, ...status } = applicationNow(application)!.status
  applications.apply({ ...applicationNow(application)!, status })
  assert.equal(states(), ['answered'])
  await remove()
  applications.apply(annotated(applicationNow(application)!, ABANDON))
  assert.is(await look(), 'done')
  assert.equal(recordOf(attempt, application)!['applicationIds'], ids())
  await follow(clock, () => sweep(tenantId), 2 * DAY_MS)
  assert.equal([ids().length, states()], [1, []])
})

test('its Secret outlives it', async () => {
  const attempt = await withAttempt('EC', undefined)
  const { application, applications, applicationNow, look, remove, secrets, ids } = attempt
  await remove()
  applications.apply(annotated(applicationNow(application)!, ABANDON))
  assert.is(await look(), 'done')
  assert.is(secrets.held.get('team/web')!.controller, undefined)
  assert.equal(recordOf(attempt, application)!['secrets'], [{ name: 'web', kept: true }])
  assert.is(ids().length, 1)
})

test('a Secret that may not be written goes with it, and the record says so', async () => {
  const attempt = await withAttempt('EC', undefined)
  const { application, applications, applicationNow, look, remove, secrets } = attempt
  await remove()
  applications.apply(annotated(applicationNow(application)!, ABANDON))
  secrets.refusal = () => refusedByPolicy
  assert.is(await look(), 'done')
  assert.is(applicationNow(application), undefined)
  assert.equal(recordOf(attempt, application)!['secrets'], [{ name: 'web', kept: false }])
})

test('a Secret that cannot be written for the moment is waited for, a minute and no more', async () => {
  const { application, applications, applicationNow, look, remove, secrets, clock } = await withAttempt('EC', undefined)
  await remove()
  applications.apply(annotated(applicationNow(application)!, ABANDON))
  secrets.refusal = () => away
  assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
  await clock.advance(MINUTE_MS - 1)
  await look()
  assert.ok(applicationNow(application))
  await clock.advance(1)
  assert.is(await look(), 'done')
  assert.is(applicationNow(application), undefined)
})

/** Every write on the way, and how it goes wrong: not done, or done and never answered. */
const STEPS: readonly (readonly [
  title: string,
  disturb: (harness: Harness, once: () => Failure | undefined) => void,
])[] = [
  ['the Secret', ({ secrets }, once) => (secrets.refusal = once)],
  ['the record', ({ records }, once) => (records.refusal = (verb) => (verb === 'create' ? once() : undefined))],
  [
    'the record, lost',
    ({ records }, once) => (records.lostAnswer = (verb) => (verb === 'create' ? once() : undefined)),
  ],
  ['the journal', ({ records }, once) => (records.refusal = (verb) => (verb === 'swap' ? once() : undefined))],
  ['the journal, lost', ({ records }, once) => (records.lostAnswer = (verb) => (verb === 'swap' ? once() : undefined))],
  [
    'the finalizer',
    ({ applications }, once) => {
      applications.beforeWrite = (verb) => {
        const failure = verb === 'removeFinalizer' ? once() : undefined
        if (failure) throw failure
      }
    },
  ],
]

for (const [title, disturb] of STEPS) {
  test(`a crash at ${title}: another process does the rest, and nothing is forgotten`, async () => {
    const attempt = await withAttempt('EC', lost)
    const { application, applications, applicationNow, look, remove, records, ids, states, clock } = attempt
    let swaps = 0
    records.refusal = (verb) => (verb === 'swap' && swaps++ === 1 ? away : undefined)
    await look()
    assert.equal(states(), ['answered'])
    await remove()
    applications.apply(annotated(applicationNow(application)!, ABANDON))
    const calls = attempt.plane.calls.length
    let failures = 0
    records.refusal = () => undefined
    disturb(attempt, () => (failures++ === 0 ? away : undefined))
    assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
    assert.ok(applicationNow(application))
    const successor = attempt.start()
    assert.is(await successor.lookAtApplication(application), 'done')
    assert.is(applicationNow(application), undefined)
    const record = recordOf(attempt, application)!
    assert.equal([record['applicationIds'], record['secrets']], [ids(), [{ name: 'web', kept: true }]])
    assert.is(attempt.secrets.held.get('team/web')!.controller, undefined)
    assert.is(attempt.plane.calls.length, calls)
    await clock.advance(2 * QUARANTINE_MS)
    await follow(clock, () => successor.sweep(attempt.tenantId), 2 * DAY_MS)
    assert.is(ids().length, 1)
  })
}

test.run()
