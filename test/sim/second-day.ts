// The second day of an application: what its users and other people do to it, and what must stand when that is done.
import { REQUEST_ANNOTATIONS } from '../../src/api/names.ts'
import type { Life } from './life.ts'
import {
  APPLICATION,
  applyApplication,
  applyTenant,
  changeApplication,
  isReady,
  MINUTE_MS,
  nothingLeft,
  TENANT,
} from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import type { Witness } from './witness.ts'
import type { World } from './world.ts'

/** What a scenario works with. */
export type Day = {
  readonly life: Life
  readonly world: World
  readonly witness: Witness
  readonly mode: Mode
  /** The application that was there in the morning. */
  readonly first: string
  /** Waits until it is so; that it never is, is a fault. */
  until(what: string, isSo: () => boolean): Promise<void>
}

export type Operation = {
  /** In which modes it is gone through in each test run; by hand, in both. */
  readonly modes: readonly Mode[]
  readonly spec?: object
  readonly tenantSpec?: object
  /** What people do; each step waits for what it brings about. */
  readonly act: (day: Day) => Promise<void> | void
  /** … while the first create of the day is under way. */
  readonly atCreate?: (day: Day) => void
  /** How many applications are made when all goes well. */
  readonly makes: number
  /** What stands in the end: the application of the morning, another one, whichever of the two, or nothing. */
  readonly stands: 'first' | 'another' | 'either' | 'nothing'
}

const EC: readonly Mode[] = ['EC']
const SECRET: readonly Mode[] = ['ClientSecret']
const EITHER: readonly Mode[] = [...EC, ...SECRET]
const ELSEWHERE = { secret: { name: 'elsewhere' } }
const READ_ONLY = ['documents.submissions.read']
const BOTH = ['documents.submissions.read', 'documents.submissions.write']

function rotate(day: Day): void {
  changeApplication(day.world, { annotations: { [REQUEST_ANNOTATIONS.rotate]: 'one' } })
}

function active({ world }: Day): string | undefined {
  return world.api.get(APPLICATION)?.status.applicationId
}

/** As soon as something about the resource is due, its Secret is looked at. */
function touch(day: Day): void {
  changeApplication(day.world, { spec: { secret: { labels: { touched: 'yes' } } } })
}

function loseSecret({ world, witness }: Day): void {
  witness.excuse()
  world.api.delete('Secret/team/web')
}

function loseCredential({ world, witness }: Day): void {
  witness.excuse()
  const data = { client_secret: null, 'private_key.pem': null }
  world.api.update({ kind: 'Secret', metadata: { namespace: 'team', name: 'web' }, data })
}

