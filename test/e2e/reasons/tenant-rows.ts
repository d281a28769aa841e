// Rows of a tenant's life before its deletion.
import { REQUEST_ANNOTATIONS } from '../../../src/api/names.ts'
import type { Row } from './row.ts'

const PAUSED = { annotations: { [REQUEST_ANNOTATIONS.paused]: 'true' } }

export const TENANT_ROWS: readonly Row[] = [
  {
    kind: 'tenant',
    reason: 'Ready',
    situation: 'it exists outside',
    name: 'plain',
    async provoke(lab) {
      await lab.tenant()
      return async () => {}
    },
    then: 'Ready=True Synced=True',
    kstatus: 'Current',
    says: 'the tenant "plain" exists',
  },
  {
    kind: 'tenant',
    reason: 'TenantExists',
    situation: 'somebody else has made a tenant of that name',
    name: 'taken',
    async provoke(lab) {
      const { controlPlane } = lab.stack
      const id = await controlPlane.makeTenant(lab.name)
      await lab.tenant()
      return () => controlPlane.deleteTenant(id)
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'did not create',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'AlreadyClaimed',
    situation: 'another resource has that name',
    name: 'second',
    async provoke(lab) {
      const first = { name: 'first' }
      await lab.readyTenant({ name: 'contested' }, first)
      await lab.tenant({ name: 'contested' })
      return () => lab.remove('tenant', first)
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: '/first has the tenant "contested"',
  },
  {
    kind: 'tenant',
    reason: 'InvalidSpec',
    situation: 'a request names another tenant, while all works',
    name: 'misconfirmed',
    async provoke(lab) {
      await lab.bindingRecord()
      await lab.readyTenant()
      await lab.ask('tenant', 'confirm', 'another')
      return async () => void (await lab.ask('tenant', 'confirm', null))
    },
    then: 'Ready=True Synced=False',
    kstatus: 'Current',
    says: 'names another',
  },
  {
    kind: 'tenant',
    reason: 'InvalidSpec',
    situation: 'nobody can say whether it is paused',
    name: 'unclear',
    async provoke(lab) {
      await lab.tenant({}, { annotations: { [REQUEST_ANNOTATIONS.paused]: 'perhaps' } })
      return async () => void (await lab.ask('tenant', 'paused', null))
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'neither "true" nor "false"',
  },
  {
    kind: 'tenant',
    reason: 'ExternalNotFound',
    situation: 'it is to be taken over, and there is none',
    name: 'missing',
    async provoke(lab) {
      await lab.tenant({ adoptionPolicy: 'MustExist' })
      return async () => void (await lab.spec('tenant', { adoptionPolicy: 'IfExists' }))
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'has no tenant "missing"',
  },
  {
    kind: 'tenant',
    reason: 'ExternalGone',
    situation: 'somebody has deleted it outside',
    name: 'vanished',
    async provoke(lab) {
      const { tenantId } = (await lab.readyTenant()).status
      await lab.stack.controlPlane.deleteTenant(tenantId!)
      await lab.ask('tenant', 'reconcile', 'now')
      return async () => void (await lab.ask('tenant', 'recreate', tenantId!))
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'recreate',
  },
  {
    kind: 'tenant',
    reason: 'Rejected',
    situation: 'the control plane refuses it and nothing tells why',
    name: 'unexplained',
    async provoke(lab) {
      const allow = await lab.disturb({ op: 'createTenant', kind: 'status', status: 422 })
      await lab.tenant()
      return allow
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'answers createTenant with 422',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'Forbidden',
    situation: 'the organization may not make tenants',
    name: 'forbidden',
    async provoke(lab) {
      const allow = await lab.disturb({ op: 'createTenant', kind: 'status', status: 403 })
      await lab.tenant()
      return allow
    },
    then: 'Ready=False Synced=False Reconciling',
    kstatus: 'InProgress',
    says: 'tenants.write',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'AmbiguousCreate',
    situation: 'the answer is lost, and the create is carried out late',
    name: 'late',
    async provoke(lab) {
      await lab.disturb({ op: 'createTenant', kind: 'close', count: 1 })
      await lab.tenant()
      return async () => void (await lab.stack.controlPlane.makeTenant(lab.name))
    },
    then: 'Ready=False Synced=False Reconciling',
    kstatus: 'InProgress',
    says: 'is looked for',
  },
  {
    kind: 'tenant',
    reason: 'AmbiguousCreate',
    situation: 'a journal cannot be read, and nothing was ever made',
    name: 'unreadable',
    async provoke(lab) {
      await lab.tenant({}, PAUSED)
      const remove = await lab.unreadableJournal('tenant')
      await lab.ask('tenant', 'paused', null)
      return remove
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'then delete it',
  },
  {
    kind: 'tenant',
    reason: 'AmbiguousCreate',
    situation: 'a journal cannot be read, while all works',
    name: 'readyunreadable',
    async provoke(lab) {
      await lab.readyTenant()
      return lab.unreadableJournal('tenant')
    },
    then: 'Ready=True Synced=False',
    kstatus: 'Current',
    says: 'then delete it',
  },
  {
    kind: 'tenant',
    reason: 'StatusForged',
    situation: 'somebody wrote another id over the one that was bound',
    name: 'forged',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.status('tenant', { tenantId: 'another' })
      return async () => void (await lab.status('tenant', { tenantId: null, provenance: null }))
    },
    then: 'Ready=True Synced=False',
    kstatus: 'Current',
    says: 'were not written by this operator',
  },
  {
    kind: 'tenant',
    reason: 'StatusForged',
    situation: 'somebody wrote an id before the operator looked',
    name: 'planted',
    async provoke(lab) {
      await lab.tenant({}, PAUSED)
      await lab.says('tenant', 'Paused')
      await lab.status('tenant', { tenantId: 'another' })
      await lab.ask('tenant', 'paused', null)
      return async () => void (await lab.status('tenant', { tenantId: null, provenance: null }))
    },
    then: 'Ready=False Synced=False Stalled',
    kstatus: 'Failed',
    says: 'were not written by this operator',
  },
  {
    kind: 'tenant',
    reason: 'Paused',
    situation: 'it was applied like that',
    name: 'paused',
    async provoke(lab) {
      await lab.tenant({}, PAUSED)
      return async () => void (await lab.ask('tenant', 'paused', null))
    },
    then: 'Ready=Unknown Synced=False',
    kstatus: 'InProgress',
    says: 'nothing is done',
  },
  {
    kind: 'tenant',
    reason: 'Paused',
    situation: 'it was Ready before',
    name: 'readypaused',
    async provoke(lab) {
      await lab.readyTenant()
      await lab.ask('tenant', 'paused', 'true')
      return async () => void (await lab.ask('tenant', 'paused', null))
    },
    then: 'Ready=True Synced=False',
    kstatus: 'Current',
    says: 'nothing is done',
  },
]
