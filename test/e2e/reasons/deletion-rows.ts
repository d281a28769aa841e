// Rows of deletions.
import type { Row } from './row.ts'

const BLOCKED = { then: 'Ready=False Synced=False Stalled', kstatus: 'Terminating', ends: 'gone' } as const
const AT_WORK = { then: 'Ready=False Synced=False Reconciling', kstatus: 'Terminating', ends: 'gone' } as const

export const DELETION_ROWS: readonly Row[] = [
  {
    kind: 'tenant',
    reason: 'DeletionProtected',
    situation: 'it is protected',
    name: 'precious',
    async provoke(lab) {
      await lab.readyTenant({ deletionProtection: true })
      await lab.remove('tenant')
      return async () => void (await lab.spec('tenant', { deletionProtection: false }))
    },
    ...BLOCKED,
    says: 'spec.deletionProtection',
  },
  {
    kind: 'tenant',
    reason: 'DrainBlocked',
    situation: 'an application that nobody manages is in it',
    name: 'crowded',
    async provoke(lab) {
      const { controlPlane } = lab.stack
      await lab.readyTenant()
      const scopes = ['documents.submissions.read']
      const { id } = await controlPlane.makeApplication(lab.name, { cell: 'eu-1', scopes })
      await lab.remove('tenant')
      return () => controlPlane.deleteApplication(lab.name, id)
    },
    ...BLOCKED,
    says: 'that no resource manages',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'DrainBlocked',
    situation: 'an application of it is paused',
    name: 'held',
    async provoke(lab) {
      await lab.readyApplication()
      await lab.ask('application', 'paused', 'true')
      await lab.says('application', 'Paused')
      await lab.remove('tenant')
      return async () => void (await lab.ask('application', 'paused', null))
    },
    ...BLOCKED,
    says: '/held: they are paused',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'DrainBlocked',
    situation: 'an application of it is to be retained',
    name: 'kept',
    async provoke(lab) {
      await lab.readyApplication({ deletionPolicy: 'Retain' })
      await lab.remove('tenant')
      return async () => void (await lab.spec('application', { deletionPolicy: 'Delete' }))
    },
    ...BLOCKED,
    says: 'or to be retained',
    isUntold: true,
  },
  {
    kind: 'tenant',
    reason: 'Draining',
    situation: 'an application of it is not gone yet',
    name: 'draining',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb({ op: 'deleteTenantApplication', kind: 'status', status: 404 })
      await lab.remove('tenant')
      return allow
    },
    ...AT_WORK,
    says: 'waits until its applications',
  },
  {
    kind: 'application',
    reason: 'Draining',
    situation: 'it is not gone from the tenant yet',
    name: 'lingering',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb({ op: 'deleteTenantApplication', kind: 'status', status: 404 })
      await lab.remove('application')
      return allow
    },
    ...AT_WORK,
    says: 'gone from the tenant',
  },
  {
    kind: 'tenant',
    reason: 'ControlPlaneUnavailable',
    situation: 'it cannot be deleted outside',
    name: 'undeletable',
    async provoke(lab) {
      await lab.readyTenant()
      const allow = await lab.disturb({ op: 'deleteTenant', kind: 'status', status: 503 })
      await lab.remove('tenant')
      return allow
    },
    ...AT_WORK,
    says: 'answers deleteTenant with 503',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Forbidden',
    situation: 'the organization may not delete it',
    name: 'undeletableapp',
    async provoke(lab) {
      await lab.readyApplication()
      const allow = await lab.disturb({ op: 'deleteTenantApplication', kind: 'status', status: 403 })
      await lab.remove('application')
      return allow
    },
    ...AT_WORK,
    says: 'tenants.applications.write',
    isUntold: true,
  },
  {
    kind: 'application',
    reason: 'Paused',
    situation: 'it is being deleted',
    name: 'pausedgoing',
    async provoke(lab) {
      await lab.readyApplication()
      await lab.ask('application', 'paused', 'true')
      await lab.says('application', 'Paused')
      await lab.remove('application')
      return async () => void (await lab.ask('application', 'paused', null))
    },
    then: 'Ready=True Synced=False',
    kstatus: 'Terminating',
    says: 'nothing is done',
    ends: 'gone',
  },
  {
    kind: 'application',
    reason: 'StatusForged',
    situation: 'somebody wrote an id, and it is being deleted',
    name: 'forgedgoing',
    async provoke(lab) {
      const { applicationId } = (await lab.readyApplication()).status
      await lab.status('application', { applicationId: 'another' })
      await lab.says('application', 'StatusForged')
      await lab.remove('application')
      return async () => void (await lab.status('application', { applicationId }))
    },
    ...BLOCKED,
    says: 'were not written by this operator',
  },
]
