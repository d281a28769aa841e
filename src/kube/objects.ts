// Objects of any kind, for commands: read once as they are, or annotated.
import type { AccessAsker, Access, Annotator, ClusterReader, Collection, KubeObject } from '../cli/ports.ts'
import { Failure, isFailure } from '../errors.ts'
import { unavailable } from './failures.ts'
import { pagesOf } from './pages.ts'
import type { Transport } from './transport.ts'
import { METADATA_OF_ALL } from './wire.ts'

const MERGE_PATCH = 'application/merge-patch+json'
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

export type KubeObjectsOptions = {
  readonly transport: Pick<Transport, 'request'>
  /** Under which name the API server notes what is written. */
  readonly fieldManager: string
}

export class KubeObjects implements ClusterReader, Annotator, AccessAsker {
  readonly #transport: KubeObjectsOptions['transport']
  readonly #fieldManager: string

  constructor({ transport, fieldManager }: KubeObjectsOptions) {
    this.#transport = transport
    this.#fieldManager = fieldManager
  }

  async version(signal: AbortSignal): Promise<string> {
    const { gitVersion } = (await this.#transport.request('GET', '/version', {}, signal)) as { gitVersion?: unknown }
    if (typeof gitVersion === 'string') return gitVersion
    throw unavailable('GET', '/version', 'what came is no version: something other than the API server gave it')
  }

  async serves({ group, version }: Collection, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#transport.request('GET', rootOf(group, version), {}, signal)
      return true
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return false
      // Who may not ask learns nothing.
      if (error instanceof Failure && !signal.aborted) return true
      throw error
    }
  }

  async list(collection: Collection, signal: AbortSignal): Promise<readonly KubeObject[]> {
    return this.#all(collection, {}, signal)
  }

  async listMetadata(collection: Collection, signal: AbortSignal): Promise<readonly KubeObject[]> {
    return this.#all(collection, { accept: METADATA_OF_ALL }, signal)
  }

  async find(collection: Collection, name: string, signal: AbortSignal): Promise<KubeObject | undefined> {
    try {
      return (await this.#transport.request('GET', `${pathOf(collection)}/${name}`, {}, signal)) as KubeObject
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async annotate(
    collection: Collection,
    name: string,
    annotations: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
  ): Promise<void> {
    const query = { fieldManager: this.#fieldManager }
    const options = { query, body: { metadata: { annotations } }, contentType: MERGE_PATCH }
    await this.#transport.request('PATCH', `${pathOf(collection)}/${name}`, options, signal)
  }

  async may({ verb, group, resource, namespace, name }: Access, signal: AbortSignal): Promise<boolean> {
    const [plural, subresource] = resource.split('/')
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource: plural, subresource, namespace, name } },
    }
    const answer = (await this.#transport.request('POST', REVIEWS, { body }, signal)) as {
      readonly status?: { readonly allowed?: unknown }
    } | null
    return answer?.status?.allowed === true
  }

  async #all(
    collection: Collection,
    options: { readonly accept?: string },
    signal: AbortSignal,
  ): Promise<readonly KubeObject[]> {
    const found: KubeObject[] = []
    const query = { labelSelector: collection.labelSelector }
    for await (const item of pagesOf(this.#transport, pathOf(collection), { ...options, query }, signal)) {
      found.push(item)
    }
    return found
  }
}

function pathOf({ group, version, plural, namespace }: Collection): string {
  return `${rootOf(group, version)}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`
}

function rootOf(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}
