// The answer to a create, of which there is one copy: how it gets into its journal, whatever others did to that meanwhile.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { QUARANTINE_MS } from '../../src/domain/recovery.ts'
import { applicationOf, SEAL } from '../doubles/resources.ts'
import { withTenant } from './harness.ts'
import { ALL_MODES, away, down, follow, MINUTE_MS } from './scenarios.ts'
import type { Mode } from './scenarios.ts'

const test = suite('answers')

/** An application that is to be made, and what happens around the POST. */
function prepared(mode: Mode, around: { before?: () => Promise<void>; after?: () => Promise<void> } = {}) {
  const harness = withTenant()
  const { applications, plane, tenantId } = harness
  const application = applications.apply(applicationOf({ spec: { auth: { type: mode } } }))
  const { create } = plane.applications
  plane.applications.create = async (...args) => {
    plane.applications.create = create
    await around.before?.()
    const made = await create(...args)
    await around.after?.()
    return made
  }
  return {
    ...harness,
    application,
    around,
    look: () => harness.lookAtApplication(application),
    status: () => harness.applicationNow(application)!.status,
    ids: () => plane.idsIn(tenantId),
    posts: () => plane.count('createTenantApplication'),
    journal: () => [...harness.records.held.keys()].find((name) => name.startsWith('journal-'))!,
  }
}

for (const mode of ALL_MODES) {
  test(`${mode}: an answer is written down with patience while the API server is away`, async () => {
    const { look, records, clock, states, status, ids, posts, logger, journal } = prepared(mode)
    records.refusal = (verb) => (verb === 'swap' ? away : undefined)
    const looking = look()
    for (let tries = 0; tries < 20; tries++) await clock.advance(MINUTE_MS / 12)
    assert.equal(states(), ['open'])
    const told = logger.lines.filter(({ level, fields }) => level === 'warn' && fields['journal'] === journal())
    assert.ok(told.length >= 10, 'and told all the time')
    assert.not(JSON.stringify(logger.lines).includes('secret-a-'))
    records.refusal = () => undefined
    await clock.advance(5_000)
    assert.is(await looking, 'done')
    assert.equal([states(), [status().applicationId], posts()], [['bound'], ids(), 1])
  })

  test(`${mode}: an answer is written down with the gate shut, and another process finishes it`, async () => {
    const around: { after?: () => Promise<void> } = {}
    const { look, lease, start, application, states, status, ids, posts, secrets } = prepared(mode, around)
    around.after = async () => void (lease.isHeld = false)
    assert.equal(await look(), { code: 'LeaseLost', disposition: 'retry' })
    assert.equal([states(), [...secrets.held.keys()]], [['answered'], []])
    assert.is(await start({ holder: 'two' }).lookAtApplication(application), 'done')
    assert.equal([states(), [status().applicationId], posts()], [['bound'], ids(), 1])
  })

  test(`${mode}: an answer to an attempt that was given up meanwhile is surplus, and swept`, async () => {
    const around: { before?: () => Promise<void> } = {}
    const { look, start, application, clock, states, status, ids, posts, sweep, tenantId } = prepared(mode, around)
    around.before = async () => {
      const other = start({ holder: 'two' })
      await other.lookAtApplication(application)
      await clock.advance(QUARANTINE_MS)
      assert.equal(await other.lookAtApplication(application), { afterMs: 0 })
    }
    assert.is(await look(), 'backOff')
    assert.equal([states(), status().applicationId], [['surplus'], undefined])
    const [surplus] = ids()
    assert.is(await look(), 'done')
    assert.equal([states(), posts()], [['surplus', 'bound'], 2])
    await clock.advance(MINUTE_MS)
    await sweep(tenantId)
    assert.not(ids().includes(surplus!))
    assert.equal(ids(), [status().applicationId])
    assert.equal(status().suspects ?? [], [])
  })

  test(`${mode}: an answer whose journal was removed meanwhile is surplus, in another journal, and swept`, async () => {
    const around: { after?: () => Promise<void> } = {}
    const { look, records, journal, states, clock, sweep, tenantId, ids, status } = prepared(mode, around)
    const names: string[] = []
    around.after = async () => {
      names.push(journal())
      records.remove(journal())
    }
    assert.is(await look(), 'backOff')
    assert.equal(states(), ['surplus'])
    assert.is.not(journal(), names[0])
    assert.is(await look(), 'done')
    await clock.advance(MINUTE_MS)
    await sweep(tenantId)
    assert.equal(ids(), [status().applicationId])
  })

  test(`${mode}: an answer that was written although that was not confirmed is taken for written`, async () => {
    const { look, records, states, clock, posts } = prepared(mode)
    let losses = 1
    records.lostAnswer = (verb) => (verb === 'swap' && losses-- > 0 ? away : undefined)
    const looking = look()
    await clock.advance(250)
    assert.is(await looking, 'done')
    assert.equal([states(), posts()], [['bound'], 1])
    assert.is(records.writes.filter((write) => write.startsWith('swap')).length, 2)
  })
}

