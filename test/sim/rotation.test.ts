// The second day: credentials that are replaced by time, by request and by change, each with its overlap.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PASS } from './calls.ts'
import { KeyPool } from './key-pool.ts'
import {
  APPLICATION,
  applicationIds,
  changeApplication,
  DAY_MS,
  faultsOf,
  HOUR_MS,
  isReady,
  MINUTE_MS,
  nothingLeft,
  obtainsTokenOf,
  SECOND_MS,
  TENANT,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { withApplication as withReadyApplication } from './scenes.ts'
import type { World } from './world.ts'

const test = suite('rotation')
const pool = await KeyPool.make({ rsa: true })

function withApplication(mode: Mode, spec: object, act: (world: World) => Promise<void>): Promise<void> {
  return withReadyApplication({ pool, seed: 7 }, mode, spec, act)
}

const active = (world: World) => world.api.get(APPLICATION)?.status.applicationId

for (const mode of ['EC', 'RSA', 'ClientSecret'] as const) {
  test(`${mode}: a credential is replaced each period, and the one before works for the overlap`, () =>
    withApplication(mode, { rotation: { every: '24h' }, overlap: '2h' }, async (world) => {
      const first = active(world)!
      assert.ok(world.api.get(APPLICATION)?.status.nextRotationAt)
      assert.ok(await world.run(DAY_MS, () => active(world) !== first))
      await world.run(HOUR_MS)
      assert.equal(applicationIds(world).length, 2, 'both work')
      assert.ok(await obtainsTokenOf(world, 'web'))
      assert.ok(await world.run(2 * HOUR_MS, () => !applicationIds(world).includes(first)))
      await world.run(MINUTE_MS)
      assert.equal(world.api.get(APPLICATION)?.status.credentials?.length, 1)
      assert.ok(isReady(world.api.get(APPLICATION)))
    }))

  test(`${mode}: a request rotates once for each new value`, () =>
    withApplication(mode, { overlap: '5m' }, async (world) => {
      const first = active(world)
      changeApplication(world, { annotations: { 'tenants.resistant.ai/rotate': 'one' } })
      assert.ok(await world.run(MINUTE_MS, () => active(world) !== first))
      const second = active(world)
      await world.run(HOUR_MS)
      assert.is(active(world), second)
      assert.is(world.api.get(APPLICATION)?.status.lastHandledRotate, 'one')
      assert.equal(applicationIds(world), [second])
    }))

  test(`${mode}: a change of scopes replaces the application, new before old`, () =>
    withApplication(mode, { overlap: '5m' }, async (world) => {
      const first = active(world)!
      changeApplication(world, { spec: { scopes: ['documents.submissions.read'] } })
      assert.ok(await world.run(MINUTE_MS, () => active(world) !== first && isReady(world.api.get(APPLICATION))))
      assert.ok(applicationIds(world).includes(first))
      await world.run(HOUR_MS)
      const [left] = world.person.look().applications
      assert.equal([left?.id, left?.scopes], [active(world), ['documents.submissions.read']])
    }))
}

test('a change of the kind of credential replaces it', () =>
  withApplication('ClientSecret', { overlap: '5m' }, async (world) => {
    changeApplication(world, { spec: { auth: { type: 'EC' } } })
    await world.run(HOUR_MS)
    assert.equal(
      world.person.look().applications.map(({ auth }) => auth),
      ['EC'],
    )
    assert.equal(await faultsOf(world, []), [])
  }))

test('a manifest that flaps never has more than three applications at a time', () =>
  withApplication('EC', { overlap: '1h' }, async (world) => {
    for (let flaps = 0; flaps < 12; flaps++) {
      const scopes = ['documents.submissions.read', ...(flaps % 2 ? ['documents.submissions.write'] : [])]
      changeApplication(world, { spec: { scopes } })
      await world.run(10 * SECOND_MS)
      assert.ok(applicationIds(world).length <= 3, String(applicationIds(world).length))
    }
    await world.run(5 * HOUR_MS)
    assert.equal(await faultsOf(world, []), [])
  }))

test('a rotation that cannot be made leaves what works, and is made once it can be', () =>
  withApplication('EC', { rotation: { every: '1h' }, overlap: '10m' }, async (world) => {
    const first = active(world)
    world.judge = (call) =>
      call.label === 'createTenantApplication EC' || call.label === 'applicationToken' ? { fate: 'refuse' } : PASS
    await world.run(65 * MINUTE_MS)
    assert.is(active(world), first)
    assert.ok(applicationIds(world).includes(first!))
    world.judge = () => PASS
    assert.ok(await world.run(HOUR_MS, () => active(world) !== first))
  }))

test('an overlap by setting that is too long for the period is told', () =>
  withApplication('EC', {}, async (world) => {
    changeApplication(world, { spec: { rotation: { every: '30h' } } })
    await world.run(MINUTE_MS)
    const synced = world.api.get(APPLICATION)?.status.conditions?.find(({ type }) => type === 'Synced')
    assert.is(synced?.reason, 'InvalidSpec')
  }))

test('what retires is deleted with its resource', () =>
  withApplication('EC', { overlap: '2h' }, async (world) => {
    changeApplication(world, { annotations: { 'tenants.resistant.ai/rotate': 'one' } })
    await world.run(MINUTE_MS)
    assert.is(applicationIds(world).length, 2)
    world.api.delete(TENANT)
    assert.ok(await world.run(10 * MINUTE_MS, () => nothingLeft(world)))
    assert.equal(applicationIds(world), [])
  }))

test('a Secret that somebody removed is made again, with another application', () =>
  withApplication('EC', { overlap: '5m' }, async (world) => {
    const first = active(world)!
    await world.run(HOUR_MS)
    world.api.delete('Secret/team/web')
    changeApplication(world, { spec: { overlap: '6m' } })
    assert.ok(await world.run(MINUTE_MS, () => active(world) !== first && isReady(world.api.get(APPLICATION))))
    assert.ok(await obtainsTokenOf(world, 'web'))
    await world.run(HOUR_MS)
    assert.not(applicationIds(world).includes(first))
    assert.equal(await faultsOf(world, []), [])
  }))

test('a Secret that is removed again and again is healed once in ten minutes', () =>
  withApplication('EC', { overlap: '5m' }, async (world) => {
    await world.run(HOUR_MS)
    for (let minutes = 5; minutes < 35; minutes++) {
      if (world.api.get('Secret/team/web')) world.api.delete('Secret/team/web')
      changeApplication(world, { spec: { overlap: `${minutes}m` } })
      await world.run(MINUTE_MS)
    }
    assert.ok(world.ledger.count('createTenantApplication') <= 5, String(world.ledger.count('createTenantApplication')))
  }))

test('a Secret of another name holds the same credential, and the old one goes', () =>
  withApplication('EC', {}, async (world) => {
    const first = active(world)
    changeApplication(world, { spec: { secret: { name: 'elsewhere' } } })
    assert.ok(await world.run(MINUTE_MS, () => world.api.get('Secret/team/web') === undefined))
    assert.is(active(world), first)
    assert.ok(await obtainsTokenOf(world, 'elsewhere'))
    assert.is(world.ledger.count('createTenantApplication'), 1)
  }))

test('a Secret of another name does not take a stranger’s place', () =>
  withApplication('EC', {}, async (world) => {
    world.api.create({ kind: 'Secret', metadata: { namespace: 'team', name: 'elsewhere' } })
    changeApplication(world, { spec: { secret: { name: 'elsewhere' } } })
    await world.run(MINUTE_MS)
    assert.ok(world.api.get('Secret/team/web'))
    assert.is(world.api.get('Secret/team/elsewhere')?.metadata.ownerReferences, undefined)
  }))

test.run()
