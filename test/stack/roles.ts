// Users with the rights of deploy/rbac and no more, for operators in tests and in the quickstart.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'

const ROLES = fileURLToPath(new URL('../../deploy/rbac/', import.meta.url))

/** The user whom the roles in deploy/rbac are bound to. */
const SERVICE_ACCOUNT = 'system:serviceaccount:rai-system:rai-operator'
const RBAC = 'rbac.authorization.k8s.io'

type Rule = { readonly resources: readonly string[] }
type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; namespace?: string }
  readonly rules?: readonly Rule[]
  /** Of a binding. */
  readonly roleRef?: { readonly name: string }
}

/** Installs deploy/rbac and makes the operator's user: the path of its kubeconfig. Idempotent. */
export async function installRoles(cluster: TestCluster, signal?: AbortSignal): Promise<string> {
  await apply(cluster, manifests(), signal)
  return (await cluster.createUser(SERVICE_ACCOUNT, [], signal)).kubeconfig
}

/**
 * A user with the operator's rights, whose own records are in `namespace`, and with a name of its own, by which the audit
 * log tells several operators apart: the path of its kubeconfig.
 */
export async function createOperatorUser(
  cluster: TestCluster,
  name: string,
  namespace: string,
  groups: readonly string[] = [],
): Promise<string> {
  const roles = manifests().filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
  for (const { kind, metadata } of roles) if (kind === 'Role') metadata.namespace = namespace
  await apply(cluster, [...roles, ...roles.map((role) => bindingOf(role, name))])
  return (await cluster.createUser(name, groups)).kubeconfig
}

/**
 * As {@link createOperatorUser}, for an operator that watches these namespaces and no others: it gets its rights as Roles in
 * them, and of the whole cluster it may read our two definitions.
 */
export async function createConfinedUser(
  cluster: TestCluster,
  name: string,
  namespace: string,
  watched: readonly string[],
  groups: readonly string[] = [],
): Promise<string> {
  const { rules = [] } = manifests().find(({ kind }) => kind === 'ClusterRole')!
  const isOfCluster = ({ resources }: Rule) => resources.includes('customresourcedefinitions')
  const roleIn = (within: string): Manifest => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: { name, namespace: within },
    rules: rules.filter((rule) => !isOfCluster(rule)),
  })
  const definitions: Manifest = {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name },
    rules: rules.filter(isOfCluster),
  }
  const records = manifests().filter(({ kind }) => kind === 'Role')
  for (const { metadata } of records) metadata.namespace = namespace
  const roles = [definitions, ...watched.map(roleIn), ...records]
  await apply(cluster, [...roles, ...roles.map((role) => bindingOf(role, name))])
  return (await cluster.createUser(name, groups)).kubeconfig
}

/** What an operator may be allowed beside what it always needs: the files in deploy/rbac/optional. */
export type Optional = 'namespaces' | 'secrets' | 'metrics-auth'

/** Lets an operator's user do what it may not by itself: read namespaces, follow Secrets, or ask about who scrapes it. */
export async function allow(cluster: TestCluster, user: string, what: Optional): Promise<void> {
  const all = manifests(`optional/${what}.yaml`)
  const roles = all.filter(({ kind }) => kind === 'ClusterRole')
  const isBound = ({ metadata }: Manifest) => all.some(({ roleRef }) => roleRef?.name === metadata.name)
  // Beside the binding of its other rights, which has the user's name.
  const bindings = roles.filter(isBound).map((role) => bindingOf(role, user, `${user}-${what}`))
  await apply(cluster, [...roles, ...bindings])
}

function manifests(pattern = '*.yaml'): Manifest[] {
  const files = globSync(pattern, { cwd: ROLES }).map((file) => readFileSync(join(ROLES, file), 'utf8'))
  return files.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
}

function bindingOf({ kind, metadata }: Manifest, user: string, name = user): object {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: `${kind}Binding`,
    metadata: { ...metadata, name },
    roleRef: { apiGroup: RBAC, kind, name: metadata.name },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
  }
}

/** On the server's side, so that stacks which start at the same time do not stand in each other's way. */
async function apply(cluster: TestCluster, items: readonly object[], signal?: AbortSignal): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl(cluster, ['apply', '--server-side', '--force-conflicts', '-f', '-'], { input }, signal)
}
