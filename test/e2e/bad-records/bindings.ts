// Binding records as somebody might leave them: each makes the operator keep off a tenant.
import type { BindingRecord } from '../../../src/domain/binding-record.ts'

/** A binding record that is not to be believed, and the reason that tells so. */
export type Binding = {
  readonly title: string
  /** Of a tenant that a person made. */
  readonly name: string
  /** What is on record about it, made out of a record that is as it should be. */
  readonly change: (record: BindingRecord) => object
  readonly reason: string
}

/** What a record of this version says beside its content. */
export const AS_IS = { version: 1, readableBy: 1 }

export const BINDINGS: readonly Binding[] = [
  { title: 'broken content', name: 'broken', change: () => ['no record'], reason: 'TenantExists' },
  {
    title: 'a version of the future',
    name: 'future',
    change: (record) => ({ ...AS_IS, ...record, readableBy: 9 }),
    reason: 'TenantExists',
  },
  {
    title: 'another tenant’s id',
    name: 'mistaken',
    change: (record) => ({ ...AS_IS, ...record, tenantId: 'other' }),
    reason: 'TenantExists',
  },
  {
    title: 'another resource',
    name: 'taken',
    change: (record) => ({ ...AS_IS, ...record, name: 'somebody' }),
    reason: 'TenantExists',
  },
  {
    title: 'another organization',
    name: 'moved',
    change: (record) => ({ ...AS_IS, ...record, organization: 'them' }),
    reason: 'WrongOrganization',
  },
]
