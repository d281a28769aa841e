// Secrets as the API server has them, and as the operator speaks of them: base64 stays here.
import { FIELD_MANAGER } from '../api/names.ts'
import type { Secrets } from '../controllers/ports.ts'
import type { DesiredSecret, ObservedSecret, SecretOwner, SecretSight } from '../domain/secret.ts'
import { isFailure } from '../errors.ts'
import { decodedData, encodedData, undecodedData } from './secret-data.ts'
import type { Query, Transport } from './transport.ts'
import { METADATA_ONLY } from './wire.ts'
import type { WireObject } from './wire.ts'

type WireSecret = WireObject & {
  readonly type?: string
  readonly immutable?: boolean
  readonly data?: Readonly<Record<string, string>>
}

/** Secrets are read one by one and never kept. */
export class KubeSecrets implements Secrets {
  readonly #transport: Pick<Transport, 'request'>

  constructor(transport: Pick<Transport, 'request'>) {
    this.#transport = transport
  }

  async get(namespace: string, name: string, signal: AbortSignal): Promise<ObservedSecret | undefined> {
    try {
      return observedSecret(await this.#transport.request('GET', pathOf(namespace, name), {}, signal))
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async sight(namespace: string, name: string, signal: AbortSignal): Promise<SecretSight | undefined> {
    try {
      const options = { accept: METADATA_ONLY }
      const { metadata } = (await this.#transport.request(
        'GET',
        pathOf(namespace, name),
        options,
        signal,
      )) as WireObject
      const { uid, resourceVersion, ownerReferences = [] } = metadata
      return { uid, resourceVersion, isOwned: ownerReferences.some(({ controller }) => controller) }
    } catch (error) {
      if (isFailure(error, 'KubeNotFound')) return undefined
      throw error
    }
  }

  async create(
    secret: DesiredSecret,
    options: { readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<ObservedSecret> {
    const request = { query: queryOf(options), body: bodyOf(secret, {}) }
    return observedSecret(await this.#transport.request('POST', pathOf(secret.namespace), request, signal))
  }

  async replace(
    { uid, resourceVersion }: ObservedSecret,
    secret: DesiredSecret,
    options: { readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<ObservedSecret> {
    const path = pathOf(secret.namespace, secret.name)
    // What others hold it by is not ours to take off. Should that change before it is written, so has the version.
    const { metadata, data = {}, immutable } = (await this.#transport.request('GET', path, {}, signal)) as WireSecret
    const { finalizers, ownerReferences } = metadata
    const kept = {
      uid,
      resourceVersion,
      ...(finalizers && { finalizers }),
      ...(ownerReferences && { ownerReferences }),
    }
    // What is sealed stays so: then the API server lets everything change but the data.
    const sealed = immutable ? { immutable } : {}
    const body = { ...bodyOf(secret, kept, undecodedData(data)), ...sealed }
    const request = { query: queryOf(options), body }
    return observedSecret(await this.#transport.request('PUT', path, request, signal))
  }

  async delete({ namespace, name, uid, resourceVersion }: ObservedSecret, signal: AbortSignal): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
    try {
      await this.#transport.request('DELETE', pathOf(namespace, name), { body }, signal)
    } catch (error) {
      if (!isFailure(error, 'KubeNotFound')) throw error
    }
  }
}

function pathOf(namespace: string, name?: string): string {
  return `/api/v1/namespaces/${namespace}/secrets${name === undefined ? '' : `/${name}`}`
}

function queryOf({ dryRun }: { readonly dryRun: boolean }): Query {
  return { fieldManager: FIELD_MANAGER, dryRun: dryRun ? 'All' : undefined }
}

/**
 * `kept` is what stays of the Secret that is replaced: its identity, its finalizers and those owners that are no controllers;
 * `binaries` what it holds that is no text, which is never ours.
 */
function bodyOf(
  { namespace, name, type, labels, annotations, owner, data }: DesiredSecret,
  { ownerReferences = [], ...kept }: Partial<WireSecret['metadata']>,
  binaries: Readonly<Record<string, string>> = {},
): object {
  const owners = ownerReferences.filter(({ controller }) => !controller)
  // Not `blockOwnerDeletion`, for which some clusters ask a right to the owner's finalizers.
  const all = owner ? [...owners, { ...owner, controller: true }] : owners
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...kept,
      namespace,
      name,
      labels,
      annotations,
      ...(all.length > 0 && { ownerReferences: all }),
    },
    type,
    data: { ...binaries, ...encodedData(data) },
  }
}

/** A Secret as the API server answers with it. */
export function observedSecret(answer: unknown): ObservedSecret {
  const { metadata, type = 'Opaque', immutable = false, data = {} } = answer as WireSecret
  const { namespace = '', name, uid, resourceVersion, labels = {}, annotations = {}, ownerReferences = [] } = metadata
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    type,
    immutable,
    labels,
    annotations,
    controller: ownerOf(ownerReferences.find(({ controller }) => controller)),
    data: decodedData(data),
  }
}

function ownerOf(reference: SecretOwner | undefined): SecretOwner | undefined {
  if (!reference) return undefined
  const { apiVersion, kind, name, uid } = reference
  return { apiVersion, kind, name, uid }
}
