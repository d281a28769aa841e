// A cluster in memory behind the controllers' ports: resources with versions and finalizers, Secrets, Events.
import { FINALIZER } from '../../src/api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import type {
  ApplicationView,
  Definitions,
  EventRecorder,
  Lister,
  NamespaceView,
  ResourceView,
  ResourceWriter,
  Secrets,
  Transition,
} from '../../src/controllers/ports.ts'
import { tenantKeyOf } from '../../src/domain/placement.ts'
import { heldIds } from '../../src/domain/recovery.ts'
import type { NamespaceLabels } from '../../src/domain/grants.ts'
import { isToBeRemade } from '../../src/domain/secret-rendering.ts'
import type { DesiredSecret, ObservedSecret, SecretSight } from '../../src/domain/secret.ts'
import { Failure } from '../../src/errors.ts'

type Resource = RaiTenant | RaiTenantApplication

export function keyOf({ metadata }: Resource): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** One kind: what the view shows is what was written last, unless it is kept {@link behind}. */
export class MemoryResources<T extends Resource> implements ResourceView<T>, ResourceWriter<T>, Lister<T> {
  readonly #held = new Map<string, T>()
  /** When set, what the view shows, as a cache does that hears nothing for a while. */
  behind: ReadonlyMap<string, T> | undefined
  /** Every write, in order, as `verb key`. */
  readonly writes: string[] = []
  /** Called before each write, so that a test can let something happen first or make it fail. */
  beforeWrite: (verb: string, resource: T) => void = () => {}
  #version = 100

