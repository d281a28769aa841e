// A cluster in memory for commands: collections of objects, and whatever is refused.
import type { Access, AccessAsker, Annotator, ClusterReader, Collection, KubeObject } from '../../src/cli/ports.ts'
import { Failure } from '../../src/errors.ts'

export class MemoryCluster implements ClusterReader, Annotator, AccessAsker {
  /** By the plural of their kind. */
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>
  /** What each call fails with, by what it is about: a plural, or `version`. */
  readonly failures: Readonly<Record<string, Failure>>
  /** What is not allowed, as `verb resource`. */
  readonly refused: readonly string[]
  readonly isServed: boolean
  readonly asked: Access[] = []
  readonly annotated: object[] = []
  readonly metadataRead: string[] = []

  constructor(parts: Partial<Pick<MemoryCluster, 'objects' | 'failures' | 'refused' | 'isServed'>> = {}) {
    const { objects = {}, failures = {}, refused = [], isServed = true } = parts
    this.objects = objects
    this.failures = failures
    this.refused = refused
    this.isServed = isServed
  }

  async version(): Promise<string> {
    this.#fail('version')
    return 'v1.37.2'
  }

  async serves(): Promise<boolean> {
    return this.isServed
  }

  async list({ plural, namespace }: Collection): Promise<readonly KubeObject[]> {
    this.#fail(plural)
    return (this.objects[plural] ?? []).filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    )
  }

  async listMetadata(collection: Collection): Promise<readonly KubeObject[]> {
    this.metadataRead.push(collection.plural)
    return (await this.list(collection)).map(({ metadata }) => ({ metadata }))
  }

  async find(collection: Collection, name: string): Promise<KubeObject | undefined> {
    return (await this.list(collection)).find(({ metadata }) => metadata.name === name)
  }

  async annotate({ plural, namespace }: Collection, name: string, annotations: object): Promise<void> {
    this.#fail(`annotate ${plural}`)
    this.annotated.push({ plural, namespace, name, annotations })
  }

  async may(access: Access): Promise<boolean> {
    this.#fail('may')
    this.asked.push(access)
    return !this.refused.includes(`${access.verb} ${access.resource}`)
  }

  #fail(what: string): void {
    const failure = this.failures[what]
    if (failure) throw failure
  }
}

/** As the adapter to Kubernetes fails. */
export function kubeFailure(code: 'KubeForbidden' | 'KubeNotFound' | 'KubeUnavailable', message = 'as told'): Failure {
  return new Failure(code, 'wait', message)
}
