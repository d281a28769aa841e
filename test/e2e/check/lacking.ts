// A user who may do all that every operator is granted, but for one verb of each permission.
import { parseAllDocuments } from 'yaml'
import type { Permission } from '../../../src/cli/permissions.ts'
import type { TestCluster } from '../../cluster/cluster.ts'
import { kubectl } from '../../cluster/kubectl.ts'
import { read } from '../../repo/source-files.ts'

type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}
type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
}

const RBAC = 'rbac.authorization.k8s.io'
/** What every operator needs. */
const FILES = ['resources', 'definitions', 'records'].map((what) => `deploy/base/${what}-role.yaml`)

/** The verb that is taken away: one that no other rule grants at the same place. */
export function lostVerb({ place, resource, verbs }: Permission): string {
  // Secrets in its own namespace the operator may read and write by its ClusterRole, too.
  return place === 'operator' && resource === 'secrets' ? 'watch' : verbs.at(-1)!
}

/** Makes the user, who lacks one verb of each of these: the path of its kubeconfig. */
export async function createLackingUser(
  cluster: TestCluster,
  user: string,
  lacked: readonly Permission[],
): Promise<string> {
  const roles = FILES.flatMap((file) => parseAllDocuments(read(file)))
    .map((document) => document.toJS() as Manifest)
    .filter(({ rules }) => rules)
  const items = roles.flatMap(({ apiVersion, kind, metadata, rules = [] }) => {
    const named = { ...metadata, name: `${user}-${metadata.name}` }
    const roleRef = { apiGroup: RBAC, kind, name: named.name }
    const subjects = [{ apiGroup: RBAC, kind: 'User', name: user }]
    return [
      { apiVersion, kind, metadata: named, rules: rules.flatMap((rule) => without(rule, kind, lacked)) },
      { apiVersion, kind: `${kind}Binding`, metadata: named, roleRef, subjects },
    ]
  })
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl(cluster, ['apply', '--server-side', '-f', '-'], { input })
  return (await cluster.createUser(user)).kubeconfig
}

function without({ resources, verbs, ...rule }: Rule, kind: string, lacked: readonly Permission[]): Rule[] {
  return resources
    .map((resource) => {
      const lost = lacked
        .filter((one) => (kind === 'Role') === (one.place === 'operator'))
        .filter((one) => one.resource === resource && rule.apiGroups.includes(one.group))
        .map(lostVerb)
      return { ...rule, resources: [resource], verbs: verbs.filter((verb) => !lost.includes(verb)) }
    })
    .filter(({ verbs }) => verbs.length > 0)
}
