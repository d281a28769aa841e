// The binding records of tenants: written before the status, so that a lost status can be found again.
import type { RaiTenant } from '../api/types.ts'
import { bindingRecordName, decodeBindingRecord, encodeBindingRecord } from '../domain/binding-record.ts'
import type { BindingRecord } from '../domain/binding-record.ts'
import type { ExternalTenant } from '../domain/external.ts'
import type { StoredRecord } from '../domain/journal.ts'
import { Failure, isFailure } from '../errors.ts'
import type { Records } from './ports.ts'

export class BindingRecords {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  /** What is on record about this tenant. Throws `TenantExists` for a record that cannot be read: a person must look. */
  async of(tenantId: string, signal: AbortSignal): Promise<BindingRecord | undefined> {
    return (await this.#read(tenantId, signal))?.standing
  }

  async #read(
    tenantId: string,
    signal: AbortSignal,
  ): Promise<{ readonly standing: BindingRecord; readonly stored: StoredRecord } | undefined> {
    const stored = await this.#records.get(bindingRecordName(tenantId), signal)
    if (!stored) return undefined
    const record = decodeBindingRecord(stored)
    if (!('problem' in record) && record.tenantId === tenantId) return { standing: record, stored }
    const problem = 'problem' in record ? record.problem : 'is about another tenant'
    throw new Failure(
      'TenantExists',
      'stall',
      `the record ${stored.name} in the operator's namespace ${problem}: see whose tenant ${tenantId} is, then delete the record`,
    )
  }

  /**
   * Writes down that a tenant is bound to `resource`. Throws `KubeConflict` when another resource's record stands there, but
   * for `former`, that of one which holds the tenant no more. Idempotent.
   */
  async write(
    { metadata: { namespace, name, uid } }: RaiTenant,
    tenant: ExternalTenant,
    {
      former,
      ...binding
    }: Pick<BindingRecord, 'organization' | 'provenance'> & { readonly former?: BindingRecord | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const record = { ...binding, tenantId: tenant.id, tenantName: tenant.name, namespace, name, uid }
    try {
      await this.#records.create(encodeBindingRecord(record), signal)
    } catch (error) {
      if (!isFailure(error, 'KubeAlreadyExists')) throw error
      await this.#rewrite(record, former, signal)
    }
  }

  async #rewrite(record: BindingRecord, former: BindingRecord | undefined, signal: AbortSignal): Promise<void> {
    const found = await this.#read(record.tenantId, signal)
    if (!found) throw conflict(record.tenantId)
    const { standing, stored } = found
    const isOwn = standing.namespace === record.namespace && standing.name === record.name
    if (!isOwn && standing.uid !== former?.uid) throw conflict(record.tenantId)
    if (standing.organization !== record.organization) throw conflict(record.tenantId)
    if (standing.uid === record.uid && standing.provenance === record.provenance) return
    await this.#records.swap(stored, encodeBindingRecord(record, stored), signal)
  }

  /** The tenant is gone. Leaves a record that is another resource's by now. */
  async remove(tenantId: string, { metadata: { namespace, name } }: RaiTenant, signal: AbortSignal): Promise<void> {
    const stored = await this.#records.get(bindingRecordName(tenantId), signal)
    const record = stored && decodeBindingRecord(stored)
    if (!stored || !record || 'problem' in record) return
    if (record.namespace === namespace && record.name === name) await this.#records.delete(stored, signal)
  }
}

function conflict(tenantId: string): Failure {
  return new Failure('KubeConflict', 'retry', `the record of tenant ${tenantId} is another resource's`)
}
