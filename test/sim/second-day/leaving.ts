// Operations after which nothing is left.
import { APPLICATION, nothingLeft, TENANT } from '../lifecycle.ts'
import { active, EC, EITHER, rotate, SECRET } from './operation.ts'
import type { Day, Operation } from './operation.ts'

/** With all that people made in the tenant. */
function deleteBoth({ life, world }: Day): void {
  for (const id of life.people.splice(0)) world.person.deleteApplication('acme', id)
  world.api.delete(TENANT)
  world.api.delete(APPLICATION)
}

/** What a lost answer left behind is told by the tenant, whose deletion waits for a person. */
async function deleteTold(day: Day): Promise<void> {
  const { world } = day
  const isTold = () => world.person.look().applications.every(({ id }) => told(day).includes(id))
  await day.until('the application goes, and what is left is told', () => !world.api.get(APPLICATION) && isTold())
  for (const { id } of world.person.look().applications) world.person.deleteApplication('acme', id)
  await day.until('all goes', () => nothingLeft(world))
}

function told({ world }: Day): string {
  return JSON.stringify(world.api.get(TENANT)?.status.conditions ?? [])
}

const GONE = { stands: 'nothing' } as const

export const LEAVING: Readonly<Record<string, Operation>> = {
  'delete-in-overlap': {
    modes: SECRET,
    act: async (day) => {
      rotate(day)
      await day.until('rotated', () => active(day) !== day.first)
      deleteBoth(day)
      await deleteTold(day)
    },
    makes: 1,
    ...GONE,
  },
  'delete-midway': {
    modes: EITHER,
    act: async (day) => {
      rotate(day)
      await deleteTold(day)
    },
    atCreate: deleteBoth,
    makes: 1,
    ...GONE,
  },
  'drain-all': {
    modes: EC,
    tenantSpec: { drainPolicy: 'All' },
    act: async ({ life, world, until }) => {
      life.makeByHand()
      for (const id of life.people.splice(0)) world.ledger.givenUp.add(id)
      world.api.delete(TENANT)
      await until('all goes', () => nothingLeft(world))
    },
    makes: 0,
    ...GONE,
  },
}
