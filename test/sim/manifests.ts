// What a user applies, one after the other: a tenant and an application, each version a valid change of the one before.
import { APPLICATION_KIND, TENANT_KIND } from '../../src/api/names.ts'
import type { Schema } from '../api/schemas.ts'
import { CRDS, schemaOf } from '../api/schemas.ts'
import { pick } from './random.ts'
import { SpecGenerator } from './spec-generator.ts'
import type { Fields, Vocabulary } from './spec-vocabulary.ts'
import { APPLICATION_VOCABULARY, TENANT_VOCABULARY } from './spec-vocabulary.ts'

/** The specs of a tenant in {@link HOME} and of an application in `namespace`. */
export type Manifests = { readonly namespace: string; readonly tenant: Fields; readonly application: Fields }

export const HOME = 'team'
/** A namespace whose applications the tenant has to admit. */
export const ELSEWHERE = 'guests'
export const NAMES = { tenant: 'acme', application: 'web' } as const

/** How many changes a chain has. */
export const CHANGES = 8
const FROM_ELSEWHERE = 0.2
const OF_TENANT = 0.3
const BACK = 0.25

/** Schema and vocabulary of each of the two. */
export const KINDS: Readonly<
  Record<'tenant' | 'application', { readonly schema: Schema; readonly vocabulary: Vocabulary }>
> = {
  tenant: { schema: schemaOfKind(TENANT_KIND), vocabulary: TENANT_VOCABULARY },
  application: { schema: schemaOfKind(APPLICATION_KIND), vocabulary: APPLICATION_VOCABULARY },
}

function schemaOfKind(kind: string): Schema {
  return schemaOf(CRDS.find(({ spec }) => spec.names.kind === kind)!)
}

/** The first version, and {@link CHANGES} more: one of the two changes, or both go back to an earlier version. */
export function chainOf(random: () => number): Manifests[] {
  const tenant = new SpecGenerator(KINDS.tenant.schema, NAMES.tenant, TENANT_VOCABULARY, random)
  const application = new SpecGenerator(KINDS.application.schema, NAMES.application, APPLICATION_VOCABULARY, random)
  const chain = [first()]
  while (chain.length <= CHANGES) chain.push(next(chain.at(-1)!))
  return chain

  function first(): Manifests {
    if (random() >= FROM_ELSEWHERE) {
      const tenantRef = { name: NAMES.tenant }
      return { namespace: HOME, tenant: tenant.first({}), application: application.first({ tenantRef }) }
    }
    const tenantRef = { name: NAMES.tenant, namespace: HOME }
    const allowedNamespaces = { from: 'All' }
    return {
      namespace: ELSEWHERE,
      tenant: tenant.first({ allowedNamespaces }),
      application: application.first({ tenantRef }),
    }
  }

  function next(now: Manifests): Manifests {
    const earlier = chain.filter(
      (one) =>
        one !== now &&
        tenant.mayBecome(now.tenant, one.tenant) &&
        application.mayBecome(now.application, one.application),
    )
    if (earlier.length > 0 && random() < BACK) return pick(random, earlier)
    if (random() < OF_TENANT) return { ...now, tenant: tenant.next(now.tenant) }
    return { ...now, application: application.next(now.application) }
  }
}
