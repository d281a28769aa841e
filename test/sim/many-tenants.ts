// Many tenants with many applications, spread over namespaces, as users apply them.
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { isReady } from './lifecycle.ts'
import type { World } from './world.ts'

export type ManyTenants = {
  readonly tenants: number
  /** Of each tenant. */
  readonly applications: number
  /** What the application that is made as this one, from 0, is to have beside tenant, cell and scopes. */
  readonly spec: (index: number) => Pick<RaiTenantApplication['spec'], 'auth'> & object
}

const NAMESPACES = 5

/** Applies all of it at once, in namespaces of its own. */
export function applyMany(world: World, { tenants, applications, spec }: ManyTenants): void {
  for (let number = 0; number < NAMESPACES; number++) {
    world.api.create({ kind: 'Namespace', metadata: { name: `team-${number}` } })
  }
  for (let tenant = 0; tenant < tenants; tenant++) {
    const namespace = `team-${tenant % NAMESPACES}`
    const name = `tenant${tenant}`
    world.api.create({ kind: 'RaiTenant', metadata: { namespace, name }, spec: {} })
    for (let number = 0; number < applications; number++) {
      world.api.create({
        kind: 'RaiTenantApplication',
        metadata: { namespace, name: `${name}-${number}` },
        spec: {
          tenantRef: { name },
          cell: 'eu-1',
          scopes: ['documents.submissions.read', 'documents.submissions.write'],
          ...spec(tenant * applications + number),
        },
      })
    }
  }
}

/** What is not Ready, by kind and name. */
export function unready(world: World): string[] {
  const all = [...world.api.stored('RaiTenant'), ...world.api.stored('RaiTenantApplication')]
  return all.filter((resource) => !isReady(resource)).map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}
