// All that the operator needs to be allowed in a cluster, by its settings: the roles in deploy/ grant exactly this.
import { APPLICATION_PLURAL, GROUP, TENANT_PLURAL } from '../api/names.ts'

/** What the permissions of an operator depend on. */
export type Needs = {
  /** Empty: all. */
  readonly watchNamespaces: readonly string[]
  readonly operatorNamespace: string
  readonly watchSecrets: boolean
  readonly leaderElect: boolean
  readonly metricsAuth: 'none' | 'kubernetes'
  /** Whether a RaiTenant admits namespaces by their labels. */
  readonly admitsByLabels: boolean
}

/** Where something is done: in each namespace that is watched, in the operator's own, or in no namespace. */
type Place = 'watched' | 'operator' | 'cluster'

export type Permission = {
  readonly group: string
  /** With its subresource. */
  readonly resource: string
  readonly verbs: readonly string[]
  /** The only objects that it is about. */
  readonly names?: readonly string[]
  readonly place: Place
  /** Where it is granted. */
  readonly file: string
  /** Where not every operator needs it: who does, in words that follow "needed". */
  readonly only?: { readonly because: string; readonly where: (needs: Needs) => boolean }
}

const RESOURCES = 'deploy/base/resources-role.yaml'
const DEFINITIONS = 'deploy/base/definitions-role.yaml'
const RECORDS = 'deploy/base/records-role.yaml'

export const PERMISSIONS: readonly Permission[] = [
  {
    group: GROUP,
    resource: TENANT_PLURAL,
    verbs: ['get', 'list', 'watch', 'patch'],
    place: 'watched',
    file: RESOURCES,
  },
  { group: GROUP, resource: `${TENANT_PLURAL}/status`, verbs: ['patch'], place: 'watched', file: RESOURCES },
  {
    group: GROUP,
    resource: APPLICATION_PLURAL,
    verbs: ['get', 'list', 'watch', 'patch', 'delete'],
    place: 'watched',
    file: RESOURCES,
  },
  { group: GROUP, resource: `${APPLICATION_PLURAL}/status`, verbs: ['patch'], place: 'watched', file: RESOURCES },
  { group: '', resource: 'secrets', verbs: ['get', 'create', 'update', 'delete'], place: 'watched', file: RESOURCES },
  {
    group: '',
    resource: 'secrets',
    verbs: ['list', 'watch'],
    place: 'watched',
    file: 'deploy/components/watch-secrets/secrets-role.yaml',
    only: { because: 'with watch-secrets', where: ({ watchSecrets }) => watchSecrets },
  },
  { group: 'events.k8s.io', resource: 'events', verbs: ['create', 'patch'], place: 'watched', file: RESOURCES },
  {
    group: 'apiextensions.k8s.io',
    resource: 'customresourcedefinitions',
    names: [`${TENANT_PLURAL}.${GROUP}`, `${APPLICATION_PLURAL}.${GROUP}`],
    verbs: ['get'],
    place: 'cluster',
    file: DEFINITIONS,
  },
  {
    group: '',
    resource: 'secrets',
    verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    place: 'operator',
    file: RECORDS,
  },
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'list', 'watch', 'create', 'update'],
    place: 'operator',
    file: RECORDS,
    only: { because: 'with leader-elect', where: ({ leaderElect }) => leaderElect },
  },
  {
    group: '',
    resource: 'namespaces',
    verbs: ['list', 'watch'],
    place: 'cluster',
    file: 'deploy/components/namespace-labels/namespaces-role.yaml',
    only: {
      because: 'since a RaiTenant has allowedNamespaces.from Selector',
      where: ({ admitsByLabels }) => admitsByLabels,
    },
  },
  ...reviews('authentication.k8s.io', 'tokenreviews'),
  ...reviews('authorization.k8s.io', 'subjectaccessreviews'),
]

function reviews(group: string, resource: string): Permission[] {
  return [
    {
      group,
      resource,
      verbs: ['create'],
      place: 'cluster',
      file: 'deploy/components/metrics-auth/metrics-auth-role.yaml',
      only: { because: 'with metrics-auth', where: ({ metricsAuth }) => metricsAuth === 'kubernetes' },
    },
  ]
}

/** A permission at one place. */
export type PlacedPermission = Permission & {
  /** `undefined`: in all of them, or of none. */
  readonly namespace: string | undefined
}

/** What an operator with these needs has to be allowed. */
export function permissionsFor(needs: Needs): PlacedPermission[] {
  const { watchNamespaces, operatorNamespace } = needs
  const namespaces: Readonly<Record<Place, readonly (string | undefined)[]>> = {
    watched: watchNamespaces.length > 0 ? watchNamespaces : [undefined],
    operator: [operatorNamespace],
    cluster: [undefined],
  }
  return PERMISSIONS.filter(({ only }) => only?.where(needs) ?? true).flatMap((permission) =>
    namespaces[permission.place].map((namespace) => placed(permission, namespace)),
  )
}

function placed(permission: Permission, namespace: string | undefined): PlacedPermission {
  return { ...permission, namespace }
}

/** What it is about, for people: `raitenants.tenants.resistant.ai/status in namespace team-a`. */
export function subjectOf({ group, resource, place, namespace }: PlacedPermission): string {
  const [plural, ...subresource] = resource.split('/')
  const what = [group === '' ? plural : `${plural}.${group}`, ...subresource].join('/')
  if (namespace !== undefined) return `${what} in namespace ${namespace}`
  return place === 'cluster' ? what : `${what} in all namespaces`
}

/** What is missing, and what to do about it, in one line. */
export function remedyFor({ file, only, namespace }: PlacedPermission, missing: readonly string[]): string {
  const grant = namespace === undefined ? `kubectl apply -f ${file}` : `grant it in that namespace, as ${file} does`
  return `may not ${missing.join(', ')}${only ? `, needed ${only.because}` : ''}: ${grant}`
}
