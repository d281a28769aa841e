// Users with the rights that deploy/ gives the operator and no more, for operators in tests and in the quickstart.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import type { TestCluster } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/kubectl.ts'

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url))

/** In the resources' namespaces, of the two definitions, and in its own namespace. */
const RESOURCES = 'base/resources-role.yaml'
const DEFINITIONS = 'base/definitions-role.yaml'
const RECORDS = 'base/records-role.yaml'
/** In the place of RESOURCES, for each namespace where not all are watched. */
const LISTED = 'components/listed-namespaces/namespace/resources-role.yaml'

/** What an operator may be allowed beside what it always needs. */
const OPTIONAL = {
  namespaces: 'components/namespace-labels/namespaces-role.yaml',
  secrets: 'components/watch-secrets/secrets-role.yaml',
  'metrics-auth': 'components/metrics-auth/metrics-auth-role.yaml',
} as const

export type Optional = keyof typeof OPTIONAL

/** The user whom the roles are bound to. */
const SERVICE_ACCOUNT = 'system:serviceaccount:rai-system:rai-operator'
const RBAC = 'rbac.authorization.k8s.io'

type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  /** Of a binding. */
  readonly roleRef?: { readonly name: string }
}

/** Installs the operator's namespace, account and roles, and makes its user: the path of its kubeconfig. Idempotent. */
export async function installRoles(cluster: TestCluster, signal?: AbortSignal): Promise<string> {
  const account = ['base/namespace.yaml', 'base/service-account.yaml']
  await apply(cluster, manifests(...account, RESOURCES, DEFINITIONS, RECORDS), signal)
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
  await grant(cluster, name, [...manifests(RESOURCES, DEFINITIONS), ...within(namespace, manifests(RECORDS))])
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
  const roles = watched.flatMap((one) => within(one, manifests(LISTED)))
  await grant(cluster, name, [...manifests(DEFINITIONS), ...roles, ...within(namespace, manifests(RECORDS))])
  return (await cluster.createUser(name, groups)).kubeconfig
}

/** Lets an operator's user do what it may not by itself: read namespaces, follow Secrets, or ask about who scrapes it. */
export async function allow(cluster: TestCluster, user: string, what: Optional): Promise<void> {
  await grant(cluster, user, manifests(OPTIONAL[what]))
}

function manifests(...files: readonly string[]): Manifest[] {
  const texts = files.map((file) => readFileSync(join(DEPLOY, file), 'utf8'))
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
}

function within(namespace: string, all: readonly Manifest[]): Manifest[] {
  return all.map((manifest) => ({ ...manifest, metadata: { ...manifest.metadata, namespace } }))
}

/** Installs these roles, with their bindings to `user` in the place of the operator. */
async function grant(cluster: TestCluster, user: string, all: readonly Manifest[]): Promise<void> {
  const subjects = [{ apiGroup: RBAC, kind: 'User', name: user }]
  const items = all.map((manifest) => {
    if (!manifest.roleRef) return manifest
    // Other operators' users are bound to the same roles.
    const metadata = { ...manifest.metadata, name: `${user}:${manifest.metadata.name}` }
    return { ...manifest, metadata, subjects }
  })
  await apply(cluster, items)
}

/** On the server's side, so that stacks which start at the same time do not stand in each other's way. */
async function apply(cluster: TestCluster, items: readonly object[], signal?: AbortSignal): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await kubectl(cluster, ['apply', '--server-side', '--force-conflicts', '-f', '-'], { input }, signal)
}