test('an answer that another process has proven and bound meanwhile is known already', async () => {
  const around: { after?: () => Promise<void> } = {}
  const { look, start, application, states, status, ids, posts } = prepared('EC', around)
  around.after = async () => {
    assert.is(await start({ holder: 'two' }).lookAtApplication(application), 'done')
  }
  assert.is(await look(), 'backOff')
  assert.is(await look(), 'done')
  assert.equal([states(), [status().applicationId], posts()], [['bound'], ids(), 1])
})

test('an answer that names another application than the one that was proven and bound meanwhile is the sweep’s', async () => {
  const around: { after?: () => Promise<void> } = {}
  const made = prepared('EC', around)
  const { look, start, application, states, status, ids, plane, tenantId, clock, sweep } = made
  around.after = async () => {
    plane.asked[0]!()
    plane.applicationsHeld.set(tenantId, plane.applicationsHeld.get(tenantId)!.toReversed())
    assert.is(await start({ holder: 'two' }).lookAtApplication(application), 'done')
  }
  assert.is(await look(), 'backOff')
  assert.equal([states(), ids().length], [['bound'], 2])
  await follow(clock, () => sweep(tenantId), 10 * MINUTE_MS)
  assert.equal([states(), ids()], [[], [status().applicationId]])
})

test('a resource that is in another tenant by now gets nothing in this one', async () => {
  const { look, applications, applicationNow, application, posts, states } = prepared('EC')
  applications.beforeWrite = (verb) => {
    if (verb !== 'addFinalizer') return
    const now = applicationNow(application)!
    applications.apply({ ...now, status: { ...now.status, organization: 'org', tenantId: 't-other', seal: SEAL } })
  }
  assert.equal(await look(), { afterMs: 1_000 })
  assert.equal([posts(), states()], [0, []])
})

test('a journal that was made although that was not confirmed is the attempt’s', async () => {
  const { look, records, states, posts } = prepared('EC')
  records.lostAnswer = (verb) => (verb === 'create' ? away : undefined)
  assert.is(await look(), 'done')
  assert.equal([states(), posts()], [['bound'], 1])
})

test('without a journal there is no POST', async () => {
  const { look, records, posts } = prepared('EC')
  records.refusal = (verb) => (verb === 'create' ? away : undefined)
  assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.is(posts(), 0)
})

test('without the lease there is neither journal nor POST', async () => {
  const { look, lease, posts, states } = prepared('EC')
  lease.isHeld = false
  assert.equal(await look(), { code: 'LeaseLost', disposition: 'retry' })
  assert.equal([posts(), states()], [0, []])
})

test('a journal of a POST that was not sent, and that cannot be removed, is recovered like any other', async () => {
  const { look, records, states, plane, clock, posts } = prepared('EC')
  plane.createFault = { outcome: 'notSent', failure: down }
  records.refusal = (verb) => (verb === 'delete' ? away : undefined)
  assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
  assert.equal(states(), ['open'])
  await look()
  await clock.advance(QUARANTINE_MS)
  await look()
  assert.is(await look(), 'done')
  assert.equal([states(), posts()], [['abandoned', 'bound'], 2])
})

test.run()