async function retain(day: Day): Promise<void> {
  const { world } = day
  const { spec } = world.api.get(APPLICATION)!
  changeApplication(day.world, { spec: { deletionPolicy: 'Retain' } })
  world.api.delete(APPLICATION)
  await day.until('the resource goes', () => world.api.get(APPLICATION) === undefined)
  world.api.create({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web' }, spec })
}

async function retainTenant(day: Day): Promise<void> {
  const { world } = day
  world.api.delete(TENANT)
  await day.until('the tenant resource goes', () => world.api.get(TENANT) === undefined)
  applyTenant(world)
  await day.until('the tenant is bound again', () => isReady(world.api.get(TENANT)))
}

async function confirm(day: Day): Promise<void> {
  const { world } = day
  const status = () => world.api.get(APPLICATION)?.status
  await day.until('relinked', () => isReady(world.api.get(APPLICATION)))
  changeApplication(day.world, { annotations: { [REQUEST_ANNOTATIONS.confirm]: status()!.applicationId! } })
  await day.until('confirmed', () => status()?.provenance === 'Created')
}

/** As a restore does that brings resources back without their status, and with other UIDs. */
function restore({ life, world }: Day, references: readonly (typeof TENANT | typeof APPLICATION)[]): void {
  life.process.kill()
  const kept = references.map((reference) => world.api.get(reference)!)
  for (const { kind, metadata } of kept) {
    const { namespace, name } = metadata
    world.api.update({ kind, metadata: { namespace, name, finalizers: [] } })
    world.api.delete(`${kind}/${namespace}/${name}`)
  }
  world.api.update({ kind: 'Secret', metadata: { namespace: 'team', name: 'web', ownerReferences: [] } })
  for (const { kind, metadata, spec } of kept) {
    world.api.create({ kind, metadata: { namespace: metadata.namespace, name: metadata.name }, spec })
  }
  life.start()
}

function deleteBoth({ life, world }: Day): void {
  for (const id of life.people.splice(0)) world.person.deleteApplication('acme', id)
  world.api.delete(TENANT)
  world.api.delete(APPLICATION)
}

/** What a lost answer left is given up before, as docs/api.md asks for. */
async function deleteAll(day: Day): Promise<void> {
  await day.life.discardSuspects()
  deleteBoth(day)
  await day.until('all goes', () => nothingLeft(day.world))
}

/** By name, for the command that repeats one. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  rotate: { modes: EITHER, act: rotate, makes: 1, stands: 'another' },
  period: {
    modes: EC,
    spec: { rotation: { every: '1h' } },
    act: async (day) => {
      await day.until('the period is over', () => active(day) !== day.first)
      changeApplication(day.world, { spec: { rotation: null } })
    },
    makes: 1,
    stands: 'another',
  },
  cell: {
    modes: EC,
    act: (day) => changeApplication(day.world, { spec: { cell: 'us-1' } }),
    makes: 1,
    stands: 'another',
  },
  scopes: {
    modes: SECRET,
    act: (day) => changeApplication(day.world, { spec: { scopes: READ_ONLY } }),
    makes: 1,
    stands: 'another',
  },
  auth: {
    modes: EITHER,
    act: (day) => changeApplication(day.world, { spec: { auth: { type: day.mode === 'EC' ? 'ClientSecret' : 'EC' } } }),
    makes: 1,
    stands: 'another',
  },
  flap: {
    modes: EC,
    act: async (day) => {
      changeApplication(day.world, { spec: { scopes: READ_ONLY } })
      await day.until('replaced once', () => active(day) !== day.first)
      changeApplication(day.world, { spec: { scopes: BOTH } })
    },
    makes: 2,
    stands: 'another',
  },
  'flap-midway': {
    modes: SECRET,
    act: (day) => changeApplication(day.world, { spec: { scopes: READ_ONLY } }),
    atCreate: (day) => changeApplication(day.world, { spec: { scopes: BOTH } }),
    makes: 2,
    stands: 'either',
  },
  'secret-deleted': {
    modes: EC,
    act: (day) => {
      loseSecret(day)
      touch(day)
    },
    makes: 1,
    stands: 'another',
  },
  'secret-deleted-before-rotation': {
    modes: SECRET,
    act: (day) => {
      loseSecret(day)
      rotate(day)
    },
    makes: 1,
    stands: 'another',
  },
  'secret-deleted-midway': { modes: EC, act: rotate, atCreate: loseSecret, makes: 1, stands: 'another' },
  'credential-removed': {
    modes: SECRET,
    act: (day) => {
      loseCredential(day)
      touch(day)
    },
    makes: 1,
    stands: 'another',
  },
  move: { modes: EITHER, act: (day) => changeApplication(day.world, { spec: ELSEWHERE }), makes: 0, stands: 'first' },
  'move-and-rotate': {
    modes: EC,
    act: (day) => {
      changeApplication(day.world, { spec: ELSEWHERE })
      rotate(day)
    },
    makes: 1,
    stands: 'another',
  },
  'move-midway': {
    modes: SECRET,
    act: rotate,
    atCreate: (day) => changeApplication(day.world, { spec: ELSEWHERE }),
    makes: 1,
    stands: 'another',
  },
  retain: { modes: EC, act: retain, makes: 0, stands: 'first' },
  'retain-and-confirm': {
    modes: SECRET,
    act: async (day) => {
      await retain(day)
      await confirm(day)
    },
    makes: 0,
    stands: 'first',
  },
  'retain-tenant': {
    modes: EC,
    tenantSpec: { deletionPolicy: 'Retain' },
    act: retainTenant,
    makes: 0,
    stands: 'first',
  },
  restore: { modes: SECRET, act: (day) => restore(day, [APPLICATION]), makes: 0, stands: 'first' },
  'restore-all': { modes: EC, act: (day) => restore(day, [TENANT, APPLICATION]), makes: 0, stands: 'first' },
  'restore-and-rotate': {
    modes: EC,
    act: async (day) => {
      restore(day, [APPLICATION])
      await confirm(day)
      rotate(day)
    },
    makes: 1,
    stands: 'another',
  },
  'delete-in-overlap': {
    modes: SECRET,
    act: async (day) => {
      rotate(day)
      await day.until('rotated', () => active(day) !== day.first)
      await deleteAll(day)
    },
    makes: 1,
    stands: 'nothing',
  },
  'delete-midway': {
    modes: EC,
    act: async (day) => {
      rotate(day)
      await day.until('all goes', () => nothingLeft(day.world))
    },
    atCreate: deleteBoth,
    makes: 1,
    stands: 'nothing',
  },
}

/** A morning at which nothing is due: made long enough ago for a lost credential to be healed at once. */
export async function morning(life: Life, { spec, tenantSpec }: Operation, mode: Mode): Promise<string> {
  const { world } = life
  world.api.create({ kind: 'Secret', metadata: { namespace: 'team', name: 'foreign' }, data: {} })
  applyTenant(world, tenantSpec)
  applyApplication(world, mode, { overlap: '5m', ...spec })
  await world.run(15 * MINUTE_MS)
  return world.api.get(APPLICATION)?.status.applicationId ?? 'none'
}
