// The hands of one row: what an administrator does in the cluster and a person outside, on resources with the row's name.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  API_VERSION,
  APPLICATION_KIND,
  FINALIZER,
  GROUP,
  RECORD_LABELS,
  REQUEST_ANNOTATIONS,
  TENANT_KIND,
} from '../../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../../src/api/types.ts'
import { systemClock } from '../../../src/clock.ts'
import { encodeBindingRecord } from '../../../src/domain/binding-record.ts'
import { loadKubeconfig } from '../../../src/kube/kubeconfig.ts'
import { createTransport } from '../../../src/kube/transport.ts'
import type { Method, RequestOptions, Transport } from '../../../src/kube/transport.ts'
import { journalSaying, putRecord } from '../../stack/handmade-records.ts'
import type { Flags, Operator } from '../../stack/operator.ts'
import { eventually } from '../../stack/stack.ts'
import type { Stack } from '../../stack/stack.ts'
import { History, PLURALS } from './history.ts'
import type { Key, Kind, Resource } from './history.ts'
import { kstatusOf } from './kstatus.ts'
import { Reconciles } from './reconciles.ts'
import { breachesOf, conditionOf, inShort } from './rules.ts'

/** The longest that a row waits for anything: an answer that is lost for good is given up after 75 s. */
export const PATIENCE_MS = 150_000
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']
/** A resource that is gone: nobody has this UID. */
const GONE_UID = '00000000-0000-4000-8000-000000000000'
const POLL_MS = 50

/** What the rows of one stack share. */
export type Ground = {
  readonly stack: Stack
  /** A second namespace in which the stack's operators work, where they do. */
  readonly guest: string
  readonly transport: Transport
  readonly history: History
  readonly reconciles: Reconciles
  /** The operator that is running. */
  operator(): Operator
  /** Ends it, and starts one with these settings on top of the stack's. */
  restart(flags: Flags): Promise<void>
}

export async function prepareGround(stack: Stack, guest: string): Promise<Ground> {
  const transport = createTransport({
    kubeconfig: loadKubeconfig({ path: stack.cluster.kubeconfig, context: undefined }),
    userAgent: 'rai-operator/test',
    clock: systemClock,
    metrics: { requested: () => {}, staleReadSkipped: () => {} },
  })
  const history = new History()
  for (const namespace of new Set([stack.namespace, guest])) history.follow(transport, namespace)
  const reconciles = new Reconciles()
  void reconciles.follow(stack.operator.logFile)
  let [operator, started] = [stack.operator, 0]
  const restart = async (flags: Flags) => {
    await operator.stop()
    operator = await stack.startOperator(`operator-${++started}`, { flags })
    void reconciles.follow(operator.logFile)
  }
  return { stack, guest, transport, history, reconciles, operator: () => operator, restart }
}

/** Removes all resources of the stack's namespace, as an administrator does, and waits until they have gone. */
export async function clearGround({ stack: { namespace }, transport, history }: Ground): Promise<void> {
  for (const kind of ['application', 'tenant'] as const) {
    const path = `/apis/${API_VERSION}/namespaces/${namespace}/${PLURALS[kind]}`
    const { items } = (await transport.request('DELETE', path, {}, AbortSignal.timeout(PATIENCE_MS))) as {
      readonly items: readonly Resource[]
    }
    const isGone = ({ metadata: { name } }: Resource) =>
      history.until(
        { kind, namespace, name },
        ({ gone }) => gone,
        PATIENCE_MS,
        () => `${kind} ${name} does not go`,
      )
    await Promise.all(items.map(isGone))
  }
}

/** Ends all that was begun. What is left in the cluster goes with its namespaces: nobody finalizes it any more. */
export async function releaseGround({ stack, guest, transport, history, reconciles }: Ground): Promise<void> {
  history.close()
  reconciles.close()
  await stack.stop()
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const path = `/apis/${API_VERSION}/namespaces/${guest}/${PLURALS.application}`
  const { items } = (await transport.request('GET', path, {}, signal)) as { readonly items: readonly Resource[] }
  const options = { body: { metadata: { finalizers: null } }, contentType: 'application/merge-patch+json' }
  for (const { metadata } of items) await transport.request('PATCH', `${path}/${metadata.name}`, options, signal)
  transport.close()
}

