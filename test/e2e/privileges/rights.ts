// Rights that bindings give to a user, and requests that need them, in the same words.
import { auditedRequests } from '../../cluster/audit.ts'
import type { AuditedRequest } from '../../cluster/audit.ts'
import type { TestCluster } from '../../cluster/cluster.ts'
import { kubectl } from '../../cluster/kubectl.ts'

/** `own`: in the namespace where an operator keeps its records; `elsewhere`: in another, in all, or in none. */
type Place = 'own' | 'elsewhere'

/** Of one right or request: `get secrets elsewhere`, where `raitenants/status` is a subresource and `leases.coordination.k8s.io` has a group. */
export type Right = string

type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

type Role = { readonly kind: string; readonly metadata: Metadata; readonly rules: readonly Rule[] | null }
type Metadata = { readonly name: string; readonly namespace?: string }
type Binding = {
  readonly metadata: Metadata
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[]
}

/** All that bindings let this user do, each once. */
export async function granted(cluster: TestCluster, user: string, ownNamespace: string): Promise<Right[]> {
  const [roles, bindings] = await Promise.all([
    list<Role>(cluster, 'clusterroles,roles'),
    list<Binding>(cluster, 'clusterrolebindings,rolebindings'),
  ])
  const given = bindings.filter(({ subjects = [] }) =>
    subjects.some(({ kind, name }) => kind === 'User' && name === user),
  )
  return unique(
    given.flatMap(({ metadata, roleRef }) => {
      const within = roleRef.kind === 'Role' ? metadata.namespace : undefined
      const role = roles.find(
        (one) => one.kind === roleRef.kind && one.metadata.name === roleRef.name && one.metadata.namespace === within,
      )
      return (role?.rules ?? []).flatMap((rule) => rightsOf(rule, placeOf(metadata.namespace, ownNamespace)))
    }),
  )
}

function rightsOf({ apiGroups, resources, resourceNames = [''], verbs }: Rule, place: Place): Right[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) => verbs.map((verb) => right(verb, resource, group, name, place))),
    ),
  )
}

/** What a user has made use of so far, each once, and what it was refused. Watches count once they have ended. */
export async function used(
  { auditLog }: TestCluster,
  user: string,
  ownNamespace: string,
): Promise<{ readonly allowed: Right[]; readonly refused: Right[] }> {
  // What every user may ask, such as for the server's version, is about no resource.
  const requests = await auditedRequests(auditLog, (request) => request.user === user && request.resource !== '')
  const rightsFor = (wanted: (request: AuditedRequest) => boolean) =>
    unique(requests.filter(wanted).map((request) => rightFor(request, ownNamespace)))
  const FORBIDDEN = 403
  return {
    allowed: rightsFor(({ code }) => code !== FORBIDDEN),
    refused: rightsFor(({ code }) => code === FORBIDDEN),
  }
}

function rightFor({ verb, apiGroup, resource, subresource, namespace, name }: AuditedRequest, own: string): Right {
  const path = subresource === '' ? resource : `${resource}/${subresource}`
  // Of definitions alone the roles say which.
  const which = resource === 'customresourcedefinitions' ? name : ''
  return right(verb, path, apiGroup, which, placeOf(namespace, own))
}

function right(verb: string, resource: string, group: string, name: string, place: Place): Right {
  return `${verb} ${group === '' ? resource : `${resource}.${group}`} ${name === '' ? '' : `${name} `}${place}`
}

function placeOf(namespace: string | undefined, own: string): Place {
  return namespace === own ? 'own' : 'elsewhere'
}

function unique(rights: readonly Right[]): Right[] {
  return [...new Set(rights)].toSorted()
}

async function list<T>(cluster: TestCluster, kinds: string): Promise<readonly T[]> {
  return (JSON.parse(await kubectl(cluster, ['get', kinds, '-A', '-o', 'json'])) as { items: T[] }).items
}
