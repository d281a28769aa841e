// What others change outside and in the cluster while nothing is asked for: noticed at the interval, at no cost when nothing differs.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KeyPool } from './key-pool.ts'
import {
  APPLICATION,
  applicationIds,
  applyApplication,
  applyTenant,
  HOUR_MS,
  isReady,
  MINUTE_MS,
  obtainsTokenOf,
  TENANT,
} from './lifecycle.ts'
import { withWorld } from './scenes.ts'
import type { World } from './world.ts'

const test = suite('drift')
const pool = await KeyPool.make({ rsa: false })

/** The interval, its spread, and what the first look takes. */
const NOTICED_MS = 13 * MINUTE_MS
const SECRET = 'Secret/team/web'

/** An application of an hour ago, at rest, under these settings. */
async function atRest(flags: Readonly<Record<string, string>>, act: (world: World) => Promise<void>): Promise<void> {
  await withWorld({ pool, seed: 11 }, async (world) => {
    world.startOperator('p1', { 'sweep-interval': '10m', ...flags })
    applyTenant(world)
    applyApplication(world, 'EC', {})
    assert.ok(await world.run(5 * MINUTE_MS, () => isReady(world.api.get(APPLICATION))))
    await world.run(HOUR_MS)
    await act(world)
  })
}

const active = (world: World) => world.api.get(APPLICATION)?.status.applicationId
const dataOf = (world: World) => (world.api.get(SECRET)?.data ?? {}) as Readonly<Record<string, string>>
const reasonOf = (world: World, reference: string) =>
  world.api.get(reference as typeof TENANT)?.status.conditions?.find(({ type }) => type === 'Synced')?.reason

test('while nothing differs, an hour of sweeps is two lists each, and the version of each Secret; nothing is written', () =>
  atRest({}, async (world) => {
    const since = world.trace.length
    await world.run(HOUR_MS)
    const calls = world.trace.slice(since).filter((line) => !line.includes('organizationToken'))
    const count = (label: string) => calls.filter((line) => line.endsWith(label)).length
    const sweeps = count('getTenants')
    assert.ok(sweeps >= 5 && sweeps <= 8, `${sweeps} sweeps`)
    assert.is(count('getTenantApplications'), sweeps)
    const secrets = count('GET v1/namespaces/team/secrets/web')
    assert.ok(secrets >= 5 && secrets <= 8, `${secrets} Secrets`)
    assert.is(calls.length, 2 * sweeps + secrets, calls.join('\n'))
  }))

const sight: [setting: 'false' | 'true', withinMs: number][] = [
  ['false', NOTICED_MS],
  ['true', 5_000],
]

for (const [setting, withinMs] of sight) {
  const within = `${withinMs / 1_000} s`
  test(`with watch-secrets ${setting} a Secret that somebody removes is healed within ${within}`, () =>
    atRest({ 'watch-secrets': setting }, async (world) => {
      const first = active(world)
      world.api.delete(SECRET)
      assert.ok(await world.run(withinMs, () => active(world) !== first && isReady(world.api.get(APPLICATION))))
      assert.ok(await obtainsTokenOf(world, 'web'))
    }))

  test(`with watch-secrets ${setting} what somebody writes to a Secret is put right within ${within}, by no new application`, () =>
    atRest({ 'watch-secrets': setting }, async (world) => {
      const tokenUrl = () => dataOf(world)['token_url']
      const before = tokenUrl()
      world.api.update({
        kind: 'Secret',
        metadata: { name: 'web', namespace: 'team' },
        data: { token_url: Buffer.from('https://evil.example.com').toString('base64') },
      })
      assert.not(tokenUrl() === before)
      assert.ok(await world.run(withinMs, () => tokenUrl() === before))
      await world.run(MINUTE_MS)
      assert.equal([applicationIds(world).length, isReady(world.api.get(APPLICATION))], [1, true])
    }))
}

test('with watch-secrets our own writes wake nobody', () =>
  atRest({ 'watch-secrets': 'true' }, async (world) => {
    const since = world.trace.length
    await world.run(HOUR_MS)
    assert.is(world.trace.slice(since).filter((line) => line.includes('PATCH') || line.includes('PUT')).length, 0)
  }))

test('an application that somebody deletes outside is replaced within a sweep', () =>
  atRest({}, async (world) => {
    const first = active(world)!
    world.person.deleteApplication('acme', first)
    assert.ok(
      await world.run(NOTICED_MS + MINUTE_MS, () => active(world) !== first && isReady(world.api.get(APPLICATION))),
    )
    assert.ok(await obtainsTokenOf(world, 'web'))
    assert.is(applicationIds(world).length, 1)
  }))

test('a tenant that is gone outside is told within a sweep, on its applications too, and none is made in its place', () =>
  atRest({}, async (world) => {
    world.api.create({
      kind: 'RaiTenant',
      metadata: { name: 'umbrella', namespace: 'team' },
      spec: { name: 'umbrella', cells: ['eu-1'] },
    })
    await world.run(5 * MINUTE_MS)
    const { tenantId } = world.api.get(TENANT)!.status
    world.person.deleteTenant(tenantId!, true)
    const isTold = () => [TENANT, APPLICATION].every((one) => reasonOf(world, one) === 'ExternalGone')
    assert.ok(await world.run(NOTICED_MS + MINUTE_MS, isTold))
    assert.not(isReady(world.api.get(APPLICATION)))
    assert.is(reasonOf(world, 'RaiTenant/team/umbrella'), 'Ready')
  }))

test.run()
