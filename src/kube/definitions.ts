// Whether our kinds themselves are being taken away.
import { GROUP } from '../api/names.ts'
import type { Definitions } from '../controllers/ports.ts'
import { isFailure } from '../errors.ts'
import type { Transport } from './transport.ts'
import { METADATA_ONLY } from './wire.ts'
import type { WireObject } from './wire.ts'

export class ResourceDefinitions implements Definitions {
  readonly #transport: Pick<Transport, 'request'>

  constructor(transport: Pick<Transport, 'request'>) {
    this.#transport = transport
  }

  // The schema is most of a definition.
  async beingDeleted(plural: string, signal: AbortSignal): Promise<boolean> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${GROUP}`
    try {
      const definition = (await this.#transport.request('GET', path, { accept: METADATA_ONLY }, signal)) as WireObject
      return definition.metadata.deletionTimestamp !== undefined
    } catch (error) {
      if (isFailure(error, 'KubeForbidden') || isFailure(error, 'KubeNotFound')) return true
      throw error
    }
  }
}