/** A Secret as the API server hands it out. */
export type WireSecret = {
  readonly metadata: {
    readonly name: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly object[]
  }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** Whom an action is about, where that is not the resource that has the row's name in the stack's namespace. */
/** What becomes of that which a deleted resource owns. */
export type PropagationPolicy = 'Background' | 'Foreground'

type At = { readonly name?: string; readonly namespace?: string }

export class Lab {
  readonly ground: Ground
  readonly stack: Stack
  /** Of the row: of its resource, its tenant, its Secret. */
  readonly name: string
  readonly guest: string
  readonly namespace: string
  #touches = 0

  constructor(ground: Ground, name: string) {
    this.ground = ground
    this.stack = ground.stack
    this.name = name
    this.guest = ground.guest
    this.namespace = ground.stack.namespace
  }

  keyOf(kind: Kind, { name = this.name, namespace = this.namespace }: At = {}): Key {
    return { kind, namespace, name }
  }

  request(method: Method, path: string, options: RequestOptions = {}): Promise<unknown> {
    return this.ground.transport.request(method, path, options, AbortSignal.timeout(PATIENCE_MS))
  }

  #pathOf(kind: Kind, at: At): string {
    const { namespace, name } = this.keyOf(kind, at)
    return `/apis/${API_VERSION}/namespaces/${namespace}/${PLURALS[kind]}/${name}`
  }

  async #make(kind: Kind, at: At, spec: object, annotations: object): Promise<void> {
    const { namespace, name } = this.keyOf(kind, at)
    const body = {
      apiVersion: API_VERSION,
      kind: kind === 'tenant' ? TENANT_KIND : APPLICATION_KIND,
      metadata: { name, annotations },
      spec,
    }
    await this.request('POST', `/apis/${API_VERSION}/namespaces/${namespace}/${PLURALS[kind]}`, { body })
  }

  /** Creates a RaiTenant. */
  async tenant(spec: object = {}, at: At & { readonly annotations?: object } = {}): Promise<void> {
    await this.#make('tenant', at, spec, at.annotations ?? {})
  }

  /** Creates a RaiTenantApplication, EC and in `eu-1`, of the row's tenant. */
  async application(spec: object = {}, at: At & { readonly annotations?: object } = {}): Promise<void> {
    const whole = { tenantRef: { name: this.name }, cell: 'eu-1', scopes: SCOPES, auth: { type: 'EC' }, ...spec }
    await this.#make('application', at, whole, at.annotations ?? {})
  }

  /** Creates a tenant and waits for it. */
  async readyTenant(spec: object = {}, at: At = {}): Promise<RaiTenant> {
    await this.tenant(spec, at)
    return (await this.ready('tenant', at)) as RaiTenant
  }

  /** Creates an application in a tenant of its own, and waits for both. */
  async readyApplication(spec: object = {}, at: At = {}): Promise<RaiTenantApplication> {
    if (this.ground.history.of(this.keyOf('tenant')).length === 0) await this.readyTenant()
    await this.application(spec, at)
    return this.readyAgain(at)
  }

  async readyAgain(at: At = {}): Promise<RaiTenantApplication> {
    return (await this.ready('application', at)) as RaiTenantApplication
  }

  /** The application as it is now. */
  async applicationNow(): Promise<RaiTenantApplication> {
    return (await this.get('application')) as RaiTenantApplication
  }

  get(kind: Kind, at: At = {}): Promise<Resource> {
    return this.request('GET', this.#pathOf(kind, at)) as Promise<Resource>
  }

  patch(kind: Kind, body: object, at: At = {}, subresource = ''): Promise<Resource> {
    const contentType = 'application/merge-patch+json'
    return this.request('PATCH', this.#pathOf(kind, at) + subresource, { body, contentType }) as Promise<Resource>
  }

  spec(kind: Kind, spec: object, at: At = {}): Promise<Resource> {
    return this.patch(kind, { spec }, at)
  }

  status(kind: Kind, status: object, at: At = {}): Promise<Resource> {
    return this.patch(kind, { status }, at, '/status')
  }

  /** Sets a request of the operator's, or with `null` takes it off. */
  ask(kind: Kind, request: keyof typeof REQUEST_ANNOTATIONS, value: string | null, at: At = {}): Promise<Resource> {
    return this.patch(kind, { metadata: { annotations: { [REQUEST_ANNOTATIONS[request]]: value } } }, at)
  }

  /** Has a resource looked at again, by an annotation that asks for nothing. */
  touch(kind: Kind, at: At = {}): Promise<Resource> {
    return this.patch(kind, { metadata: { annotations: { [`${GROUP}/touched`]: String(++this.#touches) } } }, at)
  }

  /** Asks for a deletion and does not wait for it. */
  async remove(kind: Kind, at: At = {}, propagationPolicy: PropagationPolicy = 'Background'): Promise<void> {
    await this.request('DELETE', this.#pathOf(kind, at), {
      body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy },
    })
  }

  /** Resolves with the first state from now on that is as wanted. */
  until(kind: Kind, what: string, isSo: (resource: Resource) => boolean, at: At = {}): Promise<Resource> {
    const key = this.keyOf(kind, at)
    return this.ground.history.until(
      key,
      ({ gone, resource }) => !gone && isSo(resource),
      PATIENCE_MS,
      () => `not within ${PATIENCE_MS / 1_000} s: ${kind} ${key.name} ${what}; ${this.#lastOf(key)}`,
    )
  }

  ready(kind: Kind, at: At = {}): Promise<Resource> {
    return this.until(
      kind,
      'is Ready',
      (resource) =>
        inShort(resource) === 'Ready=True Synced=True' &&
        resource.status.observedGeneration === resource.metadata.generation,
      at,
    )
  }

  says(kind: Kind, reason: string, at: At = {}): Promise<Resource> {
    return this.until(kind, `says ${reason}`, (resource) => conditionOf(resource, 'Synced')?.reason === reason, at)
  }

  async gone(kind: Kind, at: At = {}): Promise<void> {
    const key = this.keyOf(kind, at)
    const late = () => `not within ${PATIENCE_MS / 1_000} s: ${kind} ${key.name} is gone; ${this.#lastOf(key)}`
    await this.ground.history.until(key, ({ gone }) => gone, PATIENCE_MS, late)
  }

  #lastOf(key: Key): string {
    const last = this.ground.history.of(key).at(-1)
    if (!last) return 'it was never seen'
    const synced = conditionOf(last.resource, 'Synced')
    const told = `${inShort(last.resource)} (${kstatusOf(last.resource)}) ${synced?.reason}: ${synced?.message}`
    return last.gone ? `it has gone, after ${told}` : `it says ${told} ${breachesOf(last.resource).join('; ')}`
  }

  #secretPath(name: string): string {
    return `/api/v1/namespaces/${this.namespace}/secrets/${name}`
  }

  secret(name = this.name): Promise<WireSecret> {
    return this.request('GET', this.#secretPath(name)) as Promise<WireSecret>
  }

  /** Creates a Secret without an owner. */
  async putSecret({ metadata: { annotations = {} }, data = {} }: WireSecret, name = this.name): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name, annotations }, data }
    await this.request('POST', `/api/v1/namespaces/${this.namespace}/secrets`, { body })
  }

  /** Alters a Secret, as anybody may who has the right to. */
  patchSecret(body: object, name = this.name): Promise<unknown> {
    return this.request('PATCH', this.#secretPath(name), { body, contentType: 'application/merge-patch+json' })
  }

  async removeSecret(name = this.name): Promise<void> {
    await this.request('DELETE', this.#secretPath(name))
  }

  /** Waits until garbage collection has taken a Secret away. */
  async secretGone(name = this.name): Promise<void> {
    const isGone = () =>
      this.secret(name).then(
        () => false,
        () => true,
      )
    await eventually(`the Secret ${name} is gone`, isGone, PATIENCE_MS)
  }

  /** Deletes the row's application, and creates it anew once nothing of it is left. */
  async makeAnew(spec: object = {}): Promise<void> {
    await this.remove('application')
    await this.gone('application')
    await this.secretGone()
    await this.application(spec)
  }

  /** Something goes wrong outside with every call about the row's tenant, until what it returns is called. */
  disturb(fault: object): Promise<() => Promise<void>> {
    return this.stack.controlPlane.disturb({ tenant: this.name, count: -1, ...fault })
  }

  /** A record that somebody else's tenant of the row's name is bound to this resource, as one that is gone by now. */
  async bindingRecord(change: object = {}): Promise<string> {
    const { organization } = (await this.readyTenant({}, { name: `${this.name}known` })).status
    const tenantId = await this.stack.controlPlane.makeTenant(this.name)
    const { name, namespace } = this
    const record = {
      organization: organization!,
      tenantId,
      tenantName: name,
      provenance: 'Created' as const,
      namespace,
      name,
      uid: GONE_UID,
      ...change,
    }
    await putRecord(this.stack, encodeBindingRecord(record))
    return tenantId
  }

  /** A journal about the row's resource that nobody can read, until what it returns is called. */
  async unreadableJournal(kind: Kind): Promise<() => Promise<void>> {
    await this.until(kind, 'exists', () => true)
    // It comes before any journal: without it none is looked for but in the cache, which may be behind.
    const { metadata } = await this.patch(kind, { metadata: { finalizers: [FINALIZER] } })
    const journal = journalSaying(metadata.uid, 'not a journal')
    await putRecord(this.stack, journal)
    return async () => void (await this.stack.kubectlOfOperator(['delete', 'secret', journal.name]))
  }

  /** Waits until no attempt for an application is on its way any more: a journal would restore what is harmed meanwhile. */
  async settled({ metadata: { uid } }: RaiTenantApplication): Promise<void> {
    const path = `/api/v1/namespaces/${this.stack.operatorNamespace}/secrets`
    const labelSelector = `${RECORD_LABELS.subject}=${uid},${RECORD_LABELS.state} in (open,answered)`
    const isSettled = async () => {
      const { items } = (await this.request('GET', path, { query: { labelSelector } })) as { readonly items: object[] }
      return items.length === 0
    }
    await eventually(`${this.name} is settled`, isSettled, PATIENCE_MS)
  }

  /** Waits until a reconcile of the row's resource that began at `since` or later has ended. */
  async reconciled(kind: Kind, since: number, at: At = {}): Promise<void> {
    const { namespace, name } = this.keyOf(kind, at)
    const controller = (kind === 'tenant' ? TENANT_KIND : APPLICATION_KIND).toLowerCase()
    const until = performance.now() + PATIENCE_MS
    while (!this.ground.reconciles.hasBegunSince(controller, `${namespace}/${name}`, since)) {
      if (performance.now() > until) throw new Error(`${kind} ${name} was not reconciled again`)
      await sleep(POLL_MS)
    }
  }
}
