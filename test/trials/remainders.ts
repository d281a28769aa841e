// What stands outside beside that for which resources stand: listed as suspected, or unexplained.
import type { RaiTenantApplication } from '../../src/api/types.ts'
import type { StateReport } from '../../src/simulator/person.ts'

export type Remainders = {
  /** Applications left of a lost answer, of which nobody has the secret, with a resource that lists them. */
  readonly suspects: readonly { readonly holder: string; readonly id: string }[]
  /** All that should not be: empty where no create was repeated, and none was lost. */
  readonly unexplained: readonly string[]
}

/** Compares what exists with what is asked for. `tenants` are the names that should be there. */
export function remainders(
  resources: readonly RaiTenantApplication[],
  state: StateReport,
  tenants: readonly string[],
): Remainders {
  const bound = new Map(resources.map(({ metadata, status }) => [status.applicationId, metadata.name]))
  const names = state.tenants.map(({ name }) => name)
  const listed = new Map(
    resources
      .filter(({ spec }) => spec.auth.type === 'ClientSecret')
      .flatMap(({ metadata, status }) =>
        (status.suspects ?? []).map(({ applicationId }) => [applicationId, metadata.name] as const),
      ),
  )
  const beside = state.applications.filter(({ id }) => !bound.has(id))
  const isSuspected = ({ id, auth }: StateReport['applications'][number]) => auth === 'CLIENT_SECRET' && listed.has(id)
  const standing = new Set(state.applications.map(({ id }) => id))
  return {
    suspects: beside.filter(isSuspected).map(({ id }) => ({ id, holder: listed.get(id)! })),
    unexplained: [
      ...(names.toSorted().join() === tenants.toSorted().join() ? [] : [`tenants ${names.join()}`]),
      ...beside.filter((one) => !isSuspected(one)).map(({ id, tenant, auth }) => `${auth} ${id} in ${tenant}`),
      ...Array.from(bound)
        .filter(([id]) => id === undefined || !standing.has(id))
        .map(([, name]) => `none for ${name}`),
      ...(bound.size === resources.length ? [] : ['one application for two resources']),
    ],
  }
}
