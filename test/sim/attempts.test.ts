// Attempts whose end is out of the ordinary, one rule each: late and doubled executions, lists that lag, deletions midway, restores.
import { createHmac } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { Seals } from '../../src/controllers/seals.ts'
import type { Call, Fate } from './calls.ts'
import { PASS } from './calls.ts'
import { KeyPool } from './key-pool.ts'
import {
  allReady,
  APPLICATION,
  applicationIds,
  applyApplication,
  applyTenant,
  changeApplication,
  faultsOf,
  HOUR_MS,
  isReady,
  journals,
  MINUTE_MS,
  nothingLeft,
  SECOND_MS,
  sweepAll,
  TENANT,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { withTenant as withReadyTenant, withWorld as withAnyWorld } from './scenes.ts'
import type { Scene } from './scenes.ts'
import type { World } from './world.ts'

const test = suite('attempts')
const pool = await KeyPool.make({ rsa: true })
// Longer than any POST is late here: it carries the token with which it was sent.
const SCENE: Scene = { pool, seed: 5, settings: { tokenLifetimeMs: 48 * HOUR_MS } }
const KEY_MODES: readonly Mode[] = ['EC', 'RSA']
const ALL_MODES: readonly Mode[] = ['EC', 'RSA', 'ClientSecret']

/** What becomes of the first call with this label. */
function once(world: World, label: string, fate: Fate, then: (call: Call) => void = () => {}): void {
  let isOver = false
  world.judge = (call) => {
    if (isOver || !call.label.startsWith(label)) return PASS
    isOver = true
    then(call)
    return fate
  }
}

const withWorld = (act: (world: World) => Promise<void>) => withAnyWorld(SCENE, act)
const withTenant = (act: (world: World) => Promise<void>) => withReadyTenant(SCENE, act)

async function ready(world: World, forMs = 10 * MINUTE_MS): Promise<void> {
  assert.ok(await world.run(forMs, () => allReady(world) && world.api.get(APPLICATION) !== undefined))
}

const CREATE = 'createTenantApplication'
const count = (world: World) => world.person.look().applications.length

for (const mode of KEY_MODES) {
  test(`${mode}: a lost answer is found by the key at once, without a second POST`, () =>
    withTenant(async (world) => {
      once(world, CREATE, { fate: 'lose' })
      applyApplication(world, mode)
      await ready(world, 20 * SECOND_MS)
      assert.is(world.ledger.posts, 1)
      assert.is(world.api.get(APPLICATION)?.status.provenance, 'Created')
    }))

  test(`${mode}: an application that is listed late is waited for, without a second POST`, () =>
    withTenant(async (world) => {
      world.faults.add({ kind: 'lateVisibility', op: CREATE, seconds: 50 })
      once(world, CREATE, { fate: 'lose' })
      applyApplication(world, mode)
      await ready(world)
      assert.is(world.ledger.posts, 1)
    }))

  test(`${mode}: a credential that is accepted late is waited for, without a second POST`, () =>
    withTenant(async (world) => {
      world.faults.add({ kind: 'lateAcceptance', op: CREATE, seconds: 50 })
      once(world, CREATE, { fate: 'lose' })
      applyApplication(world, mode)
      await ready(world)
      assert.is(world.ledger.posts, 1)
    }))

  for (const afterMs of [2 * MINUTE_MS, 30 * MINUTE_MS, 5 * HOUR_MS, 23 * HOUR_MS]) {
    test(`${mode}: a POST that is carried out ${afterMs / MINUTE_MS} minutes late is taken back by the sweep`, () =>
      withTenant(async (world) => {
        once(world, CREATE, { fate: 'late', afterMs })
        applyApplication(world, mode)
        await ready(world)
        await world.run(25 * HOUR_MS)
        assert.equal(await faultsOf(world, []), [])
        assert.is(world.ledger.count('deleteTenantApplication'), 1)
      }))
  }

  test(`${mode}: what a POST made twice is taken back, though its answer was clean`, () =>
    withTenant(async (world) => {
      once(world, CREATE, { fate: 'twice' })
      applyApplication(world, mode)
      await ready(world)
      assert.is(count(world), 2)
      await world.run(5 * MINUTE_MS)
      assert.equal(await faultsOf(world, []), [])
    }))

  test(`${mode}: a sweep whose proofs have no definite answer does not count`, () =>
    withTenant(async (world) => {
      once(world, CREATE, { fate: 'twice' })
      applyApplication(world, mode)
      await ready(world)
      world.judge = (call) => (call.label === 'applicationToken' ? { fate: 'refuse' } : PASS)
      await world.run(10 * MINUTE_MS)
      assert.is(count(world), 2)
      assert.is.not(journals(world).length, 0)
      world.judge = () => PASS
      await world.run(5 * MINUTE_MS)
      assert.equal(await faultsOf(world, []), [])
    }))
}

test('ClientSecret: a lost answer is a suspect, told in status and by an Event, and one more application is made', () =>
  withTenant(async (world) => {
    once(world, CREATE, { fate: 'lose' })
    applyApplication(world, 'ClientSecret')
    await ready(world)
    assert.is(world.ledger.posts, 2)
    const { suspects = [] } = world.api.get(APPLICATION)?.status ?? {}
    assert.is(suspects.length, 1)
    const event = world.api.all('Event').find(({ reason }) => reason === 'OrphanSuspected')
    assert.match(String(event?.['note']), suspects[0]!.applicationId)
  }))

test('ClientSecret: a POST that was never carried out leaves no suspect', () =>
  withTenant(async (world) => {
    once(world, CREATE, { fate: 'refuse' })
    applyApplication(world, 'ClientSecret')
    await ready(world)
    assert.is(world.ledger.posts, 1)
    assert.equal(world.api.get(APPLICATION)?.status.suspects ?? [], [])
  }))

test('ClientSecret: Hold makes no other before a person has decided, and goes on then', () =>
  withTenant(async (world) => {
    once(world, CREATE, { fate: 'lose' })
    applyApplication(world, 'ClientSecret', { onAmbiguousCreate: 'Hold' })
    assert.not(await world.run(20 * MINUTE_MS, () => isReady(world.api.get(APPLICATION))))
    const { suspects = [], conditions = [] } = world.api.get(APPLICATION)!.status
    assert.is(world.ledger.posts, 1)
    assert.is(conditions.find(({ type }) => type === 'Stalled')?.reason, 'AmbiguousCreate')
    const annotations = { 'tenants.resistant.ai/discard-suspect': suspects[0]!.applicationId }
    world.api.update({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web', annotations } })
    await ready(world)
    assert.is(count(world), 1)
  }))

test('ClientSecret: two answers that were lost hold even Replace', () =>
  withTenant(async (world) => {
    let lost = 0
    world.judge = (call) => (call.label.startsWith(CREATE) && lost++ < 5 ? { fate: 'lose' } : PASS)
    applyApplication(world, 'ClientSecret')
    assert.not(await world.run(30 * MINUTE_MS, () => isReady(world.api.get(APPLICATION))))
    assert.is(world.ledger.posts, 2)
    assert.is(world.api.get(APPLICATION)?.status.suspects?.length, 2)
  }))

for (const mode of ALL_MODES) {
  for (const fate of ['lose', 'refuse', 'crash-after'] as const) {
    test(`${mode}: a resource that is deleted while its attempt is open (${fate}) leaves nothing, or says what`, () =>
      withTenant(async (world) => {
        once(world, CREATE, { fate }, () => {
          world.time.arm(100, () => world.api.delete(APPLICATION))
          if (fate === 'crash-after') world.time.arm(SECOND_MS, () => void world.startOperator('p2'))
        })
        applyApplication(world, mode)
        assert.ok(await world.run(5 * MINUTE_MS, () => world.api.get(APPLICATION) === undefined))
        const left = mode === 'ClientSecret' && fate !== 'refuse' ? 1 : 0
        assert.is(count(world), left)
        const told = world.api.all('Event').filter((event) => event['reason'] === 'OrphanSuspected')
        assert.is(told.length, left)
        await world.run(25 * HOUR_MS)
        assert.equal(journals(world), [])
      }))
  }

  test(`${mode}: a namespace that goes while an attempt is open goes, and nothing is made in it`, () =>
    withTenant(async (world) => {
      world.api.create({ kind: 'Namespace', metadata: { name: 'guest' } })
      world.api.update({
        kind: 'RaiTenant',
        metadata: { namespace: 'team', name: 'acme' },
        spec: { allowedNamespaces: { from: 'All' } },
      })
      await world.run(MINUTE_MS)
      once(world, CREATE, { fate: 'lose' }, () => world.api.delete('Namespace/guest'))
      world.api.create({
        kind: 'RaiTenantApplication',
        metadata: { namespace: 'guest', name: 'web' },
        spec: {
          tenantRef: { name: 'acme', namespace: 'team' },
          cell: 'eu-1',
          scopes: ['documents.submissions.read'],
          auth: { type: mode },
        },
      })
      assert.ok(await world.run(10 * MINUTE_MS, () => world.api.get('Namespace/guest') === undefined))
      assert.is(count(world), mode === 'ClientSecret' ? 1 : 0)
      assert.is(world.ledger.posts, 1)
    }))

  test(`${mode}: a resource made again under its name while the old one's attempt is open gets its own application`, () =>
    withTenant(async (world) => {
      once(world, CREATE, { fate: 'lose' }, () => world.time.arm(100, () => world.api.delete(APPLICATION)))
      applyApplication(world, mode)
      assert.ok(await world.run(5 * MINUTE_MS, () => world.api.get(APPLICATION) === undefined))
      world.api.collectGarbage()
      applyApplication(world, mode)
      await ready(world)
      await world.run(25 * HOUR_MS)
      const faults = (await faultsOf(world, [])).filter(
        (fault) => mode !== 'ClientSecret' || fault !== 'leaked an application',
      )
      assert.equal(faults, [])
    }))

  test(`${mode}: a finalizer that a person takes off while an attempt is open leaves a journal, and the sweep serves it`, () =>
    withTenant(async (world) => {
      once(world, CREATE, { fate: 'lose' }, () =>
        world.time.arm(100, () => {
          world.api.update({
            kind: 'RaiTenantApplication',
            metadata: { namespace: 'team', name: 'web', finalizers: [] },
          })
          world.api.delete(APPLICATION)
        }),
      )
      applyApplication(world, mode)
      await world.run(26 * HOUR_MS)
      assert.equal(journals(world), [])
      assert.is(count(world), mode === 'ClientSecret' ? 1 : 0)
    }))

  test(`${mode}: a Secret that is refused after the POST is written once that is possible, with the same application`, () =>
    withTenant(async (world) => {
      world.judge = (call) =>
        call.label === 'POST v1/namespaces/team/secrets' && world.time.elapsedMs < 5 * MINUTE_MS
          ? { fate: 'refuse' }
          : PASS
      applyApplication(world, mode)
      await ready(world)
      assert.is(world.ledger.posts, 1)
      assert.equal(await faultsOf(world, []).then((all) => all.filter((fault) => fault !== 'a journal is left')), [])
    }))

  test(`${mode}: a status that was lost is found again by the Secret, and what it names is not deleted unconfirmed`, () =>
    withTenant(async (world) => {
      applyApplication(world, mode)
      await ready(world)
      await world.run(5 * MINUTE_MS)
      const { applicationId } = world.api.get(APPLICATION)!.status
      forgetStatus(world)
      await ready(world)
      const { status } = world.api.get(APPLICATION)!
      assert.is(status.applicationId, applicationId)
      assert.is(status.provenance, 'Relinked')
      world.api.delete(APPLICATION)
      assert.ok(await world.run(5 * MINUTE_MS, () => world.api.get(APPLICATION) === undefined))
      assert.is(count(world), 1)
    }))
}

/** As a restore does that brings the resource back without its status, and with another UID. */
function forgetStatus(world: World): void {
  const held = world.api.get(APPLICATION)!
  const secret = world.api.get('Secret/team/web')!
  world.killAll()
  world.api.update({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web', finalizers: [] } })
  world.api.delete(APPLICATION)
  world.api.update({ kind: 'Secret', metadata: { namespace: 'team', name: 'web', ownerReferences: [] } })
  assert.ok(secret.metadata.uid)
  world.api.create({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web' }, spec: held.spec })
  world.startOperator('restored')
}

test('a tenant whose answer was lost is found by its name, made by us', () =>
  withWorld(async (world) => {
    world.startOperator('p1')
    once(world, 'createTenant', { fate: 'lose' })
    applyTenant(world)
    assert.ok(await world.run(MINUTE_MS, () => isReady(world.api.get(TENANT))))
    assert.is(world.api.get(TENANT)?.status.provenance, 'Created')
    assert.is(world.ledger.count('createTenant'), 1)
  }))

test('a tenant that appears long after its attempt is used, and never deleted unconfirmed', () =>
  withWorld(async (world) => {
    world.startOperator('p1')
    let creates = 0
    world.judge = (call) => {
      if (call.label !== 'createTenant') return PASS
      return creates++ === 0 ? { fate: 'late', afterMs: 40 * MINUTE_MS } : { fate: 'refuse' }
    }
    applyTenant(world)
    assert.ok(await world.run(HOUR_MS, () => isReady(world.api.get(TENANT))))
    assert.is(world.api.get(TENANT)?.status.provenance, 'Relinked')
    world.api.delete(TENANT)
    assert.ok(await world.run(5 * MINUTE_MS, () => nothingLeft(world)))
    assert.is(world.person.look().tenants.length, 1)
  }))

test('a tenant that somebody else made is a conflict, and left alone', () =>
  withWorld(async (world) => {
    world.person.createTenant({ name: 'acme' })
    world.startOperator('p1')
    applyTenant(world)
    await world.run(5 * MINUTE_MS)
    const reason = world.api.get(TENANT)?.status.conditions?.find(({ type }) => type === 'Ready')?.reason
    assert.is(reason, 'TenantExists')
    world.api.delete(TENANT)
    assert.ok(await world.run(5 * MINUTE_MS, () => nothingLeft(world)))
    assert.is(world.person.look().tenants.length, 1)
  }))

test('a tenant that is deleted while its attempt is open leaves nothing', () =>
  withWorld(async (world) => {
    world.startOperator('p1')
    once(world, 'createTenant', { fate: 'lose' }, () => world.time.arm(100, () => world.api.delete(TENANT)))
    applyTenant(world)
    assert.ok(await world.run(5 * MINUTE_MS, () => nothingLeft(world)))
    assert.is(world.person.look().tenants.length, 0)
    await world.run(25 * HOUR_MS)
    assert.equal(journals(world), [])
  }))

test('a tenant whose status was lost is found again by its record', () =>
  withTenant(async (world) => {
    const { tenantId } = world.api.get(TENANT)!.status
    world.killAll()
    world.api.update({ kind: 'RaiTenant', metadata: { namespace: 'team', name: 'acme', finalizers: [] } })
    world.api.delete(TENANT)
    applyTenant(world)
    world.startOperator('restored')
    assert.ok(await world.run(5 * MINUTE_MS, () => isReady(world.api.get(TENANT))))
    assert.is(world.api.get(TENANT)?.status.tenantId, tenantId)
    assert.is(world.api.get(TENANT)?.status.provenance, 'Relinked')
  }))

test('a leader that stops writes down what it was told, and the next one finishes it at once', () =>
  withTenant(async (world) => {
    world.killAll()
    const first = world.startOperator('p2')
    once(world, CREATE, { fate: 'slow', afterMs: 10 * SECOND_MS })
    applyApplication(world, 'ClientSecret')
    await world.run(5 * SECOND_MS)
    const stopping = first.stop()
    await world.run(20 * SECOND_MS)
    await stopping
    world.startOperator('p3')
    await ready(world, 20 * SECOND_MS)
    assert.is(world.ledger.posts, 1)
    assert.equal(world.api.get(APPLICATION)?.status.suspects ?? [], [])
  }))

test('what replaces a credential does not lose sight of the one before', () =>
  withTenant(async (world) => {
    applyApplication(world, 'EC')
    await ready(world)
    const former = {
      applicationId: 'former',
      clientId: 'former',
      state: 'Retiring' as const,
      issuedAt: '2026-01-01T00:00:00Z',
    }
    const { metadata, status } = world.api.get(APPLICATION)!
    assert.is(status.credentials?.length, 1)
    world.killAll()
    const { applicationId: _, provenance: __, ...rest } = { ...status, credentials: [former] }
    const seal = sealOf(world, { metadata, status: rest })
    world.api.updateStatus(APPLICATION, { applicationId: null, provenance: null, credentials: [former], seal })
    world.startOperator('p2')
    assert.ok(await world.run(5 * MINUTE_MS, () => world.api.get(APPLICATION)?.status.applicationId !== undefined))
    const ids = world.api.get(APPLICATION)?.status.credentials?.map(({ applicationId }) => applicationId)
    assert.equal(ids, ['former', status.applicationId])
  }))

/** As the operator seals it, whose key the world can see. */
function sealOf(world: World, resource: Pick<RaiTenantApplication, 'metadata' | 'status'>): string | undefined {
  const { data } = world.api.get('Secret/rai-system/sealing-key') as { data?: Record<string, string> }
  const key = Buffer.from(data!['key']!, 'base64').toString()
  return new Seals({ seal: (text) => createHmac('sha256', key).update(text).digest('base64url') }).of(resource)
}

test('ids that somebody else wrote into a status are never acted on, and bound again once they are taken out', () =>
  withTenant(async (world) => {
    const { id } = world.person.createApplication('acme', {
      cell: 'eu-1',
      scopes: ['documents.submissions.read'],
      auth_method: { type: 'CLIENT_SECRET' },
    })
    world.ledger.ofPeople.add(id)
    applyApplication(world, 'EC')
    await ready(world)
    await world.run(5 * MINUTE_MS)
    const { status } = world.api.get(APPLICATION)!
    const reason = () => world.api.get(APPLICATION)?.status.conditions?.find(({ type }) => type === 'Synced')?.reason
    const credentials = [{ applicationId: id, clientId: 'x', state: 'Active', issuedAt: '2026-01-01T00:00:00Z' }]
    world.api.updateStatus(APPLICATION, { applicationId: id, credentials })
    world.api.delete(APPLICATION)
    assert.ok(await world.run(5 * MINUTE_MS, () => reason() === 'StatusForged'))
    await world.run(10 * MINUTE_MS)
    assert.is(count(world), 2)
    assert.equal(world.ledger.violations, [])
    world.api.updateStatus(APPLICATION, { applicationId: status.applicationId, credentials: status.credentials })
    changeApplication(world, { annotations: { 'tenants.resistant.ai/reconcile-now': '1' } })
    assert.ok(await world.run(5 * MINUTE_MS, () => world.api.get(APPLICATION) === undefined))
    assert.is(count(world), 1)
  }))

test('a suspect is discarded only when no attempt in its tenant is under way, and never when somebody holds it', () =>
  withTenant(async (world) => {
    once(world, CREATE, { fate: 'lose' })
    applyApplication(world, 'ClientSecret', { onAmbiguousCreate: 'Hold' })
    await world.run(5 * MINUTE_MS)
    const [suspect] = world.api.get(APPLICATION)?.status.suspects ?? []
    world.judge = (call) => (call.label.startsWith(CREATE) ? { fate: 'slow', afterMs: 25 * SECOND_MS } : PASS)
    applyApplication(world, 'EC', {}, 'batch')
    await world.run(5 * SECOND_MS)
    world.judge = () => PASS
    changeApplication(world, { annotations: { 'tenants.resistant.ai/discard-suspect': suspect!.applicationId } })
    await world.run(15 * SECOND_MS)
    const ids = () => applicationIds(world)
    assert.equal(ids(), [suspect!.applicationId], 'it waits')
    const batch = 'RaiTenantApplication/team/batch'
    assert.ok(
      await world.run(5 * MINUTE_MS, () => isReady(world.api.get(batch)) && isReady(world.api.get(APPLICATION))),
    )
    assert.not(ids().includes(suspect!.applicationId))
    assert.is(count(world), 2, 'gone, and another one made')

    const held = world.api.get(batch)!.status.applicationId!
    const { metadata, status } = world.api.get(APPLICATION)!
    const suspects = [{ applicationId: held, clientId: 'x', firstSeenAt: '2026-01-01T00:00:00Z' }]
    const seal = sealOf(world, { metadata, status: { ...status, suspects } })
    world.api.updateStatus(APPLICATION, { suspects, seal })
    changeApplication(world, { annotations: { 'tenants.resistant.ai/discard-suspect': held } })
    await world.run(5 * MINUTE_MS)
    assert.is(count(world), 2)
    assert.equal(world.ledger.violations, [])
  }))

test('a suspect that somebody else wrote into a status is not discarded', () =>
  withTenant(async (world) => {
    const auth_method = { type: 'CLIENT_SECRET' }
    const { id } = world.person.createApplication('acme', {
      cell: 'eu-1',
      scopes: ['documents.submissions.read'],
      auth_method,
    })
    world.ledger.ofPeople.add(id)
    applyApplication(world, 'EC')
    await ready(world)
    const suspects = [{ applicationId: id, clientId: 'x', firstSeenAt: '2026-01-01T00:00:00Z' }]
    world.api.updateStatus(APPLICATION, { suspects })
    changeApplication(world, { annotations: { 'tenants.resistant.ai/discard-suspect': id } })
    await world.run(10 * MINUTE_MS)
    assert.is(count(world), 2)
    assert.equal(world.ledger.violations, [])
  }))

test('a tenant id that somebody else wrote into a status gets nobody an application there', () =>
  withWorld(async (world) => {
    const { id } = world.person.createTenant({ name: 'victim' })
    world.startOperator('p1')
    applyTenant(world)
    await world.run(MINUTE_MS)
    world.api.updateStatus(TENANT, { tenantId: id })
    applyApplication(world, 'EC')
    await world.run(10 * MINUTE_MS)
    assert.is(count(world), 0)
    world.api.delete(TENANT)
    await world.run(10 * MINUTE_MS)
    assert.is(world.person.look().tenants.length, 2)
  }))

test('what stands in statuses when there is no key yet is sealed as it is', () =>
  withTenant(async (world) => {
    applyApplication(world, 'EC')
    await ready(world)
    world.killAll()
    world.api.delete('Secret/rai-system/sealing-key')
    for (const reference of [TENANT, APPLICATION] as const) world.api.updateStatus(reference, { seal: null })
    world.startOperator('p2')
    await world.run(2 * MINUTE_MS)
    world.api.delete(APPLICATION)
    world.api.delete(TENANT)
    assert.ok(await world.run(10 * MINUTE_MS, () => nothingLeft(world)))
    assert.is(world.person.look().tenants.length, 0)
  }))

for (const mode of ALL_MODES) {
  test(`${mode}: a journal that the next version wrote is finished by this one, which keeps what it does not know`, () =>
    withTenant(async (world) => {
      once(world, CREATE, { fate: 'crash-after' })
      applyApplication(world, mode)
      await world.run(10 * SECOND_MS)
      const name = journals(world).find((journal) => !isTenantJournal(world, journal))
      rewriteJournal(world, name!, { version: 2, colour: 'blue' })
      world.startOperator('older')
      await ready(world)
      const later = journalOf(world, name!)
      assert.is(later['colour'], 'blue')
      assert.is(later['version'], 2)
      assert.is(world.ledger.posts, mode === 'ClientSecret' ? 2 : 1)
      await world.run(25 * HOUR_MS)
      assert.equal(journals(world), [])
    }))
}

test('a journal that only a later version can read holds its resource, and nothing is done on its word', () =>
  withTenant(async (world) => {
    once(world, CREATE, { fate: 'crash-after' })
    applyApplication(world, 'EC')
    await world.run(10 * SECOND_MS)
    const name = journals(world).find((journal) => !isTenantJournal(world, journal))
    rewriteJournal(world, name!, { version: 7, readableBy: 7 })
    world.startOperator('older')
    await world.run(30 * HOUR_MS)
    const stalled = world.api.get(APPLICATION)?.status.conditions?.find(({ type }) => type === 'Stalled')
    assert.is(stalled?.reason, 'AmbiguousCreate')
    assert.match(stalled!.message, name!)
    assert.is(count(world), 1)
    assert.equal(journals(world), [name])
    world.api.delete(`Secret/rai-system/${name}`)
    await ready(world)
  }))

const JOURNAL = 'tenants.resistant.ai/journal'

function journalOf(world: World, name: string): Record<string, unknown> {
  const { annotations = {} } = world.api.get(`Secret/rai-system/${name}`)!.metadata
  return JSON.parse(annotations[JOURNAL]!) as Record<string, unknown>
}

function rewriteJournal(world: World, name: string, changes: object): void {
  const annotations = { [JOURNAL]: JSON.stringify({ ...journalOf(world, name), ...changes }) }
  world.api.update({ kind: 'Secret', metadata: { namespace: 'rai-system', name, annotations } })
}

function isTenantJournal(world: World, name: string): boolean {
  return journalOf(world, name)['type'] === 'tenant'
}

test('sweeps end: a day on there is no journal, whatever happened', () =>
  withTenant(async (world) => {
    once(world, CREATE, { fate: 'late', afterMs: HOUR_MS })
    applyApplication(world, 'EC')
    await ready(world)
    await world.run(HOUR_MS)
    world.killAll()
    await sweepAll(world, 'swept')
    assert.equal(await faultsOf(world, []), [])
  }))

test.run()