  get(key: string): T | undefined {
    return (this.behind ?? this.#held).get(key)
  }

  all(): Iterable<T> {
    return (this.behind ?? this.#held).values()
  }

  /** From now on the view shows what there is at this moment. */
  fallBehind(): void {
    this.behind = new Map(this.#held)
  }

  async find(namespace: string, name: string): Promise<T | undefined> {
    return this.#held.get(`${namespace}/${name}`)
  }

  async list(): Promise<readonly T[]> {
    return [...this.#held.values()]
  }

  /** As a person does it who takes all finalizers off: nobody is told. */
  vanish(resource: T): void {
    this.#held.delete(keyOf(resource))
  }

  /** As `kubectl apply` does it: a new generation when the spec differs. */
  apply(resource: T): T {
    const before = this.#held.get(keyOf(resource))
    const isChanged = JSON.stringify(before?.spec) !== JSON.stringify(resource.spec)
    const generation = before ? before.metadata.generation + Number(isChanged) : resource.metadata.generation
    return this.#store({ ...resource, metadata: { ...resource.metadata, generation } })
  }

  /** As `kubectl delete` does it. */
  async delete(resource: T): Promise<void> {
    this.#write('delete', resource)
    const held = this.#held.get(keyOf(resource))
    if (held?.metadata.uid !== resource.metadata.uid) return
    if (!held.metadata.finalizers?.length) this.#held.delete(keyOf(resource))
    else this.#store({ ...held, metadata: { ...held.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
  }

  async read(resource: T, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const held = this.#held.get(keyOf(resource))
    if (held?.metadata.uid !== resource.metadata.uid) throw new Failure('KubeNotFound', 'retry', 'no such resource')
    return held
  }

  async addFinalizer(resource: T): Promise<T> {
    if (resource.metadata.finalizers?.includes(FINALIZER)) return resource
    this.#write('addFinalizer', resource)
    const held = await this.read(resource)
    const before = held.metadata.finalizers ?? []
    if (held.metadata.deletionTimestamp || before.join() !== (resource.metadata.finalizers ?? []).join()) {
      throw new Failure('KubeConflict', 'retry', 'it is being deleted, or its finalizers have changed')
    }
    const finalizers = [...before, FINALIZER]
    return this.#store({ ...held, metadata: { ...held.metadata, finalizers } })
  }

  async removeFinalizer(resource: T): Promise<void> {
    this.#write('removeFinalizer', resource)
    const held = await this.read(resource)
    const finalizers = (held.metadata.finalizers ?? []).filter((name) => name !== FINALIZER)
    if (held.metadata.deletionTimestamp && finalizers.length === 0) this.#held.delete(keyOf(held))
    else this.#store({ ...held, metadata: { ...held.metadata, finalizers } })
  }

  async patchStatus(resource: T, status: T['status']): Promise<T> {
    if (JSON.stringify(status) === JSON.stringify(resource.status)) return resource
    this.#write('patchStatus', resource)
    const held = await this.read(resource)
    if (held.metadata.resourceVersion !== resource.metadata.resourceVersion) {
      throw new Failure('KubeConflict', 'retry', 'somebody else was first')
    }
    return this.#store({ ...held, status })
  }

  #write(verb: string, resource: T): void {
    this.beforeWrite(verb, resource)
    this.writes.push(`${verb} ${keyOf(resource)}`)
  }

  #store(resource: T): T {
    const stored = { ...resource, metadata: { ...resource.metadata, resourceVersion: `${++this.#version}` } }
    this.#held.set(keyOf(stored), stored)
    return stored
  }
}

export class MemoryApplications extends MemoryResources<RaiTenantApplication> implements ApplicationView {
  ofTenant(tenant: string): RaiTenantApplication[] {
    return Array.from(this.all()).filter((application) => tenantKeyOf(application) === tenant)
  }

  isHeld(applicationId: string): boolean {
    return Array.from(this.all()).some((application) => heldIds(application).includes(applicationId))
  }
}

export class MemorySecrets implements Secrets {
  readonly held = new Map<string, ObservedSecret>()
  /** Real writes, as `verb key`; dry runs are not among them. */
  readonly writes: string[] = []
  /** When set, what a write, dry or not, is refused with. */
  refusal: (dryRun: boolean) => Failure | undefined = () => undefined
  #version = 0

  async get(namespace: string, name: string, signal?: AbortSignal): Promise<ObservedSecret | undefined> {
    signal?.throwIfAborted()
    return this.held.get(`${namespace}/${name}`)
  }

  async sight(namespace: string, name: string, signal?: AbortSignal): Promise<SecretSight | undefined> {
    const secret = await this.get(namespace, name, signal)
    return secret && { ...secret, isOwned: secret.controller !== undefined }
  }

  async create(
    secret: DesiredSecret,
    { dryRun }: { readonly dryRun: boolean },
    signal?: AbortSignal,
  ): Promise<ObservedSecret> {
    signal?.throwIfAborted()
    if (this.held.has(`${secret.namespace}/${secret.name}`))
      throw new Failure('KubeAlreadyExists', 'retry', 'it is there')
    return this.#store('create', secret, `secret-${this.#version}`, dryRun)
  }

  async replace(
    observed: ObservedSecret,
    secret: DesiredSecret,
    { dryRun }: { readonly dryRun: boolean },
    signal?: AbortSignal,
  ): Promise<ObservedSecret> {
    signal?.throwIfAborted()
    const held = this.held.get(`${secret.namespace}/${secret.name}`)
    if (held?.resourceVersion !== observed.resourceVersion) throw new Failure('KubeConflict', 'retry', 'it has changed')
    if (isToBeRemade(held, secret)) throw new Failure('KubeInvalid', 'stall', 'field is immutable')
    return this.#store('replace', secret, observed.uid, dryRun, held.immutable)
  }

  async delete({ namespace, name }: ObservedSecret): Promise<void> {
    this.writes.push(`delete ${namespace}/${name}`)
    this.held.delete(`${namespace}/${name}`)
  }

  #store(
    verb: string,
    { owner, ...secret }: DesiredSecret,
    uid: string,
    dryRun: boolean,
    immutable = false,
  ): ObservedSecret {
    const refusal = this.refusal(dryRun)
    if (refusal) throw refusal
    const stored = { ...secret, uid, resourceVersion: `${++this.#version}`, immutable, controller: owner }
    if (dryRun) return stored
    this.writes.push(`${verb} ${secret.namespace}/${secret.name}`)
    this.held.set(`${secret.namespace}/${secret.name}`, stored)
    return stored
  }
}

export class RecordedEvents implements EventRecorder {
  readonly published: (Transition & { readonly about: string })[] = []

  publish(about: Resource, transition: Transition): void {
    this.published.push({ ...transition, about: keyOf(about) })
  }

  get reasons(): string[] {
    return this.published.map(({ about, reason }) => `${about} ${reason}`)
  }
}

export class MemoryNamespaces implements NamespaceView {
  readonly held = new Map<string, NamespaceLabels>()

  labelsOf(namespace: string): NamespaceLabels {
    return this.held.get(namespace) ?? 'unread'
  }
}

export class MemoryDefinitions implements Definitions {
  deleted = false

  async beingDeleted(): Promise<boolean> {
    return this.deleted
  }
}
