// Two operators in one cluster and one organization, each with a selector and a namespace of its own.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FINALIZER } from '../../src/api/names.ts'
import { KeyPool } from './key-pool.ts'
import { isReady } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'

const test = suite('operators side by side')
const pool = await KeyPool.make({ rsa: false })
const MINUTE_MS = 60_000

async function withWorld(act: (world: World) => Promise<void>): Promise<void> {
  const world = new World({ pool, random: seeded(3) })
  world.api.create({ kind: 'Namespace', metadata: { name: 'rai-b' } })
  try {
    await act(world)
  } finally {
    await world.end()
  }
}

const startA = (world: World) => world.startOperator('a', { selector: 'stage=a' })
const startB = (world: World) => world.startOperator('b', { selector: 'stage=b', 'operator-namespace': 'rai-b' })

type Labelled = { readonly name: string; readonly stage?: string; readonly spec?: object }

function applyTenant(world: World, { name, stage, spec = {} }: Labelled): void {
  world.api.create({ kind: 'RaiTenant', metadata: { namespace: 'team', name, labels: labelsOf(stage) }, spec })
}

function applyApplication(world: World, tenant: string, { name, stage, spec = {} }: Labelled): void {
  world.api.create({
    kind: 'RaiTenantApplication',
    metadata: { namespace: 'team', name, labels: labelsOf(stage) },
    spec: {
      tenantRef: { name: tenant },
      cell: 'eu-1',
      scopes: ['documents.submissions.read'],
      auth: { type: 'EC' },
      ...spec,
    },
  })
}

function labelsOf(stage: string | undefined): Record<string, string> {
  return stage === undefined ? {} : { stage }
}

function label(world: World, kind: 'RaiTenant' | 'RaiTenantApplication', name: string, stage: string | null): void {
  world.api.update({ kind, metadata: { namespace: 'team', name, labels: { stage } } })
}

const application = (world: World, name: string) => world.api.get(`RaiTenantApplication/team/${name}`)
const synced = (world: World, name: string) =>
  application(world, name)?.status.conditions?.find(({ type }) => type === 'Synced')

test('each makes what its resources ask for, once, and keeps its records to itself', () =>
  withWorld(async (world) => {
    startA(world)
    startB(world)
    for (const stage of ['a', 'b']) {
      applyTenant(world, { name: `tenant${stage}`, stage })
      applyApplication(world, `tenant${stage}`, { name: `web-${stage}`, stage })
    }
    const areReady = () => ['a', 'b'].every((stage) => isReady(application(world, `web-${stage}`)))
    assert.ok(await world.run(MINUTE_MS, areReady))
    await world.run(30 * MINUTE_MS)
    assert.ok(areReady())
    const { tenants, applications } = world.person.look()
    assert.equal([tenants.length, applications.length, world.ledger.violations], [2, 2, []])
    const bindings = (namespace: string) =>
      world.api.all('Secret', namespace).filter(({ metadata }) => metadata.name.startsWith('tenant-')).length
    assert.equal([bindings('rai-system'), bindings('rai-b')], [1, 1])
  }))

test('a tenant that the selector hides is not found, and the message says by which selector', () =>
  withWorld(async (world) => {
    startA(world)
    startB(world)
    applyTenant(world, { name: 'tenantb', stage: 'b' })
    applyApplication(world, 'tenantb', { name: 'web', stage: 'a' })
    assert.ok(await world.run(MINUTE_MS, () => synced(world, 'web')?.reason === 'TenantNotFound'))
    assert.match(synced(world, 'web')!.message, "the operator's selector stage=a")
    assert.is(world.person.look().applications.length, 0)
    label(world, 'RaiTenantApplication', 'web', 'b')
    assert.ok(await world.run(MINUTE_MS, () => isReady(application(world, 'web'))))
  }))

test('a resource that matches no more is left alone with all that it stands for, until it matches again', () =>
  withWorld(async (world) => {
    startA(world)
    applyTenant(world, { name: 'acme', stage: 'a' })
    applyApplication(world, 'acme', { name: 'web', stage: 'a', spec: { rotation: { every: '1h' }, overlap: '5m' } })
    assert.ok(await world.run(MINUTE_MS, () => isReady(application(world, 'web'))))
    label(world, 'RaiTenantApplication', 'web', null)
    await world.run(MINUTE_MS)
    const before = JSON.stringify([application(world, 'web'), world.person.look().applications])
    await world.run(24 * 60 * MINUTE_MS)
    assert.is(JSON.stringify([application(world, 'web'), world.person.look().applications]), before)

    world.api.delete('RaiTenantApplication/team/web')
    await world.run(10 * MINUTE_MS)
    assert.equal(application(world, 'web')?.metadata.finalizers, [FINALIZER])
    assert.is(world.person.look().applications.length, 1)
    label(world, 'RaiTenantApplication', 'web', 'a')
    assert.ok(await world.run(MINUTE_MS, () => application(world, 'web') === undefined))
    assert.is(world.person.look().applications.length, 0)
  }))

test('a tenant is not deleted with an application in it that only a hidden resource stands for', () =>
  withWorld(async (world) => {
    startA(world)
    applyTenant(world, { name: 'acme', stage: 'a' })
    applyApplication(world, 'acme', { name: 'web', stage: 'a' })
    assert.ok(await world.run(MINUTE_MS, () => isReady(application(world, 'web'))))
    label(world, 'RaiTenantApplication', 'web', null)
    world.api.delete('RaiTenant/team/acme')
    const isBlocked = () =>
      world.api.get('RaiTenant/team/acme')?.status.conditions?.some(({ reason }) => reason === 'DrainBlocked') ?? false
    assert.ok(await world.run(MINUTE_MS, isBlocked))
    await world.run(60 * MINUTE_MS)
    assert.equal([world.person.look().tenants.length, world.person.look().applications.length], [1, 1])
  }))

test('an operator that starts for the first time seals no status of another one’s resources', () =>
  withWorld(async (world) => {
    applyTenant(world, { name: 'old', stage: 'a' })
    world.api.updateStatus('RaiTenant/team/old', { observedGeneration: 1, tenantId: 't-old', organization: 'org' })
    startB(world)
    await world.run(MINUTE_MS)
    assert.is(world.api.get('RaiTenant/team/old')?.status.seal, undefined)
    startA(world)
    await world.run(MINUTE_MS)
    assert.type(world.api.get('RaiTenant/team/old')?.status.seal, 'string')
  }))

for (const [title, stage, warnings] of [
  ['selects nothing starts, manages nothing and says so', 'b', 1],
  ['selects something says nothing of that', 'a', 0],
] as const) {
  test(`an operator whose selector ${title}`, () =>
    withWorld(async (world) => {
      applyTenant(world, { name: 'acme', stage })
      const { log } = startA(world)
      await world.run(MINUTE_MS)
      const told = log.lines.filter(({ message }) => message.startsWith('no resource matches the selector'))
      assert.equal(
        told.map(({ level, fields }) => [level, fields['selector']]),
        Array.from({ length: warnings }, () => ['warn', 'stage=a']),
      )
      assert.is(world.person.look().tenants.length, 1 - warnings)
    }))
}

test.run()
