// Operations after which what stands already is bound: again, or by a resource that takes it over.
import { REQUEST_ANNOTATIONS, SECRET_ANNOTATIONS } from '../../../src/api/names.ts'
import {
  applicationIds,
  APPLICATION,
  applyApplication,
  applyTenant,
  changeApplication,
  isReady,
  TENANT,
} from '../lifecycle.ts'
import { adoptable, tenantOfPeople } from './adoptable.ts'
import { EC, EITHER, rotate, SECRET } from './operation.ts'
import type { Day, Operation } from './operation.ts'

const KEPT = { makes: 0, stands: 'first' } as const

/** Deletes the resource, and makes it again as it was once it has gone. */
async function deleteAndApply(day: Day, spec: object): Promise<void> {
  const { world } = day
  world.api.delete(APPLICATION)
  await applyOnceGone(day, spec)
}

async function applyOnceGone(day: Day, spec: object): Promise<void> {
  const { world } = day
  await day.until('the resource goes', () => world.api.get(APPLICATION) === undefined)
  world.api.create({ kind: 'RaiTenantApplication', metadata: { namespace: 'team', name: 'web' }, spec })
}

function specOf({ world }: Day): object {
  return world.api.get(APPLICATION)!.spec
}

async function retain(day: Day): Promise<void> {
  const spec = specOf(day)
  changeApplication(day.world, { spec: { deletionPolicy: 'Retain' } })
  await deleteAndApply(day, spec)
}

/** … and deletes that one too as soon as it has the Secret, whatever its status says by then. */
async function retainAndDelete(day: Day): Promise<void> {
  const { world } = day
  await retain(day)
  const holder = () => world.api.get('Secret/team/web')?.metadata.annotations?.[SECRET_ANNOTATIONS.heldBy]
  await day.until('the Secret is held again', () => holder() === world.api.get(APPLICATION)?.metadata.uid)
  await deleteAndApply(day, specOf(day))
}

function retainNow({ world }: Day): void {
  changeApplication(world, { spec: { deletionPolicy: 'Retain' } })
  world.api.delete(APPLICATION)
}

/** What a policy left outside is nobody's: a person sees to it. */
async function clearUp({ world, until }: Day): Promise<void> {
  await until('bound again', () => isReady(world.api.get(APPLICATION)))
  const { applicationId } = world.api.get(APPLICATION)!.status
  for (const id of applicationIds(world)) {
    if (world.ledger.made.has(id) && id !== applicationId) world.person.deleteApplication('acme', id)
  }
}

async function retainTenant({ world, until }: Day): Promise<void> {
  world.api.delete(TENANT)
  await until('the tenant resource goes', () => world.api.get(TENANT) === undefined)
  applyTenant(world)
}

async function confirm({ world, until }: Day): Promise<void> {
  const status = () => world.api.get(APPLICATION)?.status
  await until('bound again', () => isReady(world.api.get(APPLICATION)))
  changeApplication(world, { annotations: { [REQUEST_ANNOTATIONS.confirm]: status()!.applicationId! } })
  await until('confirmed', () => status()?.provenance === 'Created')
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

/** Lets the resource go with all that it stands for, and makes it again. */
async function abandon(day: Day): Promise<void> {
  const { world } = day
  const spec = specOf(day)
  changeApplication(world, { annotations: { [REQUEST_ANNOTATIONS.abandon]: 'true' } })
  await deleteAndApply(day, spec)
  for (const { metadata } of world.api.all('Secret', world.operatorNamespace)) {
    if (metadata.name.startsWith('abandoned-')) world.api.delete(`Secret/${metadata.namespace}/${metadata.name}`)
  }
}

function adopt({ world, mode, first }: Day, spec: object = {}): void {
  applyApplication(world, mode, { overlap: '5m', adopt: { applicationId: first }, ...spec })
}

export const BINDING: Readonly<Record<string, Operation>> = {
  retain: { modes: EC, act: retain, ...KEPT },
  'retain-and-confirm': {
    modes: SECRET,
    act: async (day) => {
      await retain(day)
      await confirm(day)
    },
    ...KEPT,
  },
  'retain-and-delete': { modes: EITHER, act: retainAndDelete, ...KEPT },
  'retain-midway': {
    modes: EC,
    act: async (day) => {
      const spec = specOf(day)
      rotate(day)
      await applyOnceGone(day, spec)
      await clearUp(day)
    },
    atCreate: retainNow,
    makes: 1,
    stands: 'either',
  },
  'retain-tenant': { modes: EC, tenantSpec: { deletionPolicy: 'Retain' }, act: retainTenant, ...KEPT },
  restore: { modes: SECRET, act: (day) => restore(day, [APPLICATION]), ...KEPT },
  'restore-all': { modes: EC, act: (day) => restore(day, [TENANT, APPLICATION]), ...KEPT },
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
  abandon: { modes: SECRET, act: abandon, ...KEPT },
  'adopt-tenant': {
    modes: EC,
    morning: tenantOfPeople,
    act: ({ world, mode, witness }) => {
      witness.excuse()
      applyTenant(world, { adoptionPolicy: 'IfExists' })
      applyApplication(world, mode, { overlap: '5m' })
    },
    makes: 1,
    stands: 'another',
  },
  'adopt-application': { modes: EITHER, morning: adoptable, act: (day) => adopt(day), ...KEPT },
  'adopt-and-rotate': {
    modes: SECRET,
    morning: adoptable,
    act: async (day) => {
      adopt(day, { deletionPolicy: 'Delete' })
      await day.until('taken over', () => isReady(day.world.api.get(APPLICATION)))
      rotate(day)
    },
    makes: 1,
    stands: 'another',
  },
}
