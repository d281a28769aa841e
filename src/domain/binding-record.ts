// What the operator remembers of a tenant beside the resource's status: to whom it is bound, and how it came to be.
import { BINDING_ANNOTATION, RECORD_LABELS } from '../api/names.ts'
import type { RaiTenant } from '../api/types.ts'
import type { RecordContent } from './journal.ts'
import { hashOf } from './hash.ts'
import { isText, objectIn } from './parsing.ts'

type Provenance = NonNullable<RaiTenant['status']['provenance']>

export type BindingRecord = {
  readonly organization: string
  readonly tenantId: string
  readonly tenantName: string
  readonly provenance: Provenance
  /** The resource that it is bound to; one made again under the same name has another UID. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

const VERSION = 1
const READABLE_BY = 1

/** The record's name: the tenant's id where Kubernetes takes it as part of a name, else its characters' codes. */
export function bindingRecordName(tenantId: string): string {
  const isName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(tenantId) && tenantId.length <= MOST_CHARACTERS
  if (isName && !tenantId.startsWith(CODED)) return `tenant-${tenantId}`
  const codes = Array.from(tenantId, (character) => character.codePointAt(0)!.toString(16).padStart(2, '0')).join('')
  const isWhole = codes.length <= MOST_CHARACTERS
  return `tenant-${CODED}${isWhole ? codes : `${codes.slice(0, MOST_CHARACTERS)}-${hashOf(tenantId)}`}`
}

const CODED = 'x-'
const MOST_CHARACTERS = 200

export function encodeBindingRecord(record: BindingRecord, over?: RecordContent): RecordContent {
  const later = objectIn(over?.annotations[BINDING_ANNOTATION])
  const version = Math.max(VERSION, Number(later?.['version'] ?? VERSION))
  return {
    name: bindingRecordName(record.tenantId),
    labels: { ...over?.labels, [RECORD_LABELS.record]: 'tenant' },
    annotations: {
      ...over?.annotations,
      [BINDING_ANNOTATION]: JSON.stringify({ ...later, version, readableBy: READABLE_BY, ...record }),
    },
    data: over?.data ?? {},
  }
}

/** Reads a record back, or says what is wrong with it: then nothing is done on its word. */
export function decodeBindingRecord({ annotations }: RecordContent): BindingRecord | { readonly problem: string } {
  const fields = objectIn(annotations[BINDING_ANNOTATION])
  if (!fields) return { problem: `has no readable annotation ${BINDING_ANNOTATION}` }
  const { version, readableBy, organization, tenantId, tenantName, provenance, namespace, name, uid } = fields
  if (typeof readableBy !== 'number' || readableBy > VERSION) {
    return { problem: `has version ${String(version)}, which this version of the operator cannot read` }
  }
  const isWhole = isText(organization) && isText(tenantId) && isText(tenantName) && isText(namespace) && isText(name)
  if (!isWhole || !isText(uid) || !isProvenance(provenance)) return { problem: 'lacks a part of what it should say' }
  return { organization, tenantId, tenantName, provenance, namespace, name, uid }
}

function isProvenance(value: unknown): value is Provenance {
  return value === 'Created' || value === 'Adopted' || value === 'Relinked'
}
